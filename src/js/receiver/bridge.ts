// A store as the module knows it: text in, text out, and whatever goes wrong is a TaskStoreError.
import { words } from "../transport.js";
import type { Status } from "../types.js";
import { TaskStoreError } from "./errors.js";
import type { TaskOutcome, TaskStore } from "./store.js";

/** @internal */
export interface Bridge {
  createTask(taskId: string, ttlMs: number | undefined): Promise<string>;
  getTask(taskId: string): Promise<string | undefined>;
  updateTask(taskId: string, status: Status | undefined, statusMessage: string | undefined): Promise<string>;
  storeResult(taskId: string, outcome: string): Promise<void>;
  getResult(taskId: string): Promise<string | undefined>;
  listTasks(cursor: string | undefined): Promise<string>;
  deleteTask(taskId: string): Promise<boolean>;
  waitForUpdate(taskId: string, known: Status): { readonly promise: Promise<string>; stop(): void };
  notifyUpdate(taskId: string): void;
}

/** @internal */
export function bridge(store: TaskStore): Bridge {
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
