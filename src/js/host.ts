import type { Era, Status, TaskStatus } from "./types.js";

/** What the engine's driver calls. No method may throw. @internal */
export interface Host {
  /** `headers`: names and values, one a line; the application's own are added. */
  fetch(
    url: string,
    method: string,
    headers: string,
    body: string | undefined,
    keepalive: boolean,
    signal: AbortSignal,
  ): Promise<Response>;
  /** The platform's words for an error, whatever was thrown. */
  words(error: unknown): string;
  /** The server speaks this revision. */
  speaks(era: Era): void;
  /** `taskId`: absent where the server answered at once. */
  created(handle: number, taskId: string | undefined): void;
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
  /** The outcome is known; `isError`: the tool says that it failed; `isWrapped`: its structured content has one member, `result`. */
  settled(handle: number, isError: boolean, isWrapped: boolean, json: string): void;
  /** The server asks for input; `handle`: 0 where no call or task is known; `kind`: 0 elicitation, 1 sampling, 2 roots. */
  asked(input: number, handle: number, kind: number, method: string, key: string, params: string): void;
  /** That question is no longer open. */
  inputOver(input: number): void;
  progress(handle: number, json: string): void;
  /** A notification that the engine has no use for. */
  notified(method: string, params: string): void;
  /** `isFinal`: the outcome; otherwise only the waiting ends. */
  failed(handle: number, isFinal: boolean, error: unknown): void;
  replied(reply: number, json: string): void;
  rejected(reply: number, error: unknown): void;
  /** Makes the typed error; `rpcData` is JSON text. */
  error(
    code: string,
    message: string,
    httpStatus: number | undefined,
    retryAfterMs: number | undefined,
    challenge: string | undefined,
    rpcCode: number | undefined,
    rpcMessage: string | undefined,
    rpcData: string | undefined,
  ): unknown;
  warned(code: string, message: string): void;
}

/** The fields of `changed` as the object that users see. @internal */
export function snapshot(
  taskId: string,
  status: string,
  statusMessage: string | undefined,
  createdAt: string | undefined,
  lastUpdatedAt: string | undefined,
  ttlMs: number | undefined,
  pollIntervalMs: number | undefined,
): TaskStatus {
  return Object.freeze({
    taskId,
    status: status as Status,
    ...(statusMessage !== undefined && { statusMessage }),
    ...(createdAt !== undefined && { createdAt }),
    ...(lastUpdatedAt !== undefined && { lastUpdatedAt }),
    ttlMs: ttlMs ?? null,
    ...(pollIntervalMs !== undefined && { pollIntervalMs }),
  });
}
