// The entry `mcp-tasks/shared`: one engine for all tabs.

import { Client } from "./public.js";
import { TALK } from "./shared/messages.js";
import { remote } from "./shared/remote.js";
import type { ClientOptions } from "./types.js";

/** Options of {@link SharedClient}. */
export interface SharedClientOptions extends Omit<ClientOptions, "fetch" | "taskHandlers"> {
  /**
   * Only tabs with the same name, address and options share: the user's id, for example, where two tabs may be two users'. Requests
   * are sent with the headers that one of them gives. @default ""
   */
  name?: string;
  /**
   * Starts the worker, where it is not beside the module: `() => new SharedWorker("/shared_worker.js", { type: "module" })`, from
   * `dist/shared_worker.js`, with `mcp_tasks_bg.wasm` beside it. @default the file beside the module
   */
  worker?: () => SharedWorker;
}

/**
 * A {@link Client} whose connection to the server is shared by all tabs of the origin: in a shared worker, with one stream and one poll
 * loop for any number of tabs that watch the same tasks, and one share of the browser's sockets.
 *
 * Each tab has handles of its own, of the same classes. A question of the server's is answered by the handler of one tab, one that somebody
 * looks at. `headers` are asked for before each request, in a tab that lives, and kept nowhere. A tab may end at any moment. Where the worker
 * ends, the tabs begin another and watch on. Where there are no shared workers (Node, some browsers), or the policy forbids it, the client
 * is one of the tab's own.
 *
 * ```ts
 * const client = new SharedClient("/mcp", { headers: () => ({ authorization: `Bearer ${token()}` }) });
 * ```
 */
export class SharedClient extends Client {
  #isShared: boolean | undefined;

  /**
   * @param url the server's MCP endpoint; in a page it may be relative
   * @throws TypeError the address or an option makes no sense; a `fetch` of the tab's own and tasks that it hosts cannot be shared
   */
  constructor(url: string | URL, options: SharedClientOptions = {}) {
    const { name = "", worker, ...rest } = options;
    if ("fetch" in rest) throw new TypeError("fetch cannot be shared: the requests are made in a worker");
    if ("taskHandlers" in rest) throw new TypeError("hosted tasks cannot be shared: they live in one tab, and the server may ask any");
    if (typeof name !== "string") throw new TypeError(`name must be a string, not ${String(name)}`);
    if (worker !== undefined && typeof worker !== "function") throw new TypeError("worker must be a function");
    const { credentials, headers, onWarning } = rest;
    const engine = remote({
      start: worker ?? (() => new SharedWorker(new URL("shared_worker.js", import.meta.url), { type: "module", name: TALK })),
      local: () => Client.load(),
      credentials, headers, name,
      onShared: (isShared, why) => {
        this.#isShared = isShared;
        if (why === undefined) return;
        const message = `the connection is not shared with other tabs: ${why}`;
        if (onWarning) onWarning({ code: "not-shared", message });
        else console.warn(`mcp-tasks: ${message}`);
      },
    });
    super(url, { ...rest, engine });
  }

  /** Whether other tabs share the connection; undefined before the first use. */
  get isShared(): boolean | undefined {
    return this.#isShared;
  }
}

export * from "./public.js";
