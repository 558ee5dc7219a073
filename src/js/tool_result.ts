import { ProtocolError } from "./errors.js";
import { words } from "./transport.js";
import type { CallToolResult } from "./types.js";

/**
 * A result from its JSON text, with `data` and `meta` where it is a tool's.
 * @throws ProtocolError this platform cannot parse the text; the engine rejects the promise of the result with it
 * @internal
 */
export function createResult(json: string, isWrapped: boolean): unknown {
  const value = parse(json);
  if (typeof value !== "object" || value === null || !("content" in value)) return value;
  const { structuredContent, isError, _meta: meta } = value as CallToolResult;
  const data = isError ? undefined : isWrapped ? structuredContent?.["result"] : structuredContent;
  // Members of these names that the server sent stay as they are.
  const own = Object.entries({ data, meta }).filter(([name]) => !(name in value));
  return Object.defineProperties(value, Object.fromEntries(own.map(([name, value]) => [name, { value }])));
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (cause) {
    const message = `the server's result could not be parsed: ${words(cause)}; the task has ended`;
    throw new ProtocolError({ code: "protocol", message, cause });
  }
}
