import type { Status, TaskStatus } from "../types.js";
import { checkSignal, checkString, read, toJson } from "../validation.js";
import { checked, checkedTtl, checkedUpdate, checkStatus } from "./check.js";
import { generateTaskId } from "./helpers.js";
import { call, readTask } from "./module.js";
import type { StoredPage, TaskMetadata, TaskOutcome, TaskStore, TaskUpdate } from "./store.js";
import type { MemoryStore } from "#receiver-glue";

/** How much an {@link InMemoryTaskStore} holds: it is the server that decides how much it asks for. */
export interface InMemoryTaskStoreOptions {
  /** How many tasks are held at most; no more are taken until one has gone. @default 1000 */
  maxTasks?: number;
  /** How many bytes all results may have together. @default 67108864 */
  maxResultBytes?: number;
  /** The longest time to live, in milliseconds; longer ones, and those without a limit, are cut to it. @default without limit */
  maxTtlMs?: number;
  /** How many tasks are listed at a time. @default 10 */
  pageSize?: number;
}

/**
 * A {@link TaskStore} in memory: its tasks are lost with the page.
 *
 * A task is forgotten when its time to live is over, counted from its creation and once more from its end. There is no timer:
 * each call of the store removes expired tasks, and waiters of a removed task are notified then.
 */
export class InMemoryTaskStore implements TaskStore {
  readonly #store: MemoryStore;

  /** @throws TypeError an option makes no sense */
  constructor(options: InMemoryTaskStoreOptions = {}) {
    const limits = checked(options, ["maxTasks", "maxResultBytes", "maxTtlMs", "pageSize"]);
    this.#store = call(({ MemoryStore }) => new MemoryStore(limits));
  }

  async createTask(metadata: TaskMetadata = {}, taskId: string = generateTaskId()): Promise<TaskStatus> {
    const ttlMs = checkedTtl(metadata);
    checkString("taskId", taskId);
    return readTask(call(() => this.#store.createTask(taskId, ttlMs)));
  }

  async getTask(taskId: string): Promise<TaskStatus | undefined> {
    checkString("taskId", taskId);
    const json = call(() => this.#store.getTask(taskId));
    return json === undefined ? undefined : readTask(json);
  }

  async updateTask(taskId: string, update: TaskUpdate): Promise<TaskStatus> {
    checkString("taskId", taskId);
    const { status, statusMessage } = checkedUpdate(update);
    return readTask(call(() => this.#store.updateTask(taskId, status, statusMessage)));
  }

  async storeResult(taskId: string, outcome: TaskOutcome): Promise<void> {
    checkString("taskId", taskId);
    const json = toJson("outcome", outcome);
    call(() => this.#store.storeResult(taskId, json));
  }

  async getResult(taskId: string): Promise<TaskOutcome | undefined> {
    checkString("taskId", taskId);
    const json = call(() => this.#store.getResult(taskId));
    return json === undefined ? undefined : (JSON.parse(json) as TaskOutcome);
  }

  async listTasks(cursor?: string): Promise<StoredPage> {
    if (cursor !== undefined) checkString("cursor", cursor);
    return page(call(() => this.#store.listTasks(cursor)));
  }

  /** Copies of all the tasks, in the order of their creation. */
  async getAllTasks(): Promise<readonly TaskStatus[]> {
    return page(call(() => this.#store.getAllTasks())).tasks;
  }

  async deleteTask(taskId: string): Promise<boolean> {
    checkString("taskId", taskId);
    return call(() => this.#store.deleteTask(taskId));
  }

  async waitForUpdate(taskId: string, known: Status, options: { signal?: AbortSignal } = {}): Promise<TaskStatus> {
    checkString("taskId", taskId);
    checkStatus("known", known);
    const { signal } = read("options", options, ["signal"]);
    if (signal !== undefined) checkSignal("options.signal", signal);
    signal?.throwIfAborted();
    let stop = (): void => {};
    const stopped = new Promise<never>((_, reject) => {
      stop = () => reject(signal?.reason);
    });
    stopped.catch(() => {});
    signal?.addEventListener("abort", stop, { once: true });
    try {
      return readTask(await call(() => this.#store.waitForUpdate(taskId, known, stopped)));
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  async notifyUpdate(taskId: string): Promise<void> {
    checkString("taskId", taskId);
    call(() => this.#store.notifyUpdate(taskId));
  }

  /** Removes all tasks and notifies their waiters. */
  async cleanup(): Promise<void> {
    call(() => this.#store.cleanup());
  }
}

function page(json: string): StoredPage {
  const page = JSON.parse(json) as StoredPage;
  for (const each of page.tasks) Object.freeze(each);
  return page;
}
