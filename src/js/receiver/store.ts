import type { Status, TaskStatus } from "../types.js";

/** How a task is wished for. */
export interface TaskMetadata {
  /** How long the task is to be kept after its creation, and once more after its end, in milliseconds. @default without limit */
  ttlMs?: number | undefined;
}

/** What is to be different about a task; what is left out stays as it is. */
export interface TaskUpdate {
  /** Where the task stands now. */
  status?: Status | undefined;
  /** The words about that. */
  statusMessage?: string | undefined;
}

/** What the request that became a task is answered with: a result, or a JSON-RPC error. */
export type TaskOutcome =
  | { readonly result: { readonly [key: string]: unknown } }
  | { readonly error: { readonly code: number; readonly message: string } };

/** Some of the tasks of a store, in the order in which they were created. */
export interface StoredPage {
  /** Copies, frozen. */
  readonly tasks: readonly TaskStatus[];
  /** What to ask with for the tasks that follow, if there are any. Opaque (MCP 2025-11-25, Pagination). */
  readonly nextCursor?: string;
}

/**
 * Where the tasks are kept that are hosted here: {@link InMemoryTaskStore}, {@link IndexedDbTaskStore}, or an application's own.
 *
 * One store is for one server, in one authorization context: whoever may ask it for one task may ask it for all (MCP
 * 2025-11-25, Tasks: "Task Isolation and Access Control"). A method that cannot do what it is asked rejects with
 * {@link TaskStoreError} and has changed nothing. `createTaskState` and `updateTaskState` hold the rules of a task's life for a
 * store of your own. What is handed out are copies.
 */
export interface TaskStore {
  /**
   * Makes a task that is `working`.
   * @param taskId one that nobody can guess @default `generateTaskId()`
   * @throws TaskStoreError "unusable_id", "too_many_tasks"
   */
  createTask(metadata?: TaskMetadata, taskId?: string): Promise<TaskStatus>;
  /** How the task stands; `undefined` where there is none of this id. */
  getTask(taskId: string): Promise<TaskStatus | undefined>;
  /**
   * Changes a task, as `updateTaskState` says, and wakes everybody who waits for it where the status is another.
   * @throws TaskStoreError "unknown"; "terminal", a task that has ended never changes
   */
  updateTask(taskId: string, update: TaskUpdate): Promise<TaskStatus>;
  /**
   * Keeps what the request is to be answered with; to be called before the update that ends the task.
   * @throws TaskStoreError "unknown", "terminal", "too_large", "not_an_object"
   */
  storeResult(taskId: string, outcome: TaskOutcome): Promise<void>;
  /** What was stored for the task; `undefined` where there is no such task, or nothing was. A cancelled task has no result. */
  getResult(taskId: string): Promise<TaskOutcome | undefined>;
  /**
   * The tasks from a cursor on, or from the first one. Every task that can be got can be listed.
   * @throws TaskStoreError "invalid_cursor"
   */
  listTasks(cursor?: string): Promise<StoredPage>;
  /** Forgets a task and its result; whoever waits for it is told "unknown". Resolves with whether there was such a task. */
  deleteTask(taskId: string): Promise<boolean>;
  /**
   * Waits until the status is another than `known`, or {@link TaskStore.notifyUpdate} is called: at once where it is so
   * already. Any number may wait for one task; all are woken. Rejects with `signal.reason` when aborted.
   * @throws TaskStoreError "unknown", also where the task goes while it is waited for
   */
  waitForUpdate(taskId: string, known: Status, options?: { signal?: AbortSignal }): Promise<TaskStatus>;
  /** Ends the waiting of everybody who waits for the task, for them to look again. */
  notifyUpdate(taskId: string): Promise<void>;
  /**
   * Around the work on a task, where the store wants to know who does it: {@link IndexedDbTaskStore} does, to tell a task whose
   * worker has died. It has to call `work` and to settle as that does.
   * @throws TaskStoreError "other": somebody else works on it
   */
  executing?(taskId: string, work: () => Promise<void>): Promise<void>;
}
