// One HTTP request, as the engine wants it and the application's options say.

import type { ClientOptions } from "./types.js";

/** Sends a request; `headers` holds names and values, one a line. @internal */
export async function send(
  { headers: own, credentials = "same-origin", fetch: replaced }: ClientOptions,
  url: string,
  method: string,
  headers: string,
  body: string | undefined,
  keepalive: boolean,
  signal: AbortSignal,
): Promise<Response> {
  const all = new Headers(await (typeof own === "function" ? own() : own));
  const lines = headers.split("\n");
  // Last, so that an application cannot break the protocol by accident.
  for (let i = 0; i + 1 < lines.length; i += 2) all.set(lines[i]!, lines[i + 1]!);
  const init = { method, headers: all, keepalive, signal, credentials, cache: "no-store" as const };
  // Looked up at each call, so that a page may wrap `fetch` at any time.
  return unread(await (replaced ?? globalThis.fetch)(url, body === undefined ? init : { ...init, body }));
}

/**
 * What a `fetch` option gave, if it is what `fetch` gives: a mock that hands out one Response twice is found here, in words.
 */
function unread(response: Response): Response {
  if (typeof response?.status !== "number" || typeof response.headers?.get !== "function") {
    throw new TypeError("the fetch option gave no Response");
  }
  if (response.bodyUsed || response.body?.locked) throw new TypeError("the fetch option gave a Response that was read already");
  return response;
}

/** The platform's words for an error. Whatever was thrown: `fetch` aborted with a text rejects with that text. @internal */
export function words(error: unknown): string {
  const { message, cause } = (error ?? {}) as { message?: unknown; cause?: { message?: unknown } };
  const text = typeof message === "string" ? message : typeof error === "string" ? error : "unknown error";
  // Node says "fetch failed" and keeps the reason in the cause; who wraps an error may have said it already.
  const reason = cause?.message;
  return typeof reason === "string" && !text.includes(reason) ? `${text} (${reason})` : text;
}

/** An error's code, where it is one of JSON-RPC's or MCP's: those are negative, a DOMException's mean something else. @internal */
export function rpcCode(error: unknown): number | undefined {
  const code = (error as { code?: number } | undefined)?.code;
  return Number.isInteger(code) && code! < 0 ? code : undefined;
}
