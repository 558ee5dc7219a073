import type { PersistStore } from "./store.js";

/**
 * A store in IndexedDB, for workers too, which have no `sessionStorage`. It outlives the tab. A task is kept a moment after its
 * call: a page that is left at once may lose it.
 * @param database the name of the database. @default "mcp-tasks"
 */
export function indexedDBStore(database = "mcp-tasks"): PersistStore {
  let opening: Promise<IDBDatabase> | undefined;
  const open = (): Promise<IDBDatabase> => (opening ??= begin().catch((error: unknown) => {
    opening = undefined;
    throw error;
  }));
  const begin = (): Promise<IDBDatabase> => {
    const request = indexedDB.open(database, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("items");
    return settled(request).then((db) => {
      // Whoever deletes the database must not wait for this page.
      db.onversionchange = () => (db.close(), (opening = undefined));
      return db;
    });
  };
  const run = async <T>(mode: IDBTransactionMode, job: (items: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    settled(job((await open()).transaction("items", mode).objectStore("items")));
  return {
    getItem: (key) => run("readonly", (items) => items.get(key) as IDBRequest<string | undefined>),
    setItem: (key, value) => run("readwrite", (items) => items.put(value, key)),
    removeItem: (key) => run("readwrite", (items) => items.delete(key)),
    keys: (prefix) => run("readonly", (items) => items.getAllKeys(IDBKeyRange.bound(prefix, prefix + "\uffff")) as IDBRequest<string[]>),
  };
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB failed"));
  });
}
