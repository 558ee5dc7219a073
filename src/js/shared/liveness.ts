// Web Locks as a sign of life: a tab or a worker holds a lock of its own, which the browser releases when it ends.

import { unique } from "../unique.js";

/** A lock name that nothing else has. */
export function newLockName(): string {
  return `mcp-tasks:lives:${unique()}`;
}

/** Holds a lock for as long as this tab or worker lives. Resolves with its name, or with undefined where there are no locks. */
export function holdLock(name: string): Promise<string | undefined> {
  // A page without a secure context has none.
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (!locks) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const granted = (): Promise<void> => (resolve(name), new Promise(() => {}));
    // Where the lock is refused, the caller reports the end of the tab by another way.
    locks.request(name, granted).catch(() => resolve(undefined));
  });
}

/** Calls back when the lock is released, because its holder has ended. `failed`: the end of the holder will not be noticed. */
export function onLockReleased(name: string, released: () => void, failed: (error: unknown) => void): void {
  // The lock is granted to this request only then, and is released at once.
  const request = globalThis.navigator?.locks?.request(name, () => {}) as Promise<unknown> | undefined;
  request?.then(released, failed);
}
