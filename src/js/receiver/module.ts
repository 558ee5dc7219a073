// The receiver's WebAssembly module, which contains the Rust layer `receiver`. Its bytes are part of the bundle, so that workers of
// every kind need no second request, and it is compiled synchronously on first use.
import { words } from "../transport.js";
import type { TaskStatus } from "../types.js";
import { TaskStoreError } from "./errors.js";
import * as receiver from "#receiver-glue";
import base64 from "#receiver-base64";

let isReady = false;

/**
 * Runs an operation of the module. If it fails, or the promise that it returns rejects, with a `StoreFailure`, the error is a
 * {@link TaskStoreError}; other errors stay the same objects.
 * @throws Error the page's Content-Security-Policy forbids WebAssembly
 * @internal
 */
export function call<T>(operation: (module: typeof receiver) => T): T {
  load();
  try {
    const result = operation(receiver);
    return result instanceof Promise ? (result.catch(rethrow) as T) : result;
  } catch (error) {
    return rethrow(error);
  }
}

function load(): void {
  if (isReady) return;
  try {
    receiver.initSync({ module: Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)) });
  } catch (cause) {
    throw new Error(
      `mcp-tasks/receiver could not be started; nothing was done. Where a Content-Security-Policy is the reason, add 'wasm-unsafe-eval' to its script-src. (${words(cause)})`,
      { cause },
    );
  }
  isReady = true;
}

function rethrow(error: unknown): never {
  if (!isStoreFailure(error)) throw error;
  const { reason, message, rpcCode, taskId, status } = error;
  throw new TaskStoreError(reason, message, { rpcCode, taskId, status });
}

function isStoreFailure(error: unknown): error is receiver.StoreFailure {
  return error instanceof Error && error.name === "StoreFailure";
}

/** A task from the module's JSON text, frozen. @internal */
export function readTask(json: string): TaskStatus {
  return Object.freeze(JSON.parse(json) as TaskStatus);
}
