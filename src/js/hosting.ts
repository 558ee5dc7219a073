// What an application hands to a client that is to host tasks: see `mcp-tasks/receiver` for one that is whole.

import type { InputContext, InputHandler } from "./types.js";

/** What a handler of {@link TaskHandlers} is told beside the request's parameters. */
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
 * Hosts tasks of this client's own: a server may ask for sampling or elicitation *as a task* (MCP 2025-11-25, Tasks; the
 * revision after it has dropped that, and a server of it is told of none of this). `TaskHost` of `mcp-tasks/receiver` is one
 * that is whole; these are the Python SDK's `ExperimentalTaskHandlers`, for an application that wants to do it itself.
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
  /** `tasks/result`: what the request would have been answered with, once there is that. @default error -32601 */
  getTaskResult?: HostedHandler;
  /** `tasks/list`: ListTasksResult. Leave it out where several could ask and cannot be told apart. */
  listTasks?: HostedHandler;
  /** `tasks/cancel`: CancelTaskResult. */
  cancelTask?: HostedHandler;
}
