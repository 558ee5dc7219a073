// One class per reason. Each has a literal `code`, so that a switch over it is checked by the compiler, and an
// `isInstance` that also knows the errors of another copy of this package in the same page.

import type { CallToolResult } from "./types.js";
import type { Failure } from "#glue";

const BRAND = Symbol.for("mcp-tasks/error");

/** Base class of every error of this package. */
export abstract class TasksError extends Error {
  /** The reason's stable name. */
  abstract readonly code: string;
  /** Whether the same call may well succeed later, unchanged. */
  get retryable(): boolean {
    return false;
  }

  /** Whether a value is an error of this package, of whichever copy of it. */
  static isInstance(value: unknown): value is AnyTasksError {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}
Object.defineProperty(TasksError.prototype, BRAND, { value: true });

/** The server's own error, where it sent one. */
export interface RpcDetail {
  /** JSON-RPC's, MCP's or the server's own number. */
  readonly code: number;
  /** The server's words. */
  readonly message: string;
  /** Additional data of the server. */
  readonly data?: unknown;
}

abstract class ServerError extends TasksError {
  /** The server's JSON-RPC error, where it sent one. */
  readonly rpc?: RpcDetail;
  /** @internal */
  constructor(plain: Failure) {
    super(textOf(plain.message));
    if (plain.cause !== undefined) this.cause = plain.cause;
    if (!plain.rpc) return;
    const { code, message, data } = plain.rpc;
    this.rpc = { code, message: textOf(message), ...(data !== undefined && { data: parsed(data) }) };
  }
}

/** A message that is a text. `Error` converts any other value, and the conversion may throw. */
function textOf(message: unknown): string {
  return typeof message === "string" ? message : "no message was given";
}

/** The value of a JSON text; the text itself where this platform cannot parse it, for example because of its depth. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return json;
  }
}

/** The tool ran and says that it failed (`isError`). Not thrown with `raiseOnError: false`. */
export class ToolError extends TasksError {
  readonly code = "tool_error";
  /** The whole answer of the tool. */
  readonly result: CallToolResult;
  constructor(result: CallToolResult) {
    super(firstText(result) ?? "the tool failed and gave no reason");
    this.result = result;
  }
  /** Whether a value is this error, of whichever copy of the package. */
  declare static isInstance: (value: unknown) => value is ToolError;
}

/** The first text of a tool result. A server may send anything in place of the list of blocks. */
function firstText(result: unknown): string | undefined {
  const { content } = (result ?? {}) as { content?: unknown };
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [];
  const texts = blocks.map((block) => (block ?? {}) as { type?: unknown; text?: unknown });
  const first = texts.find(({ type, text }) => type === "text" && typeof text === "string");
  return first?.text as string | undefined;
}

/** The task's status is `failed`. `rpc` has the server's error where it gave one. */
export class TaskFailedError extends ServerError {
  readonly code = "task_failed";
  /** Whether a value is this error, of whichever copy of the package. */
  declare static isInstance: (value: unknown) => value is TaskFailedError;
}

/** The task was cancelled, by this client or by another. */
export class TaskCancelledError extends ServerError {
  readonly code = "task_cancelled";
  /** Whether a value is this error, of whichever copy of the package. */
  declare static isInstance: (value: unknown) => value is TaskCancelledError;
}

/** The server does not know the task (any more): it ran out of its time to live, or the server was restarted. */
export class TaskExpiredError extends ServerError {
  readonly code = "task_expired";
  /** Whether a value is this error, of whichever copy of the package. */
  declare static isInstance: (value: unknown) => value is TaskExpiredError;
}

/**
 * The page was left before the server had named the task of a call: whether it runs is not known, and it was not sent again.
 * Only of handles that {@link Client.resume} gives.
 */
export class TaskLostError extends ServerError {
  readonly code = "task_lost";
  /** Whether a value is this error, of whichever copy of the package. */
  declare static isInstance: (value: unknown) => value is TaskLostError;
}

/** The server answered with a JSON-RPC error. */
export class RpcError extends ServerError {
  readonly code = "rpc";
  /** Whether a value is this error, of whichever copy of the package. */
  declare static isInstance: (value: unknown) => value is RpcError;
}

/** The server answered with an HTTP status that is none of success. */
export class HttpError extends ServerError {
  readonly code = "http";
  /** The HTTP status. */
  readonly status: number;
  /** How long the server asks to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number;
  /** @internal */
  constructor(plain: Failure) {
    super(plain);
    this.status = plain.httpStatus ?? 0;
    if (plain.retryAfterMs !== undefined) this.retryAfterMs = plain.retryAfterMs;
  }
  override get retryable(): boolean {
    return [408, 425, 429].includes(this.status) || this.status >= 500;
  }
  /** Whether a value is this error, of whichever copy of the package. */
  declare static isInstance: (value: unknown) => value is HttpError;
}

/** The server answered 401 or 403: the request has no valid credentials, or not enough rights. Renew the token of `headers` and retry. */
export class AuthorizationRequiredError extends ServerError {
  readonly code = "authorization_required";
  /** 401 or 403. */
  readonly status: number;
  /** The `WWW-Authenticate` header as sent; absent where the server does not expose it to pages. */
  readonly challenge?: string;
  /** @internal */
  constructor(plain: Failure) {
    super(plain);
    this.status = plain.httpStatus ?? 401;
    if (plain.challenge !== undefined) this.challenge = plain.challenge;
  }
  /** Whether a value is this error, of whichever copy of the package. */
  declare static isInstance: (value: unknown) => value is AuthorizationRequiredError;
}

/**
 * No answer came. A browser does not say whether the address, the connection or a missing CORS permission was at fault; `diagnose()` of
 * `mcp-tasks/diagnose` finds out. The package has sent a call once. Over HTTP/1.1 a browser may repeat the POST on its own, with the same
 * JSON-RPC id, if a kept-alive connection ends before the first byte of the answer.
 */
export class NetworkError extends ServerError {
  readonly code = "network";
  override get retryable(): boolean {
    return true;
  }
  /** Whether a value is this error, of whichever copy of the package. */
  declare static isInstance: (value: unknown) => value is NetworkError;
}

/** The response was not valid MCP, or exceeded a limit of the client. */
export class ProtocolError extends ServerError {
  readonly code = "protocol";
  /** Whether a value is this error, of whichever copy of the package. */
  declare static isInstance: (value: unknown) => value is ProtocolError;
}

/**
 * The server or the platform does not support the operation. Also for a tool that requires a task if no task can be
 * created; it is not called (MCP 2025-11-25, Tasks: "Tool-Level Negotiation"). Also for an answer that the server no longer waits for.
 */
export class UnsupportedError extends ServerError {
  readonly code = "unsupported";
  /** Whether a value is this error, of whichever copy of the package. */
  declare static isInstance: (value: unknown) => value is UnsupportedError;
}

/** The client was closed; tasks go on at the server. */
export class ClosedError extends ServerError {
  readonly code = "closed";
  /** Whether a value is this error, of whichever copy of the package. */
  declare static isInstance: (value: unknown) => value is ClosedError;
}

/** Waiting took longer than allowed; the task goes on. */
export class TimeoutError extends TasksError {
  readonly code = "timeout";
  constructor(message?: string, options?: ErrorOptions) {
    super(textOf(message), options);
  }
  override get retryable(): boolean {
    return true;
  }
  /** Whether a value is this error, of whichever copy of the package. */
  declare static isInstance: (value: unknown) => value is TimeoutError;
}

/** mcp-tasks itself is broken: a bug to report. The clients of its module instance have ended, and a new one works; tasks go on at the server. */
export class InternalError extends ServerError {
  readonly code = "internal";
  /** Whether a value is this error, of whichever copy of the package. */
  declare static isInstance: (value: unknown) => value is InternalError;
}

/** Any error of this package: a `switch` over its `code` is checked by the compiler. */
export type AnyTasksError =
  | ToolError
  | TaskFailedError
  | TaskCancelledError
  | TaskExpiredError
  | TaskLostError
  | RpcError
  | HttpError
  | AuthorizationRequiredError
  | NetworkError
  | ProtocolError
  | UnsupportedError
  | ClosedError
  | TimeoutError
  | InternalError;

// By names as literals: a minifier changes the names of classes.
const BY_NAME: { [name: string]: { new (...args: never[]): TasksError; prototype: TasksError } } = {
  ToolError,
  TaskFailedError,
  TaskCancelledError,
  TaskExpiredError,
  TaskLostError,
  RpcError,
  HttpError,
  AuthorizationRequiredError,
  NetworkError,
  ProtocolError,
  UnsupportedError,
  ClosedError,
  TimeoutError,
  InternalError,
};

for (const [name, type] of Object.entries(BY_NAME)) {
  Object.defineProperty(type.prototype, "name", { value: name });
  Object.defineProperty(type, "isInstance", {
    value: (value: unknown) => TasksError.isInstance(value) && value.name === name,
  });
}

/** The typed error for a failure of the engine. The code is the name of its class in other letters. @internal */
export function toError(failure: Failure): TasksError {
  if (failure.code === "tool_error") return new ToolError(failure.result as CallToolResult);
  if (failure.code === "timeout") return new TimeoutError(failure.message);
  const name = failure.code.replace(/(?:^|_)(.)/g, (_, first: string) => first.toUpperCase()) + "Error";
  const type = (BY_NAME[name] ?? ProtocolError) as unknown as { new (failure: Failure): TasksError };
  return new type(failure);
}
