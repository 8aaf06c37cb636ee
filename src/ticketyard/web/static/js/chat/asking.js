// Speaks to the desk: each verb is one request; a refusal is thrown as `Refused`.
const SILENCE_MS = 90_000;

export class Refused extends Error {
  constructor(status, detail = "", wait = 0) {
    super(detail);
    this.status = status;
    this.wait = wait;
  }
}

export function asker(base, keep) {
  async function send(path, { body, token = keep.get("token"), stop } = {}) {
    let answer;
    try {
      answer = await fetch(`${base}/${path}`, {
        method: body ? "POST" : "GET",
        headers: { ...(body && { "Content-Type": "application/json" }), ...(token && { Authorization: `Bearer ${token}` }) },
        body: body && JSON.stringify(body),
        credentials: "omit",
        cache: "no-store",
        signal: stop ?? AbortSignal.timeout(SILENCE_MS),
      });
    } catch {
      throw new Refused(0);
    }
    if (answer.ok) return answer;
    const { detail } = await answer.json().catch(() => ({}));
    throw new Refused(answer.status, detail, Number(answer.headers.get("Retry-After")) || 0);
  }

  const at = (rest) => `conversations/${keep.get("conversation")}/${rest}`;
  const read = async (path, body) => (await send(path, { body })).json();

  return {
    // Nothing is begun before somebody writes.
    async begin() {
      if (keep.get("conversation")) return null;
      const page = (document.referrer || location.href).slice(0, 500);
      const begun = await (await send("conversations", { body: { language: document.documentElement.lang, page }, token: "" })).json();
      keep.set({ conversation: begun.conversation_id, token: begun.token });
      return begun;
    },
    messages: async () => (await read(at("messages"))).messages,
    choose: async (choice) => (await read(at("choices"), { choice })).messages,

    // The answer as it comes; `onEvent(name, data)`. `onKept` once the desk has the words.
    async say(text, { onKept, onEvent }) {
      const stop = new AbortController();
      let clock = setTimeout(() => stop.abort(), SILENCE_MS);
      const isAlive = () => {
        clearTimeout(clock);
        clock = setTimeout(() => stop.abort(), SILENCE_MS);
      };
      try {
        const answer = await send(at("messages"), { body: { text }, stop: stop.signal });
        onKept();
        for await (const [name, data] of events(answer.body, isAlive)) onEvent(name, data);
      } catch (error) {
        throw error instanceof Refused ? error : new Refused(0);
      } finally {
        clearTimeout(clock);
      }
    },
  };
}

// Server-sent events of a body: [name, data]; comments are left out.
async function* events(body, onBytes) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onBytes();
    const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const event = readEvent(block);
      if (event) yield event;
    }
  }
}

function readEvent(block) {
  const fields = block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trimStart()]);
  const data = fields.filter(([name]) => name === "data").map(([, value]) => value);
  if (!data.length) return null;
  return [fields.find(([name]) => name === "event")?.[1] ?? "message", JSON.parse(data.join("\n"))];
}
