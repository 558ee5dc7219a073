// What a tab and the shared worker say to each other. Both are of one build: the worker's name has `TALK` in it, so that a tab
// of a newer deployment gets a worker of its own.

import { unique } from "../unique.js";

/** Changes with what is said. */
export const TALK = "mcp-tasks 1";

/** Which engine a tab wants. */
export interface Join {
  /** Tabs that say the same share an engine. */
  key: string;
  /** What the engine is made with, but for its host. */
  engine: [url: string, clientInfo: string | undefined, pollIntervalMs: number | undefined, maxMessageBytes: number | undefined, flags: number, session: string | undefined];
  credentials: "omit" | "same-origin" | "include" | undefined;
  /** Whether the tab has headers to add. */
  hasHeaders: boolean;
}

/** The worker's answer to `hello`: it can, and holds this lock as long as it lives; or it cannot, for this reason. */
export type Welcome = ["welcome", lock: string | undefined] | ["sorry", why: string];

/** A call of the engine's, or of its host's: the method and its arguments. */
export type Said = [method: string, ...args: unknown[]];

/** Nobody's handler: the question is shown to a tab, and another's handler answers it. */
export const NOBODY = -1;

/** Holds a lock of that name for ever. False where there are none. */
export function live(name: string): Promise<boolean> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (!locks) return Promise.resolve(false);
  return new Promise((resolve) => {
    locks.request(name, () => (resolve(true), new Promise(() => {}))).catch(() => resolve(false));
  });
}

/** Calls back when whoever holds that lock is gone. */
export function onDeath(name: string | undefined, gone: () => void): void {
  // Given back at once: it is only waited for.
  if (name) void globalThis.navigator?.locks?.request(name, () => void gone()).catch(() => {});
}

/** The name of a lock that nobody else has. */
export function ownLock(): string {
  return `mcp-tasks:lives:${unique()}`;
}
