// One task of the worker's engine, and the tabs that hold it. Several tabs that observe it are one observer to the engine.

import type { EngineTask } from "../load.js";
import { toFailure } from "./failure.js";
import type { Observation, Outcome, ResultText, ToTab } from "./messages.js";
import type { TabSession } from "./tab_session.js";

/** A handle of a tab. */
export interface Holder {
  readonly task: SharedTask;
  readonly tab: TabSession;
  /** The tab's number of the task. */
  readonly number: number;
  observation: Observation;
}

export class SharedTask {
  readonly handle: EngineTask;
  readonly holders = new Set<Holder>();
  /** Aborts the call. */
  readonly call = new AbortController();
  #isSettled = false;
  #stopListening: (() => void) | undefined;
  #resultWait: AbortController | undefined;

  /** `start` makes the engine's task, with this as its context. */
  constructor(start: (task: SharedTask) => EngineTask) {
    this.handle = start(this);
  }

  /** Sends a message to each holder. */
  send(message: (task: number) => ToTab): void {
    for (const { tab, number } of [...this.holders]) tab.send(message(number));
  }

  observe(holder: Holder, observation: Observation): void {
    holder.observation = observation;
    this.#update();
    this.checkSettled();
  }

  /** The engine's callbacks run before its task is returned, so the outcome is looked at later. */
  checkSettled(): void {
    queueMicrotask(() => {
      if (this.#isSettled || !this.handle.isSettled) return;
      this.#isSettled = true;
      void this.#outcome().then((outcome) => {
        const status = this.handle.snapshot;
        this.send((task) => ({ type: "settled", task, status, outcome }));
      });
    });
  }

  async #outcome(): Promise<Outcome> {
    const { failure } = this.handle;
    if (failure !== undefined) return { type: "failure", failure: toFailure(failure) };
    try {
      return { type: "result", result: (await this.handle.result()) as ResultText };
    } catch (error) {
      const failure = toFailure(error);
      return { type: "tool-error", failure, result: failure.result as ResultText };
    }
  }

  /** Observes the task as long as a holder does. */
  #update(): void {
    const isObserved = (what: keyof Observation): boolean => [...this.holders].some(({ observation }) => observation[what]);
    if (isObserved("status")) {
      this.#stopListening ??= this.handle.onSettled((error) => (this.handle.isSettled ? this.checkSettled() : this.#interrupted("status", error)));
    } else {
      this.#stopListening?.();
      this.#stopListening = undefined;
    }
    if (!isObserved("result")) {
      this.#resultWait?.abort();
      this.#resultWait = undefined;
    } else if (!this.#resultWait) {
      void this.#waitForResult((this.#resultWait = new AbortController()));
    }
  }

  async #waitForResult(wait: AbortController): Promise<void> {
    try {
      await this.handle.result({ signal: wait.signal });
    } catch (error) {
      if (wait.signal.aborted) return;
      if (!this.handle.isSettled) {
        this.#resultWait = undefined;
        this.#interrupted("result", error);
        // The holders no longer wait: each of them has rejected its promises by then.
        for (const holder of this.holders) holder.observation = { ...holder.observation, result: false };
        return;
      }
    }
    this.checkSettled();
  }

  #interrupted(what: keyof Observation, error: unknown): void {
    const failure = toFailure(error);
    for (const { tab, number, observation } of this.holders) {
      if (observation[what]) tab.send({ type: "interrupted", task: number, what, failure });
    }
  }
}
