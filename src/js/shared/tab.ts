import type { Shared } from "./crowd.js";
import type { Said } from "./messages.js";

/** One client of a tab, as the shared worker sees it. */
export class Tab {
  /** Its handles, and what they are to the engine. */
  readonly handles = new Map<number, Shared>();
  /** Why nobody looks at it, by reason. */
  readonly paused: boolean[] = [];
  readonly #port: MessagePort;
  readonly #asked = new Map<number, { resolve(headers: Record<string, string> | undefined): void; reject(reason: unknown): void }>();
  #next = 1;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** Tells the tab something that its engine would. */
  say(...said: Said): void {
    this.#port.postMessage(said);
  }

  /** What it wants to be sent; undefined where it does not say, or is gone. Rejects with the tab's own words. */
  headers(patienceMs: number): Promise<Record<string, string> | undefined> {
    const number = this.#next++;
    return new Promise<Record<string, string> | undefined>((resolve, reject) => {
      const timer = setTimeout(resolve, patienceMs);
      const done = <T>(end: (value: T) => void) => (value: T): void => {
        clearTimeout(timer);
        this.#asked.delete(number);
        end(value);
      };
      this.#asked.set(number, { resolve: done(resolve), reject: done(reject) });
      this.say("headers", number);
    });
  }

  /** The tab has said its headers, or why it has none. */
  answered(number: number, headers: Record<string, string> | undefined, why: string | undefined): void {
    const asked = this.#asked.get(number);
    if (headers) asked?.resolve(headers);
    else asked?.reject(new Error(why));
  }

  /** It is gone. */
  gone(): void {
    for (const { resolve } of [...this.#asked.values()]) resolve(undefined);
    this.#port.close();
  }
}
