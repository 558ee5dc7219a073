// The shapes users see, in the words of the MCP specification. The only file of the JavaScript face that knows
// protocol words; everything else moves values it does not look into.

/** Where a task stands (MCP 2025-11-25, Tasks: "Task Status"). The last three are terminal: they never change. */
export type Status = "working" | "input_required" | "completed" | "failed" | "cancelled";

/** One immutable observation of a task. The object is frozen and is the same until something changes. */
export interface TaskStatus {
  /** The server's name for the task. It may be a secret: shorten it before you log it. */
  readonly taskId: string;
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
}

/** One page of the tasks that a server knows. */
export interface TaskPage {
  readonly tasks: readonly TaskStatus[];
  /** Hand it in to get the next page; absent on the last. */
  readonly nextCursor?: string;
}

/** Plain data that finds a task again, after a reload or in another tab. Holds no token. */
export interface TaskRef {
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

/** What a tool answered (MCP: CallToolResult). */
export interface CallToolResult {
  content: ContentBlock[];
  structuredContent?: { [key: string]: unknown };
  /** True when the tool ran and says that it failed. See {@link CallToolOptions.raiseOnError}. */
  isError?: boolean;
  _meta?: { [key: string]: unknown };
  [key: string]: unknown;
}

/** What a prompt gave (MCP: GetPromptResult). */
export interface GetPromptResult {
  description?: string;
  messages: { role: "user" | "assistant"; content: ContentBlock }[];
  _meta?: { [key: string]: unknown };
  [key: string]: unknown;
}

/** What a resource holds (MCP: ReadResourceResult): one or several contents, each text or base64. */
export interface ReadResourceResult {
  contents: { uri: string; mimeType?: string; text?: string; blob?: string; [key: string]: unknown }[];
  _meta?: { [key: string]: unknown };
  [key: string]: unknown;
}

/** A prompt as the server lists it (MCP: Prompt). */
export interface Prompt {
  name: string;
  title?: string;
  description?: string;
  arguments?: { name: string; description?: string; required?: boolean; [key: string]: unknown }[];
  [key: string]: unknown;
}

/** A resource as the server lists it (MCP: Resource). */
export interface Resource {
  uri: string;
  name: string;
  title?: string;
  description?: string;
  mimeType?: string;
  /** In bytes, before base64. */
  size?: number;
  [key: string]: unknown;
}

/** A tool as the server lists it (MCP: Tool). */
export interface Tool {
  name: string;
  title?: string;
  description?: string;
  /** JSON Schema of the arguments. */
  inputSchema: { [key: string]: unknown };
  outputSchema?: { [key: string]: unknown };
  annotations?: { [key: string]: unknown };
  /** Whether the tool may, must or must not run as a task; absent means "forbidden". */
  execution?: { taskSupport?: "required" | "optional" | "forbidden" };
  [key: string]: unknown;
}

/** Headers for every HTTP request: plain data, or a function (sync or async) that is asked again before each one. */
export type HeadersOption =
  | Record<string, string>
  | (() => Record<string, string> | Promise<Record<string, string>>);

/** Something that went wrong and that no promise of yours reports. */
export interface Warning {
  /** A stable word for the kind of trouble, for example `"stream-failed"`. */
  readonly code: string;
  /** What was wrong, where, and what mcp-tasks does about it. */
  readonly message: string;
}

/** Options of {@link Client}. */
export interface ClientOptions {
  /** Sent with every HTTP request; give a function when a token may be renewed. Never stored. */
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
   * How often a task is asked after when the server names no interval, in milliseconds. Prevents a silent server from
   * being asked in a hot loop.
   * @default 1000
   */
  pollIntervalMs?: number;
  /**
   * Whether status notifications are received over a standalone stream (HTTP GET). `false` polls only and leaves one
   * of the browser's six HTTP/1.1 sockets free.
   * @default true
   */
  stream?: boolean;
  /**
   * Longest JSON answer or stream event that is accepted, in bytes. Prevents a broken server from filling memory.
   * @default 67108864
   */
  maxMessageBytes?: number;
  /**
   * Called with trouble that no promise reports: a failed creation nobody awaited, a stream given up, a notification
   * that made no sense. @default console.warn
   */
  onWarning?: (warning: Warning) => void;
}

/** Options of {@link Client.getPrompt} and {@link Client.readResource}, and some of {@link Client.callTool}'s. */
export interface CallOptions {
  /**
   * `false`: a plain call, never a task. `{ ttlMs }`: asks the server to keep the task that long, in milliseconds.
   * Default: a task where the server and the tool offer one (MCP 2025-11-25, Tasks: "Tool-Level Negotiation").
   */
  task?: false | { ttlMs?: number };
  /**
   * Aborting before the server has named a task rejects with `signal.reason`, and no task is left behind; afterwards
   * it has no effect: use `task.cancel()`.
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
  signal?: AbortSignal;
}

/** Options of {@link Task.wait}. */
export interface WaitForOptions extends WaitOptions {
  /** Which status to wait for. @default any terminal status */
  state?: Status;
  /** Rejects with {@link TimeoutError} after so many milliseconds; the task goes on. @default no limit */
  timeoutMs?: number;
}
