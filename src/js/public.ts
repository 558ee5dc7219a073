export { Client } from "./client.js";
export { PromptTask, ResourceTask, Task, ToolTask } from "./task.js";
export type * from "./hosting.js";
export type * from "./types.js";
export type * from "./limits.js";
export type { Keeper, Persist } from "./keeper.js";
export {
  AuthorizationRequiredError,
  ClosedError,
  HttpError,
  InternalError,
  NetworkError,
  ProtocolError,
  RpcError,
  TaskCancelledError,
  TaskExpiredError,
  TaskFailedError,
  TaskLostError,
  TasksError,
  TimeoutError,
  ToolError,
  UnsupportedError,
  type AnyTasksError,
  type RpcDetail,
} from "./errors.js";
