import type { PersistStore } from "./store.js";

/**
 * A store in IndexedDB, for workers too, which have no `sessionStorage`. It outlives the tab. Writing takes a few milliseconds, for
 * which a call waits before it is sent.
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
  const run = async <T>(mode: IDBTransactionMode, job: (items: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    const transaction = (await open()).transaction("items", mode);
    const request = job(transaction.objectStore("items"));
    // Not only when this page has heard of the request: it may be left before.
    transaction.commit();
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error("IndexedDB failed"));
    });
  };
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
