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
 * What is kept, under a key of its own for each task: the kind of call and the tool's or prompt's name or the resource's URI,
 * the task's id, when it was called and how long the server keeps it; of a server of 2025-11-25 the session's id, its revision and what
 * the server offered, and the questions that are open. No header, no token, no argument, no result. It is dropped when
 * somebody has seen the outcome (a result or an error that was awaited, or an end that a listener was told of); once the
 * server's time to live is over, it is found once more and then dropped.
 *
 * Nothing of a call is sent before the store has kept it, and `created` resolves when the task's id is kept. A store that takes its time
 * is waited for, 5 seconds at most; one that hangs or fails is told to `onWarning`, and the call goes on without it.
 *
 * `sessionStorage` outlives a reload, `localStorage` and {@link indexedDBStore} outlive the tab. What a page that still lives
 * has kept is left to it.
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
