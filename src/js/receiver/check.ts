// Checks of the arguments of this module's public functions.

import { STATUSES, type Status } from "../types.js";
import { checkFunction, checkNumber, checkObject, checkOneOf, checkString, read, readable } from "../validation.js";
import type { TaskMetadata, TaskStore, TaskUpdate } from "./store.js";

/** A copy of the options, if each of these is a number of at least 1 where it is given. @throws TypeError @internal */
export function checked<T extends object>(options: T, names: readonly (keyof T & string)[]): T {
  const numbers = read("options", options, names);
  for (const name of names) {
    const value: unknown = numbers[name];
    // Infinity means "no limit".
    if (value !== undefined && value !== Infinity) checkNumber(`options.${name}`, value, 1);
  }
  return { ...readable("options", () => ({ ...options })), ...numbers };
}

/** The time to live, if it is one. @throws TypeError @internal */
export function checkedTtl(metadata: TaskMetadata): number | undefined {
  const { ttlMs } = read("metadata", metadata, ["ttlMs"]);
  if (ttlMs !== undefined) checkNumber("metadata.ttlMs", ttlMs, 0);
  return ttlMs;
}

/** A copy of the update. @throws TypeError @internal */
export function checkedUpdate(update: TaskUpdate): TaskUpdate {
  const { status, statusMessage } = read("update", update, ["status", "statusMessage"]);
  if (status !== undefined) checkStatus("update.status", status);
  if (statusMessage !== undefined) checkString("update.statusMessage", statusMessage);
  return { status, statusMessage };
}

/** @throws TypeError @internal */
export function checkStatus(argument: string, status: unknown): asserts status is Status {
  checkOneOf(argument, status, STATUSES);
}

const METHODS = [
  "createTask", "getTask", "updateTask", "storeResult", "getResult", "listTasks", "deleteTask", "waitForUpdate", "notifyUpdate",
] as const satisfies readonly (keyof TaskStore)[];

/** @throws TypeError @internal */
export function checkStore(argument: string, store: TaskStore): void {
  checkObject(argument, store);
  const methods = read(argument, store, METHODS);
  for (const method of METHODS) checkFunction(`${argument}.${method}`, methods[method]);
}
