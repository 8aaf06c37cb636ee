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

// The proposed answer goes into the box, behind what was written already; sending it is the usual way.
function useDraft(form, draft) {
  const text = form.elements.body;
  if (!text.value.includes(draft)) text.value = text.value.trim() ? `${text.value.trimEnd()}\n\n${draft}` : draft;
  form.elements.draft.value = "used";
  writeComment("reply");
  text.dispatchEvent(new Event("input", { bubbles: true }));
  text.setSelectionRange(0, 0);
}

export function watchComposer() {
  const form = composer();
  if (!form) return;
  const text = form.elements.body;
  const replyHint = text.placeholder;

  if (!text.value) {
    text.value = sessionStorage.getItem(draftKey()) ?? "";
    form.elements.draft.value = sessionStorage.getItem(`${draftKey()}:began`) ?? "";
  }
  text.addEventListener("input", () => {
    // What was emptied is written anew, and began as nothing.
    if (!text.value) form.elements.draft.value = "";
    sessionStorage.setItem(draftKey(), text.value);
    sessionStorage.setItem(`${draftKey()}:began`, form.elements.draft.value);
  });
  form.addEventListener("submit", () => {
    sessionStorage.removeItem(draftKey());
    sessionStorage.removeItem(`${draftKey()}:began`);
  });

  // Words of an internal document are checked by a person before they go out; the server asks as well.
  const checkMark = () => {
    const isHeld = form.elements.kind.value !== "internal" && text.value.includes(text.dataset.internalMark);
    text.setCustomValidity(isHeld ? text.dataset.internalSays : "");
  };
  text.addEventListener("input", checkMark);
  form.addEventListener("change", () => {
    const internal = form.elements.kind.value === "internal";
    text.placeholder = internal ? text.dataset.notePlaceholder : replyHint;
    checkMark();
  });
  checkMark();
  document.addEventListener("click", (event) => {
    const use = event.target.closest("[data-use-draft]");
    if (!use || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    useDraft(form, use.dataset.useDraft);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector('[name="then"][value=""]'));
    }
  });
}
