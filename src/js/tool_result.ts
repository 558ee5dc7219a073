import type { CallToolResult } from "./types.js";

/** A result from its JSON text, with `data` and `meta` where it is a tool's. @internal */
export function createResult(json: string, isWrapped: boolean): unknown {
  const value = JSON.parse(json) as unknown;
  if (typeof value !== "object" || value === null || !("content" in value)) return value;
  const { structuredContent, isError, _meta: meta } = value as CallToolResult;
  const data = isError ? undefined : isWrapped ? structuredContent?.["result"] : structuredContent;
  // Members of these names that the server sent stay as they are.
  const own = Object.entries({ data, meta }).filter(([name]) => !(name in value));
  return Object.defineProperties(value, Object.fromEntries(own.map(([name, value]) => [name, { value }])));
}
