import type { Era } from "./types.js";

/** What the engine's driver calls. No method may throw. @internal */
export interface Host {
  /** `wanted`: names of the response headers to report; `headers`: names and values; each one a line. */
  fetch(
    exchange: number,
    wanted: string,
    url: string,
    method: string,
    headers: string,
    body: string | undefined,
    keepalive: boolean,
  ): void;
  /** Nothing more is to be reported about that exchange. */
  abort(exchange: number): void;
  /** Sets the one timer, in place of what was set before; absent: never. */
  wake(ms: number | undefined): void;
  /** The server speaks this revision. */
  speaks(era: Era): void;
  /** The session that has begun, as text for a later engine; absent: the server keeps none. */
  session(text: string | undefined): void;
  /** `taskId`: absent where the server answered at once. */
  created(handle: number, taskId: string | undefined): void;
  /** `status`: as in `STATUSES`; `words`: when it was created, when it was changed (each empty where not said), and the status message if there is one, each behind a line break. */
  changed(handle: number, status: number, words: string, ttlMs: number | undefined, pollIntervalMs: number | undefined): void;
  /** The outcome is known; `isError`: the tool says that it failed; `isWrapped`: its structured content has one member, `result`. */
  settled(handle: number, isError: boolean, isWrapped: boolean, json: string): void;
  /** The server asks for input; `handle`: 0 where no call or task is known; `kind`: see inputs.ts; `id`: of the JSON-RPC request, where it was one. */
  asked(input: number, handle: number, kind: number, method: string, key: string, params: string, id: string | undefined): void;
  /** That question is no longer open. */
  inputOver(input: number): void;
  progress(handle: number, json: string): void;
  /** A notification that the engine has no use for; `method`: absent, if it is the one of the last time. */
  notified(method: string | undefined, params: string): void;
  replied(reply: number, json: string): void;
  /** `what`: 0 the waiting for a task, 1 a task, 2 the answer to a question, 3 a call that nobody waits for; `rpcData` is JSON text. */
  failed(
    what: number,
    number: number,
    code: string,
    message: string,
    httpStatus: number | undefined,
    retryAfterMs: number | undefined,
    challenge: string | undefined,
    rpcCode: number | undefined,
    rpcMessage: string | undefined,
    rpcData: string | undefined,
  ): void;
  warned(code: string, message: string): void;
}

/** The same host, in which nothing is ever thrown. @internal */
export function contained(host: Host): Host {
  type Method = (...args: unknown[]) => void;
  const methods = Object.entries(host).map(([name, method]: [string, Method]) => {
    // As many as there are at most, by name: thousands of calls a second would make an array each.
    const quiet: Method = (a, b, c, d, e, f, g, h, i, j) => {
      try {
        method(a, b, c, d, e, f, g, h, i, j);
      } catch {
        // Nobody could be told: what listeners throw is caught where they are called.
      }
    };
    return [name, quiet];
  });
  return Object.fromEntries(methods) as Host;
}
