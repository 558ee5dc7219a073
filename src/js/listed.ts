// What a server lists, in the specification's words.

/** A prompt as the server lists it (MCP: Prompt). */
export interface Prompt {
  /** What {@link Client.getPrompt} takes. */
  name: string;
  /** The name to show. */
  title?: string;
  /** What the prompt is for. */
  description?: string;
  /** What it takes, text each. */
  arguments?: { name: string; description?: string; required?: boolean; [key: string]: unknown }[];
  [key: string]: unknown;
}

/** A resource as the server lists it (MCP: Resource). */
export interface Resource {
  /** What {@link Client.readResource} takes. */
  uri: string;
  /** The server's own name for it. */
  name: string;
  /** The name to show. */
  title?: string;
  /** What it holds. */
  description?: string;
  /** Its media type, where the server knows it. */
  mimeType?: string;
  /** In bytes, before base64. */
  size?: number;
  [key: string]: unknown;
}

/** A tool as the server lists it (MCP: Tool). */
export interface Tool {
  /** What {@link Client.callTool} takes. */
  name: string;
  /** The name to show. */
  title?: string;
  /** What it does, in words for a language model. */
  description?: string;
  /** JSON Schema of the arguments. */
  inputSchema: { [key: string]: unknown };
  /** JSON Schema of the result's structured content. */
  outputSchema?: { [key: string]: unknown };
  /** Hints, for example whether it only reads. Not to be trusted more than the server is. */
  annotations?: { [key: string]: unknown };
  /** Whether the tool may, must or must not run as a task; absent means "forbidden" (MCP 2025-11-25, Tasks: "Tool-Level Negotiation"). */
  execution?: { taskSupport?: "required" | "optional" | "forbidden" };
  [key: string]: unknown;
}
