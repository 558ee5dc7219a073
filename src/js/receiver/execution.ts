import type { Status, TaskStatus } from "../types.js";
import { checkFunction, checkString, described, toJson } from "../validation.js";
import { bridge } from "./bridge.js";
import { checkStatus, checkStore } from "./check.js";
import { call, readTask } from "./module.js";
import type { TaskStore } from "./store.js";
import type { Context } from "#receiver-glue";

/** Reports the state of the work on a task, and signals its cancellation. */
export class TaskContext {
  /** The task's id, whole: it may be a secret. */
  readonly taskId: string;
  /**
   * Aborted when the work is no longer wanted: the task was cancelled or is gone, or {@link TaskContext.requestCancellation} was
   * called. Hand it to `fetch` and whatever else can stop.
   */
  readonly signal: AbortSignal;
  readonly #context: Context;
  readonly #abort: AbortController;

  /** @internal */
  constructor(taskId: string, context: Context, abort: AbortController) {
    this.taskId = taskId;
    this.#context = context;
    this.#abort = abort;
    this.signal = abort.signal;
  }

  /** The task as this context saw it last. */
  get task(): TaskStatus {
    return readTask(this.#context.task());
  }

  /** Whether the work is no longer wanted. It never becomes false again. */
  get isCancelled(): boolean {
    return this.#context.isCancelled();
  }

  /**
   * Requests the work to stop: `signal` is aborted when this returns. The status of the task does not change; `cancelTask`
   * changes it and also calls this.
   */
  requestCancellation(): void {
    this.#context.requestCancellation();
    // The module aborts as well, but only when it is polled next: `signal.throwIfAborted()` right after this call has to throw.
    this.#abort.abort();
  }

  /**
   * Sets the status message, which the requestor shows. With `status`, also sets whether the work waits for input
   * (`input_required`) or continues (`working`).
   * @throws TaskStoreError "terminal" where the task has ended meanwhile, "unknown" where it is gone
   */
  async updateStatus(statusMessage: string | undefined, status?: Status): Promise<TaskStatus> {
    if (statusMessage !== undefined) checkString("statusMessage", statusMessage);
    if (status !== undefined) checkStatus("status", status);
    return readTask(await call(() => this.#context.update(status, statusMessage)));
  }

  /**
   * Ends the task as `completed`, with what the request would have been answered with.
   * @throws TaskStoreError "terminal" where the task has ended meanwhile: then nothing was overwritten
   */
  async complete(result: object): Promise<TaskStatus> {
    const json = toJson("result", result);
    return readTask(await call(() => this.#context.complete(json)));
  }

  /**
   * Ends the task as `failed`, in words; with `code`, the request is answered with this JSON-RPC error (-1: the user rejected
   * a sampling request), else with -32603.
   * @throws TaskStoreError as {@link TaskContext.complete}
   */
  async fail(error: string, code?: number): Promise<TaskStatus> {
    checkString("error", error);
    if (code !== undefined) checkCode(code);
    return readTask(await call(() => this.#context.fail(error, code)));
  }
}

function checkCode(code: unknown): void {
  if (!Number.isSafeInteger(code)) throw new TypeError(`code must be a whole number, not ${described(code)}`);
}

/**
 * Runs the work on a task of this store, and settles when the work does. If the work throws, the task becomes `failed` with the
 * message of the error unless the task has ended, and the same error is thrown to the caller. Work that stops because of a
 * cancellation (it throws `ctx.signal.reason`) resolves. Work that returns must have ended its task with
 * {@link TaskContext.complete} or {@link TaskContext.fail}.
 *
 * ```ts
 * await taskExecution(taskId, store, async (ctx) => {
 *   await ctx.updateStatus("asking the model");
 *   const response = await fetch("/llm", { signal: ctx.signal });
 *   await ctx.complete(await response.json());
 * });
 * ```
 *
 * Works in a page and in any worker; over {@link IndexedDbTaskStore} the task may have been made somewhere else.
 *
 * @throws TaskStoreError the work was not begun: the task is unknown, has ended, or other code works on it
 */
export async function taskExecution(
  taskId: string,
  store: TaskStore,
  work: (context: TaskContext) => unknown,
): Promise<void> {
  checkString("taskId", taskId);
  checkStore("store", store);
  checkFunction("work", work);
  const abort = new AbortController();
  const run = (): Promise<void> =>
    call((module) =>
      module.taskExecution(
        bridge(store),
        taskId,
        async (context) => {
          await work(new TaskContext(taskId, context, abort));
        },
        () => abort.abort(),
      ),
    );
  try {
    await (store.executing ? store.executing(taskId, run) : run());
  } catch (error) {
    if (!abort.signal.aborted || error !== abort.signal.reason) throw error;
  }
}
