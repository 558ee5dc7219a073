// One MCP server: its client, what it offers, how it stands. No DOM here.
import { diagnosing } from "../dist/diagnose.js";
import { Client } from "../dist/index.js";
import { messageOf, toText } from "./format.js";
import { Traffic } from "./traffic.js";

const mostWarnings = 50; // a server that never stops complaining must not fill the page
const mostListed = 10_000; // tasks
const mostPages = 100; // because pages may be empty

export class Server {
  /** "idle", "connecting", "connected" or "failed". */
  state = "idle";
  words = "Not connected";
  tools = [];
  /** "code message" -> { code, message, times }, the newest last. */
  warnings = new Map();
  client = undefined;
  /** Whether an Authorization header is sent. The header itself is in the options of the client, and nowhere else. */
  hasHeader = false;
  #events;
  #fetch;

  /** `events`: `changed(server)`, `opened(server)` when a client is there, `asked(server, question)`. */
  constructor(url, events) {
    this.url = url;
    this.name = url.replace(/^https?:\/\//, "").replace(/[?#].*$/s, "");
    this.#events = events;
    this.traffic = new Traffic(() => events.changed(this));
  }

  /** A new client for the server, which is greeted with it; `header` is what goes into Authorization. */
  async connect(header = "") {
    this.client?.close();
    this.hasHeader = header !== "";
    this.client = new Client(this.url, {
      clientInfo: { name: "mcp-tasks-dashboard", version: "1.0.0" },
      headers: header === "" ? {} : { authorization: header },
      fetch: (...request) => this.#fetch(...request),
      onElicitation: (params, context) => this.#ask("elicitation/create", params, context),
      onSampling: (params, context) => this.#ask("sampling/createMessage", params, context),
      onListRoots: (params, context) => this.#ask("roots/list", params, context),
      onWarning: (warning) => this.#warn(warning),
    });
    this.#events.opened(this);
    await this.greet();
  }

  /** Lists the tools, once more where that failed, with the client and the header that are there. */
  async greet() {
    const mine = this.client;
    // A browser says "Failed to fetch" for every reason: further requests find the header that the server lacks. Each retry
    // repeats them, because the server may have been repaired.
    this.#fetch = diagnosing({ fetch: this.traffic.fetch, tell: (message) => this.#warn({ code: "cors", message }) });
    this.#say("connecting", "Connecting");
    try {
      const tools = await mine.listTools();
      if (this.client !== mine) return; // left or replaced while it answered
      this.tools = tools.filter((tool) => typeof tool?.name === "string").map(inWords);
      this.#say("connected", "Connected");
    } catch (error) {
      // The client stays: it continues to watch its tasks, and the next try may succeed.
      // Where it was connecting to stands above the words.
      if (this.client === mine) this.#say("failed", messageOf(error).replace(`connecting to ${mine.url}: `, ""));
    }
  }

  disconnect(words = "Not connected") {
    const { client } = this;
    this.client = undefined;
    this.tools = [];
    this.#say("idle", words);
    client?.close();
  }

  /**
   * The tasks that the server lists, as plain statuses: `{ client, tasks, missing }`. `client` is the client that listed them, `missing` a
   * sentence about tasks that were not loaded, or "".
   */
  async listTasks() {
    const { client } = this;
    const tasks = [];
    const cursors = new Set();
    for (let pages = 1, cursor; ; pages++) {
      const page = await client.listTasks(cursor === undefined ? {} : { cursor });
      const room = mostListed - tasks.length;
      for (const task of page.tasks.slice(0, room)) tasks.push(task);
      cursor = page.nextCursor;
      const isFull = page.tasks.length > room || (page.tasks.length === room && cursor !== undefined);
      const missing = isFull ? `The tasks after the first ${mostListed} were not loaded.`
        : cursors.has(cursor) ? `The server repeated a page cursor: the tasks after page ${pages} were not loaded.`
          : cursor !== undefined && pages === mostPages ? `The tasks after page ${pages} were not loaded.` : "";
      if (missing || cursor === undefined) return { client, tasks, missing };
      cursors.add(cursor);
    }
  }

  /** Whether the calls of a tool are tasks, according to its server. */
  kindOf(tool) {
    // From 2026-07-28 on no tool says so: each call is a task or none, as the server decides.
    if (this.traffic.revision >= "2026-07-28") return "server decides";
    return new Map([["required", "task"], ["optional", "task or plain"]]).get(tool.execution?.taskSupport) ?? "plain";
  }

  clearWarnings() {
    this.warnings.clear();
    this.#events.changed(this);
  }

  /** A question of the server's: answered by the handle of its task, or by `answer` where there is none. */
  #ask(method, params, { key, task, signal }) {
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => resolve(undefined), { once: true });
      // MCP, Sampling: -1 says that the user would not have it.
      const refuse = () => reject(Object.assign(new Error("the user refused"), { code: -1 }));
      this.#events.asked(this, { key, method, params: params ?? {}, task, signal, answer: resolve, refuse });
    });
  }

  #say(state, words) {
    this.state = state;
    this.words = words;
    this.#events.changed(this);
  }

  #warn({ code, message }) {
    [code, message] = [toText(code, 80), toText(message, 500)];
    const key = `${code} ${message}`;
    const times = (this.warnings.get(key)?.times ?? 0) + 1;
    this.warnings.delete(key);
    this.warnings.set(key, { code, message, times });
    if (this.warnings.size > mostWarnings) this.warnings.delete(this.warnings.keys().next().value);
    this.#events.changed(this);
  }
}

/** A tool whose words are words, whatever its server sent for them. */
function inWords(tool) {
  const word = (value) => (typeof value === "string" ? value : undefined);
  return { ...tool, title: word(tool.title), description: word(tool.description) };
}
