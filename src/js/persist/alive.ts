// Which pages still live: each holds a lock of its own, which the browser lets go of with the page, however it ends.

/** How long a page that is being left may take to let go, in milliseconds. */
const LONGEST_WAIT_MS = 1000;

/** Takes the lock of that name, until `released`. False: somebody else holds it. Where there are no locks, nobody does. */
export function hold(name: string, released: Promise<void>): Promise<boolean> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  // A page without a secure context has none, and some refuse them to pages without an origin.
  if (!locks) return Promise.resolve(true);
  const signal = AbortSignal.timeout(LONGEST_WAIT_MS);
  return new Promise((resolve) => {
    const held = (): Promise<void> => (resolve(true), released);
    locks.request(name, { signal }, held).catch(() => resolve(!signal.aborted));
  });
}
