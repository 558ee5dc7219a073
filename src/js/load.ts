import { toError } from "./errors.js";
import { currentInstance } from "./panic_guard.js";
import { words } from "./transport.js";
import { __wbg_reset_state as makeNewInstance, Client, type EngineOptions, type TaskHandle } from "#glue";

/** One task of an engine: the module's handle, or a handle of the shared worker's (see shared/). @internal */
export type EngineTask = Omit<TaskHandle, "free" | typeof Symbol.dispose>;

/** A client of an engine: the module's, or that of the shared worker. @internal */
export type EngineClient = Omit<MakesTasks<Client>, "restoreInputRequest"> & {
  restoreInputRequest(task: EngineTask, request: string): void;
};

type MakesTasks<T> = { [Name in keyof T]: T[Name] extends (...args: infer Args) => TaskHandle ? (...args: Args) => EngineTask : T[Name] };

/** The class of an engine's clients. @internal */
export type EngineClass = { new (url: string, options?: EngineOptions): EngineClient };

/** Loads the module once and gives the class of its clients. @internal */
export type Load = () => Promise<EngineClass>;

/** A loader that loads once, and again after a failure. After a trap it makes a new instance of the same module. @internal */
export function loader(init: () => Promise<unknown>): Load {
  let loading: Promise<unknown> | undefined;
  return async () => {
    try {
      await (loading ??= init());
      if (currentInstance().trap) makeNewInstance();
    } catch (error) {
      loading = undefined;
      throw Object.assign(toError(describe(error)), { cause: error });
    }
    return Client as EngineClass;
  };
}

function describe(error: unknown): { code: string; message: string } {
  const reason = words(error);
  if (/unsafe-eval|content security policy/i.test(reason)) {
    return {
      code: "unsupported",
      message: `this page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src. Nothing was sent. (${reason})`,
    };
  }
  return { code: "network", message: `the WebAssembly module of mcp-tasks could not be loaded; nothing was sent: ${reason}` };
}
