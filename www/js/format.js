// Values of servers as text, and numbers, times and ids as people read them.

const mostParts = 1000; // of a value that is shown as JSON in one line
const mostOfString = 300; // characters of each string in it
const jsonTexts = new WeakMap(); // value -> its JSON, because rows are drawn ten times a second

/**
 * Any value of a server as text of at most `most` characters. It never throws: `String()` does for `{"toString": 1}`. A value that
 * is neither text nor a number is shown as JSON; a missing one is "".
 */
export function toText(value, most = 300) {
  const text = textOf(value);
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function textOf(value) {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  return typeof value === "object" || typeof value === "function" ? jsonOf(value) : String(value);
}

function jsonOf(value) {
  let text = jsonTexts.get(value);
  if (text !== undefined) return text;
  let parts = 0;
  try {
    text = JSON.stringify(value, (_key, part) => {
      if (++parts > mostParts) throw new RangeError("too many parts");
      return typeof part === "string" ? part.slice(0, mostOfString) : part;
    });
  } catch {
    // Too large, or not JSON.
  }
  text ??= `(${typeof value} that cannot be shown in a line)`;
  jsonTexts.set(value, text);
  return text;
}

/** The message of anything that was thrown. It never throws. */
export function messageOf(error, most = 2000) {
  try {
    return toText(error?.message ?? error, most);
  } catch {
    return "unknown error";
  }
}

/** Milliseconds since 1970 of a date in the form of JSON, or undefined where it is none. */
export function timeOf(date) {
  const ms = typeof date === "string" ? Date.parse(date) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** "0.4 s", "12 s", "3 min 05 s", "2 h 07 min" */
export function duration(ms) {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** In one unit, for columns: "40 s", "90 min", "2 h", "3 d". */
export function rough(ms) {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** "09:05:31", by this device's clock and zone; `at` is in milliseconds, or a date in the form of JSON. */
export function clock(at) {
  const date = new Date(typeof at === "number" ? at : timeOf(at));
  return Number.isNaN(date.getTime()) ? "?" : [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
}

/** "812 bytes", "64 KB", "19.1 MB" */
export function bytes(count) {
  if (count < 1000) return `${count} bytes`;
  if (count < 1_000_000) return `${Math.round(count / 1000)} KB`;
  return `${(count / 1_000_000).toFixed(1)} MB`;
}

const two = (value) => String(Math.floor(value)).padStart(2, "0");

/** The first characters of a task id: it may be a secret, and whole it fills the row. */
export function shortId(taskId) {
  const text = toText(taskId);
  return text.length > 10 ? `${text.slice(0, 8)}…` : text;
}

/** `{ value, max }` where a message says "3 of 12" or "3/12", else undefined. */
export function progressOf(message) {
  const found = /(?<![\d.])(\d{1,9})\s*(?:of|\/)\s*(\d{1,9})(?![\d.])/.exec(toText(message));
  if (!found) return undefined;
  const [value, max] = [Number(found[1]), Number(found[2])];
  return max > 0 && value <= max ? { value, max } : undefined;
}

/** An error in one line. */
export const say = (error) => `${toText(error?.code ?? error?.name ?? "error", 80)}: ${messageOf(error)}`;

export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
