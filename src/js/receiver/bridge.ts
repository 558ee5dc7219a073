// Adapts a `TaskStore` to the module: JSON text in and out, and every rejection is a `TaskStoreError`.
import { words } from "../transport.js";
import { TaskStoreError } from "./errors.js";
import type { TaskOutcome, TaskStore } from "./store.js";
import type { StoreBridge } from "#receiver-glue";

/** `failed` is called with the error of an operation that the module does not wait for. @internal */
export function bridge(store: TaskStore, failed: (error: unknown) => void = warnOfStore): StoreBridge {
  return {
    createTask: (taskId, ttlMs) => text(() => store.createTask({ ttlMs }, taskId)),
    getTask: (taskId) => textOrNone(() => store.getTask(taskId)),
    updateTask: (taskId, status, statusMessage) => text(() => store.updateTask(taskId, { status, statusMessage })),
    storeResult: (taskId, outcome) => told(() => store.storeResult(taskId, JSON.parse(outcome) as TaskOutcome)),
    getResult: (taskId) => textOrNone(() => store.getResult(taskId)),
    listTasks: (cursor) => text(() => store.listTasks(cursor)),
    deleteTask: (taskId) => told(() => store.deleteTask(taskId)),
    waitForUpdate(taskId, known) {
      const abort = new AbortController();
      const promise = text(() => store.waitForUpdate(taskId, known, { signal: abort.signal }));
      // The module handles the rejection as long as it waits. After `stop` nothing depends on the promise any more.
      promise.catch(() => {});
      return { promise, stop: () => abort.abort() };
    },
    notifyUpdate: (taskId) => void told(() => store.notifyUpdate(taskId)).catch(failed),
  };
}

async function told<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw isReadable(cause) ? cause : new TaskStoreError("other", words(cause), { cause });
  }
}

/** Whether the error is a TaskStoreError whose members are texts, as the module reads them. */
function isReadable(error: unknown): error is TaskStoreError {
  if (!TaskStoreError.isInstance(error)) return false;
  const { reason, taskId, status } = error as { reason: unknown; taskId?: unknown; status?: unknown };
  return typeof reason === "string" && [taskId, status].every((value) => value === undefined || typeof value === "string");
}

function warnOfStore(error: unknown): void {
  console.warn(`mcp-tasks: a task store failed in notifyUpdate: ${words(error)}`);
}

async function text(act: () => Promise<unknown>): Promise<string> {
  return JSON.stringify(await told(act)) ?? "null";
}

async function textOrNone(act: () => Promise<unknown>): Promise<string | undefined> {
  return JSON.stringify((await told(act)) ?? undefined);
}
