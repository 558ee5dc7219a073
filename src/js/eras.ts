// Which revision a server speaks, remembered: finding out costs a request.

import { ERAS, type ClientOptions, type Era } from "./types.js";

/** By endpoint, for every client of this page or process. */
const spoken = new Map<string, Era>();

/** The endpoint without what may be a secret. */
const place = (url: string): string => url.replace(/[?#].*/s, "");
const key = (url: string): string => `mcp-tasks:era:${place(url)}`;

/** What the server spoke when it was last greeted. @internal */
export function spokenBy(url: string, { storage }: ClientOptions): Era | undefined {
  const known = spoken.get(place(url));
  if (known) return known;
  try {
    const stored = storage?.getItem(key(url));
    return ERAS.find((era) => era === stored);
  } catch {
    // Private windows throw here; asking the server costs one request.
    return undefined;
  }
}

/** @internal */
export function remember(url: string, { storage }: ClientOptions, era: Era): void {
  spoken.set(place(url), era);
  try {
    storage?.setItem(key(url), era);
  } catch {
    // Full, or forbidden: it is found out again after the next reload.
  }
}
