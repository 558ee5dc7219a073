import type { Status, TaskStatus } from "../types.js";
import { checkString, toJsonObject } from "../validation.js";
import { bridge } from "./bridge.js";
import { checkedTtl, checkedUpdate, checkStore } from "./check.js";
import { call, readTask } from "./module.js";
import type { TaskMetadata, TaskStore, TaskUpdate } from "./store.js";

export { MODEL_IMMEDIATE_RESPONSE_KEY, RELATED_TASK_METADATA_KEY } from "../types.js";

/** Whether a task with this status has ended: `completed`, `failed` or `cancelled` (MCP 2025-11-25, Tasks: "Task Status Lifecycle"). */
export function isTerminal(status: Status): boolean {
  checkString("status", status);
  return call((module) => module.isTerminal(status));
}

/** An unguessable task id: a UUID of version 4 from `crypto.getRandomValues`. */
export function generateTaskId(): string {
  return call((module) => module.generateTaskId(crypto.getRandomValues(new Uint8Array(16))));
}

/** A new task, for a store of your own: `working`, made now, to be asked after every 500 ms. @param taskId @default `generateTaskId()` */
export function createTaskState(metadata: TaskMetadata = {}, taskId: string = generateTaskId()): TaskStatus {
  const ttlMs = checkedTtl(metadata);
  checkString("taskId", taskId);
  return readTask(call((module) => module.createTaskState(taskId, ttlMs, Date.now())));
}

/**
 * Applies an update to a task, for a custom store. Implements the lifecycle of a task. The time of the last update never
 * decreases, even if the clock does.
 * @throws TaskStoreError "terminal": the task has ended and was not changed
 */
export function updateTaskState(task: TaskStatus, update: TaskUpdate): TaskStatus {
  const json = toJsonObject("task", task);
  const { status, statusMessage } = checkedUpdate(update);
  return readTask(call((module) => module.updateTaskState(json, status, statusMessage, Date.now())));
}

/**
 * Cancels a task and resolves with its new state. Later actions of the work do not change the status `cancelled`. The
 * `signal` of the {@link TaskContext} is aborted.
 * @throws TaskStoreError "unknown", and "terminal" for a task that has ended: both -32602 on the wire
 */
export async function cancelTask(store: TaskStore, taskId: string): Promise<TaskStatus> {
  checkStore("store", store);
  checkString("taskId", taskId);
  return readTask(await call((module) => module.cancelTask(bridge(store), taskId)));
}
