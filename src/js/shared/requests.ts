// The requests of a tab that have no reply yet.

import type { Operation, ToWorker } from "./messages.js";
import { wait, type Waiter, type WaitLimits } from "./waiter.js";

interface Pending {
  readonly operation: Operation;
  readonly waiter: Waiter;
  /** The worker has got it. */
  isSent: boolean;
}

export class PendingRequests {
  readonly #pending = new Map<number, Pending>();
  readonly #send: (message: ToWorker) => boolean;
  #next = 1;

  /** `send` returns whether there is a worker: without one the request is sent by {@link PendingRequests.sendAll}. */
  constructor(send: (message: ToWorker) => boolean) {
    this.#send = send;
  }

  get count(): number {
    return this.#pending.size;
  }

  ask(operation: Operation, limits: WaitLimits = {}): Promise<unknown> {
    const request = this.#next++;
    const begin = (waiter: Waiter): void => {
      this.#pending.set(request, { operation, waiter, isSent: this.#send({ type: "request", request, operation }) });
    };
    const end = (_: Waiter, isLimited: boolean): void => {
      if (this.#pending.get(request)?.isSent && isLimited) this.#send({ type: "abort", request });
      this.#pending.delete(request);
    };
    return wait(begin, end, limits);
  }

  resolve(request: number, value: unknown): void {
    this.#pending.get(request)?.waiter.resolve(value);
  }

  reject(request: number, error: unknown): void {
    this.#pending.get(request)?.waiter.reject(error);
  }

  /** Sends what no worker has got yet. */
  sendAll(): void {
    for (const [request, pending] of this.#pending) {
      if (!pending.isSent) pending.isSent = this.#send({ type: "request", request, operation: pending.operation });
    }
  }

  /** The worker has ended. Waiting for a status goes on with the next worker; requests that only this worker knew fail. */
  workerLost(error: () => unknown): void {
    for (const pending of [...this.#pending.values()]) {
      if (!pending.isSent) continue;
      if (pending.operation.type === "wait") pending.isSent = false;
      else pending.waiter.reject(error());
    }
  }

  rejectAll(error: () => unknown): void {
    for (const { waiter } of [...this.#pending.values()]) waiter.reject(error());
  }
}
