import type { CallToolResult } from "./types.js";

/** A result with its `data` and `meta`. @internal */
export function withData(value: unknown, isWrapped: boolean): unknown {
  if (typeof value !== "object" || value === null || !("content" in value)) return value;
  const { structuredContent, isError, _meta: meta } = value as CallToolResult;
  const data = isError ? undefined : isWrapped ? structuredContent?.["result"] : structuredContent;
  // What the server calls by these names stays.
  const own = Object.entries({ data, meta }).filter(([name]) => !(name in value));
  return Object.defineProperties(value, Object.fromEntries(own.map(([name, value]) => [name, { value }])));
}
