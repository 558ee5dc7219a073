// One task of the engine, which may not exist yet: the module is loaded with the first call.

import type { EngineConnection, TaskContext } from "./engine.js";
import { ClosedError } from "./errors.js";
import type { EngineTask } from "./load.js";
import type { TaskStatus } from "./types.js";

/** How the engine's task is made, and again for a task that exists at the server already. */
type Make = () => EngineTask | Promise<EngineTask>;

interface Listener {
  attach(task: EngineTask): () => void;
  /** The call was not sent, for this reason, or the module has trapped. */
  readonly failed: ((error: unknown) => void) | undefined;
  off: () => void;
}

/** @internal */
export class LazyTask {
  readonly context: TaskContext;
  readonly #connection: EngineConnection;
  /** Absent once a call has been made: it is made once, and this references its arguments. */
  #make: Make | undefined;
  /** The task exists at the server: a failed load leaves it there. */
  readonly #isAttached: boolean;
  #task: EngineTask | undefined;
  #ready: Promise<EngineTask> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #lastSnapshot: TaskStatus | undefined;
  #listeners: Set<Listener> | undefined;

  constructor(connection: EngineConnection, context: TaskContext, make: Make, isAttached: boolean) {
    this.#connection = connection;
    this.context = context;
    this.#make = make;
    this.#isAttached = isAttached;
    this.#start();
  }

  /** The engine's task, if it exists and can be used. */
  get task(): EngineTask | undefined {
    return this.#connection.isTrapped ? undefined : this.#task;
  }

  get snapshot(): TaskStatus | undefined {
    const { task } = this;
    return task ? (this.#lastSnapshot = task.snapshot) : this.#lastSnapshot;
  }

  /** Settles when all previous writes to the store have ended. */
  stored(): Promise<void> | undefined {
    return this.#connection.keeper?.kept();
  }

  /** Asks the engine's task something, as soon as it exists. */
  ask<T>(question: (task: EngineTask) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { task } = this;
    const owner = this.context.owner?.deref();
    if (task) return this.#connection.settle(question(task), owner);
    return unlessAborted(this.#started().then((task) => this.#connection.settle(question(task), owner)), signal);
  }

  /** Asks the server to cancel the task. There is nothing to cancel where the call was not sent. */
  async cancel(): Promise<void> {
    if (this.#failure && !this.#isAttached && !ClosedError.isInstance(this.#failure.error)) return;
    await this.ask((task) => task.cancel());
  }

  /** Registers a listener as soon as the engine's task exists. Returns a function that unregisters it. */
  listen(attach: Listener["attach"], failed?: (error: unknown) => void): () => void {
    const listener: Listener = { attach, failed, off: () => {} };
    (this.#listeners ??= new Set()).add(listener);
    // A listener that is told of a trap is referenced by the connection until it is unregistered.
    const offTrap = failed && this.#connection.onTrap(failed);
    const { task } = this;
    if (task) listener.off = attach(task);
    else if (this.#connection.ended || (this.#failure && !this.#isAttached)) void this.#started().catch((error: unknown) => failed?.(error));
    return () => {
      if (!this.#listeners?.delete(listener)) return;
      offTrap?.();
      if (!this.#connection.isTrapped) listener.off();
    };
  }

  #started(): Promise<EngineTask> {
    const { ended } = this.#connection;
    if (ended && (this.#connection.isTrapped || !this.#task)) return Promise.reject(ended);
    if (this.#failure && this.#isAttached) this.#start();
    if (this.#task) return Promise.resolve(this.#task);
    return this.#ready ?? Promise.reject(this.#failure?.error);
  }

  #start(): void {
    this.#failure = undefined;
    let made: EngineTask | Promise<EngineTask>;
    try {
      made = this.#make!();
    } catch (error) {
      made = Promise.reject(error);
    }
    if (!(made instanceof Promise)) return this.#made(made);
    this.#ready = made;
    made.then((task) => this.#made(task), (error) => this.#failed(error));
  }

  #made(task: EngineTask): void {
    this.#task = task;
    this.#ready = undefined;
    if (!this.#isAttached) this.#make = undefined;
    if (this.#connection.isTrapped) return;
    for (const listener of this.#listeners ?? []) listener.off = listener.attach(task);
  }

  #failed(error: unknown): void {
    this.#ready = undefined;
    this.#failure = { error };
    for (const listener of this.#listeners ?? []) listener.failed?.(error);
    if (this.#isAttached && !this.#connection.ended) this.#connection.onceLoaded(() => this.#failure && this.#start());
  }
}

/** The promise, or the signal's own reason if the signal is aborted first. @internal */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
