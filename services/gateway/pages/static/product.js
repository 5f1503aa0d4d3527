// A page follows its case: when the live stream tells of a change, the main part is fetched anew,
// unless somebody is filling in a form.
"use strict";

let dirty = false;
document.addEventListener("input", () => { dirty = true; });
document.addEventListener("submit", () => { dirty = true; });

async function refresh() {
  if (dirty) {
    document.querySelector("[data-stale]")?.removeAttribute("hidden");
    return;
  }
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const open = [...document.querySelectorAll("main details")].map((each) => each.open);
  document.querySelector("main").replaceWith(page.querySelector("main"));
  document.querySelectorAll("main details").forEach((each, i) => { each.open = open[i] ?? each.open; });
  showWhereItStands();
  document.dispatchEvent(new Event("renewed"));
}

function showWhereItStands() {
  const map = document.querySelector(".map");
  const active = map?.querySelector(".active");
  if (!active) return;
  const from = map.getBoundingClientRect(), at = active.getBoundingClientRect();
  map.scrollTop += at.top - from.top - from.height / 2;
}
showWhereItStands();

const live = document.querySelector("[data-live]")?.dataset.live;
if (live) {
  const events = new EventSource(live);
  events.addEventListener("case", (told) => {
    // What the page was made from is no news.
    if (told.lastEventId !== document.querySelector("main").dataset.seen) refresh();
  });
  events.addEventListener("end", () => events.close());
}

const period = document.querySelector("[data-poll]")?.dataset.poll;
if (period) setInterval(() => { if (!document.hidden) refresh(); }, period * 1000);
