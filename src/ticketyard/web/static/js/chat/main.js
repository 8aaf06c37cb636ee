// The chat: what is written goes to the desk, what comes back is drawn. What was typed stays on the page
// and in the tab's memory until the desk has it.
import { asker, Refused } from "./asking.js";
import { drawActions, drawMessage, drawTrouble } from "./drawing.js";
import { keeper } from "./keeping.js";
import { wearColour } from "./colour.js";
import { watchFrame } from "./framed.js";
import { watchField } from "./writing.js";

const root = document.querySelector("[data-chat]");
const words = JSON.parse(root.dataset.words);
const keep = keeper(`chat:${root.dataset.company}`);
const desk = asker(root.dataset.base, keep);
const find = (name) => root.querySelector(`[data-${name}]`);
const [log, status, offered, fresh, person] = ["log", "status", "offered", "fresh", "person"].map(find);

// People answer here too, once a conversation is theirs.
const LOOK_AGAIN_MS = 15_000;
// What comes after a stage that is done.
const NEXT = {
  persist_user_message: "reading",
  smalltalk_router: "reading",
  rewrite: "looking",
  multi_question_router: "looking",
  retrieve: "looking",
  rerank: "looking",
  fallback_no_docs: "writing",
  build_context: "writing",
  llm_answer: "checking",
};

wearColour(root.dataset.accent);
let busy = false;
let state = "answering";
let choices = [];
const frame = watchFrame(root);
const field = watchField(root, { keep, words, onSend: send });

function tellState(what) {
  status.textContent = what ? words.stages[what] : "";
  status.classList.toggle("thinking", Boolean(what));
}

function add(element) {
  log.append(element);
  return element;
}

// The last question on top, below it as much as fits: a long answer is read from its beginning.
function settle(element = [...log.querySelectorAll(".said.requester")].at(-1)) {
  log.scrollTop = (element ?? log.lastElementChild).offsetTop - 12;
}

// The same message is drawn once, and words that were waiting become the message they are.
function show(message) {
  const known = [...log.querySelectorAll(`[data-id="${CSS.escape(message.id)}"]`)];
  const waiting = message.role === "requester" && [...log.querySelectorAll(".said.requester:not([data-id])")].find(({ dataset }) => dataset.text === message.text.trim());
  const drawn = drawMessage(message, words);
  const before = known[0] ?? waiting;
  if (before) before.replaceWith(drawn);
  else {
    add(drawn);
    if (message.role !== "requester") frame.tellNews();
  }
}

function showAll(messages) {
  for (const message of messages) show(message);
  const last = messages.findLast(({ role }) => role !== "requester");
  if (last) follow(last);
}

// What the last message wants to know, and what it offers.
function follow(message) {
  state = message.state ?? "answering";
  choices = message.choices ?? [];
  field.ask(message.asks ?? null);
  const buttons = choices.map(({ id, label }) => ({ label, run: () => choose(id, label) }));
  offered.replaceChildren(...(buttons.length ? [drawActions(buttons)] : []));
  fresh.hidden = !["resolved", "ticket", "handed_over"].includes(state);
  person.hidden = state === "handed_over";
  settle();
}

const PLAIN = { 0: "offline", 403: "refused", 404: "gone", 409: "changed", 413: "long", 422: "long", 429: "slow" };

function explain(error) {
  // A mistake of ours: the console is told, and who writes here is not left alone with it.
  if (!(error instanceof Refused)) reportError(error);
  return words.troubles[PLAIN[error.status] ?? "failed"].replace("{n}", error.wait || 60);
}

// One thing at a time. What fails is said beside the words it is about, with a way to go on.
async function attempt(spot, again, act) {
  if (busy) return;
  busy = true;
  field.lock(true);
  offered.inert = true;
  log.ariaBusy = "true";
  spot.querySelector(".trouble")?.remove();
  try {
    await act();
    if (spot.matches(".passing")) spot.remove();
  } catch (error) {
    fail(spot, explain(error), again, error.status);
  } finally {
    busy = false;
    field.lock(false);
    offered.inert = false;
    log.ariaBusy = "false";
    tellState("");
    holdFocus();
  }
}

