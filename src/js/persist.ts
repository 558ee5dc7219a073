// The entry `mcp-tasks/persist`: tasks that outlive their page.

import type { Persist } from "./keeper.js";
import { Keep } from "./persist/keep.js";
import type { PersistStore } from "./persist/store.js";
import { checkFunction, checkString, read } from "./validation.js";

export { indexedDBStore } from "./persist/indexeddb.js";
export type { Persist, PersistStore };

/** Options of {@link persistIn}. */
export interface PersistOptions {
  /**
   * Only clients with the same name, and the same server, find each other's tasks: the user's id, for example, where a store
   * outlives the user's stay. @default ""
   */
  name?: string;
}

/**
 * Keeps the tasks of a client in a store, for the next page to find by `client.resume()`.
 *
 * ```ts
 * const client = new Client("/mcp", { persist: persistIn(sessionStorage) });
 * for (const task of await client.resume()) show(task);
 * ```
 *
 * There is one key per task. Its value contains the kind of call, the name of the tool or prompt or the URI of the resource,
 * the task id, the time of the call and the time to live. For a 2025-11-25 server it also contains the session id, the revision, the
 * capabilities of the server and the open questions. It contains no headers, tokens, arguments or results. The entry is removed
 * when the application has received the outcome (a result or an error that was awaited, or a final status that a listener
 * received). After the time to live, the task is found once more and then removed.
 *
 * A call is stored before it is sent, and `created` resolves after the task id is stored. The client waits for a slow store for at
 * most 5 seconds. If the store does not answer or fails, `onWarning` is called and the call continues without it.
 *
 * `sessionStorage` survives a reload; `localStorage` and {@link indexedDBStore} survive the tab. A page does not pick up tasks
 * that another open page still owns.
 * @param store `sessionStorage`, `localStorage`, {@link indexedDBStore} or anything alike
 * @throws TypeError this is no store
 */
export function persistIn(store: PersistStore | Storage, options: PersistOptions = {}): Persist {
  const methods = ["getItem", "setItem", "removeItem"] as const;
  const own = read("store", store, methods);
  for (const method of methods) checkFunction(`store.${method}`, own[method]);
  const { name = "" } = read("options", options, ["name"]);
  checkString("options.name", name);
  return (url, terms, warn) => new Keep(store, name, url, terms, warn);
}
