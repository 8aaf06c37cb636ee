// The review queue: one key decides a ticket. Each key presses a button of the card, so that whoever
// works without a script has the same buttons.
const cards = () => [...document.querySelectorAll("[data-review]")];
const current = () => document.querySelector("[data-review].current") ?? cards()[0];

function mark(card) {
  document.querySelector(".review-card.current")?.classList.remove("current");
  card.classList.add("current");
  card.focus({ preventScroll: true });
}

function makeCurrent(card) {
  if (!card) return;
  mark(card);
  card.scrollIntoView({ block: "nearest" });
}

function neighbour(card, step) {
  const all = cards();
  return all[all.indexOf(card) + step];
}

function move(step) {
  const marked = document.querySelector("[data-review].current");
  if (!marked) return makeCurrent(cards()[step > 0 ? 0 : cards().length - 1]);
  makeCurrent(neighbour(marked, step) ?? marked);
}

// The answer is on its way while the next one is read already.
function decide(selector) {
  const card = current();
  const button = card?.querySelector(selector);
  if (!button) return;
  const next = neighbour(card, 1) ?? neighbour(card, -1);
  // A press, for htmx learns from it which button it was.
  button.click();
  makeCurrent(next);
}

function skip(card) {
  if (!card) return;
  const next = neighbour(card, 1);
  card.parentElement.append(card);
  makeCurrent(next ?? card);
}

function typeCategory() {
  const card = current();
  if (!card) return;
  makeCurrent(card);
  card.querySelector("[data-typed]").focus();
}

export const onReview = {
  Enter: () => decide("[data-accept]"),
  a: () => decide("[data-accept]"),
  ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [String(n), () => decide(`[data-choice="${n}"]`)])),
  "/": typeCategory,
  c: typeCategory,
  j: () => move(1),
  k: () => move(-1),
  s: () => skip(current()),
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
    const form = event.target.form;
    const next = neighbour(event.target.closest("[data-review]"), 1);
    form.querySelector("[data-file]").click();
    event.target.blur();
    makeCurrent(next);
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
    if (!document.querySelector("[data-review].current")) makeCurrent(cards()[0]);
  });
  const named = location.hash.startsWith("#review-") ? document.getElementById(location.hash.slice(1)) : null;
  if (named) makeCurrent(named);
  else if (cards().length) mark(cards()[0]);
}
