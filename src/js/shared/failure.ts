// Failures as plain data, which cross between a tab and the worker.

import { words } from "../transport.js";
import type { EngineOptions, Failure } from "#glue";

/** The error of a promise of the worker's engine, as plain data. */
export function toFailure(error: unknown): Failure {
  const { code, message } = (error ?? {}) as Partial<Failure>;
  if (typeof code === "string" && typeof message === "string") return error as Failure;
  return { code: "internal", message: words(error) };
}

/** The tab's error for a failure. */
export function createError({ createError }: EngineOptions, failure: Failure): unknown {
  return createError ? createError(failure) : Object.assign(new Error(failure.message), failure);
}
