// The era that each server spoke last. Detecting it costs a request.

import { guarded } from "./callbacks.js";
import { ERAS, type ClientOptions, type Era } from "./types.js";

/** By endpoint, for every client of this page or process. */
const known = new Map<string, Era>();

/** The endpoint without its query, which may hold a secret. */
const withoutQuery = (url: string): string => url.replace(/[?#].*/s, "");
const key = (url: string): string => `mcp-tasks:era:${withoutQuery(url)}`;

/** Called with the description of a failure of the option `storage`. */
type Failed = (error: unknown) => void;

/** The era that the server spoke last. Storage may fail, for example in private windows: detecting the era again costs one request. @internal */
export function knownEra(url: string, { storage }: ClientOptions, failed: Failed): Era | undefined {
  const inMemory = known.get(withoutQuery(url));
  if (inMemory || !storage) return inMemory;
  const stored = guarded(() => storage.getItem(key(url)), failed);
  return ERAS.find((era) => era === stored);
}

/** Where storage fails, the era is detected again after a reload. @internal */
export function rememberEra(url: string, { storage }: ClientOptions, era: Era, failed: Failed): void {
  known.set(withoutQuery(url), era);
  if (storage) guarded(() => storage.setItem(key(url), era), failed);
}
