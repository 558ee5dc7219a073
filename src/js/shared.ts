// The entry `mcp-tasks/shared`: one engine for all tabs.

import { emitWarning } from "./callbacks.js";
import { Client } from "./public.js";
import { loadShared } from "./shared/load_shared.js";
import { TALK } from "./shared/messages.js";
import type { ClientOptions } from "./types.js";
import { checkFunction, checkObject, checkString, readable } from "./validation.js";

/** Options of {@link SharedClient}. */
export interface SharedClientOptions extends Omit<ClientOptions, "fetch" | "taskHandlers"> {
  /**
   * Only tabs with the same name, address and options share an engine. Use the user's id where tabs may belong to different users:
   * each request is sent with the headers of one of the tabs. @default ""
   */
  name?: string;
  /**
   * Starts the worker, for a worker script that is not beside the module: `() => new SharedWorker("/shared_worker.js", { type: "module" })`, from
   * `dist/shared_worker.js`, with `mcp_tasks_bg.wasm` beside it. @default the file beside the module
   */
  worker?: () => SharedWorker;
}

/**
 * A {@link Client} that shares its connection to the server with all tabs of the origin. The engine runs in a shared worker, with one
 * stream and one poll loop for any number of tabs that observe the same tasks.
 *
 * Each tab has its own handles, of the same classes. An input request is shown to every tab that has the task and is answered by the
 * handler of one of them, preferably a visible one. Before each HTTP request the worker asks a tab for its `headers` and keeps them nowhere. A tab
 * may end at any time. If the worker ends, the tabs start another and continue to observe their tasks. Where there are no shared workers
 * (Node, some browsers), or the policy forbids them, the tab has its own engine.
 *
 * ```ts
 * const client = new SharedClient("/mcp", { headers: () => ({ authorization: `Bearer ${token()}` }) });
 * ```
 */
export class SharedClient extends Client {
  #isShared: boolean | undefined;

  /**
   * @param url the server's MCP endpoint; in a page it may be relative
   * @throws TypeError the address or an option is invalid; the options `fetch` and `taskHandlers` cannot be shared
   */
  constructor(url: string | URL, options: SharedClientOptions = {}) {
    checkObject("options", options);
    const { name = "", worker, ...rest } = readable("options", () => ({ ...options }));
    if ("fetch" in rest) throw new TypeError("fetch cannot be shared: the requests are made in a worker");
    if ("taskHandlers" in rest) throw new TypeError("taskHandlers: hosted tasks cannot be shared, because they live in one tab and the server may ask any");
    checkString("name", name);
    if (worker !== undefined) checkFunction("worker", worker);
    const { onWarning } = rest;
    const engine = loadShared({
      start: worker ?? (() => new SharedWorker(new URL("shared_worker.js", import.meta.url), { type: "module", name: TALK })),
      local: () => Client.load(),
      name,
      onShared: (isShared, reason) => {
        this.#isShared = isShared;
        if (reason === undefined) return;
        const message = `the connection is not shared with other tabs: ${reason}`;
        emitWarning(onWarning, { code: "not-shared", message });
      },
    });
    super(url, { ...rest, engine });
  }

  /** Whether the connection is shared with other tabs; undefined before the first use. */
  get isShared(): boolean | undefined {
    return this.#isShared;
  }
}

export * from "./public.js";
