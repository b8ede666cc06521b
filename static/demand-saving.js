// The demand grid with scripts: saved while one types, what others change shown as it comes, nothing lost without network or session.
const grid = document.querySelector("[data-demand-grid]");
const told = document.querySelector("[data-saving]");
if (grid && told && told.dataset.url) start(grid, told);

function start(grid, told) {
  const form = document.getElementById("demand-form");
  const { version, seen, note, baseline_source: source } = form.elements;
  const region = document.querySelector("[data-clashes]"), list = region.querySelector("ul");
  const store = `hefboom-demand:${told.dataset.person}:${told.dataset.lot}`;
  const saved = new WeakMap(); // what is stored in a field, as far as this page knows
  const clashes = new Map(); // a field, or a row that is gone, to its entry in the list
  let timer = 0, busy = null, isOver = false, isUnsent = false, isRenewed = false, isWanted = false;

  version.value = version.defaultValue;
  seen.value = seen.defaultValue;
  restore();
  form.addEventListener("input", () => changed());
  form.addEventListener("submit", leave);
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  window.addEventListener("online", send);
  window.addEventListener("focus", () => (isUnsent ? send() : ask()));
  setInterval(() => (isUnsent ? send() : ask()), 4000);

  // A delivery that is under way is stored first, else the form would clash with its own editor.
  function leave(event) {
    clearTimeout(timer);
    isOver = true;
    if (!busy) return;
    event.preventDefault();
    const by = event.submitter;
    Promise.race([busy, new Promise((go) => setTimeout(go, 5000))]).then(() => { busy = null; form.requestSubmit(by); });
  }

  function changed() {
    keep();
    if (isOver) return;
    tell(anyDirty() ? told.dataset.sending : told.dataset.same);
    clearTimeout(timer);
    timer = setTimeout(send, 600);
  }

  // One question or delivery at a time: each moves what this page knows to be stored.
  function send() {
    if (busy || isOver) { isWanted = !isOver; return; }
    const sent = batch();
    if (sent) busy = deliver(sent).finally(done);
    else if (!anyDirty()) forget();
  }

  function ask() {
    if (busy || isOver || document.hidden || (!Number(version.value) && anyDirty())) return;
    busy = listen().finally(done);
  }

  function done() {
    busy = null;
    if (!isWanted) return;
    isWanted = false;
    send();
  }

  // Rows with a change go whole, and with them every other row of the same category, tier and country.
  function batch() {
    const open = rowsOf().filter((row) => !clashes.has(row));
    const dirty = open.filter((row) => fieldsOf(row).some((f) => isDirty(f) && !clashes.has(f)));
    const names = new Set(dirty.map(nowOf).filter(Boolean));
    const rows = open.filter((row) => dirty.includes(row) || names.has(nowOf(row)));
    const facts = [note, source].filter((f) => isDirty(f) && !clashes.has(f));
    if (!rows.length && !facts.length) return null;
    const sent = new Map([...rows.flatMap(fieldsOf), ...(facts.length ? [note, source] : [])].map((f) => [f, clashes.has(f) ? savedIn(f) : f.value]));
    const body = new URLSearchParams({ version: version.value, seen: seen.value, rows: Math.max(0, ...rows.map(numberOf)) });
    rows.forEach((row) => body.set(`was-${numberOf(row)}`, wasOf(row).value));
    sent.forEach((value, field) => body.set(field.name, value));
    return { rows, sent, body };
  }

  async function deliver({ rows, sent, body }) {
    try {
      const headers = { Accept: "application/json", "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content };
      const answer = await fetch(told.dataset.url, { method: "POST", body, headers, credentials: "same-origin" });
      if (answer.redirected || answer.status === 400 || answer.status === 401) return await lapsed();
      if ([403, 404, 409].includes(answer.status)) return over(await reason(answer));
      if (answer.status === 422) return tell((await answer.json()).error);
      if (!answer.ok) return unsent(told.dataset.unsent);
      isUnsent = isRenewed = false;
      take(await answer.json(), rows, sent);
      if (batchLeft(sent)) timer = setTimeout(send, 600);
    } catch {
      unsent(told.dataset.unsent);
    }
  }

  // Why nothing more is taken: in words of the answer, where it is not a page.
  async function reason(answer) {
    try { return (await answer.json()).error || told.dataset.closed; } catch { return told.dataset.closed; }
  }

  // Typed on while the answer was on its way.
  function batchLeft(sent) {
    return [...sent].some(([field, value]) => field.value !== value && isDirty(field) && !clashes.has(field));
  }

  async function listen() {
    try {
      const query = new URLSearchParams({ version: version.value, seen: seen.value });
      const answer = await fetch(`${told.dataset.url}?${query}`, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if ([403, 404, 409].includes(answer.status)) return over(await reason(answer));
      if (answer.status === 204 || !answer.ok) return;
      if (answer.redirected) return tell(told.dataset.lapsed);
      const news = await answer.json();
      if (news.over) return over(news.over);
      take(news, [], new Map());
    } catch { /* no connection: asked again, and what is typed says so when it is sent */ }
  }

  // Take an answer in: what was sent is stored, what others changed comes into fields not touched here, the rest is a clash.
  function take(news, rows, sent) {
    version.value = news.version;
    seen.value = news.seen;
    const wrong = new Set((news.wrong || []).map((one) => rowOf(one.field)));
    rows.forEach((row) => { if (!wrong.has(row) && numberOf(row) in news.kept) wasOf(row).value = news.kept[numberOf(row)]; });
    const both = new Map((news.clashes || []).map((one) => [`${one.was} ${one.field}`, one.text]));
    const others = new Map(news.others.map((one) => [`${one.was} ${one.field}`, one]));
    const touched = new Set(news.rows.map((one) => one.was));
    rows.filter((row) => !wrong.has(row) && !touched.has(wasOf(row).value)).forEach((row) => fieldsOf(row).forEach((f) => saved.set(f, clashes.has(f) ? savedIn(f) : sent.get(f))));
    news.rows.forEach(({ was, fields }) => {
      const places = rowsOf().filter((row) => wasOf(row).value === was);
      if (!fields) return places.forEach((row) => gone(row, others));
      if (places.length > 1) return places.forEach((row) => fieldsOf(row).forEach((f) => { if (sent.has(f)) saved.set(f, sent.get(f)); }));
      const row = places[0] || freeRow(was);
      fieldsOf(row).forEach((f) => settle(f, fields[plain(f)] ?? "", wrong.has(row) ? undefined : sent.get(f), both.get(`${was} ${plain(f)}`), others.get(`${was} ${plain(f)}`)));
    });
    if (news.facts) [note, source].forEach((f) => settle(f, news.facts[f.name], sent.get(f), both.get(` ${f.name}`), others.get(` ${f.name}`)));
    keep();
    if (news.saved) {
      const left = [...wrong].map(numberOf).sort((a, b) => a - b).join(", ");
      tell((clashes.size ? told.dataset.clash : left ? told.dataset.whole : "{saved}").replace("{saved}", news.saved).replace("{rows}", left));
    } else if (news.others.length) tell(news.others.at(-1).text);
  }

  function settle(field, stored, sent, clash, other) {
    const old = savedIn(field), isSent = sent !== undefined && !clashes.has(field);
    saved.set(field, stored);
    if (clash && field.value !== stored) return entry(field, clash);
    if (isSent ? field.value === sent : field.value === old) {
      if (isSent && !other && stored !== sent && field === document.activeElement) return later(field, sent, stored);
      put(field, stored);
      if (other && stored !== old) by(field, other);
    } else if (!isSent && stored !== old && field.value !== stored) entry(field, other ? `${field.getAttribute("aria-label") || labelOf(field)}: ${other.text}` : told.dataset.clash);
    if (field.value === stored) resolve(field);
  }

  // What is being typed is not rewritten under the hand (12, would become 12, and 12,5 then 125): only when it is left.
  function later(field, sent, stored) {
    saved.set(field, sent);
    resolve(field);
    field.addEventListener("blur", () => {
      if (field.value !== sent || savedIn(field) !== sent) return;
      saved.set(field, stored);
      put(field, stored);
    }, { once: true });
  }

  // A row that somebody removed: emptied here too, unless it was changed here.
  function gone(row, others) {
    const isChanged = fieldsOf(row).some(isDirty);
    wasOf(row).value = "";
    fieldsOf(row).forEach((f) => saved.set(f, ""));
    if (!isChanged) return blank(row);
    const other = [...others.values()][0];
    entry(row, [`${numberOf(row)}`, told.dataset.removed, other ? `${other.who}, ${other.at}` : ""].filter(Boolean).join(" · "));
  }

  function blank(row) {
    fieldsOf(row).forEach((f) => { put(f, ""); saved.set(f, f.value); resolve(f); });
    resolve(row);
  }

  function freeRow(was) {
    const isFree = (row) => !wasOf(row).value && !clashes.has(row) && !fieldsOf(row).some(isDirty);
    if (!rowsOf().some(isFree)) grid.dispatchEvent(new CustomEvent("row-wanted"));
    const row = rowsOf().find(isFree);
    wasOf(row).value = was;
    fieldsOf(row).forEach((f) => { saved.set(f, f.value); });
    return row;
  }

  // Both values of a clash, to choose from; until then the field is not sent.
  function entry(place, text) {
    resolve(place);
    const item = document.createElement("li");
    const words = document.createElement("span");
    words.textContent = `${text} `;
    item.append(words, button(region.dataset.mine, () => { resolve(place); changed(); }), button(region.dataset.theirs, () => {
      place.tagName === "TR" ? blank(place) : put(place, savedIn(place));
      resolve(place);
      changed();
    }));
    list.append(item);
    clashes.set(place, item);
    place.classList.add("unmatched");
    region.hidden = false;
  }

  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "govuk-button govuk-button--secondary";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  function resolve(place) {
    const item = clashes.get(place);
    if (!item) return;
    item.remove();
    clashes.delete(place);
    place.classList.remove("unmatched");
    region.hidden = !clashes.size;
  }

  // Who changed a cell just now, beside it.
  function by(field, other) {
    const cell = field.closest("td");
    if (!cell) return;
    cell.querySelectorAll("[data-by]").forEach((old) => old.remove());
    const hint = document.createElement("span");
    hint.className = "grid__hint";
    hint.dataset.by = "";
    hint.textContent = other.text;
    cell.append(hint);
    cell.classList.add("by-other");
  }

  // The token of this page no longer holds: a fresh one is taken once somebody is signed in again.
  async function lapsed() {
    unsent(told.dataset.lapsed);
    const answer = await fetch(location.pathname, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected || isRenewed) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = fresh.querySelector("meta[name=csrf-token]");
    if (!token || !fresh.querySelector("[data-saving]")) return;
    document.querySelector("meta[name=csrf-token]").content = token.content;
    isRenewed = true;
  }

  // Handed in, withdrawn or closed: nothing is sent any more by itself, and what was typed stays to be saved or copied.
  function over(why) {
    isOver = true;
    tell(why);
  }

  function unsent(words) {
    isUnsent = true;
    tell(words);
  }

  function tell(words) {
    if (told.textContent !== words) told.textContent = words;
  }

  function savedIn(field) {
    if (!saved.has(field)) saved.set(field, field.dataset.saved ?? initial(field));
    return saved.get(field);
  }

  function isDirty(field) {
    return field.value !== savedIn(field);
  }

  function anyDirty() {
    return [...rowsOf().flatMap(fieldsOf), note, source].some(isDirty);
  }

  function rowsOf() {
    return [...grid.querySelectorAll("tbody tr")];
  }

  function rowOf(name) {
    return form.elements[name].closest("tr");
  }

  // What is not sent yet stays on this device under a key of this person and lot.
  function keep() {
    const rows = rowsOf().map((row) => ({ was: wasOf(row).value, fields: fieldsOf(row).filter(isDirty).map((f) => [plain(f), savedIn(f), f.value]) })).filter((row) => row.fields.length);
    const facts = [note, source].filter(isDirty).map((f) => [f.name, savedIn(f), f.value]);
    if (!rows.length && !facts.length) return forget();
    try { localStorage.setItem(store, JSON.stringify({ rows, facts, version: version.value, seen: seen.value })); } catch { /* storage refused: what is typed stays on the page */ }
  }

  function forget() {
    try { localStorage.removeItem(store); } catch { /* as above */ }
  }

  function restore() {
    let kept;
    try { kept = JSON.parse(localStorage.getItem(store)); } catch { kept = null; }
    if (!kept || anyDirty()) return;
    const isFresh = kept.version === version.value && kept.seen === seen.value; // else the declaration went on without it
    kept.rows.forEach(({ was, fields }) => {
      const row = rowsOf().find((one) => was && wasOf(one).value === was) || freeRow("");
      const named = new Map(fieldsOf(row).map((f) => [plain(f), f]));
      fields.forEach(([name, old, value]) => named.has(name) && again(named.get(name), old, value, isFresh));
    });
    kept.facts.forEach(([name, old, value]) => again(form.elements[name], old, value, isFresh));
    if (anyDirty()) changed();
    else forget();
  }

  function again(field, old, value, isFresh) {
    if (value === savedIn(field)) return;
    const isSame = isFresh && savedIn(field) === old;
    put(field, value);
    if (!isSame && field.value === value) entry(field, `${field.getAttribute("aria-label") || labelOf(field)}: ${value} / ${savedIn(field)}`);
  }
}

function wasOf(row) {
  return row.querySelector("input[name^='was-']");
}

function numberOf(row) {
  return Number(wasOf(row).name.slice(4));
}

// Category, tier and country as they stand in a row now.
function nowOf(row) {
  const place = fieldsOf(row).filter((f) => /^(category|tier|country)-/.test(f.name)).map((f) => f.value.trim().toLowerCase());
  return place[0] && place.join("|");
}

function fieldsOf(row) {
  return [...row.querySelectorAll("input:not([type=hidden]), select")];
}

// The name of a field without the number of its row.
function plain(field) {
  const [name, , year] = field.name.split("-");
  return year ? `${name}-${year}` : name;
}

function initial(field) {
  if (field.tagName !== "SELECT") return field.defaultValue;
  return ([...field.options].find((one) => one.defaultSelected) || field.options[0]).value;
}

function labelOf(field) {
  return field.labels && field.labels[0] ? field.labels[0].textContent.trim() : "";
}

function put(field, value) {
  if (field.value !== value) field.value = value;
}
