/// <reference lib="esnext.disposable" preserve="true" />
import type { LazyTask } from "./lazy_task.js";
import type { EngineTask } from "./load.js";
import {
  STATUSES,
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
import { checkBoolean, checkFunction, checkNumber, checkObject, checkOneOf, checkedSignal, read, readable, toJsonObject } from "./validation.js";

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
 * The promise is lazy: a handle without an `await` causes no traffic and no `unhandledrejection`. Dropping a handle, or
 * leaving the page, does not cancel the task: only {@link Task.cancel} does.
 *
 * Never return a handle from an `async` function: the function would wait for the result and the handle would be lost.
 */
export abstract class Task<T> implements PromiseLike<T> {
  readonly #lazy: LazyTask;
  /** The id of a task that an earlier page or another tab created. */
  readonly #attachedId: string | undefined;
  /** Functions that unregister the listeners of this handle and end its iterations. */
  #registered: Set<() => void> | undefined;
  #subscribe: ((listener: () => void) => () => void) | undefined;
  #getSnapshot: (() => TaskStatus | undefined) | undefined;
  /** The tool's or prompt's name, or the resource's URI. */
  readonly name: string;
  /** The kind of the call. */
  abstract readonly kind: TaskRef["kind"];

  /** @internal */
  constructor(lazy: LazyTask, name: string, attachedId: string | undefined) {
    this.#lazy = lazy;
    this.name = name;
    this.#attachedId = attachedId;
  }

  /** The server's name for the task; undefined until it has given one, and for good where it answered at once. */
  get taskId(): string | undefined {
    return this.#attachedId ?? this.#lazy.task?.taskId;
  }

  /** Whether the server answered at once, so that there is no task at the server. False as long as that is not known. */
  get returnedImmediately(): boolean {
    return this.#lazy.task?.returnedImmediately ?? false;
  }

  /**
   * Resolves with this task's id (or undefined, where the server answered at once) when the server has answered the
   * call; with `persist`, when that is kept. Rejects with the reason when the call failed.
   */
  get created(): Promise<string | undefined> {
    const lazy = this.#lazy;
    return lazy.ask((task) => task.created()).then(async (taskId) => {
      await lazy.stored();
      return taskId;
    });
  }

  /**
   * Calls back on every change of status from now on, in the order the server told them; a Promise that it returns is
   * not waited for, and what it throws reaches `onWarning`. While there is a listener, the task is polled or streamed.
   * @returns a function that stops it
   */
  onStatusChange(listener: (status: TaskStatus) => unknown): () => void {
    checkFunction("listener", listener);
    return this.#register(this.#lazy.listen((task) => task.onStatusChange((status) => this.#call(listener, status))));
  }

  /** The newest that the server told of the progress; undefined until it tells something. */
  get progress(): Progress | undefined {
    return this.#lazy.task?.progress;
  }

  /**
   * Calls back whenever the server tells how far the call is (MCP 2025-11-25, Tasks: "Task Progress Notifications"). Like
   * {@link Task.onStatusChange} it lets the task be polled or streamed, and what it throws reaches `onWarning`.
   * @returns a function that stops it
   */
  onProgress(listener: (progress: Progress) => unknown): () => void {
    checkFunction("listener", listener);
    return this.#register(this.#lazy.listen((task) => task.onProgress((progress) => this.#call(listener, progress))));
  }

  /**
   * The open questions of the server by key, for {@link Task.respond}; usually empty. Also part of the status, which a plain
   * call does not have. Needs a handler of the client, because the client declares only kinds of questions that have one.
   */
  get inputRequests(): { readonly [key: string]: InputRequest } {
    return this.#lazy.task?.inputRequests ?? {};
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
    const checked = checkedAnswers(answers);
    await this.#lazy.ask((task) => task.respond(checked));
  }

  /** The last known status, then each change; ends after a terminal one. Throws the error of the call. */
  updates(options: WaitOptions = {}): AsyncGenerator<TaskStatus, void, void> {
    return this.#follow(checkedWait(options).signal);
  }

  async *#follow(signal: AbortSignal | undefined): AsyncGenerator<TaskStatus, void, void> {
    const lazy = this.#lazy;
    const queue: TaskStatus[] = lazy.snapshot ? [lazy.snapshot] : [];
    let wake = (): void => {};
    let end: { error?: unknown } | undefined;
    let last: TaskStatus | undefined;
    const push = (status: TaskStatus): void => {
      queue.push(status);
      // A consumer that is slower than the server gets the newest changes.
      if (queue.length > MOST_KEPT) queue.shift();
      wake();
    };
    const ended = (error?: unknown): void => {
      end ??= error === undefined ? {} : { error };
      wake();
    };
    const listen = (task: EngineTask): (() => void) => {
      if (task.isSettled) ended(task.failure);
      return task.onSettled(ended);
    };
    const offs = [lazy.listen((task) => task.onStatusChange(push)), lazy.listen(listen, ended)];
    const off = this.#register(() => {
      for (const off of offs) off();
      ended();
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
        } else if (end) {
          // A call that was answered without a task has one status, which is not a change.
          if (lazy.snapshot && !last && !("error" in end)) yield lazy.snapshot;
          if ("error" in end) throw end.error;
          return;
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
   * The last known status of the task. With `fresh`, or if no status is known, queries the server.
   * Waits until the server has answered the call. For a direct response the status is `completed` with an empty task id.
   * @throws TaskExpiredError the server does not know the task (any more)
   * @throws RpcError the server refused the call or the question
   */
  async status(options: WaitOptions & { fresh?: boolean } = {}): Promise<TaskStatus> {
    const checked: WaitOptions & { fresh?: boolean } = checkedWait(options);
    const { fresh } = read("options", options, ["fresh"]);
    if (fresh !== undefined) {
      checkBoolean("options.fresh", fresh);
      checked.fresh = fresh;
    }
    return this.#lazy.ask((task) => task.status(checked), checked.signal);
  }

  /**
   * Waits for a status (default: any terminal one) and resolves with it. Where the task ends without it, resolves with
   * the terminal status: look at `status`. Without `timeoutMs` there is no limit.
   * @throws TimeoutError it took longer than `timeoutMs`; the task goes on
   * @throws TaskExpiredError the server does not know the task (any more)
   * @throws TypeError an option makes no sense
   */
  async wait(options: WaitForOptions = {}): Promise<TaskStatus> {
    const checked: WaitForOptions = checkedWait(options);
    const { state, timeoutMs } = read("options", options, ["state", "timeoutMs"]);
    if (state !== undefined) {
      checkOneOf("options.state", state, STATUSES);
      checked.state = state;
    }
    // Infinity means "no limit", as without the option.
    if (timeoutMs !== undefined && timeoutMs !== Infinity) {
      checkNumber("options.timeoutMs", timeoutMs, 0);
      checked.timeoutMs = timeoutMs;
    }
    return this.#lazy.ask((task) => task.wait(checked), checked.signal);
  }

  /**
   * The result, the same as awaiting the handle; asked for once, and kept. There is no limit of time. Aborting the signal ends
   * the waiting; the task goes on.
   * @throws ToolError the tool says that it failed (not with `raiseOnError: false`)
   * @throws TaskFailedError the task failed and has no result
   * @throws TaskCancelledError the task was cancelled, by this client or by another
   * @throws TaskExpiredError the server does not know the task (any more)
   */
  result(options: WaitOptions = {}): Promise<T> {
    let checked: WaitOptions;
    try {
      checked = checkedWait(options);
    } catch (error) {
      return Promise.reject(error);
    }
    const { signal } = checked;
    return this.#lazy.ask((task) => task.result(signal ? checked : undefined), signal) as Promise<T>;
  }

  /**
   * Requests the cancellation of the task. Resolves when the server has acknowledged it and the status is known again, at once
   * where there is nothing to cancel. The task may still complete: the status that the server reports counts.
   * @throws UnsupportedError the server cannot cancel tasks; the task goes on
   * @throws RpcError the server refused, and the task goes on
   */
  cancel(): Promise<void> {
    return this.#lazy.cancel();
  }

  /** Leaving a `using` block: takes back every listener of this handle and ends its iterations; the task goes on. */
  [Symbol.dispose](): void {
    for (const off of [...(this.#registered ?? [])]) off();
  }

  /** Calls a listener by way of the handle, so that the handle is not collected while the listener is registered. */
  #call<V>(listener: (value: V) => unknown, value: V): unknown {
    return listener(value);
  }

  /** `off` is called once: by the function that this returns, or when the handle is disposed. */
  #register(off: () => void): () => void {
    const all = (this.#registered ??= new Set());
    const once = (): void => {
      if (all.delete(once)) off();
    };
    all.add(once);
    return once;
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
      checkFunction("listener", listener);
      const changed = (): unknown => this.#call(listener, undefined);
      return this.#register(this.#lazy.listen((task) => task.onChange(changed), changed));
    });
  }

  /** The newest status: the same frozen object until something changes. Bound, and always the same. */
  get getSnapshot(): () => TaskStatus | undefined {
    return (this.#getSnapshot ??= () => this.#lazy.snapshot);
  }

  /**
   * Plain data that finds the task again: see `client.task(ref)`. Called by `JSON.stringify`.
   * @throws TypeError the server has not named the task (yet), or answered at once
   */
  toJSON(): TaskRef {
    const { taskId } = this;
    if (taskId === undefined) throw new TypeError(`the call of ${this.name} is no task at the server (yet): await task.created first`);
    return { taskId, kind: this.kind, name: this.name };
  }
}

/** The options of waiting, read once and checked. @throws TypeError */
function checkedWait(options: WaitOptions): WaitOptions {
  const signal = checkedSignal(read("options", options, ["signal"]).signal);
  return signal ? { signal } : {};
}

/** The answers as plain JSON objects, read once. @throws TypeError names the answer */
function checkedAnswers(answers: { [key: string]: InputAnswer }): { [key: string]: InputAnswer } {
  checkObject("answers", answers);
  const entries = readable("answers", () => Object.entries(answers));
  const plain = entries.map(([key, answer]) => [key, JSON.parse(toJsonObject(`answers[${JSON.stringify(key)}]`, answer)) as InputAnswer]);
  return Object.fromEntries(plain) as { [key: string]: InputAnswer };
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
