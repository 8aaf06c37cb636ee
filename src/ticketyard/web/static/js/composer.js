// Writing a comment: the keys bring one here, Ctrl+Enter sends, an unsent text survives a reload.
const composer = () => document.querySelector("[data-composer]");
const draftKey = () => `draft:${document.querySelector("[data-ticket]").dataset.ticket}`;

export function writeComment(kind) {
  const form = composer();
  if (!form) return;
  const choice = form.querySelector(`[name="kind"][value="${kind}"]`);
  choice.checked = true;
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  form.elements.body.focus();
  form.scrollIntoView({ block: "nearest" });
}

export function watchComposer() {
  const form = composer();
  if (!form) return;
  const text = form.elements.body;
  const replyHint = text.placeholder;

  text.value ||= sessionStorage.getItem(draftKey()) ?? "";
  text.addEventListener("input", () => sessionStorage.setItem(draftKey(), text.value));
  form.addEventListener("submit", () => sessionStorage.removeItem(draftKey()));

  form.addEventListener("change", () => {
    const internal = form.elements.kind.value === "internal";
    text.placeholder = internal ? text.dataset.notePlaceholder : replyHint;
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector('[name="then"][value=""]'));
    }
  });
}
