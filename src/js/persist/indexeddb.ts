import { asked, opened, transaction } from "../idb.js";
import { checkString } from "../validation.js";
import type { PersistStore } from "./store.js";

/**
 * A store in IndexedDB, for workers too, which have no `sessionStorage`. It outlives the tab. Writing takes a few milliseconds, for
 * which a call waits before it is sent.
 * @param database the name of the database. @default "mcp-tasks"
 * @throws TypeError the name is not a string
 */
export function indexedDBStore(database = "mcp-tasks"): PersistStore {
  checkString("database", database);
  let opening: Promise<IDBDatabase> | undefined;
  const closed = (): void => {
    opening = undefined;
  };
  const open = (): Promise<IDBDatabase> => (opening ??= opened(database, (db) => db.createObjectStore("items"), closed).catch((error: unknown) => {
    closed();
    throw error;
  }));
  const run = async <T>(mode: IDBTransactionMode, job: (items: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    transaction(await open(), "items", mode, (items) => {
      const answer = asked(job(items));
      // Not only when this page has heard of it: it may be left before.
      items.transaction.commit();
      return answer;
    });
  return {
    getItem: (key) => run("readonly", (items) => items.get(key) as IDBRequest<string | undefined>),
    setItem: (key, value) => run("readwrite", (items) => items.put(value, key)),
    removeItem: (key) => run("readwrite", (items) => items.delete(key)),
    keys: (prefix) => run("readonly", (items) => items.getAllKeys(IDBKeyRange.bound(prefix, prefix + "\uffff")) as IDBRequest<string[]>),
  };
}
