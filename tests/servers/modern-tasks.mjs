// The tasks of the modern stub: what `tasks/get`, `tasks/update` and `tasks/cancel` of the extension
// io.modelcontextprotocol/tasks work on. A task is driven by the code of its tool, or by a test through the same methods.
import { randomBytes, randomUUID } from "node:crypto";
import { isObject, RpcError } from "./modern-http.mjs";

export const terminal = (status) => ["completed", "failed", "cancelled"].includes(status);

export class Tasks {
  /** taskId -> Task; an expired one is not there any more. */
  byId = new Map();
  /** What clients did that they must not: words for a test to look at. */
  notes = [];

  /** `options` are those of `startModern`; `onChange(task)` is called after each change of what `tasks/get` says. */
  constructor(options, onChange) {
    this.options = options;
    this.onChange = onChange;
  }

  /** A new task, which works until somebody ends it. */
  create(over = {}) {
    const task = new Task(this, over);
    this.byId.set(task.taskId, task);
    return task;
  }

  find(taskId) {
    const task = this.byId.get(taskId);
    if (!task) throw new RpcError(-32602, `Task not found: ${taskId}`);
    return task;
  }

  methods = {
    "tasks/get": ({ taskId }) => ({ resultType: "complete", ...this.find(taskId).read() }),
    "tasks/update": ({ taskId, inputResponses }) => {
      const task = this.find(taskId);
      if (!isObject(inputResponses)) throw new RpcError(-32602, "params.inputResponses must be an object");
      task.answer(inputResponses);
      return { resultType: "complete" };
    },
    "tasks/cancel": ({ taskId }) => {
      this.find(taskId).cancel();
      return { resultType: "complete" };
    },
  };

  stop() {
    for (const task of this.byId.values()) task.stop();
  }
}

export class Task {
  status = "working";
  statusMessage = undefined;
  result = undefined;
  error = undefined;
  /** key -> { name, request }: the questions that are open; `name` is what the tool calls it. */
  asked = new Map();

  #table;
  #abort = new AbortController();
  #heedsCancel;
  #used = new Set(); // keys of questions that are answered
  #answers = {};
  #answered = () => {};
  #old = []; // what the next reads say instead (staleReads)
  #flip = false;
  #expiry;

  constructor(table, { ttlMs = table.options.ttlMs, pollIntervalMs = table.options.pollIntervalMs, heedsCancel = true }) {
    this.#table = table;
    this.#heedsCancel = heedsCancel;
    this.taskId = randomUUID();
    this.createdAt = this.lastUpdatedAt = this.#now();
    this.ttlMs = ttlMs;
    this.pollIntervalMs = pollIntervalMs;
    if (ttlMs !== null) this.#expiry = table.options.timers.setTimeout(() => this.expire(), ttlMs);
  }

  // What a tool's code does, and a test.

  /** Says where the work stands; `over` may hold another pollIntervalMs or ttlMs. */
  step(statusMessage, over = {}) {
    this.#change({ statusMessage, ...over });
  }

  /** Waits; what ends the task ends the waiting, with a rejection. */
  sleep(ms) {
    return sleep(ms, this.#abort.signal, this.#table.options.timers);
  }

  /** Asks `{ name: request }` and waits until all are answered: `{ name: response }`. */
  ask(requests) {
    const opaque = () => `${this.taskId}:${randomBytes(8).toString("hex")}`;
    for (const [name, request] of Object.entries(requests)) {
      this.asked.set(this.#table.options.opaqueKeys ? opaque() : name, { name, request });
    }
    this.#answers = {};
    this.#change({ status: "input_required" });
    const answers = new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#abort.signal.addEventListener("abort", () => reject(this.#abort.signal.reason), { once: true });
    });
    answers.catch(() => {}); // a test may ask without waiting
    return answers;
  }

  complete(result) {
    this.#end({ status: "completed", result });
  }

  fail(error) {
    const { code = -32603, message, data } = error;
    this.#end({ status: "failed", statusMessage: message, error: { code, message, ...(data === undefined ? {} : { data }) } });
  }

