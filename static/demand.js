// Paste a block of cells into the demand grid, fill down, and take it back; the server reads and checks the figures.
const grid = document.querySelector("[data-demand-grid]");
if (grid) start(grid);

function start(grid) {
  const told = document.querySelector("[data-paste-told]");
  const undo = document.querySelector("[data-undo]"), down = document.querySelector("[data-fill-down]");
  const count = document.querySelector("#demand-form input[name=rows]");
  const loaded = new Map(rowsOf().flatMap(fieldsOf).map((field) => [field, field.value]));
  const done = []; // what was changed, step by step: each a list of field, value before, value after
  let last = null, begun = "";

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

  grid.addEventListener("focusin", (event) => { last = event.target.closest("input, select") || last; begun = last ? last.value : ""; });
  grid.addEventListener("change", typed);

  // Enter goes to the same field of the next row, as in a spreadsheet; it never submits.
  grid.addEventListener("keydown", (event) => {
    const field = event.target, isCommand = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (event.isComposing || !/^(INPUT|SELECT)$/.test(field.tagName)) return;
    if (isCommand && event.key.toLowerCase() === "d") { event.preventDefault(); fromAbove(field); }
    if (isCommand && event.key.toLowerCase() === "z" && field.value === begun) { event.preventDefault(); takeBack(); }
    if (event.key !== "Enter" || field.tagName !== "INPUT") return;
    event.preventDefault();
    const row = field.closest("tr"), next = row.nextElementSibling;
    if (next) fieldsOf(next)[fieldsOf(row).indexOf(field)].focus();
  });

  grid.addEventListener("row-wanted", addRow);
  if (undo) undo.addEventListener("click", takeBack);
  if (down) down.addEventListener("click", fillDown);
  document.querySelectorAll("#demand-form button[value=rows]").forEach((more) => more.addEventListener("click", (event) => {
    event.preventDefault();
    for (let i = 0; i < 5 && rowsOf().length < Number(count.dataset.most); i += 1) addRow();
    fieldsOf(rowsOf().at(-5) || rowsOf().at(-1))[0].focus();
  }));

  // Take the last step back, in the fields that still hold what it put there: what a colleague changed since stays.
  function takeBack() {
    const step = done.pop();
    if (undo) undo.disabled = !done.length;
    if (!step) return;
    step.filter(([field, , after]) => field.value === after).forEach(([field, value]) => { field.value = value; field.classList.remove("unmatched"); });
    told.textContent = told.dataset.undone;
    begun = last ? last.value : "";
    step[0][0].dispatchEvent(new Event("input", { bubbles: true }));
  }

  // What was typed in the field one is in becomes a step of its own.
  function typed() {
    if (last && last.value !== begun) noted([[last, begun, last.value]]);
    begun = last ? last.value : "";
  }

  function noted(step) {
    if (!step.length) return;
    done.push(step);
    if (undo) undo.disabled = false;
  }

  // Ctrl and D: what stands above.
  function fromAbove(field) {
    const row = field.closest("tr"), above = row.previousElementSibling;
    if (above) copy(fieldsOf(above)[fieldsOf(row).indexOf(field)].value, [field]);
    begun = field.value;
  }

  // The button: from the cell one was in, down to the last row that says something.
  function fillDown() {
    if (!last) return;
    const rows = rowsOf(), first = rows.indexOf(last.closest("tr")), column = fieldsOf(rows[first]).indexOf(last);
    const end = rows.findLastIndex((row) => fieldsOf(row)[0].value);
    copy(last.value, rows.slice(first + 1, end + 1).map((row) => fieldsOf(row)[column]));
    last.focus();
  }

  function copy(value, fields) {
    typed();
    const step = fields.filter((field) => !field.readOnly && field.value !== value).map((field) => [field, field.value, value]);
    step.forEach(([field]) => { field.value = value; });
    told.textContent = told.dataset.all.replace("{filled}", step.length);
    noted(step);
    if (step.length) step[0][0].dispatchEvent(new Event("input", { bubbles: true }));
  }

  function rowsOf() {
    return [...grid.querySelectorAll("tbody tr")];
  }

  // Rows can be added up to what a page may send; columns cannot.
  function fits(lines, row, column) {
    const width = fieldsOf(rowsOf()[0]).length - column;
    return row + lines.length <= Number(count.dataset.most) && lines.every((line) => line.slice(width).every((value) => !value.trim()));
  }

  function fill(lines, row, column) {
    typed();
    const step = [];
    let filled = 0, left = 0;
    while (rowsOf().length < row + lines.length) addRow();
    const rows = rowsOf();
    lines.forEach((line, down) => {
      const fields = fieldsOf(rows[row + down]);
      line.forEach((value, right) => {
        const field = fields[column + right];
        if (!field) return;
        const before = field.value;
        if (field.readOnly) { if (value.trim() !== before) left += 1; return; }
        put(field, value.trim()) ? (filled += 1) : (left += 1);
        step.push([field, before, field.value]);
      });
    });
    told.textContent = (left ? told.dataset.some : told.dataset.all).replace("{filled}", filled).replace("{left}", left);
    noted(step);
    begun = last ? last.value : "";
    grid.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function addRow() {
    const last = rowsOf().at(-1);
    const old = rowsOf().length, number = old + 1;
    const row = last.cloneNode(true);
    row.id = `row-${number}`;
    const was = row.querySelector("input[type=hidden]");
    was.name = `was-${number}`;
    was.value = "";
    row.querySelector("th").replaceChildren(String(number), was);
    row.querySelectorAll(".grid__hint, [data-error]").forEach((hint) => hint.remove());
    fieldsOf(row).forEach((field, index) => {
      field.name = field.id = field.name.replace(`-${old}`, `-${number}`);
      field.setAttribute("aria-label", field.getAttribute("aria-label").replace(String(old), String(number)));
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
      field.classList.remove("unmatched");
      if (field.tagName !== "SELECT" && !field.classList.contains("code")) field.value = "";
      if (field.tagName === "SELECT") field.value = field.name.startsWith("category-") ? "" : fieldsOf(last)[index].value;
      field.removeAttribute("data-saved");
      if (field.tagName === "SELECT") [...field.options].forEach((one) => { one.defaultSelected = one.selected; });
      else field.setAttribute("value", field.value);
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
