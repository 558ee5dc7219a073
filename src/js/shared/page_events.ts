// Events of the page that its engine in the worker cannot see.

import type { PauseReasonName } from "#glue";

/** Receives the reasons to poll rarely or not at all. */
export interface Pausable {
  pause(reason: PauseReasonName): void;
  resume(reason: PauseReasonName): void;
}

/** Reports each reason when it begins and ends. Returns a function that stops it. */
export function reportPauseReasons(client: Pausable): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const document = globalThis.document as Document | undefined;
  const report = (reason: PauseReasonName, isPaused: boolean): void => (isPaused ? client.pause(reason) : client.resume(reason));
  document?.addEventListener("visibilitychange", () => report("hidden", document.hidden), { signal });
  document?.addEventListener("freeze", () => report("frozen", true), { signal });
  document?.addEventListener("resume", () => report("frozen", false), { signal });
  globalThis.addEventListener?.("offline", () => report("offline", true), { signal });
  globalThis.addEventListener?.("online", () => report("offline", false), { signal });
  if (document?.hidden) report("hidden", true);
  return () => stop.abort();
}
