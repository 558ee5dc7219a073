// The second module: the Rust layer `receiver`, which decides everything here. It is small and lies in this file, so that
// workers of every kind have it without a second request, and it is compiled at the first use, within the call.
import { words } from "../transport.js";
import type { TaskStatus } from "../types.js";
import * as glue from "#receiver-glue";
import base64 from "#receiver-base64";

let isReady = false;

/** The module's functions. @throws Error the page's Content-Security-Policy forbids WebAssembly @internal */
export function module(): typeof glue {
  if (isReady) return glue;
  try {
    glue.initSync({ module: Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)) });
  } catch (cause) {
    throw new Error(
      `mcp-tasks/receiver could not be started; nothing was done. Where a Content-Security-Policy is the reason, add 'wasm-unsafe-eval' to its script-src. (${words(cause)})`,
      { cause },
    );
  }
  isReady = true;
  return glue;
}

/** A task as the module tells of it: a copy, frozen. @internal */
export function readTask(json: string): TaskStatus {
  return Object.freeze(JSON.parse(json) as TaskStatus);
}
