/// <reference lib="esnext.disposable" preserve="true" />
import { after } from "./after.js";
import { ClosedError, TaskExpiredError, TimeoutError } from "./errors.js";
import { answered } from "./inputs.js";
import { isTerminal, type TaskState } from "./state.js";
import {
  TERMINAL,
  type CallToolResult,
  type GetPromptResult,
  type InputAnswer,
  type InputRequest,
  type Progress,
  type ReadResourceResult,
  type TaskRef,
  type TaskStatus,
  type WaitForOptions,
  type WaitOptions,
} from "./types.js";

/** How many changes an iteration keeps for a consumer that is slower than the server. */
const MOST_KEPT = 256;

/**
 * A call that may be a task: a promise of its result, and a handle to watch and cancel it.
 *
 * ```ts
 * const task = client.callTool("render", { scene: 7 });
 * task.onStatusChange((s) => console.log(s.status, s.statusMessage));
 * const result = await task;
 * ```
 *
 * The promise is lazy: a handle nobody awaits causes no traffic and no `unhandledrejection`. Dropping a handle, or
 * leaving the page, does not cancel the task: only {@link Task.cancel} does.
 *
 * Never return a handle from an `async` function: the function would wait for the result and the handle would be lost.
 */
export abstract class Task<T> implements PromiseLike<T> {
  readonly #state: TaskState;
  #disposed = false;
  #subscribe: ((listener: () => void) => () => void) | undefined;
  #getSnapshot: (() => TaskStatus | undefined) | undefined;
  /** The tool's or prompt's name, or the resource's URI. */
  readonly name: string;
  /** What was called. */
  abstract readonly kind: TaskRef["kind"];

  /** @internal */
  constructor(state: TaskState, name: string) {
    this.#state = state;
    this.name = name;
  }

  /** The server's name for the task; undefined until it has given one, and for good where it answered at once. */
  get taskId(): string | undefined {
    return this.#state.taskId;
  }

  /** Whether the server answered at once, so that there is no task at the server. False as long as that is not known. */
  get returnedImmediately(): boolean {
    return this.#state.isTask === false;
  }

  /**
   * Resolves with this task's id (or undefined, where the server answered at once) when the server has answered the
   * call; with `persist`, when that is kept. Rejects with the reason when the call failed.
   */
  get created(): Promise<string | undefined> {
    return this.#state.created(this).then(() => this.#state.taskId);
  }

  /**
   * Calls back on every change of status from now on, in the order the server told them; a Promise that it returns is
   * not waited for, and what it throws reaches `onWarning`. While somebody listens, the task is polled or streamed.
   * @returns a function that stops it
   */
  onStatusChange(listener: (status: TaskStatus) => unknown): () => void {
    if (typeof listener !== "function") throw new TypeError("the listener must be a function");
    return this.#state.listen(this, (status) => (status ? listener(status) : undefined));
  }

  /** The newest that the server told of the progress; undefined until it tells something. */
  get progress(): Progress | undefined {
    return this.#state.progress;
  }

  /**
   * Calls back whenever the server tells how far the call is (MCP 2025-11-25, Tasks: "Task Progress Notifications"). Like
   * {@link Task.onStatusChange} it lets the task be polled or streamed, and what it throws reaches `onWarning`.
   * @returns a function that stops it
   */
  onProgress(listener: (progress: Progress) => unknown): () => void {
    if (typeof listener !== "function") throw new TypeError("the listener must be a function");
    return this.#state.listen(this, (_status, _broken, progress) => (progress ? listener(progress) : undefined));
  }

