// The handlers of a client that hosts tasks. `mcp-tasks/receiver` has a complete implementation.

import type { InputContext, InputHandler } from "./types.js";

/** The second argument of a handler of {@link TaskHandlers}. */
export interface HostedContext extends Omit<InputContext, "key"> {
  /** How long the request's parameters are as JSON text, in UTF-16 code units. */
  readonly length: number;
  /** `onElicitation` or `onSampling`, for a request that shall become a task. */
  readonly handler: InputHandler<object, object>;
  /**
   * Tells the server how a task stands, without being asked (MCP 2025-11-25, Tasks: "Task Status Notification"): a Task of
   * the specification. Does nothing where there is no session. The same function in every request to one client.
   */
  readonly notify: (task: object) => void;
}

/** Answers one kind of request about hosted tasks, with a result in the specification's words. As {@link InputHandler} it may throw. */
export type HostedHandler = (params: { readonly [key: string]: unknown }, context: HostedContext) => object | Promise<object>;

/**
 * Hosts tasks in this client: a server may request sampling or elicitation *as a task* (MCP 2025-11-25, Tasks). MCP
 * 2026-07-28 removed that, so the client does not declare it there. `TaskHost` of `mcp-tasks/receiver` is a complete
 * implementation. These members correspond to the Python SDK's `ExperimentalTaskHandlers`, for a custom implementation.
 *
 * Each handler that is given is served, also alone. A kind of request may become a task if its handler is given and `onSampling` or
 * `onElicitation` too. A handler that is not given is not declared: a request of that kind is not made a task, and a request about
 * tasks is answered with error -32601.
 */
export interface TaskHandlers {
  /** A request for sampling that shall become a task: CreateTaskResult. */
  augmentedSampling?: HostedHandler;
  /** A question to the user that shall become a task: CreateTaskResult. */
  augmentedElicitation?: HostedHandler;
  /** `tasks/get`: GetTaskResult. @default error -32601 */
  getTask?: HostedHandler;
  /** `tasks/result`: the result of the request, once there is one. @default error -32601 */
  getTaskResult?: HostedHandler;
  /** `tasks/list`: ListTasksResult. Leave it out where several could ask and cannot be told apart. */
  listTasks?: HostedHandler;
  /** `tasks/cancel`: CancelTaskResult. */
  cancelTask?: HostedHandler;
}
