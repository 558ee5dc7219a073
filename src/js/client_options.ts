// Checks of a client's address and options, and of a call's.

import { CREDENTIALS, ERAS, NUMERIC_OPTIONS, type CallToolOptions, type ClientOptions } from "./types.js";
import {
  checkBoolean,
  checkFunction,
  checkNumber,
  checkObject,
  checkOneOf,
  checkedSignal,
  checkString,
  isURL,
  read,
  readable,
} from "./validation.js";

const CALLBACKS = ["onElicitation", "onSampling", "onListRoots", "onTaskStatus", "onNotification", "onWarning"] as const satisfies readonly (keyof ClientOptions)[];
const FUNCTIONS = [...CALLBACKS, "fetch", "persist", "engine"] as const satisfies readonly (keyof ClientOptions)[];

/**
 * The server's address in full. No message repeats it, because its query may be a secret.
 * @throws TypeError
 * @internal
 */
export function endpoint(url: unknown): string {
  if (!isURL(url)) checkString("url", url);
  const parsed = resolved(String(url));
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
    throw new TypeError(`url must be an http or https address, not one of the protocol ${parsed.protocol}`);
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw new TypeError("url must not contain credentials, because fetch refuses them and logs show them: send them with the option headers");
  }
  return parsed.href;
}

function resolved(url: string): URL {
  try {
    return new URL(url, globalThis.location?.href);
  } catch {
    // The platform's error has the whole address, with its query.
    throw new TypeError("url is not a valid address; outside of a page it must be absolute");
  }
}

/**
 * A copy of the options, read once and checked: a later change of the object has no effect.
 * @throws TypeError names the option
 * @internal
 */
export function checkedOptions(given: unknown): ClientOptions {
  checkObject("options", given);
  const from = given as ClientOptions;
  const options: ClientOptions = readable("options", () => ({ ...from }));
  // Methods of a class are not among an object's own members.
  for (const [name, value] of Object.entries(read("options", from, CALLBACKS))) if (value !== undefined) Object.assign(options, { [name]: value });
  for (const name of NUMERIC_OPTIONS) if (options[name] !== undefined) checkNumber(name, options[name], 1);
  for (const name of FUNCTIONS) if (options[name] !== undefined) checkFunction(name, options[name]);
  const { headers, credentials, clientInfo, era, storage, stream, taskHandlers } = options;
  if (headers !== undefined && typeof headers !== "function") checkObject("headers", headers);
  if (credentials !== undefined) checkOneOf("credentials", credentials, CREDENTIALS);
  if (era !== undefined) checkOneOf("era", era, ERAS);
  if (stream !== undefined) checkBoolean("stream", stream);
  if (taskHandlers !== undefined) checkObject("taskHandlers", taskHandlers);
  if (clientInfo !== undefined) {
    const { name, version, title } = read("clientInfo", clientInfo, ["name", "version", "title"]);
    checkString("clientInfo.name", name);
    checkString("clientInfo.version", version);
    if (title !== undefined) checkString("clientInfo.title", title);
  }
  if (storage !== undefined) {
    const { getItem, setItem } = read("storage", storage, ["getItem", "setItem"]);
    checkFunction("storage.getItem", getItem);
    checkFunction("storage.setItem", setItem);
  }
  return options;
}

/**
 * A copy of a call's options, read once and checked.
 * @throws TypeError names the option
 * @internal
 */
export function checkedCallOptions(given: CallToolOptions): CallToolOptions {
  const { task, signal: givenSignal, raiseOnError } = read("options", given, ["task", "signal", "raiseOnError"]);
  const options: CallToolOptions = {};
  if (task === false) options.task = false;
  else if (task !== undefined) options.task = checkedTask(task);
  const signal = checkedSignal(givenSignal);
  if (signal) options.signal = signal;
  if (raiseOnError !== undefined) {
    checkBoolean("options.raiseOnError", raiseOnError);
    options.raiseOnError = raiseOnError;
  }
  return options;
}

function checkedTask(task: { ttlMs?: number }): { ttlMs?: number } {
  const { ttlMs } = read("options.task", task, ["ttlMs"]);
  if (ttlMs === undefined) return {};
  checkNumber("options.task.ttlMs", ttlMs, 0);
  return { ttlMs };
}

/**
 * A prompt's arguments as JSON text: prompts take strings only, so that any other value is sent as its JSON text.
 * @throws TypeError
 * @internal
 */
export function promptArguments(args: unknown): string {
  checkObject("args", args);
  return readable("args", () => {
    if (Array.isArray(args)) throw new TypeError("prompts take named arguments, not an array");
    const members = Object.entries(args).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
    return JSON.stringify(Object.fromEntries(members));
  });
}
