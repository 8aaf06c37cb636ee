// The keys of the help dialog. Nothing happens while someone types, or with Ctrl, Alt or Meta held.
import { moveRow, openRow, selectRow, assignRow } from "./queue.js";
import { writeComment } from "./composer.js";
import { onReview } from "./review.js";

const WAIT_FOR_SECOND_KEY_MS = 1200;
let goUntil = 0;

function isTyping(target) {
  return target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
}

// The key as the help names it. On a layout without Latin letters a key is known by its place, as are
// the digits where the top row writes letters or a quotation mark (Kazakh), and the slash.
function meant({ key, code }) {
  const isForeign = /^[^\x00-\x7f]$/u.test(key);
  if (code === "Slash" && (key === "." || key === "№")) return "/";
  if (/^Digit\d$/.test(code) && (isForeign || key === '"')) return code.slice(-1);
  if (/^Key[A-Z]$/.test(code) && isForeign && key === key.toLowerCase()) return code.slice(-1).toLowerCase();
  return key;
}

function go(key) {
  const place = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
  if (place) location.assign(place.href);
  return Boolean(place);
}

const onQueue = {
  j: () => moveRow(1),
  k: () => moveRow(-1),
  Enter: openRow,
  o: openRow,
  x: selectRow,
  a: assignRow,
};

const onTicket = {
  r: () => writeComment("reply"),
  n: () => writeComment("internal"),
  a: () => document.querySelector("[data-assign-me]")?.requestSubmit(document.querySelector("[data-assign-me] button")) ?? true,
  u: () => document.querySelector("[data-back]")?.click(),
};

const LOCAL = [["[data-queue]", onQueue], ["[data-ticket]", onTicket], ["[data-review-page]", onReview]];

const anywhere = {
  "/": () => {
    const search = document.querySelector("[data-search]");
    if (!search) return location.assign("/queue");
    search.focus();
    search.select();
  },
  "?": () => document.getElementById("keys")?.showModal(),
};

function press(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && isTyping(event.target)) return event.target.blur();
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;

  const key = meant(event);
  if (Date.now() < goUntil) {
    goUntil = 0;
    if (go(key)) return event.preventDefault();
  }
  if (key === "g") {
    goUntil = Date.now() + WAIT_FOR_SECOND_KEY_MS;
    return;
  }
  // Enter on a link or button already means that link or button.
  if (event.key === "Enter" && event.target.closest("a, button, summary, input")) return;

  const local = LOCAL.find(([place]) => document.querySelector(place))?.[1] ?? {};
  const action = local[key] ?? anywhere[key];
  if (action) {
    event.preventDefault();
    action();
  }
}

export function watchKeys() {
  document.addEventListener("keydown", press);
}
