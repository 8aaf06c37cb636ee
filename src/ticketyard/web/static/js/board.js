// The board: cards that are dragged from step to step, or taken there by the keys. Both fill in and
// send the form that each card has for whoever works without a script.
const cards = (column) => [...column.querySelectorAll("[data-card]")];
const columns = () => [...document.querySelectorAll("[data-step]")];
const columnOf = (card) => card.closest("[data-step]");
const mayGoTo = (card, column) => columnOf(card) !== column && JSON.parse(card.dataset.allowed).includes(column.dataset.step);

function move(card, column) {
  const form = card.querySelector(".board-move");
  if (!form || !mayGoTo(card, column)) return;
  form.elements.step.value = column.dataset.step;
  form.requestSubmit();
}

function focusCard(card) {
  card?.querySelector(".board-title").focus();
}

function sideways(card, step, takeAlong) {
  const all = columns();
  const here = all.indexOf(columnOf(card));
  if (takeAlong) {
    for (let at = here + step; at >= 0 && at < all.length; at += step) {
      if (mayGoTo(card, all[at])) return move(card, all[at]);
    }
    return;
  }
  const row = cards(columnOf(card)).indexOf(card);
  for (let at = here + step; at >= 0 && at < all.length; at += step) {
    const there = cards(all[at]);
    if (there.length) return focusCard(there[Math.min(row, there.length - 1)]);
  }
}

function upAndDown(card, step) {
  const all = cards(columnOf(card));
  focusCard(all[Math.min(Math.max(all.indexOf(card) + step, 0), all.length - 1)]);
}

const KEYS = {
  ArrowLeft: (card, event) => sideways(card, -1, event.shiftKey),
  ArrowRight: (card, event) => sideways(card, 1, event.shiftKey),
  ArrowUp: (card) => upAndDown(card, -1),
  ArrowDown: (card) => upAndDown(card, 1),
};

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, button, input")) return;
  const action = KEYS[event.key];
  if (!action) return;
  const card = event.target.closest("[data-card]");
  if (!card && event.shiftKey) return;
  event.preventDefault();
  if (card) action(card, event);
  else focusCard(document.querySelector("[data-card]"));
}

function watchDragging(board) {
  let dragged = null;
  const clear = () => {
    for (const column of columns()) column.classList.remove("aim", "shut");
    dragged?.classList.remove("dragged");
    dragged = null;
  };
  board.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-card]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.querySelector(".number").textContent);
    dragged.classList.add("dragged");
    for (const column of columns()) {
      column.classList.toggle("shut", column !== columnOf(dragged) && !mayGoTo(dragged, column));
    }
  });
  board.addEventListener("dragover", (event) => {
    const column = event.target.closest("[data-step]");
    if (!dragged || !column) return;
    const open = mayGoTo(dragged, column);
    if (open) event.preventDefault();
    for (const each of columns()) each.classList.toggle("aim", open && each === column);
  });
  board.addEventListener("drop", (event) => {
    const column = event.target.closest("[data-step]");
    const card = dragged;
    clear();
    if (!card || !column) return;
    event.preventDefault();
    move(card, column);
  });
  board.addEventListener("dragend", clear);
}

export function watchBoard() {
  document.querySelector("[data-board-team]")?.addEventListener("change", (event) => event.currentTarget.requestSubmit());
  const board = document.querySelector("[data-board]");
  if (!board) return;
  board.addEventListener("keydown", press);
  watchDragging(board);
  // Only after the browser itself has gone to the place in the address, which takes the focus away.
  addEventListener("load", () => setTimeout(() => {
    if (location.hash.startsWith("#ticket-")) focusCard(document.getElementById(location.hash.slice(1)));
  }));
}
