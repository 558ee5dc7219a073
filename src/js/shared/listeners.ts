// The listeners of one task, and calls of the application's callbacks.

/** The events of a listener; `change` stands for all. */
export type ListenerEvent = "status" | "progress" | "settled" | "change";
export type Callback = (value: never) => unknown;

export class Listeners {
  readonly #failed: (description: string) => void;
  /** Replaced, never changed: a callback may register or unregister listeners. */
  #all: readonly { readonly event: ListenerEvent; readonly callback: Callback }[] = [];

  /** `failed` is called with the description of what a callback threw. */
  constructor(failed: (description: string) => void) {
    this.#failed = failed;
  }

  get count(): number {
    return this.#all.length;
  }

  /** Returns a function that removes the listener. */
  add(event: ListenerEvent, callback: Callback): () => void {
    const listener = { event, callback };
    this.#all = [...this.#all, listener];
    return () => void (this.#all = this.#all.filter((other) => other !== listener));
  }

  notify(event: Exclude<ListenerEvent, "change">, value: unknown): void {
    for (const listener of this.#all) {
      if (listener.event === event || listener.event === "change") this.guard(() => listener.callback(value as never));
    }
  }

  /** Runs a callback of the application. Its error affects neither the other callbacks nor the client. */
  guard(callback: () => unknown): void {
    try {
      const returned = callback();
      if (returned instanceof Promise) returned.catch((error: unknown) => this.#failed(describe(error)));
    } catch (error) {
      this.#failed(describe(error));
    }
  }
}

function describe(error: unknown): string {
  try {
    return String(error);
  } catch {
    // An object without a prototype cannot be converted.
    return "a value without a description";
  }
}
