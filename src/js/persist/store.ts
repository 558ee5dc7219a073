/** Where tasks can be kept. `sessionStorage` and `localStorage` are such; each method may give a promise. */
export interface PersistStore {
  /** The text under this key; `null` or `undefined` where there is none. */
  getItem(key: string): string | null | undefined | Promise<string | null | undefined>;
  /** Sets it. */
  setItem(key: string, value: string): unknown;
  /** Takes it away, if it is there. */
  removeItem(key: string): unknown;
  /** Every key, or those that begin with `prefix`. @default the store's own enumerable properties, as a `Storage` has them */
  keys?(prefix: string): Iterable<string> | Promise<Iterable<string>>;
}

/** The store's keys that begin so. @internal */
export async function keysOf(store: PersistStore | Storage, prefix: string): Promise<string[]> {
  // In a Storage, `keys` would be an item of that name: a text.
  const { keys } = store as PersistStore;
  const all = typeof keys === "function" ? await keys.call(store, prefix) : Object.keys(store);
  return [...all].filter((key) => key.startsWith(prefix));
}
