import type { PlainFailure } from "./errors.js";

/** What the engine's driver calls. No method may throw. @internal */
export interface Host {
  fetch(url: string, init: RequestInit): Promise<Response>;
  headers(): Record<string, string> | Promise<Record<string, string>> | undefined;
  created(handle: number, isTask: boolean): void;
  changed(
    handle: number,
    taskId: string,
    status: string,
    statusMessage: string | undefined,
    createdAt: string | undefined,
    lastUpdatedAt: string | undefined,
    ttlMs: number | undefined,
    pollIntervalMs: number | undefined,
  ): void;
  /** The outcome is known; `isError`: the tool says that it failed. */
  settled(handle: number, isError: boolean, json: string): void;
  /** `isFinal`: the outcome; otherwise only the waiting ends. */
  failed(handle: number, isFinal: boolean, failure: PlainFailure): void;
  replied(reply: number, json: string): void;
  rejected(reply: number, failure: PlainFailure): void;
  warned(code: string, message: string): void;
  /** The module is broken from now on. */
  panicked(message: string): void;
}
