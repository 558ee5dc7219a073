import { INTERNAL_ERROR, INVALID_PARAMS } from "../codes.js";
import type { Status } from "../types.js";

/**
 * Why a store, or what works with one, did not do what it was asked: there is no such task (any more), the id is taken or
 * empty, the task has ended, a cursor that this store never gave, too many tasks, no room for the result, a result that is
 * no object, an answer of a server's in JSON-RPC's words, whatever else the store has met.
 */
export type StoreReason =
  | "unknown"
  | "unusable_id"
  | "terminal"
  | "invalid_cursor"
  | "too_many_tasks"
  | "too_large"
  | "not_an_object"
  | "rpc"
  | "other";

/**
 * A store did not do an operation and changed nothing. A custom store should throw it too: this module uses the reason to
 * distinguish a task that has ended ("terminal") or does not exist ("unknown") from a failure of the store.
 */
export class TaskStoreError extends Error {
  readonly code = "task_store";
  /** Why. */
  readonly reason: StoreReason;
  /** The code that a server is answered with: -32602 where the request is wrong, else -32603 (MCP 2025-11-25, Tasks: "Error Handling"). */
  readonly rpcCode: number;
  /** Which task; whole, so do not log it. */
  readonly taskId?: string;
  /** How the task has ended, where it has. */
  readonly status?: Status;

  constructor(
    reason: StoreReason,
    message: string,
    details: { rpcCode?: number; taskId?: string | undefined; status?: Status | undefined; cause?: unknown } = {},
  ) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.name = "TaskStoreError";
    this.reason = reason;
    this.rpcCode = details.rpcCode ?? (["unknown", "terminal", "invalid_cursor"].includes(reason) ? INVALID_PARAMS : INTERNAL_ERROR);
    if (details.taskId !== undefined) this.taskId = details.taskId;
    if (details.status !== undefined) this.status = details.status;
  }

  /** Whether a value is this error, of whichever copy of the package. */
  static isInstance(value: unknown): value is TaskStoreError {
    return value instanceof Error && value.name === "TaskStoreError";
  }
}

/** The first characters of a task id. The full id can grant access to the task. @internal */
export function shortId(taskId: string): string {
  return taskId.length > 8 ? `${taskId.slice(0, 8)}…` : taskId;
}

/** @internal */
export function unknownTask(taskId: string): TaskStoreError {
  return new TaskStoreError("unknown", `Task not found: ${shortId(taskId)}`, { taskId });
}
