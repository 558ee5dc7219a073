// One row of the board: a call or a task, and what became of it. No DOM here.
import { messageOf, timeOf, toText } from "./format.js";

export const terminal = new Set(["completed", "failed", "cancelled"]);
/** Errors that end the watching and say nothing about the task. */
const ours = new Set(["closed", "authorization_required", "network", "http", "internal"]);
const mostEvents = 200;
let serial = 0;

export class Entry {
  key = ++serial;
  /** "creating", a status of the protocol, or "detached" (not watched), "expired" (the server forgot it), "lost". */
  status = "creating";
  handle = undefined;
  /** The server's last word about the task; undefined until it said one. */
  snapshot = undefined;
  /** { result } or { error }, once the handle has settled. */
  outcome = undefined;
  /** [{ at, status, message }]: every change that was seen, the oldest first. */
  timeline = [];
  skipped = 0;
  /** key -> question, as server.js makes them. */
  questions = new Map();
  cancelling = false;
  /** Why cancelling, answering or the like failed. */
  trouble = "";
  settledAt = undefined;
  #stop = () => {};
  /** The client whose handle it is. */
  #client = undefined;
  #onChange;

  /** `known` is the state that is known without a handle: `{ name, kind, args, taskId, at, snapshot }`. */
  constructor(server, { name, kind = "tool", args, taskId, at = Date.now(), snapshot }, onChange) {
    Object.assign(this, { server, name, kind, args, at, snapshot });
    this.knownId = taskId;
    this.#onChange = onChange;
    if (snapshot && terminal.has(snapshot.status)) this.settledAt = timeOf(snapshot.lastUpdatedAt) ?? at;
    this.#update();
  }

  get taskId() {
    return this.handle?.taskId ?? this.knownId;
  }

  get message() {
    return toText(this.snapshot?.statusMessage ?? this.handle?.progress?.message, Infinity);
  }

  get isSettled() {
    return !isLive(this.status);
  }

  /** The questions that wait for an answer: none once it is over, though the word of that may come a moment later. */
  get asking() {
    return this.isSettled ? [] : [...this.questions.values()];
  }

  /** Data that finds the task again, or undefined where there is none. */
  get ref() {
    if (this.handle?.taskId !== undefined) return this.handle.toJSON();
    return this.knownId === undefined ? undefined : { taskId: this.knownId, kind: this.kind, name: this.name };
  }

  /** Watches what `client.callTool` or `client.task` gave. */
  watch(handle) {
    this.#stop();
    const leave = new AbortController();
    const isMine = () => this.handle === handle;
    this.handle = handle;
    this.#client = this.server.client;
    this.outcome = undefined;
    this.trouble = "";
    if (this.timeline.length === 1 && this.status === "detached") this.timeline = []; // nothing was seen before
    const offs = [
      handle.onStatusChange((snapshot) => { this.snapshot = snapshot; this.#update(); }),
      handle.onProgress(() => this.#update()),
    ];
    this.#stop = () => {
      for (const off of offs) off();
      leave.abort();
    };
    const settle = (outcome) => {
      if (!isMine() || leave.signal.aborted) return;
      this.outcome = outcome;
      this.cancelling = false;
      this.#update();
    };
    handle.created.then(() => this.#update(), () => {});
    handle.result({ signal: leave.signal }).then((result) => settle({ result }), (error) => settle({ error }));
    this.#update();
  }

  /** Whether a new client should take the task up again. */
  get isLeft() {
    if (this.ref === undefined || terminal.has(this.snapshot?.status)) return false;
    // A client that was closed just now may not have told its handles yet.
    return this.handle === undefined || this.#client !== this.server.client || ours.has(this.outcome?.error?.code);
  }

  forget() {
    this.#stop();
  }

  asked(question) {
    this.questions.set(question.key, question);
    question.signal.addEventListener("abort", () => {
      if (this.questions.get(question.key) === question) this.questions.delete(question.key);
      this.#update();
    }, { once: true });
    this.#update();
  }

  /** Resolves when the server has taken the answer. */
  async answer(question, answer) {
    if (question.task) await this.handle.respond({ [question.key]: answer });
    else question.answer(answer);
  }

  async cancel() {
    if (this.cancelling || this.isSettled || !this.handle) return;
    this.cancelling = true;
    this.trouble = "";
    this.#update();
    try {
      await this.handle.cancel();
    } catch (error) {
      if (this.outcome === undefined) this.trouble = `The task was not cancelled. ${messageOf(error)}`;
      this.cancelling = false;
      this.#update();
    }
  }

  /** The call was not confirmed when the page was left: it is unknown whether the server created a task. */
  lose() {
    this.status = "lost";
    this.settledAt = this.at;
    this.trouble = "The page was left before the server sent a task id. If the server created the task, its list contains it.";
  }

  #update() {
    if (this.status !== "lost") this.status = this.#judge();
    if (this.isSettled) this.settledAt ??= Date.now();
    const last = this.timeline.at(-1);
    if (last?.status !== this.status || last.message !== this.message) {
      this.timeline.push({ at: Date.now(), status: this.status, message: this.message });
      if (this.timeline.length > mostEvents) {
        this.timeline.splice(1, 1); // the first one stays
        this.skipped++;
      }
    }
    this.#onChange?.(this);
  }

  #judge() {
    const said = this.snapshot?.status;
    if (terminal.has(said)) return said;
    const { error, result } = this.outcome ?? {};
    if (result !== undefined) return "completed";
    if (error?.code === "task_cancelled") return "cancelled";
    if (error?.code === "task_expired") return "expired";
    if (error && ours.has(error.code) && this.taskId !== undefined) return "detached";
    if (error) return error.code === "closed" ? "lost" : "failed";
    if (this.questions.size > 0) return "input_required";
    if (this.handle === undefined) return "detached";
    return said ?? "creating";
  }
}

const isLive = (status) => ["creating", "working", "input_required", "detached"].includes(status);
