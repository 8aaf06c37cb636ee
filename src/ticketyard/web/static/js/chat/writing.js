// Where one writes: many lines for words, one line for an address or a code.
const NEARLY_FULL = 200;

export function watchField(root, { keep, words, onSend }) {
  const form = root.querySelector("[data-write]");
  const [text, line, label, hint, button] = ["textarea", "input", "label", "[data-hint]", "button"].map((each) => form.querySelector(each));
  let kind = "words";

  const field = () => (kind === "words" ? text : line);
  const asksFor = (asks) => (asks === "email" || asks === "code" ? asks : "words");

  function grow() {
    if (CSS.supports("field-sizing", "content")) return;
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + 2}px`;
  }

  function tellRoom() {
    const left = text.maxLength - text.value.length;
    hint.textContent = kind === "words" && left < NEARLY_FULL ? words.left.replace("{n}", left) : words.asks[kind].hint;
  }

  function refuse(what) {
    hint.textContent = what;
    hint.classList.add("field-error");
    line.ariaInvalid = "true";
    line.focus();
  }

  function submit(event) {
    event?.preventDefault();
    const value = field().value.trim();
    if (!value || button.ariaDisabled === "true") return field().focus();
    if (kind === "email" && !line.validity.valid) return refuse(words.asks.email.bad);
    // Another address may be given in place of the code.
    if (kind === "code" && !value.includes("@") && !/^\d{6}$/.test(value.replaceAll(/\s/g, ""))) return refuse(words.asks.code.bad);
    onSend(value);
  }

  text.value = keep.get("draft") ?? "";
  text.addEventListener("input", () => {
    keep.set({ draft: text.value || null });
    grow();
    tellRoom();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  });
  form.addEventListener("submit", submit);
  grow();
  tellRoom();

  return {
    // Which one thing is wanted next: null for words as they come.
    ask(asks) {
      if (asksFor(asks) === kind) return;
      const had = form.contains(document.activeElement);
      kind = asksFor(asks);
      text.hidden = kind !== "words";
      line.hidden = kind === "words";
      line.value = "";
      line.ariaInvalid = null;
      line.type = kind === "email" ? "email" : "text";
      line.inputMode = kind === "code" ? "numeric" : "email";
      line.autocomplete = kind === "code" ? "one-time-code" : "email";
      label.htmlFor = field().id;
      label.textContent = words.asks[kind].label;
      label.classList.toggle("visually-hidden", kind === "words");
      hint.classList.remove("field-error");
      tellRoom();
      if (had) field().focus();
    },
    lock(isLocked) {
      button.ariaDisabled = String(isLocked);
    },
    clear() {
      field().value = "";
      if (kind === "words") keep.set({ draft: null });
      grow();
      tellRoom();
    },
    focus: () => field().focus(),
  };
}
