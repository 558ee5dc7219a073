// The era that each server spoke last. Detecting it costs a request.

import { ERAS, type ClientOptions, type Era } from "./types.js";

/** By endpoint, for every client of this page or process. */
const known = new Map<string, Era>();

/** The endpoint without its query, which may hold a secret. */
const withoutQuery = (url: string): string => url.replace(/[?#].*/s, "");
const key = (url: string): string => `mcp-tasks:era:${withoutQuery(url)}`;

/** The era that the server spoke last. @internal */
export function knownEra(url: string, { storage }: ClientOptions): Era | undefined {
  const inMemory = known.get(withoutQuery(url));
  if (inMemory) return inMemory;
  try {
    const stored = storage?.getItem(key(url));
    return ERAS.find((era) => era === stored);
  } catch {
    // Storage throws in private windows. Detecting the era again costs one request.
    return undefined;
  }
}

/** @internal */
export function rememberEra(url: string, { storage }: ClientOptions, era: Era): void {
  known.set(withoutQuery(url), era);
  try {
    storage?.setItem(key(url), era);
  } catch {
    // Storage is full or forbidden: the era is detected again after a reload.
  }
}
