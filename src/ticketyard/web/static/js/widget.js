// One tag on any page: a button in its corner that opens the desk's chat in a frame.
//   <script src="https://desk.example/chat/widget.js" data-company="…" async></script>
// It sets no cookie and reads nothing of the page but its language. Everything lies in a shadow, in
// the top layer: no style of the page reaches it, and a page's policy need not allow inline styles.
(() => {
  const tag = document.currentScript;
  const company = tag?.dataset.company;
  if (!company || document.querySelector("ticketyard-chat")) return;

  const WORDS = {
    en: ["Chat with us", "Close the chat", "Open the chat in a new tab"],
    ru: ["Написать в чат", "Закрыть чат", "Открыть чат в новой вкладке"],
    kk: ["Чатқа жазу", "Чатты жабу", "Чатты жаңа бетте ашу"],
    ar: ["تحدث معنا", "إغلاق المحادثة", "فتح في نافذة جديدة"],
  };
  const { language = document.documentElement.lang, theme = "", accent = "#1e4e9e" } = tag.dataset;
  const isBright = accent.match(/\w\w/g)?.reduce((sum, each, at) => sum + parseInt(each, 16) * [3, 6, 1][at], 0) > 1500;
  const code = language.slice(0, 2).toLowerCase();
  const [open, close, tab] = WORDS[code] ?? WORDS.en;
  const page = new URL(`/chat/${encodeURIComponent(company)}`, tag.src);
  const query = new URLSearchParams({ ...(code in WORDS && { language: code }), ...(theme && { theme }) });

  const css = new CSSStyleSheet();
  css.replaceSync(`
    :host { all: initial !important; display: block !important; position: fixed !important; inset: auto 0 0 auto !important; z-index: 99999999 !important }
    * { box-sizing: border-box }
    [hidden] { display: none !important }
    button { all: unset; position: fixed; right: 16px; bottom: 16px; width: 56px; height: 56px; border-radius: 50%; cursor: pointer; box-shadow: 0 4px 16px #0004; display: grid; place-items: center }
    button:hover { filter: brightness(.9) }
    button:focus-visible { outline: 3px solid #8ab2ff; box-shadow: 0 0 0 6px #0d1726 }
    button.news::after { content: ""; position: absolute; top: 2px; right: 2px; width: 14px; height: 14px; border: 2px solid; border-radius: 50%; background: #b3261e }
    svg { width: 26px; height: 26px; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round }
    section { position: fixed; right: 16px; bottom: 84px; width: min(380px, 100vw - 32px); height: min(600px, 100dvh - 100px); overflow: hidden; border-radius: 12px; background: Canvas; box-shadow: 0 10px 40px #0006; font: 15px system-ui }
    iframe { display: block; width: 100%; height: 100%; border: 0 }
    a { display: block; padding: 24px; color: LinkText }
    .refused { height: auto }
    @media (max-width: 480px) { .ready { inset: 0; z-index: 1; width: auto; height: auto; border-radius: 0 } }
    @media print { button, section { display: none } }
  `);

  const make = (name, fields) => Object.assign(document.createElement(name), fields);
  function icon(shape) {
    const [svg, path] = ["svg", "path"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
    svg.setAttribute("viewBox", "0 0 16 16");
    path.setAttribute("d", shape);
    svg.append(path);
    return svg;
  }
  const bubble = icon("M2.5 3h11v8H8l-3.5 3v-3h-2zM5 6h6M5 8.3h4");
  const cross = icon("m4 4 8 8M12 4l-8 8");

  const host = make("ticketyard-chat");
  const root = host.attachShadow({ mode: "open" });
  const button = make("button", { type: "button", ariaLabel: open, ariaExpanded: "false", ariaHasPopup: "dialog" });
  const panel = make("section", { hidden: true, role: "dialog", ariaLabel: open });
  // Shown where the browser refuses the frame: this site is not listed.
  const note = make("a", { hidden: true, href: page, target: "_blank", rel: "noopener", textContent: tab });
  root.adoptedStyleSheets = [css];
  Object.assign(button.style, { background: accent, color: isBright ? "#000" : "#fff" });
  button.append(bubble);
  panel.append(note);
  root.append(panel, button);

  let frame = null;
  function enter() {
    frame.focus();
    frame.contentWindow.postMessage({ ticketyard: "open" }, page.origin);
  }
  function show(isReady) {
    frame.hidden = !isReady;
    note.hidden = isReady;
    panel.className = isReady ? "ready" : "refused";
  }
  // Loaded when it is first wanted: until then the desk hears nothing of who reads this page.
  function load() {
    frame = make("iframe", { title: open, src: `${page}/frame?${query}` });
    frame.sandbox = "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox";
    frame.onload = () => setTimeout(() => panel.className || show(false), 2500);
    panel.append(frame);
  }
  function turn(isOpen) {
    panel.hidden = !isOpen;
    button.ariaExpanded = String(isOpen);
    button.ariaLabel = isOpen ? close : open;
    button.replaceChildren(isOpen ? cross : bubble);
    button.classList.remove("news");
    if (!isOpen) return button.focus();
    if (frame) enter();
    else load();
  }

  button.onclick = () => turn(panel.hidden);
  host.onkeydown = (event) => void (event.key === "Escape" && !panel.hidden && turn(false));
  addEventListener("message", ({ source, origin, data }) => {
    if (!frame || source !== frame.contentWindow || origin !== page.origin) return;
    const what = data?.ticketyard;
    if (what === "close") turn(false);
    if (what === "news" && panel.hidden) button.classList.add("news");
    if (what !== "ready") return;
    show(true);
    if (!panel.hidden) enter();
  });

  function place() {
    document.body.append(host);
    if (!host.showPopover) return;
    host.popover = "manual";
    host.showPopover();
  }
  if (document.body) place();
  else addEventListener("DOMContentLoaded", place);
})();