  /**
   * What the server asks now, by key, for {@link Task.respond}; empty most of the time. Also in the status, which a plain
   * call has none of. Needs a handler of the client's: only what somebody may answer is declared to the server.
   */
  get inputRequests(): { readonly [key: string]: InputRequest } {
    return Object.fromEntries([...this.#state.inputs].map(([key, { request }]) => [key, request]));
  }

  /**
   * Answers what the server asks, all or some of it; resolves when the server has taken the answers.
   *
   * ```ts
   * for await (const status of task.updates())
   *   for (const [key, { params }] of Object.entries(task.inputRequests)) // not the status's: it may be an older one
   *     await task.respond({ [key]: await ask(params) });
   * ```
   * @throws TypeError a key that is not open, or an answer that is no object; nothing was sent
   * @throws UnsupportedError the server took the question back meanwhile
   */
  async respond(answers: { [key: string]: InputAnswer }): Promise<void> {
    const { inputs, port } = this.#state;
    const all = Object.entries(answers).map(([key, answer]) => {
      const open = inputs.get(key);
      if (!open) {
        const keys = [...inputs.keys()].join(", ") || "none";
        throw new TypeError(`${this.name} waits for no answer to ${key} (open: ${keys}); nothing was sent`);
      }
      return [open.input, answered(answer)] as const;
    });
    await Promise.all(all.map(([input, json]) => port.respond(input, json)));
  }

  /** The present status as it is known, then each change; ends after a terminal one. Throws what the call failed with. */
  updates(options: WaitOptions = {}): AsyncGenerator<TaskStatus, void, void> {
    return this.#follow(options.signal, this);
  }

  /** `owner` is kept from being collected; an iteration that this handle owns ends when it is disposed. */
  async *#follow(signal: AbortSignal | undefined, owner: object): AsyncGenerator<TaskStatus, void, void> {
    const state = this.#state;
    const queue: TaskStatus[] = state.snapshot ? [state.snapshot] : [];
    let wake = (): void => {};
    let broken: { error: unknown } | undefined;
    let last: TaskStatus | undefined;
    const off = state.listen(owner, (status, why) => {
      broken ??= why;
      if (status) queue.push(status);
      // Whoever is that slow wants the newest.
      if (queue.length > MOST_KEPT) queue.shift();
      wake();
    });
    const stop = (): void => wake();
    signal?.addEventListener("abort", stop);
    try {
      for (;;) {
        signal?.throwIfAborted();
        const next = queue.shift();
        if (next) {
          last = next;
          yield next;
          if (TERMINAL.has(next.status)) return;
        } else if (this.#disposed && owner === this) {
          return;
        } else if (state.outcome) {
          // Answered at once: the one status there is.
          if (state.snapshot && !last) yield state.snapshot;
          // Told how the task ended, or not: who iterates must know the difference.
          if ("error" in state.outcome && !isTerminal(state)) throw state.outcome.error;
          return;
        } else if (broken) {
          throw broken.error;
        } else {
          await new Promise<void>((resolve) => (wake = resolve));
        }
      }
    } finally {
      off();
      signal?.removeEventListener("abort", stop);
    }
  }

  /**
   * Where the task stands: what was heard last, or (`fresh`, or nothing was heard yet) what the server says now.
   * Waits until the server has answered the call; where it did so at once, the status is a `completed` of ours, with an
   * empty task id.
   * @throws TaskExpiredError the server does not know the task (any more)
   * @throws RpcError the server refused the call or the question
   */
  async status(options: WaitOptions & { fresh?: boolean } = {}): Promise<TaskStatus> {
    const state = this.#state;
    await raced(state.created(this), options.signal);
    if (!state.outcome && (options.fresh || !state.snapshot)) {
      await raced(state.port.refresh(state.handle), options.signal);
    }
    // Not the local: naming `this` here keeps the handle from being collected while we wait.
    const { outcome, snapshot } = this.#state;
    if (snapshot && (!options.fresh || !outcome || isTerminal(state))) return snapshot;
    // The task was never described, or can no longer be asked after: what it ended with says why.
    throw (outcome as { error: unknown }).error;
  }

  /**
   * Waits for a status (default: any terminal one) and resolves with it. Where the task ends without it, resolves with
   * the terminal status: look at `status`. Without `timeoutMs` there is no limit.
   * @throws TimeoutError it took longer than `timeoutMs`; the task goes on
   * @throws TaskExpiredError the server does not know the task (any more)
   * @throws TypeError `timeoutMs` makes no sense
   */
  async wait(options: WaitForOptions = {}): Promise<TaskStatus> {
    const { state: wanted, timeoutMs, signal } = options;
    if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs >= 0)) {
      throw new TypeError(`timeoutMs must be a number of at least 0, not ${String(timeoutMs)}`);
    }
    const timeout = timeoutMs === undefined ? undefined : new AbortController();
    const stop = timeout && after(timeoutMs!, () => timeout.abort(late(this.name, timeoutMs)));
    const both = timeout && signal ? AbortSignal.any([signal, timeout.signal]) : (timeout?.signal ?? signal);
    try {
      let last: TaskStatus | undefined;
      // Somebody waits: that goes on when the handle is disposed.
      for await (const status of this.#follow(both, { handle: this })) {
        last = status;
        if (status.status === wanted) return status;
      }
      return last ?? (await this.status());
    } finally {
      stop?.();
    }
  }

  /**
   * The result, the same as awaiting the handle; asked for once, and kept. There is no limit of time. Aborting the signal ends
   * the waiting; the task goes on.
   * @throws ToolError the tool says that it failed (not with `raiseOnError: false`)
   * @throws TaskFailedError the task failed and has no result
   * @throws TaskCancelledError the task was cancelled, by whomever
   * @throws TaskExpiredError the server does not know the task (any more)
   */
  result(options: WaitOptions = {}): Promise<T> {
    return this.#state.wait(this, options.signal) as Promise<T>;
  }

  /**
   * Asks the server to cancel the task, and resolves when the server has taken note (at once where there is nothing
   * to cancel). The task may still complete: what counts is what the server finally says.
   * @throws UnsupportedError the server cannot cancel tasks; the task goes on
   * @throws RpcError the server refused, and the task goes on
   */
  cancel(): Promise<void> {
    const { outcome, isTask, port, handle } = this.#state;
    if (!outcome) return port.cancel(handle);
    // Our own end says nothing about the task's.
    const goesOn = "error" in outcome && !isTerminal(this.#state) && !TaskExpiredError.isInstance(outcome.error);
    return goesOn && (isTask || ClosedError.isInstance(outcome.error)) ? Promise.reject(outcome.error) : Promise.resolve();
  }

  /** Leaving a `using` block: takes back every listener of this handle and ends its iterations; the task goes on. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#state.unlisten(this);
  }

  /** `await task` is `await task.result()`. */
  then<A = T, B = never>(
    onResult?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.result().then(onResult, onError);
  }

  /** Like a promise's. */
  catch<B = never>(onError?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.result().catch(onError);
  }

  /** Like a promise's. */
  finally(onEnd?: (() => void) | null): Promise<T> {
    return this.result().finally(onEnd);
  }

  /** For `useSyncExternalStore` and its like; bound, and always the same. Calls back, with nothing, on every change; gives what stops it. */
  get subscribe(): (listener: () => void) => () => void {
    return (this.#subscribe ??= (listener) => {
      if (typeof listener !== "function") throw new TypeError("the listener must be a function");
      return this.#state.listen(this, () => listener());
    });
  }

  /** The newest status: the same frozen object until something changes. Bound, and always the same. */
  get getSnapshot(): () => TaskStatus | undefined {
    return (this.#getSnapshot ??= () => this.#state.snapshot);
  }

  /**
   * Plain data that finds the task again: see `client.task(ref)`. Called by `JSON.stringify`.
   * @throws TypeError the server has not named the task (yet), or answered at once
   */
  toJSON(): TaskRef {
    const { taskId } = this.#state;
    if (taskId === undefined) throw new TypeError(`the call of ${this.name} is no task at the server (yet): await task.created first`);
    return { taskId, kind: this.kind, name: this.name };
  }
}

/** A tool call that may be a task; see {@link Task}. */
export class ToolTask extends Task<CallToolResult> {
  readonly kind = "tool";
}

/** A prompt that may be made by a task (an extension of FastMCP's); see {@link Task}. */
export class PromptTask extends Task<GetPromptResult> {
  readonly kind = "prompt";
}

/** A resource that may be read by a task (an extension of FastMCP's); see {@link Task}. `name` is its URI. */
export class ResourceTask extends Task<ReadResourceResult> {
  readonly kind = "resource";
}

function late(name: string, timeoutMs: number | undefined): TimeoutError {
  return new TimeoutError(`${name} did not get there within ${timeoutMs} ms; the task goes on`);
}

/** The promise, or the signal's own reason if it is aborted first. */
function raced<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
