// The shapes users see, in the words of the MCP specification. The only file of the JavaScript face that knows
// protocol words; everything else moves values it does not look into.

import type { TaskHandlers } from "./hosting.js";
import type { Persist } from "./keeper.js";
import type { ClientLimits } from "./limits.js";
import type { Load } from "./load.js";
import type { Task } from "./task.js";

/** The statuses that never change. @internal */
export const TERMINAL: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"]);

/**
 * Headers of answers that a page has to be allowed to read. A request with `within` belongs to a session that was begun, unless
 * it stands alone, as `alone` says. @internal
 */
export const NEEDED_BY_PAGES = { session: "mcp-session-id", within: "mcp-protocol-version", alone: "mcp-method", challenge: "www-authenticate" } as const;

/** Where a task stands (MCP 2025-11-25, Tasks: "Task Status"). The last three are terminal: they never change. */
export type Status = "working" | "input_required" | "completed" | "failed" | "cancelled";

/** @internal */
export const STATUSES = ["working", "input_required", "completed", "failed", "cancelled"] as const satisfies readonly Status[];

/** One immutable observation of a task. The object is frozen and is the same until something changes. */
export interface TaskStatus {
  /** The server's name for the task. It may be a secret: shorten it before you log it. */
  readonly taskId: string;
  /** Never changes once it is terminal. */
  readonly status: Status;
  /** The server's own words about the status: progress, or why it failed. */
  readonly statusMessage?: string;
  /** ISO 8601, by the server's clock; absent when the server did not say. */
  readonly createdAt?: string;
  /** ISO 8601, by the server's clock; absent when the server did not say. */
  readonly lastUpdatedAt?: string;
  /** How long the server keeps the task after its creation, in milliseconds; `null`: without limit. */
  readonly ttlMs: number | null;
  /** How often the server wants to be asked, in milliseconds; absent when it did not say. */
  readonly pollIntervalMs?: number;
  /** The open questions by key, while the server waits for input: see {@link Task.respond}. */
  readonly inputRequests?: { readonly [key: string]: InputRequest };
}

/** How far a call is, in the server's own units (MCP 2025-11-25, Progress; Tasks: "Task Progress Notifications"). */
export interface Progress {
  /** Grows from one to the next. */
  readonly progress: number;
  /** The final value of `progress`; absent if the server does not know it. */
  readonly total?: number;
  /** The server's own words. */
  readonly message?: string;
}

/** A request of the server's (MCP: `elicitation/create`, `sampling/createMessage`, `roots/list`). */
export interface InputRequest {
  /** One of the three. */
  readonly method: string;
  /** As the server sent them: {@link ElicitParams} or {@link SamplingParams}, by the method. */
  readonly params: { readonly [key: string]: unknown };
}

