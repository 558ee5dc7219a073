// Tells the engine what the page, and the world around it, is up to. Where there is no page (workers, Node) most of
// these events do not exist, and nothing is listened to.

const HIDDEN = 0;
const OFFLINE = 1;
const FROZEN = 2;

/**
 * Whether requests to this address share one connection, so that sockets need not be counted: outside of a page, and over
 * HTTP/2 or 3, as far as the platform tells (not of another origin that does not allow it).
 * @internal
 */
export function isMultiplexed(url: string): boolean {
  if (!globalThis.location) return true;
  const entries = performance.getEntriesByName(url, "resource") as { nextHopProtocol?: string }[];
  return ["h2", "h3"].includes(entries.at(-1)?.nextHopProtocol ?? "");
}

/**
 * Reports each reason to hold still as it comes up (`on`) and goes. Returns a function that stops it.
 * @internal
 */
export function watchPage(report: (reason: number, on: boolean) => void): () => void {
  const { document } = globalThis;
  const events: [EventTarget | undefined, string, () => void][] = [
    [document, "visibilitychange", () => report(HIDDEN, document.hidden)],
    [document, "freeze", () => report(FROZEN, true)],
    [document, "resume", () => report(FROZEN, false)],
    [globalThis as unknown as EventTarget, "offline", () => report(OFFLINE, true)],
    [globalThis as unknown as EventTarget, "online", () => report(OFFLINE, false)],
  ];
  const live = events.filter(([target]) => typeof target?.addEventListener === "function");
  for (const [target, type, listener] of live) target!.addEventListener(type, listener);
  if (document?.hidden) report(HIDDEN, true);
  return () => {
    for (const [target, type, listener] of live) target!.removeEventListener(type, listener);
  };
}
