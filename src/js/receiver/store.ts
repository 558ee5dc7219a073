import type { Status, TaskStatus } from "../types.js";

/** How a task is wished for. */
export interface TaskMetadata {
  /** How long the task is to be kept after its creation, and once more after its end, in milliseconds. @default without limit */
  ttlMs?: number | undefined;
}

/** The changes of a task; omitted members do not change. */
export interface TaskUpdate {
  /** Where the task stands now. */
  status?: Status | undefined;
  /** The words about that. */
  statusMessage?: string | undefined;
}

/** The outcome of the request that became a task: a result, or a JSON-RPC error. */
export type TaskOutcome =
  | { readonly result: { readonly [key: string]: unknown } }
  | { readonly error: { readonly code: number; readonly message: string } };

/** Some of the tasks of a store, in the order in which they were created. */
export interface StoredPage {
  /** Copies, frozen. */
  readonly tasks: readonly TaskStatus[];
  /** The cursor of the next page, if there is one. Opaque (MCP 2025-11-25, Pagination). */
  readonly nextCursor?: string;
}

/**
 * Where the tasks are kept that are hosted here: {@link InMemoryTaskStore}, {@link IndexedDbTaskStore}, or an application's own.
 *
 * A store serves one server in one authorization context: access to one task grants access to all (MCP 2025-11-25, Tasks:
 * "Task Isolation and Access Control"). A method that fails rejects with {@link TaskStoreError} and changes nothing.
 * `createTaskState` and `updateTaskState` implement the lifecycle for a custom store. Methods return copies.
 */
export interface TaskStore {
  /**
   * Makes a task that is `working`.
   * @param taskId an unguessable id @default `generateTaskId()`
   * @throws TaskStoreError "unusable_id", "too_many_tasks"
   */
  createTask(metadata?: TaskMetadata, taskId?: string): Promise<TaskStatus>;
  /** How the task stands; `undefined` where there is none of this id. */
  getTask(taskId: string): Promise<TaskStatus | undefined>;
  /**
   * Changes a task with `updateTaskState`, and notifies its waiters if the status changed.
   * @throws TaskStoreError "unknown"; "terminal", a task that has ended never changes
   */
  updateTask(taskId: string, update: TaskUpdate): Promise<TaskStatus>;
  /**
   * Keeps what the request is to be answered with; to be called before the update that ends the task.
   * @throws TaskStoreError "unknown", "terminal", "too_large", "not_an_object"
   */
  storeResult(taskId: string, outcome: TaskOutcome): Promise<void>;
  /** The stored result; `undefined` if the task does not exist or has no result. A cancelled task has no result. */
  getResult(taskId: string): Promise<TaskOutcome | undefined>;
  /**
   * The tasks from a cursor on, or from the first one. Every task that can be got can be listed.
   * @throws TaskStoreError "invalid_cursor"
   */
  listTasks(cursor?: string): Promise<StoredPage>;
  /** Removes a task and its result; its waiters receive "unknown". Resolves with whether the task existed. */
  deleteTask(taskId: string): Promise<boolean>;
  /**
   * Waits until the status is another than `known`, or {@link TaskStore.notifyUpdate} is called: at once where it is so
   * already. Any number may wait for one task; all are woken. Rejects with `signal.reason` when aborted.
   * @throws TaskStoreError "unknown", also where the task goes while it is waited for
   */
  waitForUpdate(taskId: string, known: Status, options?: { signal?: AbortSignal }): Promise<TaskStatus>;
  /** Wakes all waiters of the task, so that they read its state again. */
  notifyUpdate(taskId: string): Promise<void>;
  /**
   * Wraps the work on a task, for stores that track the worker: {@link IndexedDbTaskStore} detects a task whose worker has
   * died. It must call `work` and settle in the same way.
   * @throws TaskStoreError "other": other code works on the task
   */
  executing?(taskId: string, work: () => Promise<void>): Promise<void>;
}
