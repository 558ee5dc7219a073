// How a task ended, as the tab's own values.

import { createError } from "./failure.js";
import type { Outcome, ResultText } from "./messages.js";
import type { EngineOptions } from "#glue";

/** `isFailure`: the task has no result; otherwise the error reports a result that says that the tool failed. */
export type Settled =
  | { readonly value: unknown }
  | { readonly error: unknown; readonly isFailure: boolean; readonly code: string | undefined };

/** A failure with the application's own error, such as an abort reason. */
export function failedWith(error: unknown): Settled {
  return { error, isFailure: true, code: undefined };
}

/** The worker's outcome as the tab's value or error. */
export function settledBy(outcome: Outcome, options: EngineOptions, raiseOnError: boolean): Settled {
  if (outcome.type === "failure") return { error: createError(options, outcome.failure), isFailure: true, code: outcome.failure.code };
  let value: unknown;
  try {
    value = createResult(outcome.result, options);
  } catch (error) {
    return failedWith(error);
  }
  if (outcome.type === "result" || !raiseOnError) return { value };
  return { error: createError(options, { ...outcome.failure, result: value }), isFailure: false, code: outcome.failure.code };
}

/** The outcome of a promise of the result. */
export function settledPromise(settled: Settled): Promise<unknown> {
  return "error" in settled ? Promise.reject(settled.error) : Promise.resolve(settled.value);
}

function createResult({ json, isWrapped }: ResultText, { createResult }: EngineOptions): unknown {
  return createResult ? createResult(json, isWrapped) : JSON.parse(json);
}
