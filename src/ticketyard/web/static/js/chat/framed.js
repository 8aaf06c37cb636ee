// Inside the widget: closes on Escape or by the button, and tells the page around it only that.
export function watchFrame(root) {
  const isFramed = root.hasAttribute("data-framed") && parent !== window;
  const tell = (what) => isFramed && parent.postMessage({ ticketyard: what }, "*");
  const close = root.querySelector("[data-close-chat]");
  if (close) close.hidden = !isFramed;
  if (isFramed) {
    close.addEventListener("click", () => tell("close"));
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) tell("close");
    });
    addEventListener("message", ({ source, data }) => {
      // On a phone the keyboard would cover half of what there is to read.
      if (source !== parent || data?.ticketyard !== "open" || !matchMedia("(pointer: fine)").matches) return;
      root.querySelector("[data-write] :is(textarea, input):not([hidden])").focus();
    });
  }
  return { tellReady: () => tell("ready"), tellNews: () => tell("news") };
}
