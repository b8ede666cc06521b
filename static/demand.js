// Paste a block of cells into the demand grid, and take it back; the server reads and checks the figures.
const grid = document.querySelector("[data-demand-grid]");
if (grid) start(grid);

function start(grid) {
  const told = document.querySelector("[data-paste-told]");
  const undo = document.querySelector("[data-paste-undo]");
  let before = [];

  grid.addEventListener("paste", (event) => {
    const text = (event.clipboardData || window.clipboardData).getData("text").replace(/\r\n?/g, "\n").replace(/\n$/, "");
    if (!/[\t\n]/.test(text)) return;
    const cell = event.target.closest("input, select");
    if (!cell) return;
    event.preventDefault();
    before = [];
    const rows = [...grid.querySelectorAll("tbody tr")];
    const row = rows.indexOf(cell.closest("tr"));
    const column = fieldsOf(rows[row]).indexOf(cell);
    let filled = 0, left = 0;
    text.split("\n").forEach((line, down) => {
      const fields = rows[row + down] ? fieldsOf(rows[row + down]) : [];
      line.split("\t").forEach((value, right) => {
        const field = fields[column + right];
        if (!field) { left += value.trim() ? 1 : 0; return; }
        before.push([field, field.value]);
        put(field, value.trim()) ? (filled += 1) : (left += 1);
      });
    });
    tell(filled, left);
  });

  if (undo) undo.addEventListener("click", () => {
    before.forEach(([field, value]) => { field.value = value; field.classList.remove("unmatched"); });
    before = [];
    undo.hidden = true;
    told.textContent = told.dataset.undone;
  });

  function tell(filled, left) {
    told.textContent = (left ? told.dataset.some : told.dataset.all).replace("{filled}", filled).replace("{left}", left);
    undo.hidden = false;
  }
}

function fieldsOf(row) {
  return [...row.querySelectorAll("input:not([type=hidden]), select")];
}

// A drop-down takes the choice whose words or key were pasted; anything else stays and is marked.
function put(field, value) {
  field.classList.remove("unmatched");
  if (field.tagName !== "SELECT") { field.value = value; return true; }
  const wanted = value.toLocaleLowerCase();
  const choice = [...field.options].find((o) => o.value.toLocaleLowerCase() === wanted || o.text.trim().toLocaleLowerCase() === wanted);
  if (choice) { field.value = choice.value; return true; }
  field.classList.add("unmatched");
  return !value;
}
