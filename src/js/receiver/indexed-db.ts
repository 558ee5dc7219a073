import { after } from "../after.js";
import { asked, opened, transaction } from "../idb.js";
import type { Status, TaskStatus } from "../types.js";
import { checkNonEmpty, checkObject, checkSignal, checkString, read, toJson } from "../validation.js";
import { checked, checkedTtl, checkedUpdate, checkStatus } from "./check.js";
import { TaskStoreError, shortId, unknownTask } from "./errors.js";
import { createTaskState, generateTaskId, isTerminal, updateTaskState } from "./helpers.js";
import type { StoredPage, TaskMetadata, TaskOutcome, TaskStore, TaskUpdate } from "./store.js";

/** Options of {@link IndexedDbTaskStore}. */
export interface IndexedDbTaskStoreOptions {
  /** How many tasks are held at most; no more are taken until one has gone. @default 1000 */
  maxTasks?: number;
  /** The longest time to live, in milliseconds; longer ones, and those without a limit, are cut to it. @default 604800000, a week */
  maxTtlMs?: number;
  /** How many tasks are listed at a time. @default 10 */
  pageSize?: number;
}

/** The stored form of a task. */
interface Stored {
  /** In the order of creation: IndexedDB's own number. */
  number?: number;
  taskId: string;
  task: TaskStatus;
  outcome?: TaskOutcome;
  /** When it is forgotten, by `Date.now()`. */
  expiresAt: number;
  /** Work on the task has begun; the worker holds the lock of the task until the work ends. */
  isBegun?: boolean;
}

const TASKS = "tasks";
const WEEK_MS = 7 * 24 * 60 * 60 * 1000;
/** Status message of a task whose worker is gone. */
const ORPHANED = "the page or worker that did the work was closed, reloaded or ended before the work ended the task";

/**
 * A {@link TaskStore} in IndexedDB: every page, tab and worker of an origin that opens the same name has the same tasks, and they
 * are there after a reload. So one may make a task and another do the work, a dedicated, shared or service worker.
 *
 * The page or worker that runs `taskExecution` holds a Web Lock. If it ends during the work, the task becomes `failed` with that
 * reason, as soon as a caller waits for the task or reads it. Work never starts twice.
 *
 * A task is removed after its time to live, as by {@link InMemoryTaskStore}. The store contains the requests of the server and their
 * results, but no tokens. If several people use the page, clear it with {@link IndexedDbTaskStore.cleanup}.
 *
 * Needs IndexedDB, Web Locks and BroadcastChannel: every current browser, in a secure context (https, or localhost).
 */
export class IndexedDbTaskStore implements TaskStore {
  readonly #name: string;
  readonly #maxTasks: number;
  readonly #maxTtlMs: number;
  readonly #pageSize: number;
  readonly #news: BroadcastChannel;
  /** Callbacks of the waiters in this page, for any task. */
  readonly #waiting = new Set<(taskId: string) => void>();
  #database: Promise<IDBDatabase> | undefined;

  /**
   * @param name the database's; one for each server and account
   * @throws TypeError an option makes no sense, or the platform lacks a required API
   */
  constructor(name: string, options: IndexedDbTaskStoreOptions = {}) {
    const { maxTasks = 1000, maxTtlMs = WEEK_MS, pageSize = 10 } = checked(options, ["maxTasks", "maxTtlMs", "pageSize"]);
    checkNonEmpty("name", name);
    if (typeof indexedDB === "undefined" || !globalThis.navigator?.locks || typeof BroadcastChannel === "undefined") {
      throw new TypeError("IndexedDbTaskStore needs IndexedDB, Web Locks and BroadcastChannel: a browser, and a secure context (https or localhost)");
    }
    this.#name = `mcp-tasks:${name}`;
    [this.#maxTasks, this.#maxTtlMs, this.#pageSize] = [maxTasks, maxTtlMs, pageSize];
    this.#news = new BroadcastChannel(this.#name);
    this.#news.onmessage = ({ data }) => this.#wake(String(data));
  }

  async createTask(metadata: TaskMetadata = {}, taskId: string = generateTaskId()): Promise<TaskStatus> {
    const ttlMs = checkedTtl(metadata);
    checkString("taskId", taskId);
    if (!taskId) throw new TaskStoreError("unusable_id", "A task id must not be empty", { taskId });
    const task = createTaskState({ ttlMs: Math.min(ttlMs ?? this.#maxTtlMs, this.#maxTtlMs) }, taskId);
    await this.#run("readwrite", async (records) => {
      if (await this.#find(records, taskId)) {
        throw new TaskStoreError("unusable_id", `Task ${shortId(taskId)} already exists: no task was created`, { taskId });
      }
      if ((await asked(records.count())) >= this.#maxTasks) {
        throw new TaskStoreError("too_many_tasks", `Too many tasks: ${this.#maxTasks} are held, and no more is taken`);
      }
      await asked(records.add({ taskId, task, expiresAt: expiry(task) } satisfies Stored));
    });
    return task;
  }

  async getTask(taskId: string): Promise<TaskStatus | undefined> {
    checkString("taskId", taskId);
    const stored = await this.#look(taskId);
    return stored && Object.freeze(stored.task);
  }

  async updateTask(taskId: string, update: TaskUpdate): Promise<TaskStatus> {
    checkString("taskId", taskId);
    const checkedOne = checkedUpdate(update);
    let isNews = false;
    const task = await this.#change(taskId, (stored) => {
      const next = updateTaskState(stored.task, checkedOne);
      isNews = next.status !== stored.task.status;
      stored.task = next;
      // A caller that is notified of the end must find the result, so the time to live restarts.
      if (isTerminal(next.status)) stored.expiresAt = expiry(next);
      if (next.status === "cancelled") delete stored.outcome;
      return next;
    });
    if (isNews) await this.notifyUpdate(taskId);
    return task;
  }

