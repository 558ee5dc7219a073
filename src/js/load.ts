import { toError } from "./errors.js";
import { words } from "./transport.js";
import { Core } from "#glue";

/** What makes an engine. @internal */
export type EngineClass = { new (...args: ConstructorParameters<typeof Core>): Core };

/** Loads the module once and gives the engine's class. @internal */
export type Load = () => Promise<EngineClass>;

/**
 * A loader that loads once, and again after a failure: a failed load is not kept for ever.
 * @internal
 */
export function loader(init: () => Promise<unknown>): Load {
  let loading: Promise<unknown> | undefined;
  return async () => {
    try {
      await (loading ??= init());
    } catch (error) {
      loading = undefined;
      throw Object.assign(toError(describe(error)), { cause: error });
    }
    return Core;
  };
}

function describe(error: unknown): { code: string; message: string } {
  const why = words(error);
  if (/unsafe-eval|content security policy/i.test(why)) {
    return {
      code: "unsupported",
      message: `this page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src. Nothing was sent. (${why})`,
    };
  }
  return { code: "network", message: `the WebAssembly module of mcp-tasks could not be loaded; nothing was sent: ${why}` };
}
