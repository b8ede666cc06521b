// Paste a block of cells into the demand grid, and take it back; the server reads and checks the figures.
const grid = document.querySelector("[data-demand-grid]");
if (grid) start(grid);

function start(grid) {
  const told = document.querySelector("[data-paste-told]");
  const undo = document.querySelector("[data-paste-undo]");
  const count = document.querySelector("#demand-form input[name=rows]");
  const loaded = new Map(rowsOf().flatMap(fieldsOf).map((field) => [field, field.value]));
  let before = [];

  grid.addEventListener("paste", (event) => {
    const cell = event.target.closest("input, select");
    const text = (event.clipboardData || window.clipboardData).getData("text").replace(/\r\n?/g, "\n");
    if (!cell || !/[\t\n]/.test(text)) return;
    event.preventDefault();
    const lines = text.replace(/\n$/, "").split("\n").map((line) => line.split("\t"));
    const row = rowsOf().indexOf(cell.closest("tr"));
    const column = fieldsOf(rowsOf()[row]).indexOf(cell);
    if (isHeaded(lines) || !fits(lines, row, column)) return toPreview(text);
    fill(lines, row, column);
  });

  // Enter goes to the same field of the next row, as in a spreadsheet; it never submits.
  grid.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT" || event.isComposing) return;
    event.preventDefault();
    const row = event.target.closest("tr");
    const next = row.nextElementSibling;
    if (next) fieldsOf(next)[fieldsOf(row).indexOf(event.target)].focus();
  });

  if (undo) undo.addEventListener("click", () => {
    before.forEach(([field, value]) => { field.value = value; field.classList.remove("unmatched"); });
    before = [];
    undo.hidden = true;
    told.textContent = told.dataset.undone;
  });

  function rowsOf() {
    return [...grid.querySelectorAll("tbody tr")];
  }

  // Rows can be added up to what a page may send; columns cannot.
  function fits(lines, row, column) {
    const width = fieldsOf(rowsOf()[0]).length - column;
    return row + lines.length <= Number(count.dataset.most) && lines.every((line) => line.slice(width).every((value) => !value.trim()));
  }

  function fill(lines, row, column) {
    before = [];
    let filled = 0, left = 0;
    while (rowsOf().length < row + lines.length) addRow();
    const rows = rowsOf();
    lines.forEach((line, down) => {
      const fields = fieldsOf(rows[row + down]);
      line.forEach((value, right) => {
        const field = fields[column + right];
        if (!field) return;
        before.push([field, field.value]);
        put(field, value.trim()) ? (filled += 1) : (left += 1);
      });
    });
    told.textContent = (left ? told.dataset.some : told.dataset.all).replace("{filled}", filled).replace("{left}", left);
    undo.hidden = false;
  }

  function addRow() {
    const last = rowsOf().at(-1);
    const old = rowsOf().length, number = old + 1;
    const row = last.cloneNode(true);
    row.id = `row-${number}`;
    row.querySelector("th").textContent = number;
    row.querySelectorAll(".grid__hint, [data-error]").forEach((hint) => hint.remove());
    fieldsOf(row).forEach((field, index) => {
      field.name = field.id = field.name.replace(`-${old}`, `-${number}`);
      field.setAttribute("aria-label", field.getAttribute("aria-label").replace(String(old), String(number)));
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
      field.classList.remove("unmatched");
      if (field.tagName !== "SELECT" && !field.classList.contains("code")) field.value = "";
      if (field.tagName === "SELECT") field.value = field.name.startsWith("category-") ? "" : fieldsOf(last)[index].value;
    });
    last.after(row);
    count.value = number;
  }

  // What the grid cannot take goes to the preview, unless that would lose what was typed.
  function toPreview(text) {
    const box = document.getElementById("block");
    box.value = text;
    box.closest("details").open = true;
    if (!isTouched()) return document.getElementById("paste-form").requestSubmit();
    told.textContent = told.dataset.below;
    box.focus();
  }

  function isTouched() {
    return rowsOf().flatMap(fieldsOf).some((field) => field.value !== (loaded.get(field) ?? ""));
  }
}

// The fields of a row in the order of a spreadsheet: the reason why something is not known comes last.
function fieldsOf(row) {
  const fields = [...row.querySelectorAll("input:not([type=hidden]), select")];
  const isLast = (field) => "pasteLast" in field.dataset;
  return [...fields.filter((field) => !isLast(field)), ...fields.filter(isLast)];
}

// A first line without any digit above lines with digits names the columns.
function isHeaded(lines) {
  const hasDigit = (line) => line.some((value) => /\d/.test(value));
  return lines.length > 1 && lines[0].filter((value) => value.trim()).length > 1 && !hasDigit(lines[0]) && hasDigit(lines[1]);
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
