// The messages between a tab and the shared worker. Both are of one build: the worker's name contains `TALK`, so that a tab of a
// newer deployment gets a worker of its own.

import { NUMERIC_OPTIONS, type Era, type Progress, type Status, type TaskRef, type TaskStatus, type Warning } from "../types.js";
import type { CallTarget, EngineCallOptions, EngineOptions, Failure, InputRequestEvent, PauseReasonName } from "#glue";

/** Changes with the messages. */
export const TALK = "mcp-tasks 2";

/** The options of an engine that are plain data. */
export const PLAIN_OPTIONS = [
  ...NUMERIC_OPTIONS, "clientInfo", "credentials", "earlyPoll", "era", "inputKinds", "keepSession", "knownEra", "session", "stream",
] as const satisfies readonly (keyof EngineOptions)[];
export type PlainOptions = Pick<EngineOptions, (typeof PLAIN_OPTIONS)[number]>;

/** The engine that a tab needs. */
export interface EngineRequest {
  /** Tabs with the same key share one engine. */
  key: string;
  url: string;
  options: PlainOptions;
  /** The tab adds headers to each request. */
  hasHeaders: boolean;
  /** The tab has `onTaskStatus`: every task is observed. */
  observesAll: boolean;
  /** The tab has `onNotification`. */
  hasNotifications: boolean;
}

/** The aspects of a task that a tab observes. */
export interface Observation {
  /** It has listeners. */
  status: boolean;
  /** It waits for the result. */
  result: boolean;
}

/** A result before the tab's own `createResult` is applied to it. */
export interface ResultText {
  json: string;
  isWrapped: boolean;
}

/** How a task ended. Each tab decides itself whether a tool error rejects. */
export type Outcome =
  | { type: "result"; result: ResultText }
  | { type: "tool-error"; result: ResultText; failure: Failure }
  | { type: "failure"; failure: Failure };

/** An input request that is not answered yet; `params` is JSON text. */
export type OpenInput = Pick<InputRequestEvent, "id" | "key" | "method" | "params">;

/** An operation of the engine that has one reply. `task` is the tab's number of the task. */
export type Operation =
  | { type: "list-tools" | "list-prompts" | "list-resources" | "ping-server" }
  | { type: "list-tasks"; cursor: string | undefined }
  | { type: "get-task-status" | "get-task-result" | "cancel-task"; taskId: string }
  | { type: "respond"; id: number; answer: string }
  | { type: "refuse"; id: number; code: number; message: string }
  | { type: "status"; task: number; isFresh: boolean }
  | { type: "wait"; task: number; state: Status | undefined }
  | { type: "cancel"; task: number };

/** The message that makes a task; `task` is the number that the tab gives to it. */
export type StartMessage =
  | { type: "call"; task: number; kind: CallTarget; name: string; json: string; mode: EngineCallOptions["task"] }
  | { type: "attach"; task: number; ref: TaskRef }
  | { type: "lost"; task: number; kind: CallTarget; name: string };

export type ToWorker =
  | StartMessage
  /** Asks for `welcome` or `unavailable`. */
  | { type: "hello" }
  /** The tab holds this Web Lock for as long as it lives. */
  | { type: "tab-lock"; lock: string }
  | { type: "join"; engine: EngineRequest }
  /** The page is left: sent where there are no Web Locks, or where the client was closed before it joined. */
  | { type: "leave" }
  /** The client is closed. */
  | { type: "close" }
  | { type: "headers"; request: number; headers: Record<string, string> }
  | { type: "headers-failed"; request: number; reason: string }
  | { type: "pause" | "resume"; reason: PauseReasonName }
  | { type: "observe"; task: number; observation: Observation }
  /** The call's signal was aborted before the tab knew of a task. */
  | { type: "abandon"; task: number }
  /** The tab needs nothing more of the task. */
  | { type: "forget"; task: number }
  | { type: "restore-input-request"; task: number; json: string }
  | { type: "notify-task-status"; json: string }
  | { type: "request"; request: number; operation: Operation }
  /** The reply is no longer wanted. */
  | { type: "abort"; request: number };

export type ToTab =
  /** The worker can serve; it holds this Web Lock for as long as it lives. */
  | { type: "welcome"; lock: string | undefined }
  | { type: "unavailable"; reason: string }
  | { type: "get-headers"; request: number }
  | { type: "reply"; request: number; value: unknown }
  | { type: "failure"; request: number; failure: Failure }
  | { type: "era"; era: Era }
  | { type: "session"; session: string | undefined }
  | { type: "created"; task: number; taskId: string | undefined }
  | { type: "status"; task: number; status: TaskStatus }
  | { type: "progress"; task: number; progress: Progress }
  | { type: "settled"; task: number; status: TaskStatus | undefined; outcome: Outcome }
  /** Waiting was interrupted, but the task goes on: `what` the tab observed the task for. */
  | { type: "interrupted"; task: number; what: keyof Observation; failure: Failure }
  /** Sent to every tab that has the task. */
  | { type: "input-opened"; task: number; input: OpenInput }
  /** Sent to the one tab whose handler answers. `task` is undefined where the tab does not have the task. */
  | { type: "input-requested"; task: number | undefined; event: InputRequestEvent }
  | { type: "input-closed"; id: number }
  | { type: "notification"; method: string; params: string }
  | { type: "warning"; warning: Warning };

/** Fails to compile where a `switch` over a message does not handle every type. */
export function unhandled(_message: never): void {}