  /** As a server forgets a task: nobody is told, and its id is unknown from now on. */
  expire() {
    this.#table.byId.delete(this.taskId);
    this.stop();
  }

  stop() {
    this.#table.options.timers.clearTimeout(this.#expiry);
    this.#abort.abort(new Error("the task is over"));
  }

  // What a client does.

  /** Cooperative: a task whose work does not heed it goes on, and one that is over stays as it is. */
  cancel() {
    if (this.#heedsCancel) this.#end({ status: "cancelled" });
  }

  /** Unknown keys are passed over in silence, as the specification wants; `notes` remembers them. */
  answer(responses) {
    for (const response of Object.values(responses)) {
      if (!isObject(response)) throw new RpcError(-32602, "an input response must be an object");
    }
    const before = this.detail();
    for (const [key, response] of Object.entries(responses)) {
      const question = this.asked.get(key);
      if (!question) {
        this.#table.notes.push(`${this.#used.has(key) ? "answered twice" : "answered, but never asked"}: ${key}`);
        continue;
      }
      this.asked.delete(key);
      this.#used.add(key);
      this.#answers[question.name] = response;
    }
    if (this.status !== "input_required") return;
    this.#old = Array(this.#table.options.staleReads).fill(before);
    this.#change(this.asked.size === 0 ? { status: "working" } : {});
    if (this.asked.size === 0) this.#answered(this.#answers);
  }

  // What is told.

  /** The members of a task, as the result of `tools/call` has them: flat, and without what the task came to. */
  created() {
    const { taskId, status, statusMessage, createdAt, lastUpdatedAt, ttlMs, pollIntervalMs } = this;
    return JSON.parse(JSON.stringify({ taskId, status, statusMessage, createdAt, lastUpdatedAt, ttlMs, pollIntervalMs }));
  }

  /** The whole task, as `notifications/tasks` has it. */
  detail() {
    const { status, result, error } = this;
    if (status === "completed") {
      const own = this.#table.options.inlinedResultType ? { resultType: "complete" } : {};
      return { ...this.created(), result: { ...own, ...result } };
    }
    if (status === "failed") return { ...this.created(), error };
    if (status !== "input_required") return this.created();
    const questions = [...this.asked].map(([key, { request }]) => [key, request]);
    // The order of keys means nothing, and real servers change it from one read to the next.
    if (this.#table.options.opaqueKeys && (this.#flip = !this.#flip)) questions.reverse();
    return { ...this.created(), inputRequests: Object.fromEntries(questions) };
  }

  /** The whole task, as `tasks/get` reads it: after an answer perhaps from a copy that does not know of it yet. */
  read() {
    return this.#old.shift() ?? this.detail();
  }

  #end(change) {
    if (terminal(this.status)) return;
    this.asked.clear();
    this.#old = [];
    this.#change(change);
    this.#abort.abort(new Error("the task is over"));
  }

  #change(change) {
    if (terminal(this.status) || this.#abort.signal.aborted) return;
    Object.assign(this, change, { lastUpdatedAt: this.#now() });
    this.#table.onChange(this);
  }

  #now() {
    return new Date(this.#table.options.now()).toISOString();
  }
}

/** Waits, unless `signal` ends it: then it rejects with its reason. */
export function sleep(ms, signal, { setTimeout, clearTimeout }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(() => { signal.removeEventListener("abort", stop); resolve(); }, ms);
    const stop = () => { clearTimeout(timer); reject(signal.reason); };
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** What stands in for a Task where a tool answers at once: its work ends with the connection. */
export function plainWork({ params }, res, timers, notify) {
  const abort = new AbortController();
  res.once("close", () => abort.abort(new Error("the client has gone")));
  const progressToken = params?._meta?.progressToken;
  return {
    step() {},
    sleep: (ms) => sleep(ms, abort.signal, timers),
    progress(progress, total, message) {
      if (progressToken !== undefined) notify("notifications/progress", { progressToken, progress, total, message });
    },
  };
}
