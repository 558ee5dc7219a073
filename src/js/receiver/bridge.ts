// Adapts a `TaskStore` to the module: JSON text in and out, and every rejection is a `TaskStoreError`.
import { words } from "../transport.js";
import { TaskStoreError } from "./errors.js";
import type { TaskOutcome, TaskStore } from "./store.js";
import type { StoreBridge } from "#receiver-glue";

/** @internal */
export function bridge(store: TaskStore): StoreBridge {
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
      // Where the waiting is given up, nobody is there to hear of it.
      promise.catch(() => {});
      return { promise, stop: () => abort.abort() };
    },
    notifyUpdate: (taskId) => void told(() => store.notifyUpdate(taskId)).catch(() => {}),
  };
}

async function told<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw TaskStoreError.isInstance(cause) ? cause : new TaskStoreError("other", words(cause), { cause });
  }
}

async function text(act: () => Promise<unknown>): Promise<string> {
  return JSON.stringify(await told(act)) ?? "null";
}

async function textOrNone(act: () => Promise<unknown>): Promise<string | undefined> {
  return JSON.stringify((await told(act)) ?? undefined);
}
