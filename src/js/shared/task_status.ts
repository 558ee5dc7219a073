// The newest status of a task, with the input requests that are open.

import { TERMINAL, type InputRequest, type TaskStatus } from "../types.js";
import type { OpenInput } from "./messages.js";

export class StatusCache {
  readonly #inputs = new Map<string, { readonly id: number; readonly request: InputRequest }>();
  /** As the worker sent it. */
  #status: TaskStatus | undefined;
  #snapshot: TaskStatus | undefined;

  /** The same frozen object until something changes. */
  get snapshot(): TaskStatus | undefined {
    return this.#status && (this.#snapshot ??= this.#describe(this.#status));
  }

  get isTerminal(): boolean {
    return this.#status !== undefined && TERMINAL.has(this.#status.status);
  }

  /** The open input requests by their keys. */
  get inputRequests(): { readonly [key: string]: InputRequest } {
    return Object.freeze(Object.fromEntries([...this.#inputs].map(([key, { request }]) => [key, request])));
  }

  /** The engine's number of an open input request. */
  inputId(key: string): number | undefined {
    return this.#inputs.get(key)?.id;
  }

  set(status: TaskStatus): TaskStatus {
    this.#status = status;
    return (this.#snapshot = this.#describe(status));
  }

  openInput({ id, key, method, params }: OpenInput): void {
    const request = Object.freeze({ method, params: JSON.parse(params) as InputRequest["params"] });
    this.#inputs.set(key, { id, request });
    if (!this.isTerminal) this.#snapshot = undefined;
  }

  /** Returns whether the request was open. */
  closeInput(id: number): boolean {
    const key = [...this.#inputs].find(([, input]) => input.id === id)?.[0];
    if (key === undefined) return false;
    this.#inputs.delete(key);
    if (!this.isTerminal) this.#snapshot = undefined;
    return true;
  }

  #describe({ inputRequests: _, ...status }: TaskStatus): TaskStatus {
    const hasInputs = this.#inputs.size > 0 && !TERMINAL.has(status.status);
    return Object.freeze(hasInputs ? { ...status, inputRequests: this.inputRequests } : status);
  }
}
