// The items that a server lists, with the specification's names.

/** A prompt as the server lists it (MCP: Prompt). */
export interface Prompt {
  /** The argument of {@link Client.getPrompt}. */
  name: string;
  /** The name to show. */
  title?: string;
  /** Purpose of the prompt. */
  description?: string;
  /** The arguments of the prompt; each value is text. */
  arguments?: { name: string; description?: string; required?: boolean; [key: string]: unknown }[];
  [key: string]: unknown;
}

/** A resource as the server lists it (MCP: Resource). */
export interface Resource {
  /** The argument of {@link Client.readResource}. */
  uri: string;
  /** The server's own name for it. */
  name: string;
  /** The name to show. */
  title?: string;
  /** Description of the content. */
  description?: string;
  /** Its media type, where the server knows it. */
  mimeType?: string;
  /** In bytes, before base64. */
  size?: number;
  [key: string]: unknown;
}

/** A tool as the server lists it (MCP: Tool). */
export interface Tool {
  /** The first argument of {@link Client.callTool}. */
  name: string;
  /** The name to show. */
  title?: string;
  /** Description of the tool, for a language model. */
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
