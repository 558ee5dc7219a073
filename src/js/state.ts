// What is known of one task on this side, shared by its handle and its client. The client holds this, not the handle: so
// a handle that nobody holds can be collected, and what it left here with it.

import { ToolError } from "./errors.js";
import type { Task } from "./task.js";
import { STATUSES, TERMINAL, type CallToolResult, type InputRequest, type Progress, type TaskStatus } from "./types.js";

/** How a task ended. @internal */
export type Outcome = { value: unknown; isError: boolean } | { error: unknown };

/** What a state needs of its client. @internal */
export interface Port {
  /** Traffic may begin (`on`) or end; `result` tells the waiting for the result from the watching of the status. */
  watch(handle: number, result: boolean, on: boolean): void;
  refresh(handle: number): Promise<void>;
  cancel(handle: number): Promise<void>;
  abandon(handle: number): void;
  /** Its outcome was seen, or there is no task that could be found again. */
  seen(state: TaskState): void;
  forget(handle: number): void;
  /** Answers an input request: with JSON text, or with a JSON-RPC error. */
  respond(input: number, json: string | undefined, code?: number, message?: string): Promise<void>;
  /** Tells the server of a task that is hosted here, as JSON text. */
  tell(task: string): void;
  /** Settles when what was told so far is kept for the next page; `undefined`: it is, or nothing is to be. */
  kept(): Promise<void> | undefined;
  warn(code: string, message: string): void;
}

/** What a listener is called with: one of the three, or nothing when the outcome is known. */
type Listener = (status?: TaskStatus, broken?: { error: unknown }, progress?: Progress) => unknown;

/** Each with the handle it came by: while somebody waits or listens, the handle must not be collected. */
interface Waiter {
  readonly owner: object;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
  /** Waits for the signal no longer. */
  off?(): void;
}

interface Listening {
  readonly owner: object;
  readonly listener: Listener;
}

// Most of the handles of a page have none of these, and there may be ten thousand handles.
const noListeners: readonly Listening[] = [];
const noInputs: ReadonlyMap<string, OpenInput> = new Map();

/** An open input request, and the engine's number of it. */
interface OpenInput {
  readonly input: number;
  readonly request: InputRequest;
}

/** @internal */
export class TaskState {
  readonly handle: number;
  readonly port: Port;
  raiseOnError = true;
  taskId: string | undefined;
  outcome: Outcome | undefined;
  /** Undefined until the server has answered the call. */
  isTask: boolean | undefined;
  progress: Progress | undefined;
  /** The handle, as long as somebody holds it. */
  owner: WeakRef<Task<unknown>> | undefined;
  /** Somebody listens, or has asked for the creation or for the outcome that is known. */
  isSeen = false;
  /** Nobody holds the handle any more. */
  isLetGo = false;
  /** The open input requests by their keys. */
  inputs = noInputs;
  /** As it was told last: made into the snapshot when somebody looks. */
  #status = 0;
  #words: string | undefined;
  #ttlMs: number | undefined;
  #pollIntervalMs: number | undefined;
  #snapshot: TaskStatus | undefined;
  /** Never changed, but replaced: whoever is called may listen, or stop it. */
  #listeners = noListeners;
  #waiters: Waiter[] | undefined;
  #creators: Waiter[] | undefined;

  constructor(handle: number, port: Port) {
    this.handle = handle;
    this.port = port;
  }