// The button that was pressed is gone. On a phone a keyboard would cover half of what there is to read.
function holdFocus() {
  if (document.activeElement !== document.body) return;
  if (matchMedia("(pointer: fine)").matches) field.focus();
  else log.focus();
}

function fail(spot, text, again, status) {
  const actions = [{ label: words.form, href: root.dataset.form }];
  if ([404, 409].includes(status)) actions.unshift({ label: words.fresh, run: startAnew });
  else if (status !== 403) actions.unshift({ label: words.again, run: again });
  spot.append(drawTrouble(text, actions));
  spot.scrollIntoView({ block: "nearest" });
}

// A place for trouble with what nobody wrote.
function passing() {
  const spot = document.createElement("div");
  spot.className = "passing";
  return add(spot);
}

async function begin() {
  tellState("reading");
  await desk.begin();
}

function addUnsent(text) {
  const unsent = drawMessage({ role: "requester", text }, words);
  unsent.dataset.text = text;
  add(unsent);
  settle();
  return unsent;
}

const waiting = () => keep.get("waiting") ?? [];

function send(text) {
  if (busy) return;
  field.clear();
  sendNew(text);
}

function sendNew(text) {
  keep.set({ waiting: [...waiting(), text] });
  return sendWords(text);
}

function arrived(text) {
  const at = waiting().indexOf(text);
  if (at >= 0) keep.set({ waiting: waiting().toSpliced(at, 1) });
}

function sendWords(text, unsent = addUnsent(text)) {
  let ended = false;
  return attempt(unsent, () => sendWords(text, unsent), async () => {
    await begin();
    await desk.say(text, {
      onKept: () => arrived(text),
      onEvent(name, data) {
        if (name === "stage") tellState(NEXT[data.stage] ?? "checking");
        if (name === "message") showAll([data]);
        if (name === "error") throw new Refused(500);
        ended ||= name === "end";
      },
    });
    if (!ended) throw new Refused(0);
  });
}

function choose(choice, label, unsent = addUnsent(label)) {
  return attempt(unsent, () => choose(choice, label, unsent), async () => {
    await begin();
    const messages = await desk.choose(choice);
    // The desk writes down what stood on the button, in the language of the conversation.
    if (messages[0]?.role === "requester") unsent.dataset.text = messages[0].text.trim();
    showAll(messages);
  });
}

// Whoever is asked for something gets out of that first.
async function callPerson() {
  const offer = (id) => choices.find((each) => each.id === id);
  const [known, cancel] = [offer("person"), offer("cancel")];
  if (busy) return;
  if (known) await choose(known.id, known.label);
  else {
    if (cancel) await choose(cancel.id, cancel.label);
    await sendNew(words.call);
  }
}

function startAnew() {
  if (busy) return;
  keep.set({ conversation: null, token: null });
  log.replaceChildren(log.firstElementChild);
  follow({});
  if (waiting().length === 1) sendWords(waiting()[0]);
  else showWaiting();
  field.focus();
}

function showWaiting() {
  for (const text of waiting()) {
    const unsent = addUnsent(text);
    fail(unsent, words.unsent, () => sendWords(text, unsent), null);
  }
}

// A reload goes on where it was: with what the desk knows, and what it does not have yet.
async function goOn() {
  if (keep.get("conversation")) await attempt(passing(), () => location.reload(), recall);
  showWaiting();
}

async function recall() {
  const [greeting, ...messages] = await desk.messages();
  log.querySelector("[data-greeting]").replaceChildren(drawMessage(greeting, words));
  showAll(messages);
  // It had arrived: only the answer to it was not waited for.
  arrived(messages.findLast(({ role }) => role === "requester")?.text);
}

async function lookAgain() {
  if (busy || document.hidden || !["ticket", "handed_over"].includes(state)) return;
  try {
    const known = new Set([...log.querySelectorAll("[data-id]")].map(({ dataset }) => dataset.id));
    const news = (await desk.messages()).filter(({ id }) => !known.has(String(id)));
    if (busy || !news.length) return;
    showAll(news);
    settle(log.lastElementChild);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}

person.addEventListener("click", callPerson);
fresh.addEventListener("click", startAnew);
setInterval(lookAgain, LOOK_AGAIN_MS);
await goOn();
frame.tellReady();
