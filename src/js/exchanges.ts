// The HTTP exchanges that the engine wants: made, read to their end, and reported for as long as it wants to hear of them.

import { send, words } from "./transport.js";
import type { ClientOptions } from "./types.js";
import type { Core } from "#glue";

/** The engine is given so many bytes at once; a page's `fetch` may bring megabytes. */
const MOST_BYTES = 65_536;
/** After so much work the page gets a turn. */
const MOST_BUSY_MS = 8;

/** @internal */
export class Exchanges {
  /** What was thrown last in place of a response. */
  thrown: unknown;
  readonly #options: ClientOptions;
  /** The engine, as long as there is one. */
  readonly #core: () => Core | undefined;
  readonly #onResponse: () => void;
  readonly #open = new Map<number, AbortController>();
  /** How long the engine has worked since the page had a turn. */
  #busyMs = 0;

  constructor(options: ClientOptions, core: () => Core | undefined, onResponse: () => void) {
    this.#options = options;
    this.#core = core;
    this.#onResponse = onResponse;
  }

  /** Makes a request, and reports what comes back until it ends or is aborted. `wanted`: names of headers, one a line. */
  async fetch(exchange: number, wanted: string, ...request: Request): Promise<void> {
    const abort = new AbortController();
    this.#open.set(exchange, abort);
    let why: string | undefined;
    try {
      await this.#run(exchange, wanted, request, abort.signal);
    } catch (error) {
      why = words(error);
    }
    if (this.#open.delete(exchange)) this.#core()?.over(exchange, why);
  }

  /** Breaks it off; nothing more is reported. */
  abort(exchange: number): void {
    const abort = this.#open.get(exchange);
    this.#open.delete(exchange);
    abort?.abort();
  }

  async #run(exchange: number, wanted: string, request: Request, signal: AbortSignal): Promise<void> {
    const { status, headers, redirected, url, body } = await this.#send(request, signal);
    if (!this.#open.has(exchange)) return;
    const values = wanted.split("\n").map((name) => headers.get(name) ?? "");
    this.#core()?.head(exchange, status, values.join("\n"), redirected ? url : undefined);
    const reader = body?.getReader();
    while (reader && this.#open.has(exchange)) {
      const { value } = await reader.read();
      if (!value) return;
      for (let from = 0; from < value.length && this.#open.has(exchange); from += MOST_BYTES) {
        if (this.#busyMs > MOST_BUSY_MS) await this.#breath();
        const began = performance.now();
        if (this.#open.has(exchange)) this.#core()?.chunk(exchange, value.subarray(from, from + MOST_BYTES));
        this.#busyMs += performance.now() - began;
      }
    }
    // Aborting has done that already, unless the application's own `fetch` looks at no signal.
    await reader?.cancel();
  }

  /** Lets the page have its turn: reading what is there already gives it none. No timer: in a hidden page one takes a second. */
  async #breath(): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    await new Promise((resolve) => {
      port1.onmessage = resolve;
      port2.postMessage(undefined);
    });
    port1.close();
    this.#busyMs = 0;
  }

  async #send(request: Request, signal: AbortSignal): Promise<Response> {
    // What the application gave us to call is not called from within the engine's turn.
    await undefined;
    try {
      const response = await send(this.#options, ...request, signal);
      this.#onResponse();
      return response;
    } catch (error) {
      this.thrown = error;
      throw error;
    }
  }
}

/** URL, method, headers (names and values, one a line), body and `keepalive`. */
type Request = [string, string, string, string | undefined, boolean];
