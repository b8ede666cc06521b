// The count on the lead's board, asked for again while the page is looked at and somebody is there; without it the figures of the page stand.
const live = document.querySelector("[data-live]");
const EVERY = 5000, THERE = 15 * 60 * 1000;
if (live) start(live);

function start(live) {
  let last = Date.now();
  for (const kind of ["pointermove", "keydown", "scroll"]) document.addEventListener(kind, () => { last = Date.now(); }, { passive: true });
  setInterval(() => { if (document.visibilityState === "visible" && Date.now() - last < THERE) ask(live); }, EVERY);
}

async function ask(live) {
  try {
    const answer = await fetch(live.dataset.live, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    const { figures } = await answer.json();
    for (const place of live.querySelectorAll("[data-figure]")) put(place, figures[place.dataset.figure]);
  } catch { /* no network: the figures stay, with the time they were counted at */ }
}

function put(place, text) {
  if (text === undefined || place.textContent === text) return;
  place.textContent = text;
  place.classList.remove("live__new");
  requestAnimationFrame(() => place.classList.add("live__new"));
}
