// Descriptions of values that were thrown.

/** A member of a value, or undefined where reading it throws (a revoked proxy, a getter). */
function member(value: unknown, name: string): unknown {
  try {
    return (value as { [name: string]: unknown } | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

/**
 * The platform's description of an error. Never throws. Any value may be thrown: `fetch` aborted with a string rejects with that
 * string.
 * @internal
 */
export function words(error: unknown): string {
  const message = member(error, "message");
  const text = typeof message === "string" ? message : typeof error === "string" ? error : "unknown error";
  // Node says "fetch failed" and gives the reason in the cause; a wrapper may have repeated the reason already.
  const reason = member(member(error, "cause"), "message");
  return typeof reason === "string" && !text.includes(reason) ? `${text} (${reason})` : text;
}

/** An error's code, if it is a JSON-RPC code: those are negative, those of a DOMException are not. Never throws. @internal */
export function rpcCode(error: unknown): number | undefined {
  const code = member(error, "code");
  return typeof code === "number" && Number.isSafeInteger(code) && code < 0 ? code : undefined;
}
