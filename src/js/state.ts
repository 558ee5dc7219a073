// What is known of one task on this side, shared by its handle and its client. The client holds this, not the handle: so
// a handle that nobody holds can be collected, and what it left here with it.

import { ToolError } from "./errors.js";
import type { Task } from "./task.js";
import { TERMINAL, type CallToolResult, type InputRequest, type Progress, type TaskStatus } from "./types.js";

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
  warn(code: string, message: string): void;
}

/** What a listener is called with: one of the three, or nothing when the outcome is known. */
type Listener = (status?: TaskStatus, broken?: { error: unknown }, progress?: Progress) => unknown;

interface Waiter {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

/** @internal */
export class TaskState {
  readonly handle: number;
  readonly port: Port;
  raiseOnError = true;
  taskId: string | undefined;
  snapshot: TaskStatus | undefined;
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
  /** The open input requests, and the engine's number of each. */
  readonly inputs = new Map<string, { input: number; request: InputRequest }>();
  // Each with the handle it came by: while somebody waits or listens, the handle must not be collected.
  readonly #listeners = new Map<Listener, object>();
  readonly #waiters = new Map<Waiter, object>();
  readonly #creators = new Map<{ resolve(): void; reject(reason: unknown): void }, object>();

  constructor(handle: number, port: Port) {
    this.handle = handle;
    this.port = port;
  }

  /** Calls back on every change, with `undefined` when the outcome is known, and with `broken` when the waiting was ended. */
  listen(owner: object, listener: Listener): () => void {
    if (typeof listener !== "function") throw new TypeError("the listener must be a function");
    this.isSeen = true;
    // Wrapped, so that the same function may be given twice and each be taken back by itself.
    const own: Listener = (...news) => listener(...news);
    this.#listeners.set(own, owner);
    if (this.#listeners.size === 1 && !this.outcome) this.port.watch(this.handle, false, true);
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0 && !this.outcome) {
        this.port.watch(this.handle, false, false);
      }
    };
  }

  /** Takes back what this handle listens with; each listener is called once more, with nothing. */
  unlisten(owner: object): void {
    const own = [...this.#listeners].filter(([, of]) => of === owner).map(([listener]) => listener);
    for (const listener of own) this.#listeners.delete(listener);
    if (own.length > 0 && this.#listeners.size === 0 && !this.outcome) this.port.watch(this.handle, false, false);
    for (const listener of own) this.guard(() => listener());
  }

  /** Whether somebody listens. */
  get isListenedTo(): boolean {
    return this.#listeners.size > 0;
  }

  /** Waits for the outcome; aborting leaves the task alone. */
  wait(owner: object, signal: AbortSignal | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (this.outcome) {
        this.isSeen = true;
        return this.#deliver(this.outcome, { resolve, reject });
      }
      const stop = (): void => {
        if (this.#waiters.delete(waiter) && this.#waiters.size === 0) this.port.watch(this.handle, true, false);
        reject(signal?.reason);
      };
      const off = (): void => signal?.removeEventListener("abort", stop);
      const waiter: Waiter = {
        resolve: (value) => (off(), resolve(value)),
        reject: (reason) => (off(), reject(reason)),
      };
      signal?.addEventListener("abort", stop, { once: true });
      this.#waiters.set(waiter, owner);
      if (this.#waiters.size === 1) this.port.watch(this.handle, true, true);
    });
  }

  /** Resolves when the server has answered the call. */
  created(owner: object): Promise<void> {
    this.isSeen = true;
    if (this.isTask !== undefined) return Promise.resolve();
    if (this.outcome && "error" in this.outcome) return Promise.reject(this.outcome.error);
    return new Promise((resolve, reject) => this.#creators.set({ resolve, reject }, owner));
  }

  /** The server has answered the call. */
  onCreated(taskId: string | undefined): void {
    this.taskId = taskId;
    this.isTask = taskId !== undefined;
    const creators = [...this.#creators.keys()];
    this.#creators.clear();
    for (const creator of creators) creator.resolve();
  }

  onChanged(snapshot: TaskStatus): void {
    this.taskId = snapshot.taskId;
    this.#show(snapshot);
  }

  /** The server asks for input. */
  onAsked(key: string, input: number, request: InputRequest): void {
    this.inputs.set(key, { input, request });
    if (this.snapshot) this.#show(this.snapshot);
  }

  /** The question is answered, or no longer open. */
  onInputOver(key: string, input: number): void {
    if (this.inputs.get(key)?.input !== input) return;
    this.inputs.delete(key);
    if (this.snapshot && !isTerminal(this)) this.#show(this.snapshot);
  }

  onProgress(json: string): void {
    this.progress = Object.freeze(JSON.parse(json) as Progress);
    this.#tell(undefined, undefined, this.progress);
  }

  /** The status with the questions that are open now. */
  #show({ inputRequests: _, ...status }: TaskStatus): void {
    const open = [...this.inputs].map(([key, { request }]) => [key, request] as const);
    const inputRequests = Object.freeze(Object.fromEntries(open));
    const asks = open.length > 0 && !TERMINAL.has(status.status);
    this.snapshot = Object.freeze(asks ? { ...status, inputRequests } : status);
    this.#tell(this.snapshot);
  }

  /** The outcome is known: told once, kept for whoever asks later. */
  onSettled(outcome: Outcome): void {
    if (this.outcome) return;
    this.outcome = outcome;
    if (this.isTask === false && "value" in outcome) this.snapshot = immediate();
    if (!this.isTask || this.isListenedTo) this.port.seen(this);
    for (const waiter of this.#takeWaiters()) this.#deliver(outcome, waiter);
    if ("error" in outcome) this.#rejectCreators(outcome.error);
    this.#tell(undefined);
  }

  /** Waiting makes no sense now; the task goes on. */
  onInterrupted(error: unknown): void {
    for (const waiter of this.#takeWaiters()) waiter.reject(error);
    this.#rejectCreators(error);
    this.#tell(undefined, { error });
  }

  #takeWaiters(): Waiter[] {
    const waiters = [...this.#waiters.keys()];
    this.#waiters.clear();
    return waiters;
  }

  #rejectCreators(error: unknown): void {
    const creators = [...this.#creators.keys()];
    this.#creators.clear();
    for (const creator of creators) creator.reject(error);
  }

  #deliver(outcome: Outcome, waiter: Waiter): void {
    this.port.seen(this);
    if ("error" in outcome) waiter.reject(outcome.error);
    else if (outcome.isError && this.raiseOnError) waiter.reject(new ToolError(outcome.value as CallToolResult));
    else waiter.resolve(outcome.value);
  }

  #tell(...news: Parameters<Listener>): void {
    for (const listener of [...this.#listeners.keys()]) this.guard(() => listener(...news));
  }

  /** Calls a listener of the application's: its trouble is not another's, and none of the engine's. */
  guard(listener: () => unknown): void {
    const failed = (error: unknown): void => {
      let words = "something that has no words";
      try {
        words = String(error);
      } catch {
        // An object without a prototype, for one.
      }
      this.port.warn("listener-failed", `a status listener failed: ${words}`);
    };
    try {
      const returned = listener();
      if (returned instanceof Promise) returned.catch(failed);
    } catch (error) {
      failed(error);
    }
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