  /** The newest status: the same object until something changes. */
  get snapshot(): TaskStatus | undefined {
    return (this.#snapshot ??= this.#words === undefined ? undefined : this.#described(this.#words));
  }

  /** Calls back on every change, with `undefined` when the outcome is known, and with `broken` when the waiting was ended. */
  listen(owner: object, listener: Listener): () => void {
    if (typeof listener !== "function") throw new TypeError("the listener must be a function");
    this.isSeen = true;
    // The same function may be given twice, and each be taken back by itself.
    const own = { owner, listener };
    this.#listeners = [...this.#listeners, own];
    if (this.#listeners.length === 1 && !this.outcome) this.port.watch(this.handle, false, true);
    return () => void this.#unlisten((each) => each === own);
  }

  /** Takes back what this handle listens with; each listener is called once more, with nothing. */
  unlisten(owner: object): void {
    for (const { listener } of this.#unlisten((each) => each.owner === owner)) this.guard(listener);
  }

  /** Takes back those, and gives them. */
  #unlisten(whom: (each: Listening) => boolean): readonly Listening[] {
    const gone = this.#listeners.filter(whom);
    if (gone.length > 0) this.#listeners = this.#listeners.filter((each) => !whom(each));
    if (gone.length > 0 && this.#listeners.length === 0 && !this.outcome) this.port.watch(this.handle, false, false);
    return gone;
  }

  /** Whether somebody listens. */
  get isListenedTo(): boolean {
    return this.#listeners.length > 0;
  }

  /** Waits for the outcome; aborting leaves the task alone. */
  wait(owner: object, signal: AbortSignal | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const waiter: Waiter = { owner, resolve, reject };
      if (this.outcome) {
        this.isSeen = true;
        return this.#deliver(this.outcome, waiter);
      }
      if (signal) this.#waitNoLonger(signal, waiter);
      this.#waiters ??= [];
      if (this.#waiters.push(waiter) === 1) this.port.watch(this.handle, true, true);
    });
  }

  /** As soon as the signal is aborted. */
  #waitNoLonger(signal: AbortSignal, waiter: Waiter): void {
    const stop = (): void => {
      const at = this.#waiters?.indexOf(waiter) ?? -1;
      if (at >= 0) {
        this.#waiters!.splice(at, 1);
        if (this.#waiters!.length === 0) this.port.watch(this.handle, true, false);
      }
      waiter.reject(signal.reason);
    };
    signal.addEventListener("abort", stop, { once: true });
    waiter.off = () => signal.removeEventListener("abort", stop);
  }

  /** Resolves when the server has answered the call. */
  created(owner: object): Promise<void> {
    this.isSeen = true;
    if (this.isTask !== undefined) return Promise.resolve(this.port.kept());
    if (this.outcome && "error" in this.outcome) return Promise.reject(this.outcome.error);
    return new Promise<unknown>((resolve, reject) => (this.#creators ??= []).push({ owner, resolve, reject })) as Promise<void>;
  }

  /** The server has answered the call. */
  onCreated(taskId: string | undefined): void {
    this.taskId = taskId;
    this.isTask = taskId !== undefined;
    const creators = this.#creators ?? [];
    this.#creators = undefined;
    const kept = this.port.kept();
    for (const creator of creators) creator.resolve(kept);
  }

  /** `words`: see `changed` in host.ts. True: nothing was told of it before. */
  onChanged(status: number, words: string, ttlMs: number | undefined, pollIntervalMs: number | undefined): boolean {
    const isFirst = this.#words === undefined;
    this.#status = status;
    this.#words = words;
    this.#ttlMs = ttlMs;
    this.#pollIntervalMs = pollIntervalMs;
    this.#show();
    return isFirst;
  }

  /** The server asks for input. */
  onAsked(key: string, input: number, request: InputRequest): void {
    this.inputs = new Map(this.inputs).set(key, { input, request });
    if (this.#words !== undefined) this.#show();
  }

  /** The question is answered, or no longer open. */
  onInputOver(key: string, input: number): void {
    if (this.inputs.get(key)?.input !== input) return;
    const inputs = new Map(this.inputs);
    inputs.delete(key);
    this.inputs = inputs;
    if (this.#words !== undefined && !isTerminal(this)) this.#show();
  }

  onProgress(json: string): void {
    this.progress = Object.freeze(JSON.parse(json) as Progress);
    this.#tell(undefined, undefined, this.progress);
  }

  #show(): void {
    this.#snapshot = undefined;
    if (this.#listeners.length > 0) this.#tell(this.snapshot);
  }

  /** The object that users see, with the questions that are open now. */
  #described(words: string): TaskStatus {
    const end = words.indexOf("\n");
    const last = words.indexOf("\n", end + 1);
    const taskId = this.taskId!;
    const word = STATUSES[this.#status]!;
    const ttlMs = this.#ttlMs ?? null;
    const pollIntervalMs = this.#pollIntervalMs;
    const createdAt = words.slice(0, end);
    const lastUpdatedAt = words.slice(end + 1, last < 0 ? undefined : last);
    const statusMessage = last < 0 ? undefined : words.slice(last + 1);
    // Nearly always all of it is there: made in one go, it takes half the time and memory.
    if (statusMessage !== undefined && createdAt && lastUpdatedAt && pollIntervalMs !== undefined && this.inputs.size === 0) {
      return Object.freeze({ taskId, status: word, statusMessage, createdAt, lastUpdatedAt, ttlMs, pollIntervalMs });
    }
    const status: { -readonly [key in keyof TaskStatus]: TaskStatus[key] } = { taskId, status: word, ttlMs };
    if (statusMessage !== undefined) status.statusMessage = statusMessage;
    if (createdAt) status.createdAt = createdAt;
    if (lastUpdatedAt) status.lastUpdatedAt = lastUpdatedAt;
    if (pollIntervalMs !== undefined) status.pollIntervalMs = pollIntervalMs;
    if (this.inputs.size > 0 && !TERMINAL.has(status.status)) {
      status.inputRequests = Object.freeze(Object.fromEntries([...this.inputs].map(([key, { request }]) => [key, request])));
    }
    return Object.freeze(status);
  }

  /** The outcome is known: told once, kept for whoever asks later. */
  onSettled(outcome: Outcome): void {
    if (this.outcome) return;
    this.outcome = outcome;
    if (this.isTask === false && "value" in outcome) this.#snapshot = immediate();
    if (!this.isTask || this.isListenedTo) this.port.seen(this);
    for (const waiter of this.#takeWaiters()) this.#deliver(outcome, waiter);
    if ("error" in outcome) this.#rejectCreators(outcome.error);
    this.#tell();
  }

  /** Waiting makes no sense now; the task goes on. */
  onInterrupted(error: unknown): void {
    for (const waiter of this.#takeWaiters()) waiter.reject(error);
    this.#rejectCreators(error);
    this.#tell(undefined, { error });
  }

  #takeWaiters(): Waiter[] {
    const waiters = this.#waiters ?? [];
    this.#waiters = undefined;
    for (const waiter of waiters) waiter.off?.();
    return waiters;
  }

  #rejectCreators(error: unknown): void {
    const creators = this.#creators ?? [];
    this.#creators = undefined;
    for (const creator of creators) creator.reject(error);
  }

  #deliver(outcome: Outcome, waiter: Waiter): void {
    this.port.seen(this);
    if ("error" in outcome) waiter.reject(outcome.error);
    else if (outcome.isError && this.raiseOnError) waiter.reject(new ToolError(outcome.value as CallToolResult));
    else waiter.resolve(outcome.value);
  }

  #tell(...[status, broken, progress]: Parameters<Listener>): void {
    for (const { listener } of this.#listeners) this.guard(listener, status, broken, progress);
  }

  /** Calls a listener of the application's: its trouble is not another's, and none of the engine's. */
  guard(listener: Listener, ...[status, broken, progress]: Parameters<Listener>): void {
    try {
      const returned = listener(status, broken, progress);
      if (returned instanceof Promise) returned.catch((error) => this.#failed(error));
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    let words = "something that has no words";
    try {
      words = String(error);
    } catch {
      // An object without a prototype, for one.
    }
    this.port.warn("listener-failed", `a status listener failed: ${words}`);
  }
}

/** Whether the task has ended, as far as its status tells. @internal */
export function isTerminal({ snapshot }: TaskState): boolean {
  return snapshot !== undefined && TERMINAL.has(snapshot.status);
}

/** The status of a call that was answered at once: there is no task whose server could tell one. */
function immediate(): TaskStatus {
  const now = new Date().toISOString();
  return Object.freeze({ taskId: "", status: "completed", createdAt: now, lastUpdatedAt: now, ttlMs: null });
}
