// Turns messages into elements. Whatever somebody wrote is set as text, never as markup.
const MARK = /(\[[\w.-]{1,8}\])/;

function make(name, className = "", text = "") {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

// Who speaks, for whoever does not see on which side it stands.
export function drawMessage(message, words) {
  const said = make("article", `said ${message.role}`);
  if (message.id != null) said.dataset.id = message.id;
  const author = message.author && make("h2", "author", message.author);
  said.append(author || make("h2", "visually-hidden", words.who[message.role] ?? words.who.assistant));
  const bubble = make("div", "bubble");
  bubble.dir = "auto";
  const sources = (message.citations ?? []).map((each) => drawSource(each, words));
  const text = make("p", "words");
  text.append(...withMarks(message.text ?? "", sources, words));
  bubble.append(text);
  if (sources.length) {
    const list = make("div", "sources");
    list.append(make("h3", "", words.sources), ...sources.map((each) => each.element));
    bubble.append(list);
  }
  if (message.ticket) bubble.append(drawTicket(message.ticket, words));
  said.append(bubble);
  if (message.at) said.append(drawTime(message.at));
  return said;
}

// `[1]` becomes a button where there is a source of that label, and stays as it is elsewhere.
function withMarks(text, sources, words) {
  return text.split(MARK).map((piece) => {
    const source = sources.find(({ label }) => piece === `[${label}]`);
    if (!source) return piece;
    const mark = make("button", "mark", source.label);
    mark.type = "button";
    mark.setAttribute("aria-label", words.source.replace("{label}", source.label));
    mark.setAttribute("aria-expanded", "false");
    mark.addEventListener("click", () => {
      source.element.open = !source.element.open;
      if (source.element.open) source.element.scrollIntoView({ block: "nearest" });
    });
    source.marks.push(mark);
    return mark;
  });
}

function drawSource({ label, title, quote, url }, words) {
  const source = { label: String(label), element: make("details", "source"), marks: [] };
  const summary = make("summary");
  summary.append(make("span", "source-label", source.label), make("span", "source-title", title || words.untitled));
  const quotation = make("blockquote", "", quote);
  quotation.dir = "auto";
  source.element.append(summary, quotation);
  const address = safeAddress(url);
  if (address) {
    const link = make("a", "", words.open);
    link.href = address;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    source.element.append(link);
  }
  source.element.addEventListener("toggle", () => {
    for (const mark of source.marks) mark.setAttribute("aria-expanded", String(source.element.open));
  });
  return source;
}

// A document names its own address: only the web is led to.
function safeAddress(url) {
  if (!url || !URL.canParse(url, location.origin)) return "";
  const address = new URL(url, location.origin);
  return ["http:", "https:"].includes(address.protocol) ? address.href : "";
}

function drawTicket({ number, subject }, words) {
  const stub = make("div", "ticket-stub");
  stub.append(make("span", "quiet", words.ticket), make("span", "stub-number", number));
  if (subject) stub.append(make("span", "stub-subject", subject));
  return stub;
}

function drawTime(at) {
  const time = make("time", "when");
  const moment = new Date(at);
  if (Number.isNaN(moment.valueOf())) return time;
  time.dateTime = at;
  time.textContent = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return time;
}

// Words that are not at the desk yet, with what can be done about it.
export function drawTrouble(text, actions) {
  const trouble = make("div", "trouble");
  trouble.append(make("p", "", text), drawActions(actions));
  return trouble;
}

export function drawActions(actions) {
  const row = make("div", "buttons");
  for (const { label, run, href } of actions) {
    const action = make(href ? "a" : "button", "button small", label);
    if (href) Object.assign(action, { href, target: "_blank", rel: "noopener" });
    else {
      action.type = "button";
      action.addEventListener("click", run);
    }
    row.append(action);
  }
  return row;
}
