// The chat: what is written goes to the desk, what comes back is drawn. What was typed stays on the page
// and in the tab's memory until the desk has it.
import { asker, Refused } from "./asking.js";
import { wearColour } from "./colour.js";
import { drawActions, drawTrouble } from "./drawing.js";
import { watchFrame } from "./framed.js";
import { keeper } from "./keeping.js";
import { openLog } from "./log.js";
import { watchField } from "./writing.js";

const root = document.querySelector("[data-chat]");
const words = JSON.parse(root.dataset.words);
const keep = keeper(`chat:${root.dataset.company}`);
const desk = asker(root.dataset.base, keep);
const [logged, status, offered, fresh, person] = ["log", "status", "offered", "fresh", "person"].map((name) => root.querySelector(`[data-${name}]`));

// People answer here too, once a conversation is theirs.
const LOOK_AGAIN_MS = 15_000;
const ENDED = ["resolved", "ticket", "handed_over"];
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
const PLAIN = { 0: "offline", 403: "refused", 404: "gone", 409: "changed", 413: "long", 422: "long", 429: "slow" };

let busy = false;
let state = "answering";
let choices = [];
wearColour(root.dataset.accent);
const frame = watchFrame(root);
const log = openLog(logged, { words, onNews: frame.tellNews });
const field = watchField(root, { keep, words, onSend: send });

// -- what the desk says ---------------------------------------------------------------------------

function showAll(messages) {
  for (const message of messages) log.show(message);
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
  fresh.hidden = !ENDED.includes(state);
  person.hidden = state === "handed_over";
  log.settle();
}

function tellState(what) {
  status.textContent = what ? words.stages[what] : "";
  status.classList.toggle("thinking", Boolean(what));
}

// -- one thing at a time; what fails is said beside the words it is about, with a way to go on ----

async function attempt(spot, again, act) {
  if (busy) return;
  lock(true);
  spot.querySelector(".trouble")?.remove();
  try {
    await act();
    if (spot.matches(".passing")) spot.remove();
  } catch (error) {
    fail(spot, explain(error), again, error.status);
  } finally {
    lock(false);
    tellState("");
    holdFocus();
  }
}

function lock(isBusy) {
  busy = isBusy;
  field.lock(isBusy);
  offered.inert = isBusy;
  log.setBusy(isBusy);
}

// The button that was pressed is gone. On a phone a keyboard would cover half of what there is to read.
function holdFocus() {
  if (document.activeElement !== document.body) return;
  if (matchMedia("(pointer: fine)").matches) field.focus();
  else log.focus();
}

function explain(error) {
  // A mistake of ours: the console is told, and who writes here is not left alone with it.
  if (!(error instanceof Refused)) reportError(error);
  return words.troubles[PLAIN[error.status] ?? "failed"].replace("{n}", error.wait || 60);
}

function fail(spot, text, again, code) {
  const actions = [{ label: words.form, href: root.dataset.form }];
  if ([404, 409].includes(code)) actions.unshift({ label: words.fresh, run: startAnew });
  else if (code !== 403) actions.unshift({ label: words.again, run: again });
  spot.append(drawTrouble(text, actions));
  spot.scrollIntoView({ block: "nearest" });
}

// -- what somebody says ---------------------------------------------------------------------------

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

function sendWords(text, unsent = log.addUnsent(text)) {
  return attempt(unsent, () => sendAgain(text, unsent), () => speak(text));
}

// The desk may have the words, and its answer just did not come through.
function sendAgain(text, unsent) {
  if (waiting().includes(text)) return sendWords(text, unsent);
  if (unsent.matches(".passing")) unsent.remove();
  else unsent.querySelector(".trouble")?.remove();
  return attempt(log.addPassing(), () => sendAgain(text, unsent), async () => {
    const messages = await desk.messages();
    showAll(messages.slice(1));
    if (messages.at(-1).role === "requester") await speak(text);
  });
}

async function speak(text) {
  tellState("reading");
  await desk.begin();
  let hasEnded = false;
  await desk.say(text, {
    onKept: () => arrived(text),
    onEvent(name, data) {
      if (name === "stage") tellState(NEXT[data.stage] ?? "checking");
      if (name === "message") showAll([data]);
      if (name === "error") throw new Refused(500);
      hasEnded ||= name === "end";
    },
  });
  if (!hasEnded) throw new Refused(0);
}

function choose(choice, label, unsent = log.addUnsent(label)) {
  return attempt(unsent, () => choose(choice, label, unsent), async () => {
    tellState("reading");
    const messages = await desk.choose(choice);
    // The desk writes down what stood on the button, in the language of the conversation.
    if (messages[0]?.role === "requester") unsent.dataset.text = messages[0].text.trim();
    showAll(messages);
  });
}

// Whoever is asked for something gets out of that first.
async function callPerson() {
  if (busy) return;
  const offer = (id) => choices.find((each) => each.id === id);
  const [known, cancel] = [offer("person"), offer("cancel")];
  if (known) return choose(known.id, known.label);
  if (cancel) await choose(cancel.id, cancel.label);
  return sendNew(words.call);
}

// -- before and after -----------------------------------------------------------------------------

function startAnew() {
  if (busy) return;
  keep.set({ conversation: null, token: null });
  log.empty();
  follow({});
  if (waiting().length === 1) sendWords(waiting()[0]);
  else showWaiting();
  field.focus();
}

function showWaiting() {
  for (const text of waiting()) {
    const unsent = log.addUnsent(text);
    fail(unsent, words.unsent, () => sendWords(text, unsent), null);
  }
}

// A reload goes on where it was: with what the desk knows, and what it does not have yet.
async function goOn() {
  let unanswered = "";
  const act = async () => {
    unanswered = await recall();
  };
  if (keep.get("conversation")) await attempt(log.addPassing(), () => location.reload(), act);
  showWaiting();
  if (!unanswered) return;
  const spot = log.addPassing();
  fail(spot, words.troubles.offline, () => sendAgain(unanswered, spot), null);
}

// All that was said; gives what nothing was answered to.
async function recall() {
  const [greeting, ...messages] = await desk.messages();
  log.greet(greeting);
  showAll(messages);
  log.settle();
  // It had arrived: only the answer to it was not waited for.
  arrived(messages.findLast(({ role }) => role === "requester")?.text);
  const last = messages.at(-1);
  return last?.role === "requester" ? last.text : "";
}

async function lookAgain() {
  if (busy || document.hidden || !["ticket", "handed_over"].includes(state)) return;
  try {
    const news = (await desk.messages()).slice(1).filter((each) => !log.has(each));
    if (busy || !news.length) return;
    showAll(news);
    if (news.some(({ role }) => role !== "requester")) log.settleAtEnd();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}

person.addEventListener("click", callPerson);
fresh.addEventListener("click", startAnew);
setInterval(lookAgain, LOOK_AGAIN_MS);
await goOn();
frame.tellReady();
