// The scoring page with scripts: digits and j/k, saving while one works, and nothing lost without network or session.
const page = document.querySelector("[data-scoring]");
if (page) start(page);

function start(page) {
  const items = [...page.querySelectorAll("[data-item]")];
  const forms = new Map(items.map((item) => [item, document.getElementById(`form-${item.dataset.item}`)]));
  const onward = page.querySelector("a[rel=next]"), back = page.querySelector("a[rel=prev]");
  const timers = new Map(), sending = new Map(), renewed = new Set();
  let current = Math.max(0, items.findIndex((item) => !isValued(item)));
  let since = Date.now();

  items.forEach((item) => forms.get(item).addEventListener("submit", (event) => { event.preventDefault(); keep(item); send(item); }));
  items.forEach(restore);
  page.addEventListener("input", (event) => changed(event.target));
  page.addEventListener("focusin", (event) => {
    const item = items.findIndex((one) => one.contains(event.target));
    if (item >= 0) choose(item);
  });
  document.addEventListener("click", sendFirst);
  document.addEventListener("keydown", digits);
  window.addEventListener("online", () => items.forEach(sendKept));
  window.addEventListener("focus", () => items.forEach(sendKept));
  window.addEventListener("hashchange", () => {
    const item = items.findIndex((one) => `#${one.id}` === location.hash);
    if (item >= 0) go(item);
  });
  setInterval(() => items.forEach(sendKept), 5000);
  const asked = items.findIndex((one) => `#${one.id}` === location.hash);
  choose(asked >= 0 ? asked : current);

  function digits(event) {
    const item = items[current];
    if (isOff() || event.isComposing) return;
    if (event.target.name === "motive") return ofTheMotive(event);
    if (event.target.name === "points") return ofThePoints(event);
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !/^[0-9m]$/.test(event.key)) return;
    const help = document.getElementById("keys-help");
    if (!item || (help && help.open)) return;
    const { motive, points } = forms.get(item).elements;
    if (event.key !== "m" && points && Number(points.dataset.most) > 9) return begin(points);
    if (event.key !== "m" && !give(item, Number(event.key))) return;
    event.preventDefault();
    if (event.key === "m" || !motive.value.trim()) motive.focus();
    else go(current + 1);
  }

  // Where points have more than one digit, the first one goes to their field and is typed there with what follows.
  function begin(points) {
    if (points.disabled) return;
    points.value = "";
    points.focus();
  }

  // Enter leads from the points to the motive.
  function ofThePoints(event) {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    forms.get(items[current]).elements.motive.focus();
  }

  // Points have no text of their own to take as the motive, so a digit leads into it; Ctrl and Enter lead on from there.
  function ofTheMotive(event) {
    const isOn = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (!isOn && event.key !== "Escape") return;
    event.preventDefault();
    items[current].focus();
    if (isOn) onward.click();
  }

  // A digit gives a level that the evidence allows, or points of a scale of one digit; whether it did.
  function give(item, digit) {
    const form = forms.get(item), points = form.elements.points;
    if (points) {
      if (digit > Number(points.dataset.most)) return false;
      points.value = digit;
      changed(points);
      return true;
    }
    const radio = form.querySelector(`input[name=level][value=E${digit}]`);
    if (!radio) return false;
    if (radio.disabled) {
      const most = [...form.querySelectorAll("input[name=level]:enabled")].pop();
      tell(item, page.dataset.above.replace("{level}", most ? most.value : ""));
      return false;
    }
    radio.checked = true;
    changed(radio);
    return true;
  }

  function go(number) {
    if (number >= items.length) { choose(items.length); onward.focus(); return; }
    choose(Math.max(0, number));
    items[current].focus();
    items[current].scrollIntoView({ block: "nearest" });
  }

  function choose(number) {
    count();
    current = number;
    items.forEach((item, place) => item.classList.toggle("judge--now", place === current));
    leadOn();
  }

  // The links of "next" and "previous", which j and k follow, lead from item to item and then on.
  function leadOn() {
    onward.href = current + 1 < items.length ? `#${items[current + 1].id}` : items.some((item) => !isValued(item)) ? onward.dataset.onward : page.dataset.finish;
    back.href = current > 0 && items.length ? `#${items[current - 1].id}` : back.dataset.back;
  }

  // Time is counted while an item is before one, five minutes at most at a stretch.
  function count() {
    const item = items[current], now = Date.now();
    if (item) forms.get(item).elements.seconds.value = Number(forms.get(item).elements.seconds.value) + Math.min(300, Math.round((now - since) / 1000));
    since = now;
  }

  function changed(field) {
    const item = items.find((one) => one.contains(field));
    if (!item) return;
    if (field.name === "source") forms.get(item).dataset.touched = "yes";
    if (field.name === "level") takeMotive(forms.get(item), field);
    keep(item);
    leadOn();
    tell(item, page.dataset.sending);
    clearTimeout(timers.get(item));
    timers.set(item, setTimeout(() => send(item), /^(radio|checkbox|select-one)$/.test(field.type) ? 50 : 600));
  }

  // A motive that was not typed follows the level; one that was typed stays.
  function takeMotive(form, radio) {
    const texts = [...form.querySelectorAll("[data-guidance]")].map((one) => one.dataset.guidance);
    const motive = form.elements.motive;
    if (!motive.value.trim() || texts.includes(motive.value.trim())) motive.value = radio.dataset.guidance;
    if (!form.dataset.touched) document.querySelectorAll(`input[name=source][form="${form.id}"]`).forEach((box) => { box.checked = false; });
  }

  // One delivery of an item at a time; whoever asks meanwhile waits for that one.
  function send(item) {
    if (!sending.has(item) && read(item)) sending.set(item, deliver(item));
    return sending.get(item);
  }

  // The page that follows shows what is stored, so what was typed last goes before it. It stays on this device where it cannot.
  async function sendFirst(event) {
    const link = event.target.closest("a[href]"), left = items.filter(read);
    if (!link || !left.length || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const there = new URL(link.href);
    if (there.pathname === location.pathname && there.search === location.search && there.hash) return;
    event.preventDefault();
    page.querySelector("[data-state]").textContent = page.dataset.sending;
    await Promise.race([Promise.all(left.map(send)), new Promise((done) => setTimeout(done, 10000))]);
    location.assign(there);
  }

  async function deliver(item) {
    const form = forms.get(item), kept = read(item);
    count();
    const seconds = Number(form.elements.seconds.value);
    try {
      const answer = await post(form, kept);
      if (answer.status === 422) return refused(item, (await answer.json()).error);
      if (answer.redirected || answer.status === 400 || answer.status === 401) return lapsed(item);
      if ([403, 404, 409].includes(answer.status)) return over(item);
      if (!answer.ok) return unsent(item, page.dataset.kept);
      const told = await answer.json();
      form.elements.seconds.value = Math.max(0, Number(form.elements.seconds.value) - seconds);
      if (read(item)?.at === kept.at) forget(item);
      tell(item, told.saved);
      page.querySelector("[data-told]").textContent = told.done;
      page.querySelector("[data-state]").textContent = told.saved;
      document.querySelectorAll(`input[name=source][form="${form.id}"]`).forEach((box) => { box.checked = told.cells.includes(box.value); });
      item.classList.remove("judge--unsent");
      renewed.delete(item);
    } catch {
      unsent(item, page.dataset.kept);
    } finally {
      sending.delete(item);
      if (read(item) && read(item).at !== kept.at) await send(item);
    }
  }

  function post(form, kept) {
    const body = new URLSearchParams(kept.fields);
    body.set("seconds", form.elements.seconds.value);
    const headers = { Accept: "application/json", "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content };
    return fetch(form.action, { method: "POST", body, headers, credentials: "same-origin" });
  }

  // Somebody else's sign-in, or none: the token of this page no longer holds. A fresh one is taken once one is signed in.
  async function lapsed(item) {
    unsent(item, page.dataset.lapsed);
    const answer = await fetch(location.pathname, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = fresh.querySelector("meta[name=csrf-token]");
    if (!token || !fresh.querySelector("[data-scoring]")) return;
    document.querySelector("meta[name=csrf-token]").content = token.content;
    if (!renewed.has(item)) { renewed.add(item); send(item); }
  }

  // Refused for what it says: sent again once it is changed.
  function refused(item, why) {
    item.classList.remove("judge--unsent");
    tell(item, page.dataset.refused.replace("{why}", why));
  }

  // Final, given to somebody else, or kept away by a tie: it is not sent again, and what was typed stays to be read.
  function over(item) {
    item.classList.remove("judge--unsent");
    tell(item, page.dataset.over);
    page.querySelector("[data-state]").textContent = page.dataset.over;
  }

  function sendKept(item) {
    if (read(item) && item.classList.contains("judge--unsent")) send(item);
  }

  function unsent(item, words) {
    item.classList.add("judge--unsent");
    tell(item, words);
    page.querySelector("[data-state]").textContent = words;
  }

  function tell(item, words) {
    forms.get(item).querySelector("[data-saved]").textContent = words;
  }

  function isValued(item) {
    const form = forms.get(item);
    return form.elements.points ? form.elements.points.value.trim() !== "" : !!form.querySelector("input[name=level]:checked");
  }

  function fieldsOf(item) {
    return [...new FormData(forms.get(item))].filter(([name]) => !["csrf_token", "once", "seconds", "take"].includes(name));
  }

  // What is not sent yet stays on this device under the assessment's own key, which only its evaluator's pages know.
  function keep(item) {
    store(item, JSON.stringify({ at: new Date().toISOString(), fields: fieldsOf(item) }));
  }

  function restore(item) {
    const kept = read(item), form = forms.get(item);
    if (!kept) return;
    const value = (name) => (kept.fields.find(([field]) => field === name) || ["", ""])[1];
    if (form.dataset.savedAt && Date.parse(form.dataset.savedAt) > Date.parse(kept.at)) {
      forget(item);
      if (value("motive") && value("motive") !== form.elements.motive.value) tell(item, page.dataset.older.replace("{text}", value("motive")));
      return;
    }
    const radio = form.querySelector(`input[name=level][value="${CSS.escape(value("level"))}"]`);
    if (radio) radio.checked = true;
    if (form.elements.points) form.elements.points.value = value("points");
    form.elements.motive.value = value("motive");
    form.elements.confidence.value = value("confidence");
    item.classList.add("judge--unsent");
    send(item);
  }

  function read(item) {
    try { return JSON.parse(localStorage.getItem(`hefboom-judging:${item.dataset.item}`)); } catch { return null; }
  }

  function store(item, text) {
    try { localStorage.setItem(`hefboom-judging:${item.dataset.item}`, text); } catch { /* storage refused: what is typed stays on the page */ }
  }

  function forget(item) {
    try { localStorage.removeItem(`hefboom-judging:${item.dataset.item}`); } catch { /* as above */ }
  }
}

function isTyping(place) {
  if (place.tagName === "INPUT" && /^(radio|checkbox|submit|button)$/.test(place.type)) return false;
  return place.isContentEditable || /^(input|textarea|select)$/i.test(place.tagName);
}

function isOff() {
  try { return localStorage.getItem("hefboom-keys-off") === "yes"; } catch { return false; }
}