  async storeResult(taskId: string, outcome: TaskOutcome): Promise<void> {
    checkString("taskId", taskId);
    const json = toJson("outcome", outcome);
    checkObject("outcome", outcome);
    await this.#change(taskId, (stored) => {
      // The lifecycle of a task: a terminal status does not change.
      updateTaskState(stored.task, {});
      const result: unknown = "result" in outcome ? outcome.result : outcome.error;
      if (typeof result !== "object" || result === null || Array.isArray(result)) {
        throw new TaskStoreError("not_an_object", `The result of task ${shortId(taskId)} is no JSON object: it was not stored`, { taskId });
      }
      stored.outcome = JSON.parse(json) as TaskOutcome;
    });
  }

  async getResult(taskId: string): Promise<TaskOutcome | undefined> {
    checkString("taskId", taskId);
    return this.#run("readonly", async (records) => (await this.#find(records, taskId))?.outcome);
  }

  async listTasks(cursor?: string): Promise<StoredPage> {
    if (cursor !== undefined) checkString("cursor", cursor);
    const after = cursor === undefined ? 0 : Number(cursor);
    if (!Number.isSafeInteger(after) || after < 0 || (cursor !== undefined && String(after) !== cursor)) {
      throw new TaskStoreError("invalid_cursor", `Invalid cursor: ${shortId(String(cursor))}`);
    }
    // A write transaction, because expired tasks are removed first.
    const found = await this.#run("readwrite", (records) =>
      asked<Stored[]>(records.getAll(IDBKeyRange.lowerBound(after, true), this.#pageSize + 1)),
    );
    const page = found.slice(0, this.#pageSize);
    const last = found.length > page.length ? page.at(-1)?.number : undefined;
    const tasks = await Promise.all(page.map(async (stored) => Object.freeze(((await this.#judged(stored)) ?? stored).task)));
    return { tasks, ...(last !== undefined && { nextCursor: String(last) }) };
  }

  async deleteTask(taskId: string): Promise<boolean> {
    checkString("taskId", taskId);
    const had = await this.#run("readwrite", async (records) => {
      const stored = await this.#find(records, taskId);
      if (stored) await asked(records.delete(stored.number!));
      return stored !== undefined;
    });
    if (had) await this.notifyUpdate(taskId);
    return had;
  }

  async waitForUpdate(taskId: string, known: Status, options: { signal?: AbortSignal } = {}): Promise<TaskStatus> {
    checkString("taskId", taskId);
    checkStatus("known", known);
    const { signal } = read("options", options, ["signal"]);
    if (signal !== undefined) checkSignal("options.signal", signal);
    signal?.throwIfAborted();
    const stop = new AbortController();
    // From here on no notification is missed, and the worker is watched: its lock is released when it ends.
    const news = new Promise<void>((resolve, reject) => {
      const wake = (id: string): void => (id === taskId ? resolve() : undefined);
      const abort = (): void => reject(signal?.reason);
      this.#waiting.add(wake);
      signal?.addEventListener("abort", abort, { once: true });
      stop.signal.addEventListener("abort", () => {
        this.#waiting.delete(wake);
        signal?.removeEventListener("abort", abort);
      });
    });
    news.catch(() => {});
    try {
      let stored = await this.#look(taskId);
      if (stored?.task.status === known) {
        await Promise.race([news, this.#untilOrphaned(stored, stop.signal), untilExpired(stored, stop.signal)]);
        stored = await this.#look(taskId);
      }
      if (!stored) throw unknownTask(taskId);
      return Object.freeze(stored.task);
    } finally {
      stop.abort();
    }
  }

  async notifyUpdate(taskId: string): Promise<void> {
    checkString("taskId", taskId);
    this.#news.postMessage(taskId);
    this.#wake(taskId);
  }

  /** Holds the task's lock while the work goes on. */
  async executing(taskId: string, work: () => Promise<void>): Promise<void> {
    await navigator.locks.request(this.#lock(taskId), { ifAvailable: true }, async (lock) => {
      await this.#change(taskId, (stored) => {
        // First, because a worker that has just ended the task may still hold the lock.
        updateTaskState(stored.task, {});
        if (!lock) throw new TaskStoreError("other", `Task ${shortId(taskId)} is worked on elsewhere: the work was not begun`, { taskId });
        if (stored.isBegun) throw new TaskStoreError("other", `The work on task ${shortId(taskId)} was begun before: it was not begun again`, { taskId });
        stored.isBegun = true;
      });
      // Callers that waited before the work began watch the lock from now on.
      await this.notifyUpdate(taskId);
      await work();
    });
  }

  /** Removes all tasks and notifies their waiters. */
  async cleanup(): Promise<void> {
    const all = await this.#run("readwrite", async (records) => {
      const all = (await asked(records.getAll())) as Stored[];
      await asked(records.clear());
      return all;
    });
    for (const { taskId } of all) await this.notifyUpdate(taskId);
  }

  /** Lets go of the database. The tasks stay. */
  close(): void {
    this.#news.close();
    void this.#database?.then((database) => database.close(), () => {});
    this.#database = undefined;
  }

  #lock(taskId: string): string {
    return `${this.#name}:${taskId}`;
  }

  #wake(taskId: string): void {
    for (const wake of [...this.#waiting]) wake(taskId);
  }

  /** The current state of a task. */
  async #look(taskId: string): Promise<Stored | undefined> {
    const stored = await this.#run("readonly", (records) => this.#find(records, taskId));
    return stored && this.#judged(stored);
  }

  /** The failed state of a task whose work has begun and whose lock is free. */
  async #judged(stored: Stored): Promise<Stored | undefined> {
    if (!isRunning(stored)) return stored;
    const { taskId } = stored;
    // Shared, so that a concurrent reader is not mistaken for the worker.
    return navigator.locks.request(this.#lock(taskId), { mode: "shared", ifAvailable: true }, async (lock) => {
      if (!lock) return stored;
      // If it has ended in the meantime, it does not change.
      await this.updateTask(taskId, { status: "failed", statusMessage: ORPHANED }).catch((error: unknown) => {
        if (!TaskStoreError.isInstance(error)) throw error;
      });
      return this.#run("readonly", (records) => this.#find(records, taskId));
    });
  }

  /** Resolves when the lock of a begun task is free; never for a task that was not begun. */
  async #untilOrphaned(stored: Stored, signal: AbortSignal): Promise<void> {
    if (!isRunning(stored)) return new Promise(() => {});
    await navigator.locks.request(this.#lock(stored.taskId), { mode: "shared", signal }, () => {}).catch((error: unknown) => {
      // The wait is over: nothing depends on the lock any more.
      if (!signal.aborted) throw error;
    });
  }

  /** Changes the stored form of a task in one transaction. */
  async #change<T>(taskId: string, change: (stored: Stored) => T): Promise<T> {
    return this.#run("readwrite", async (records) => {
      const stored = await this.#find(records, taskId);
      if (!stored) throw unknownTask(taskId);
      const result = change(stored);
      await asked(records.put(stored));
      return result;
    });
  }

  async #find(records: IDBObjectStore, taskId: string): Promise<Stored | undefined> {
    const stored = (await asked(records.index("taskId").get(taskId))) as Stored | undefined;
    return stored && isLive(stored) ? stored : undefined;
  }

  async #run<T>(mode: IDBTransactionMode, act: (records: IDBObjectStore) => Promise<T>): Promise<T> {
    const opening = (this.#database ??= opened(this.#name, upgrade, () => (this.#database = undefined)));
    try {
      const database = await opening;
      return await transaction(database, TASKS, mode, async (records) => {
        if (mode === "readwrite") await expire(records);
        return act(records);
      });
    } catch (error) {
      // A database that could not be opened, or was closed under us, is opened anew the next time.
      if (!TaskStoreError.isInstance(error) && this.#database === opening) this.#database = undefined;
      throw error;
    }
  }
}

function upgrade(database: IDBDatabase): void {
  const records = database.createObjectStore(TASKS, { keyPath: "number", autoIncrement: true });
  records.createIndex("taskId", "taskId", { unique: true });
  records.createIndex("expiresAt", "expiresAt");
}

/** Forgets what has outlived its time. */
async function expire(records: IDBObjectStore): Promise<void> {
  const over = await asked(records.index("expiresAt").getAllKeys(IDBKeyRange.upperBound(Date.now())));
  await Promise.all(over.map((key) => asked(records.delete(key))));
}

/** Comes when the task is forgotten. */
function untilExpired({ expiresAt }: Stored, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", after(expiresAt + 1 - Date.now(), resolve)));
}

/** Whether work on the task has begun and the task has not ended. */
function isRunning({ isBegun, task }: Stored): boolean {
  return isBegun === true && !isTerminal(task.status);
}

function isLive({ expiresAt }: Stored): boolean {
  return expiresAt > Date.now();
}

/** IndexedDB cannot index a missing value: a task without a limit gets a limit that is never reached. */
function expiry({ ttlMs }: TaskStatus): number {
  return ttlMs === null ? Number.MAX_SAFE_INTEGER : Date.now() + ttlMs;
}
