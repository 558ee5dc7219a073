// IndexedDB as promises: the operations that the stores need. A transaction lives only as long as it is busy: within one, nothing
// but its own requests may be awaited.

/** @internal */
export function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB failed"));
  });
}

/**
 * Opens a database; `upgrade` fills a new one. `gone` is called after the database was closed for a deletion or an upgrade.
 * @internal
 */
export async function opened(name: string, upgrade: (database: IDBDatabase) => void, gone: () => void): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => upgrade(request.result);
  const database = await asked(request);
  // Closes it so that a deletion or an upgrade elsewhere does not wait for this connection.
  database.onversionchange = () => {
    database.close();
    gone();
  };
  return database;
}

/**
 * Runs `act` in one transaction over one object store, and resolves with its value after the transaction is stored. If it
 * throws, the transaction is aborted.
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
      // The transaction had ended already.
    }
    throw error;
  }
  await done;
  return result;
}
