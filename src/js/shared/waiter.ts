import { after } from "../after.js";

/** Settles a pending promise. */
export interface Waiter {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

/** Conditions that end the wait early. */
export interface WaitLimits {
  signal?: AbortSignal | undefined;
  timeout?: { ms: number; error(): unknown } | undefined;
}

/**
 * A promise that is pending until its waiter settles it, or a limit ends the waiting. `begin` is given the waiter; `end` is called
 * when the waiting is over, with `isLimited` where a limit has ended it.
 */
export function wait(begin: (waiter: Waiter) => void, end: (waiter: Waiter, isLimited: boolean) => void, limits: WaitLimits): Promise<unknown> {
  const { signal, timeout } = limits;
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    let stopTimeout = (): void => {};
    const settle = (settlePromise: () => void, isLimited: boolean): void => {
      signal?.removeEventListener("abort", aborted);
      stopTimeout();
      settlePromise();
      end(waiter, isLimited);
    };
    const aborted = (): void => settle(() => reject(signal?.reason), true);
    const waiter: Waiter = {
      resolve: (value) => settle(() => resolve(value), false),
      reject: (reason) => settle(() => reject(reason), false),
    };
    signal?.addEventListener("abort", aborted);
    if (timeout) stopTimeout = after(timeout.ms, () => settle(() => reject(timeout.error()), true));
    begin(waiter);
  });
}
