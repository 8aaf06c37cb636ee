// The review queue: one key decides a ticket. Each key presses a button of the card, so that whoever
// works without a script has the same buttons.
const SKIPS_MAX = 200;
const cards = () => [...document.querySelectorAll("[data-review]")];
const marked = () => document.querySelector("[data-review].current");
const current = () => marked() ?? cards()[0];
// The id of the card to go on with when the current one is gone or was drawn anew.
let nextUp = "";

function mark(card) {
  document.querySelector(".review-card.current")?.classList.remove("current");
  card.classList.add("current");
  // Whoever writes into the card goes on writing.
  if (!card.contains(document.activeElement)) card.focus({ preventScroll: true });
}

function makeCurrent(card) {
  if (!card) return;
  // What was said above the list has been read once work goes on.
  document.querySelector(".flashes")?.classList.add("read");
  mark(card);
  card.scrollIntoView({ block: "nearest" });
}

function neighbour(card, step) {
  const all = cards();
  return all[all.indexOf(card) + step];
}

function move(step) {
  if (!marked()) return makeCurrent(cards()[step > 0 ? 0 : cards().length - 1]);
  makeCurrent(neighbour(marked(), step) ?? marked());
}

// The answer is on its way while the next one is read already.
function decide(selector) {
  const card = current();
  const button = card?.querySelector(selector);
  if (!button) return false;
  const next = neighbour(card, 1) ?? neighbour(card, -1);
  // A press, for htmx learns from it which button it was.
  button.click();
  makeCurrent(next);
  return true;
}

// A proposal that is hardly likelier than any other is no default: the list opens instead.
function accept() {
  if (decide("[data-accept]")) return;
  const box = typeCategory();
  if (box?.list && "showPicker" in box) box.showPicker();
}

// The card stands back below the others, and the next of those that wait takes its place.
function skip(card) {
  if (!card) return;
  const next = neighbour(card, 1) ?? cards()[0];
  document.getElementById("review-skipped").append(card);
  const skips = document.getElementById("review-skips");
  const number = card.id.replace("review-", "");
  const before = skips.value.split(",").filter((each) => each && each !== number);
  skips.value = [...before, number].slice(-SKIPS_MAX).join(",");
  tellShown();
  makeCurrent(next);
  document.querySelector("[data-news]").dispatchEvent(new CustomEvent("more"));
}

function typeCategory() {
  const card = current();
  if (!card) return null;
  makeCurrent(card);
  const box = card.querySelector("[data-typed]");
  box.focus();
  return box;
}

// How many cards there are is known here, for they come and go.
function tellShown() {
  for (const pick of document.querySelectorAll("#review-skipped [name=pick]")) pick.removeAttribute("form");
  const shown = document.querySelector("[data-shown]");
  if (shown) {
    const count = cards().length;
    const line = shown.closest("[data-matching]");
    shown.textContent = count;
    line.hidden = count >= Number(line.dataset.matching);
  }
  const all = document.querySelector("[data-accept-all]");
  if (!all) return;
  const alike = document.querySelectorAll("[name=pick][form=accept-all]").length;
  all.textContent = all.dataset.acceptAll.replace("#", () => alike);
  all.closest("form").hidden = alike === 0;
}

export const onReview = {
  Enter: accept,
  a: accept,
  ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [String(n), () => decide(`[data-choice="${n}"]`)])),
  "/": typeCategory,
  c: typeCategory,
  j: () => move(1),
  k: () => move(-1),
  s: () => skip(marked()),
  t: () => current()?.querySelector("[data-team]")?.click(),
  u: () => document.querySelector("[data-undo]")?.requestSubmit(),
  o: () => current()?.querySelector(".review-title a").click(),
};

// Somebody writes into this card just now: it is renewed when the answer comes, not before.
function isWrittenIn(card) {
  const box = card?.querySelector?.("[data-typed]");
  return box && (box === document.activeElement || box.value !== "");
}

export function watchReview() {
  const page = document.querySelector("[data-review-page]");
  if (!page) return;
  page.querySelector("[data-review-filter]").addEventListener("change", (event) => event.currentTarget.requestSubmit());
  page.addEventListener("click", (event) => {
    if (!event.target.closest("[data-skip]")) return;
    event.preventDefault();
    skip(event.target.closest("[data-review]"));
  });
  page.addEventListener("focusin", (event) => {
    const card = event.target.closest("[data-review]");
    if (!card || card.classList.contains("current")) return;
    document.querySelector(".review-card.current")?.classList.remove("current");
    card.classList.add("current");
  });
  page.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-typed]") || event.isComposing) return;
    // The first button of a form is what Enter presses, and that one accepts.
    event.preventDefault();
    // The same words would be answered the same.
    if (event.target.hasAttribute("aria-invalid") && event.target.value === event.target.defaultValue) return;
    event.target.form.querySelector("[data-file]").click();
  });
  // What was typed may mean nothing: the card stays the current one until the answer is there.
  page.addEventListener("click", (event) => {
    const card = event.target.closest("[data-choice], [data-file]")?.closest("[data-review]");
    if (card) nextUp = (neighbour(card, 1) ?? neighbour(card, -1))?.id ?? "";
  });
  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target?.matches?.("[data-review]") && isWrittenIn(event.detail.target)) event.detail.shouldSwap = false;
  });
  // What could not be decided asks again for whoever decided it.
  document.body.addEventListener("htmx:afterSettle", () => {
    const asks = page.querySelector(".review-card [role=alert]")?.closest("li");
    if (asks && !asks.contains(document.activeElement) && !asks.dataset.shown) {
      asks.dataset.shown = "yes";
      asks.scrollIntoView({ block: "nearest" });
    }
    const box = page.querySelector("[data-typed][aria-invalid]:not([data-asked])");
    if (box) {
      box.dataset.asked = "yes";
      nextUp = box.closest("[data-review]").id;
      makeCurrent(box.closest("[data-review]"));
      box.focus();
      box.select();
    }
    tellShown();
    if (!marked()) makeCurrent(document.getElementById(nextUp) ?? cards()[0]);
  });
  const named = location.hash.startsWith("#review-") ? document.getElementById(location.hash.slice(1)) : null;
  if (named) {
    mark(named);
    named.scrollIntoView({ block: "nearest" });
  }
  else if (cards().length) mark(cards()[0]);
}
