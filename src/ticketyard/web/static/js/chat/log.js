// The conversation as it is shown: each message once, whoever tells of it.
import { drawMessage } from "./drawing.js";

export function openLog(log, { words, onNews }) {
  function add(element) {
    log.append(element);
    return element;
  }

  // The last question on top, below it as much as fits: a long answer is read from its beginning.
  function settle(element = [...log.querySelectorAll(".said.requester")].at(-1)) {
    log.scrollTop = (element ?? log.lastElementChild).offsetTop - 12;
  }

  // Words that are shown already, and have no number from the desk yet.
  function unnumbered(message) {
    if (message.role !== "requester") return undefined;
    const unsent = [...log.querySelectorAll(".said.requester:not([data-id])")];
    return unsent.find(({ dataset }) => dataset.text === message.text.trim());
  }

  function show(message) {
    const before = log.querySelector(`[data-id="${CSS.escape(message.id)}"]`) ?? unnumbered(message);
    const drawn = drawMessage(message, words);
    if (before) return before.replaceWith(drawn);
    add(drawn);
    if (message.role !== "requester") onNews();
  }

  return {
    show,
    settle,
    settleAtEnd: () => settle(log.lastElementChild),
    has: ({ id }) => Boolean(log.querySelector(`[data-id="${CSS.escape(id)}"]`)),
    setBusy: (isBusy) => {
      log.ariaBusy = String(isBusy);
    },
    focus: () => log.focus(),
    // What somebody wrote just now.
    addUnsent(text) {
      const unsent = drawMessage({ role: "requester", text }, words);
      unsent.dataset.text = text;
      add(unsent);
      settle();
      return unsent;
    },
    // A place for trouble with what nobody wrote.
    addPassing() {
      const spot = document.createElement("div");
      spot.className = "passing";
      return add(spot);
    },
    greet: (message) => log.querySelector("[data-greeting]").replaceChildren(drawMessage(message, words)),
    empty: () => log.replaceChildren(log.firstElementChild),
  };
}
