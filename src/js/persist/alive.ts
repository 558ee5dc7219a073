// Which pages are alive: each holds a lock of its own, which the browser releases when the page ends, however it ends.

/** How long a page that is being left may take to release its lock, in milliseconds. */
const LONGEST_WAIT_MS = 1000;
/** How many locks are requested at a time: thousands at once would delay the locks of everything else on the origin. */
const BATCH = 256;

/** Holds the lock of this page until `released`. `failed`: it is not held, so that other pages take this one for gone. */
export function holdOwn(name: string, released: Promise<void>, failed: (error: unknown) => void): void {
  lockManager()?.request(name, () => released).catch(failed);
}

/**
 * Takes each of these locks that no page holds, until `released`, and returns which they are. A lock that is held is waited for, as long
 * as a page that is being left may take. Where there are no locks, all count as taken.
 */
export async function takeReleased(names: readonly string[], released: Promise<void>): Promise<ReadonlySet<string>> {
  const locks = lockManager();
  if (!locks) return new Set(names);
  const taken = new Set<string>();
  const held: string[] = [];
  // Without a limit of time: a lock that no page holds is granted at once, however many are requested.
  for (let start = 0; start < names.length; start += BATCH) {
    const batch = names.slice(start, start + BATCH);
    const results = await Promise.all(batch.map((name) => take(locks, name, { ifAvailable: true }, released)));
    batch.forEach((name, n) => (results[n] ? taken.add(name) : held.push(name)));
  }
  // The time begins here, so that it does not depend on the number of the locks before.
  if (held.length === 0) return taken;
  const signal = AbortSignal.timeout(LONGEST_WAIT_MS);
  const results = await Promise.all(held.map((name) => take(locks, name, { signal }, released)));
  held.forEach((name, n) => results[n] && taken.add(name));
  return taken;
}

/** Resolves with whether the lock was granted; it is held until `released`. */
function take(locks: LockManager, name: string, options: LockOptions, released: Promise<void>): Promise<boolean> {
  return new Promise((resolve) => {
    const granted = (lock: Lock | null): Promise<void> | undefined => {
      resolve(lock !== null);
      return lock === null ? undefined : released;
    };
    // Rejects when the time is over, and where locks are refused to pages without an origin: such pages cannot tell which are alive.
    locks.request(name, options, granted).catch(() => resolve(!options.signal?.aborted));
  });
}

/** A page without a secure context has none. */
function lockManager(): LockManager | undefined {
  return globalThis.navigator?.locks as LockManager | undefined;
}
