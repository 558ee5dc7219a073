// Tasks that the application hosts: the counterpart of the Python SDK's `mcp.shared.experimental.tasks`, for pages and workers.

export { TaskStoreError, type StoreReason } from "./errors.js";
export { TaskContext, taskExecution } from "./execution.js";
export {
  cancelTask,
  createTaskState,
  generateTaskId,
  isTerminal,
  MODEL_IMMEDIATE_RESPONSE_KEY,
  RELATED_TASK_METADATA_KEY,
  updateTaskState,
} from "./helpers.js";
export { TaskHost, type TaskHostOptions } from "./host.js";
export { IndexedDbTaskStore, type IndexedDbTaskStoreOptions } from "./indexed-db.js";
export { InMemoryTaskStore, type InMemoryTaskStoreOptions } from "./memory.js";
export type { StoredPage, TaskMetadata, TaskOutcome, TaskStore, TaskUpdate } from "./store.js";
export type { HostedContext, HostedHandler, TaskHandlers } from "../hosting.js";
export type { Status, TaskStatus } from "../types.js";
