// The interface between a client and the store of its tasks for the next page. Types only: the code is a separate entry
// (persist.ts), so that only pages that import it load it.

import type { TaskRef, TaskStatus } from "./types.js";

/** The value of the option `persist`, made by `persistIn()` of `mcp-tasks/persist`. */
export type Persist = (
  /** The server's address. @internal */
  url: string,
  /** Under what conditions the session was agreed on: another is not gone on with. @internal */
  terms: string,
  /** @internal */
  warn: (code: string, message: string) => void,
) => Keeper;

/** Keeps the tasks of one client. Only the client calls it. */
export interface Keeper {
  /** The tasks that earlier pages left, read once. Never rejects. @internal */
  found(): Promise<Found>;
  /** A call is about to be made: nothing is sent before what this keeps is {@link Keeper.kept}. @internal */
  called(handle: number, kind: TaskRef["kind"], name: string): void;
  /** The server has named the task. @internal */
  named(handle: number, taskId: string): void;
  /** Where the task stands. @internal */
  told(handle: number, status: TaskStatus): void;
  /** The server asks, by this JSON-RPC request; `undefined`: the question is over. @internal */
  asked(input: number, handle: number, request: string | undefined): void;
  /** The session that has begun. @internal */
  session(text: string | undefined): void;
  /** Settles as soon as everything said so far is kept, or the store fails or hangs; `undefined`: it is. Never rejects. @internal */
  kept(): Promise<void> | undefined;
  /** The outcome has reached the application; `error`: the task has none but this error. @internal */
  over(handle: number, error: unknown): void;
  /** Releases the stored tasks: another client may find them. @internal */
  close(): void;
}

/** @internal */
export interface Found {
  /** The session to go on with. */
  session?: string | undefined;
  tasks: readonly FoundTask[];
}

/** @internal */
export interface FoundTask {
  readonly kind: TaskRef["kind"];
  readonly name: string;
  /** Absent: the page was left before the server had named one. */
  readonly taskId?: string | undefined;
  /** The open questions of the resumed session, as JSON-RPC requests. */
  readonly asked: readonly string[];
  /** It has this handle now. */
  taken(handle: number): void;
}
