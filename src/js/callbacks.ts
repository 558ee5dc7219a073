// Calls of the application's callbacks, whose errors affect neither the engine nor other callbacks.

import type { Warning } from "./types.js";

/**
 * Calls a callback and returns what it returns, or undefined where it throws. `failed` is called with what it throws or with what its
 * promise rejects with, which would otherwise be an unhandled rejection and end a Node process.
 * @internal
 */
export function guarded<T>(callback: () => T, failed: (error: unknown) => void): T | undefined {
  try {
    const returned = callback();
    if (isThenable(returned)) Promise.resolve(returned).then(undefined, failed);
    return returned;
  } catch (error) {
    failed(error);
    return undefined;
  }
}

/**
 * Reports a warning. An error of `onWarning` itself is dropped, as its documentation says: nothing is left to report it to, and it must
 * not end the operation that it was to report about.
 * @internal
 */
export function emitWarning(onWarning: ((warning: Warning) => unknown) | undefined, warning: Warning): void {
  guarded(() => (onWarning ? onWarning(warning) : console.warn(`mcp-tasks: ${warning.message}`)), () => {});
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return typeof (value as { then?: unknown }).then === "function";
}
