// The handle of a task whose engine is in the shared worker.

import type { EngineTask } from "../load.js";
import type { InputRequest, Progress, TaskStatus } from "../types.js";
import { createError } from "./failure.js";
import type { Operation } from "./messages.js";
import type { TaskRecord } from "./task_record.js";
import type { WaitLimits } from "./waiter.js";
import type { CallTarget, EngineOptions, EngineStatusOptions, EngineWaitForOptions, EngineWaitOptions } from "#glue";

/** The part of the client that a handle uses. */
export interface TaskClient {
  readonly options: EngineOptions;
  /** Sends a request about a task, and resolves with the value of the reply. */
  request(operation: Operation, record: TaskRecord, limits?: WaitLimits): Promise<unknown>;
  respond(id: number, answer: string): Promise<void>;
}

export class RemoteTask implements EngineTask {
  readonly #client: TaskClient;
  readonly #record: TaskRecord;

  constructor(client: TaskClient, record: TaskRecord) {
    this.#client = client;
    this.#record = record;
  }

  /** The tab's number of the task. */
  get number(): number {
    return this.#record.number;
  }

  get kind(): CallTarget {
    const { start } = this.#record;
    return start.type === "attach" ? start.ref.kind : start.kind;
  }

  get name(): string {
    const { start } = this.#record;
    return start.type === "attach" ? start.ref.name : start.name;
  }

  get taskId(): string | undefined {
    return this.#record.taskId;
  }

  get returnedImmediately(): boolean {
    return this.#record.isTask === false;
  }

  get snapshot(): TaskStatus | undefined {
    return this.#record.status.snapshot;
  }

  get progress(): Progress | undefined {
    return this.#record.progress;
  }

  get inputRequests(): { readonly [key: string]: InputRequest } {
    return this.#record.status.inputRequests;
  }

  get isSettled(): boolean {
    return this.#record.isSettled;
  }

  get failure(): unknown {
    return this.#record.failure;
  }

  created(): Promise<string | undefined> {
    return this.#record.created();
  }

  result(options?: EngineWaitOptions | null): Promise<unknown> {
    return this.#record.result({ signal: options?.signal });
  }

  async status(options?: EngineStatusOptions | null): Promise<TaskStatus> {
    const record = this.#record;
    const { signal, fresh: isFresh = false } = options ?? {};
    await record.created({ signal });
    if (!record.isSettled && (isFresh || !record.status.snapshot)) {
      const status = (await this.#client.request({ type: "status", task: record.number, isFresh }, record, { signal })) as TaskStatus;
      return record.status.snapshot ?? Object.freeze(status);
    }
    const isCurrent = !isFresh || !record.isSettled || record.status.isTerminal;
    if (record.status.snapshot && isCurrent) return record.status.snapshot;
    // The task was never described, or can no longer be queried: its failure says why.
    throw record.failure;
  }

  async wait(options?: EngineWaitForOptions | null): Promise<TaskStatus> {
    const record = this.#record;
    const { signal, state, timeoutMs } = options ?? {};
    signal?.throwIfAborted();
    const { snapshot } = record.status;
    if (snapshot && (record.status.isTerminal || snapshot.status === state)) return snapshot;
    if (record.isSettled) return this.status();
    record.isObserved = true;
    const timeout = timeoutMs === undefined ? undefined : { ms: timeoutMs, error: () => this.#timeoutError(timeoutMs) };
    const status = await this.#client.request({ type: "wait", task: record.number, state }, record, { signal, timeout });
    return Object.freeze(status as TaskStatus);
  }

  async cancel(): Promise<void> {
    const record = this.#record;
    if (!record.isSettled) {
      await this.#client.request({ type: "cancel", task: record.number }, record);
      return;
    }
    // The task may go on although nothing more is known of it here.
    const { failure, failureCode } = record;
    const goesOn = failure !== undefined && !record.status.isTerminal && failureCode !== "task_expired";
    if (goesOn && (record.isTask === true || failureCode === "closed")) throw failure;
  }

  async respond(answers: { [key: string]: object }): Promise<void> {
    // Every answer is checked before one is sent.
    const checked = Object.entries(answers).map(([key, answer]) => this.#checkedAnswer(key, answer));
    await Promise.all(checked.map(({ id, json }) => this.#client.respond(id, json)));
  }

  forget(): void {
    this.#record.forget();
  }

  onStatusChange(callback: (status: TaskStatus) => unknown): () => void {
    return this.#record.listen("status", callback);
  }

  onProgress(callback: (progress: Progress) => unknown): () => void {
    return this.#record.listen("progress", callback);
  }

  onChange(callback: () => unknown): () => void {
    return this.#record.listen("change", callback);
  }

  onSettled(callback: (error: unknown) => unknown): () => void {
    return this.#record.listen("settled", callback);
  }

  #timeoutError(ms: number): unknown {
    return createError(this.#client.options, { code: "timeout", message: `${this.name} did not get there within ${ms} ms; the task goes on` });
  }

  #checkedAnswer(key: string, answer: unknown): { id: number; json: string } {
    const id = this.#record.status.inputId(key);
    if (id === undefined) {
      const open = Object.keys(this.inputRequests).join(", ") || "none";
      throw new TypeError(`${this.name} waits for no answer to ${key} (open: ${open}); nothing was sent`);
    }
    const json = JSON.stringify(answer) as string | undefined;
    if (!json?.startsWith("{")) throw new TypeError(`an answer must be an object, not ${json ?? "undefined"}`);
    return { id, json };
  }
}