/** The question of the server to the user (MCP 2025-11-25, Elicitation: ElicitRequestFormParams). */
export interface ElicitParams {
  /** The text to show to the user. */
  readonly message: string;
  /** A question in another mode was not declared and is refused for you. */
  readonly mode?: "form";
  /** JSON Schema of an object with flat members. */
  readonly requestedSchema: { readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

/** The user's answer (MCP: ElicitResult). */
export interface ElicitResult {
  /** The user gave an answer, said no, or said nothing. */
  action: "accept" | "decline" | "cancel";
  /** With `accept`: a value that matches the schema. */
  content?: { [key: string]: unknown };
  [key: string]: unknown;
}

/** A request of the server to your language model (MCP: CreateMessageRequestParams). */
export interface SamplingParams {
  /** The conversation so far, oldest first. */
  readonly messages: readonly { readonly role: "user" | "assistant"; readonly content: unknown }[];
  /** The most that the model may say. */
  readonly maxTokens: number;
  /** The system prompt that the server proposes; you may ignore it. */
  readonly systemPrompt?: string;
  readonly [key: string]: unknown;
}

/** The response of the model (MCP: CreateMessageResult). */
export interface SamplingResult {
  /** Author of the message, usually `"assistant"`. */
  role: "user" | "assistant";
  /** A {@link ContentBlock}, text above all. */
  content: unknown;
  /** The model's name. */
  model: string;
  /** Why it stopped, for example `"endTurn"`. */
  stopReason?: string;
  [key: string]: unknown;
}

/** The folders that the server may look at (MCP: ListRootsResult). */
export interface ListRootsResult {
  /** Each a `file://` URI, with a name to show. */
  roots: { uri: string; name?: string }[];
  [key: string]: unknown;
}

/** Any answer to an input request. */
export type InputAnswer = ElicitResult | SamplingResult | ListRootsResult;

/** The second argument of an input handler. */
export interface InputContext {
  /** The request's name in {@link Task.respond}. */
  readonly key: string;
  /** The handle of the call or task that asks; absent if the server does not say, or if the handle was collected. */
  readonly task?: Task<unknown> | undefined;
  /** Aborted when the answer is no longer wanted: the task ended, the server took the question back, it was answered. */
  readonly signal: AbortSignal;
}

/**
 * Answers a kind of input request. The return value is sent; `undefined` leaves the question to {@link Task.respond}. If the
 * handler throws, an error is sent, with the `code` of the thrown value if that is a negative integer (MCP: -1, the user
 * rejected a sampling request), else with -32603. The thrown value also goes to `onWarning`.
 */
export type InputHandler<Params, Answer> = (
  params: Params,
  context: InputContext,
) => Answer | undefined | void | Promise<Answer | undefined | void>;

/** The key of `_meta` that names the task a message belongs to (MCP 2025-11-25, Tasks: "Associating Task-Related Messages"). */
export const RELATED_TASK_METADATA_KEY = "io.modelcontextprotocol/related-task";

/** The key of `_meta` for what a model is told at once (MCP 2025-11-25, Tasks: "Model Immediate Response"). */
export const MODEL_IMMEDIATE_RESPONSE_KEY = "io.modelcontextprotocol/model-immediate-response";

/** A notification of the server's. */
export interface Notification {
  /** For example `"notifications/message"`. */
  readonly method: string;
  /** As the server sent them; empty where it sent none. */
  readonly params: { readonly [key: string]: unknown };
}

/** One page of the tasks that a server knows. */
export interface TaskPage {
  /** Each as the server describes it, frozen. */
  readonly tasks: readonly TaskStatus[];
  /** Hand it in to get the next page; absent on the last. */
  readonly nextCursor?: string;
}

/** Plain data that finds a task again, after a reload or in another tab. Holds no token. */
export interface TaskRef {
  /** The server's name for the task. It can grant access to the result, so protect it like the result. */
  readonly taskId: string;
  /** The kind of request that the task answers. */
  readonly kind: "tool" | "prompt" | "resource";
  /** The tool's or prompt's name, or the resource's URI. */
  readonly name: string;
}

/** One piece of a tool's answer: text, image, audio, an embedded resource or a link. */
export type ContentBlock =
  | { type: "text"; text: string; [key: string]: unknown }
  | { type: "image" | "audio"; data: string; mimeType: string; [key: string]: unknown }
  | { type: "resource"; resource: { uri: string; mimeType?: string; text?: string; blob?: string }; [key: string]: unknown }
  | { type: "resource_link"; uri: string; name: string; [key: string]: unknown };

/** The result of a tool (MCP: CallToolResult). */
export interface CallToolResult {
  /** In the order to be shown. */
  content: ContentBlock[];
  /** A value for the tool's `outputSchema`; see `data`. Not validated here. */
  structuredContent?: { [key: string]: unknown };
  /** True when the tool ran and says that it failed. See {@link CallToolOptions.raiseOnError}. */
  isError?: boolean;
  /** Metadata of the server for the client. */
  _meta?: { [key: string]: unknown };
  /**
   * The structured content, taken out of FastMCP's wrapping where it has one (`{ result: 5 }` is `5`); undefined for an
   * error and where there is none. Not enumerable: `JSON.stringify` gives what the server sent.
   */
  readonly data?: unknown;
  /** The same as `_meta`; not enumerable. */
  readonly meta?: { [key: string]: unknown };
  [key: string]: unknown;
}

/** The result of a prompt (MCP: GetPromptResult). */
export interface GetPromptResult {
  /** Purpose of the prompt. */
  description?: string;
  /** To be given to a language model, in this order. */
  messages: { role: "user" | "assistant"; content: ContentBlock }[];
  /** Metadata of the server for the client. */
  _meta?: { [key: string]: unknown };
  [key: string]: unknown;
}

/** The content of a resource (MCP: ReadResourceResult): one or several contents, each text or base64. */
export interface ReadResourceResult {
  /** Each has `text`, or `blob` in base64. */
  contents: { uri: string; mimeType?: string; text?: string; blob?: string; [key: string]: unknown }[];
  /** Metadata of the server for the client. */
  _meta?: { [key: string]: unknown };
  [key: string]: unknown;
}

export type * from "./listed.js";

/** Headers for every HTTP request: plain data, or a function (sync or async) that is asked again before each one. */
export type HeadersOption =
  | Record<string, string>
  | (() => Record<string, string> | Promise<Record<string, string>>);

/** A failure that no promise reports. */
export interface Warning {
  /** A stable word for the kind of trouble, for example `"stream-failed"`. */
  readonly code: string;
  /** The cause, the place, and the reaction of mcp-tasks. */
  readonly message: string;
}

/** Options of {@link Client}. */
export interface ClientOptions extends ClientLimits {
  /** Sent with every HTTP request; give a function when a token may be renewed. Never stored. @default none */
  headers?: HeadersOption;
  /**
   * Replaces the global `fetch`, for example to add tracing or to test.
   * @default globalThis.fetch
   */
  fetch?: typeof fetch;
  /**
   * Cookies and HTTP authentication, as in `fetch`.
   * @default "same-origin"
   */
  credentials?: "omit" | "same-origin" | "include";
  /** How this application presents itself to the server. @default { name: "mcp-tasks", version: this package's } */
  clientInfo?: { name: string; version: string; title?: string };
  /**
   * Pins the protocol revision. Without it the client tries the newest revision first, and an older one if the server does not know it
   * (MCP 2026-07-28, Versioning: "Backward Compatibility"); the result is remembered for the endpoint. An older server refuses the
   * first attempt with an HTTP error, which a browser writes to the console in red: pinning the era, or `storage`, avoids that.
   * @default the revision of the server
   */
  era?: Era;
  /**
   * Remembers the revision of a server, so that a reload need not detect it again: `localStorage`, or an object with the same
   * methods. If it throws or rejects, the error goes to `onWarning` and the revision is detected again.
   * @default memory of this page or process
   */
  storage?: { getItem(key: string): string | null; setItem(key: string, value: string): void };
  /**
   * Keeps the tasks of this client for the next page, see {@link Client.resume}: `persistIn(sessionStorage)` of `mcp-tasks/persist`.
   * No header, no token. `close()` then leaves the session of a server of 2025-11-25 open: tasks may belong to it. @default none
   */
  persist?: Persist;
  /**
   * How often a task is asked after when the server names no interval, in milliseconds. Prevents a silent server from
   * being asked in a hot loop.
   * @default 1000
   */
  pollIntervalMs?: number;
  /**
   * Whether a new task is polled once about 250 ms after its creation if the server's poll interval is longer than a second and no
   * stream reports its status; after that the server's interval applies. Prevents a task that ends within milliseconds from taking
   * the whole interval, 5 seconds on a default FastMCP 4 server. The specification asks clients to respect the interval for the
   * frequency of polling. A conformance scenario that is not merged rejects a poll before the interval: set `false` for a server
   * that does the same.
   * @default true
   */
  earlyPoll?: boolean;
  /**
   * Whether status notifications are received over a stream of their own (HTTP GET, or `subscriptions/listen`). `false`
   * polls only and leaves one of the browser's six HTTP/1.1 sockets free.
   * @default true
   */
  stream?: boolean;
  /**
   * How long a short request (handshake, list, status query, cancellation) may stay unanswered, in milliseconds. Prevents a server
   * that accepts a request and never responds from leaving a promise pending. Calls and streams have no such limit.
   * @default 30000
   */
  requestTimeoutMs?: number;
  /**
   * Longest JSON answer or stream event that is accepted, in bytes. Prevents a broken server from filling memory.
   * @default 67108864
   */
  maxMessageBytes?: number;
  /**
   * Answers the server's questions to the user. Declares the capability (form mode); without the handler the capability is not
   * declared. Show which server asks, and let the user decline (MCP 2025-11-25, Elicitation).
   * @default none
   */
  onElicitation?: InputHandler<ElicitParams, ElicitResult>;
  /**
   * Lets the server use your language model. Giving it declares the capability. Ask the user first (MCP 2025-11-25, Sampling).
   * @default none
   */
  onSampling?: InputHandler<SamplingParams, SamplingResult>;
  /** Tells the server which folders it may look at. Giving it declares the capability (MCP 2025-11-25, Roots). @default none */
  onListRoots?: InputHandler<{ readonly [key: string]: unknown }, ListRootsResult>;
  /**
   * Lets the client host requests of the server as tasks: `new TaskHost()` of `mcp-tasks/receiver`. Declares the
   * capability, and keeps the stream open as long as the session (MCP 2025-11-25, Tasks).
   * @default none
   */
  taskHandlers?: TaskHandlers;
  /**
   * Called on every change of every unfinished task of this client, with its handle unless that was collected. With this or one
   * of the handlers above every task is polled or streamed, awaited or not. If it throws, the error goes to `onWarning`.
   * @default none
   */
  onTaskStatus?: (status: TaskStatus, task: Task<unknown> | undefined) => unknown;
  /**
   * Called with every notification that this package does not process: log messages, changed lists and resources. If it
   * throws or rejects, the error goes to `onWarning`.
   * @default none
   */
  onNotification?: (notification: Notification) => unknown;
  /**
   * Called with failures that no promise reports: a failed call that was not awaited, a failed stream, an invalid
   * notification. If it throws or rejects, the error is discarded, because there is no further callback. @default console.warn
   */
  onWarning?: (warning: Warning) => unknown;
  /** Where the engine is, if not here: see shared.ts. @internal */
  engine?: Load;
}

/** The values of the option `credentials`. @internal */
export const CREDENTIALS = ["omit", "same-origin", "include"] as const satisfies readonly (ClientOptions["credentials"] & {})[];

/** The numeric options of a client, each at least 1. @internal */
export const NUMERIC_OPTIONS = [
  "pollIntervalMs",
  "requestTimeoutMs",
  "maxMessageBytes",
  "maxHeldBytes",
  "maxResponsesInFlight",
  "maxQueuedResponses",
  "maxInputRequests",
  "maxHeaderParams",
  "maxIdLength",
  "maxBatchMessages",
] as const satisfies readonly (keyof ClientOptions)[];

/**
 * The protocol of a server: revision 2025-11-25 (and those before it), or 2026-07-28 with the extension
 * `io.modelcontextprotocol/tasks`.
 */
export type Era = "2025-11-25" | "2026-07-28";

/** @internal */
export const ERAS: readonly Era[] = ["2025-11-25", "2026-07-28"];

/** Options of {@link Client.getPrompt} and {@link Client.readResource}, and some of {@link Client.callTool}'s. */
export interface CallOptions {
  /**
   * `false`: a plain call, never a task. `{ ttlMs }`: asks the server to keep the task that long, in milliseconds; where the
   * server decides which calls are tasks (2026-07-28), it also decides on that. Default: a task where the server and the tool
   * offer one (MCP 2025-11-25, Tasks: "Tool-Level Negotiation").
   */
  task?: false | { ttlMs?: number };
  /**
   * Aborting before the server has named a task rejects with `signal.reason`, and no task is left behind; afterwards
   * it has no effect: use `task.cancel()`.
   * @default none
   */
  signal?: AbortSignal;
}

/** Options of {@link Client.callTool}. */
export interface CallToolOptions extends CallOptions {
  /**
   * Whether a tool result with `isError` rejects with {@link ToolError} (which carries the result) or resolves.
   * @default true
   */
  raiseOnError?: boolean;
}

/** Options of waiting. Aborting the signal ends the waiting with `signal.reason`; the task goes on. */
export interface WaitOptions {
  /** Ends the waiting with `signal.reason`, the very object. @default none */
  signal?: AbortSignal;
}

/** Options of {@link Task.wait}. */
export interface WaitForOptions extends WaitOptions {
  /** Which status to wait for. @default any terminal status */
  state?: Status;
  /** Rejects with {@link TimeoutError} after this time, in milliseconds; the task continues. @default no limit */
  timeoutMs?: number;
}
