// Descriptions of values that were thrown.

/** The platform's description of an error. Any value may be thrown: `fetch` aborted with a string rejects with that string. @internal */
export function words(error: unknown): string {
  const { message, cause } = (error ?? {}) as { message?: unknown; cause?: { message?: unknown } };
  const text = typeof message === "string" ? message : typeof error === "string" ? error : "unknown error";
  // Node says "fetch failed" and gives the reason in the cause; a wrapper may have repeated the reason already.
  const reason = cause?.message;
  return typeof reason === "string" && !text.includes(reason) ? `${text} (${reason})` : text;
}

/** An error's code, if it is a JSON-RPC code: those are negative, those of a DOMException are not. @internal */
export function rpcCode(error: unknown): number | undefined {
  const code = (error as { code?: number } | undefined)?.code;
  return Number.isInteger(code) && code! < 0 ? code : undefined;
}
