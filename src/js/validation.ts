// Checks of the arguments of public methods. They run before a value enters the WebAssembly module: the module reads a value of
// another type as memory of its own, and a wrong argument of one caller would end every client of the page.

import { words } from "./transport.js";

/** Describes a value in an error message. Never throws. Leaves texts out, because a text may be a token. */
export function described(value: unknown): string {
  switch (typeof value) {
    case "object": return value === null ? "null" : "an object";
    case "undefined":
    case "number":
    case "boolean": return String(value);
    default: return `a ${typeof value}`;
  }
}

/** @throws TypeError */
export function checkString(argument: string, value: unknown): asserts value is string {
  if (typeof value !== "string") throw new TypeError(`${argument} must be a string, not ${described(value)}`);
}

/** @throws TypeError */
export function checkNonEmpty(argument: string, value: unknown): asserts value is string {
  checkString(argument, value);
  if (value === "") throw new TypeError(`${argument} must not be empty`);
}

/** @throws TypeError */
export function checkFunction(argument: string, value: unknown): asserts value is (...args: never[]) => unknown {
  if (typeof value !== "function") throw new TypeError(`${argument} must be a function, not ${described(value)}`);
}

/** @throws TypeError */
export function checkObject(argument: string, value: unknown): asserts value is object {
  if (typeof value !== "object" || value === null) throw new TypeError(`${argument} must be an object, not ${described(value)}`);
}

/** A finite number of at least `min`. @throws TypeError */
export function checkNumber(argument: string, value: unknown, min: number): asserts value is number {
  if (typeof value === "number" && value >= min && value < Infinity) return;
  throw new TypeError(`${argument} must be a number of at least ${min}, not ${described(value)}`);
}

/** @throws TypeError */
export function checkBoolean(argument: string, value: unknown): asserts value is boolean {
  if (typeof value !== "boolean") throw new TypeError(`${argument} must be true or false, not ${described(value)}`);
}

/** @throws TypeError */
export function checkOneOf<T extends string>(argument: string, value: unknown, allowed: readonly T[]): asserts value is T {
  if (!(allowed as readonly unknown[]).includes(value)) throw new TypeError(`${argument} must be one of ${allowed.join(", ")}, not ${described(value)}`);
}

/** A genuine AbortSignal, also of another realm: an object of that shape has no listeners that the module could register. @throws TypeError */
export function checkSignal(argument: string, value: unknown): asserts value is AbortSignal {
  if (isPlatformObject(value, globalThis.AbortSignal, "aborted")) return;
  throw new TypeError(`${argument} must be an AbortSignal, not ${described(value)}`);
}

/** The signal among options; `null` is accepted where JavaScript code means "no signal". @throws TypeError */
export function checkedSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal === null) return undefined;
  checkSignal("options.signal", signal);
  return signal;
}

/** Whether a value is an instance of a class of the platform, which its own getter knows. `instanceof` runs code of the value. */
function isPlatformObject(value: unknown, type: { prototype: object }, getter: string): boolean {
  try {
    Object.getOwnPropertyDescriptor(type.prototype, getter)!.get!.call(value);
    return true;
  } catch {
    // A getter of the platform throws for nothing but a value of another class.
    return false;
  }
}

/** Whether a value is a URL object, also of another realm. */
export function isURL(value: unknown): value is URL {
  return isPlatformObject(value, URL, "href");
}

/** Reads members of an argument, each once: a getter could give another value after the check. @throws TypeError */
export function read<T extends object, Name extends keyof T & string>(argument: string, value: T, names: readonly Name[]): Pick<T, Name> {
  checkObject(argument, value);
  const members: { [name: string]: unknown } = {};
  for (const name of names) members[name] = readable(`${argument}.${name}`, () => value[name]);
  return members as Pick<T, Name>;
}

/** The value of `get`. @throws TypeError names the argument, with what `get` has thrown as the cause */
export function readable<T>(argument: string, get: () => T): T {
  try {
    return get();
  } catch (cause) {
    throw new TypeError(`${argument} could not be read: ${words(cause)}`, { cause });
  }
}

/** The JSON text of an argument; empty where JSON has none for it. @throws TypeError */
export function toJson(argument: string, value: unknown): string {
  try {
    return (JSON.stringify(value) as string | undefined) ?? "";
  } catch (cause) {
    throw new TypeError(`${argument} cannot be written as JSON: ${words(cause)}`, { cause });
  }
}

/** The JSON text of an argument that has to be a JSON object. @throws TypeError */
export function toJsonObject(argument: string, value: unknown): string {
  const json = toJson(argument, value);
  if (!json.startsWith("{")) throw new TypeError(`${argument} must be an object, not ${described(value)}`);
  return json;
}
