// Small help on top of pages that work without it: keys, one submit per form, tokens for htmx.
import { initAll } from "./vendor/govuk-frontend.min.js";

const KEYS_OFF = "hefboom-keys-off";
const LAPSES_MS = 5000;

initAll();
sendTheTokenWithHtmx();
sendFormsOnce();
listenForKeys();
openTargetedDetails();
weighFilesBeforeSending();
sendWhatIsChosen();
tellOfColumnsOutOfSight();

function sendTheTokenWithHtmx() {
  const token = document.querySelector("meta[name=csrf-token]");
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (token) event.detail.headers["X-CSRFToken"] = token.content;
  });
}

// A second press while the first is under way would only be refused by the server as a repeat.
// Forms that answer with a download stay on the page and carry data-repeatable.
function sendFormsOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || "repeatable" in form.dataset) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    form.querySelectorAll("button[type=submit], button:not([type])").forEach((b) => b.setAttribute("aria-disabled", "true"));
  });
  window.addEventListener("pageshow", sendAllAgain);
}

function sendAllAgain() {
  document.querySelectorAll("form[data-sent]").forEach(sendAgain);
}

function sendAgain(form) {
  delete form.dataset.sent;
  form.querySelectorAll("button[aria-disabled]").forEach((b) => b.removeAttribute("aria-disabled"));
}

function listenForKeys() {
  const help = document.getElementById("keys-help");
  const off = document.getElementById("keys-off");
  const tell = () => document.body.classList.toggle("keys-off", keysAreOff());
  tell();
  if (off) {
    off.checked = keysAreOff();
    off.addEventListener("change", () => { remember(off.checked); tell(); });
  }
  document.querySelectorAll("[data-opens-keys]").forEach((b) => {
    b.hidden = false;
    b.addEventListener("click", () => help.showModal());
  });
  document.addEventListener("keydown", (event) => {
    if (keysAreOff() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (help && help.open) return;
    const known = { "/": toSearch, "?": () => help && help.showModal(), j: () => follow("next"), k: () => follow("prev") };
    const act = known[event.key] || ofThePage(event.key.toLowerCase());
    if (act) { event.preventDefault(); act(); }
  });
}

// Keys of one page stand at its buttons as data-key. One that needs a field filled in first (data-needs) goes to that
// field; Enter there then presses it.
function ofThePage(key) {
  const place = /^[a-z0-9]$/.test(key) && document.querySelector(`main [data-key="${key}"]`);
  if (!place) return null;
  const needed = place.dataset.needs && document.getElementById(place.dataset.needs);
  if (!needed || needed.value.trim()) return () => place.click();
  return () => {
    document.querySelectorAll("[data-key][aria-pressed]").forEach((b) => b.removeAttribute("aria-pressed"));
    place.setAttribute("aria-pressed", "true");
    needed.onkeydown = (event) => { if (event.key === "Enter") { event.preventDefault(); if (needed.value.trim()) place.click(); } };
    needed.focus();
  };
}

function toSearch() {
  const box = document.querySelector("input[type=search]");
  if (box) box.focus();
}

function follow(rel) {
  const link = document.querySelector(`main a[rel~=${rel}]`);
  if (link) link.click();
}

function isTyping(place) {
  if (place.tagName === "INPUT" && /^(radio|checkbox|submit|button)$/.test(place.type)) return false;
  return place.isContentEditable || /^(input|textarea|select)$/i.test(place.tagName);
}

function keysAreOff() {
  try { return localStorage.getItem(KEYS_OFF) === "yes"; } catch { return false; }
}

function remember(off) {
  try { off ? localStorage.setItem(KEYS_OFF, "yes") : localStorage.removeItem(KEYS_OFF); } catch { /* storage refused: the choice lasts for this page */ }
}

// A file beyond the limit is told at once, not after minutes of sending; the server decides all the same.
function weighFilesBeforeSending() {
  document.querySelectorAll("input[type=file][data-max-bytes]").forEach((field) => {
    field.addEventListener("change", () => {
      const tooLarge = [...field.files].some((file) => file.size > Number(field.dataset.maxBytes));
      field.setCustomValidity(tooLarge ? field.dataset.tooLarge : "");
      if (tooLarge) field.reportValidity();
    });
  });
}

// Where the page says so, a file is sent by choosing it or dropping it on its field; the button is for whoever has no scripts,
// and for a second try. It comes after the weighing: a file beyond the limit is told and not sent. No event tells that the
// sending was stopped, so the button works again after a few seconds, and at once after Escape.
function sendWhatIsChosen() {
  document.querySelectorAll("form[data-sends-what-is-chosen]").forEach((form) => {
    let lapse;
    form.addEventListener("change", (event) => {
      if (event.target.type !== "file" || !event.target.files.length) return;
      sendAgain(form);
      form.requestSubmit();
    });
    form.addEventListener("submit", () => {
      const told = form.querySelector("[data-sending]");
      if (told) told.textContent = told.dataset.sending;
      clearTimeout(lapse);
      lapse = setTimeout(() => sendAgain(form), LAPSES_MS);
    });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") sendAgain(form); });
  });
}

// A link to a place inside a folded block opens it, so that errors never point at something hidden.
function openTargetedDetails() {
  const open = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = target && target.closest("details");
    if (folded) folded.open = true;
  };
  window.addEventListener("hashchange", open);
  open();
}

// The sentence below a table or a picture that is cut at the right; without scripts the scroll bar says it.
function tellOfColumnsOutOfSight() {
  const tell = (frame) => {
    const cue = frame.nextElementSibling;
    if (cue?.classList.contains("table-cue")) cue.hidden = frame.scrollWidth <= frame.clientWidth + 1;
  };
  const watch = new ResizeObserver((seen) => seen.forEach((one) => tell(one.target)));
  document.querySelectorAll(".table-frame, .chart__scroll").forEach((frame) => watch.observe(frame));
}
