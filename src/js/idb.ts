// IndexedDB as promises, as far as the stores need it. A transaction lives only as long as it is busy: within one, nothing
// but its own requests may be awaited.

/** @internal */
export function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB failed"));
  });
}

/**
 * Opens a database, `upgrade` fills one that is new. `gone`: it has been closed, for somebody who deletes or upgrades it.
 * @internal
 */
export async function opened(name: string, upgrade: (database: IDBDatabase) => void, gone: () => void): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => upgrade(request.result);
  const database = await asked(request);
  // Whoever wants to delete or upgrade it shall not have to wait for us.
  database.onversionchange = () => {
    database.close();
    gone();
  };
  return database;
}

/**
 * Runs `act` in one transaction over one object store, and resolves with what it gave when that is safely stored. What it
 * throws undoes all of it.
 * @internal
 */
export async function transaction<T>(
  database: IDBDatabase,
  store: string,
  mode: IDBTransactionMode,
  act: (records: IDBObjectStore) => Promise<T>,
): Promise<T> {
  const transaction = database.transaction(store, mode);
  const done = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException("the transaction was undone", "AbortError"));
  });
  done.catch(() => {});
  let result: T;
  try {
    result = await act(transaction.objectStore(store));
  } catch (error) {
    try {
      transaction.abort();
    } catch {
      // It had ended by itself.
    }
    throw error;
  }
  await done;
  return result;
}
