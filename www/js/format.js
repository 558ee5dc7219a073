// Numbers, times and ids as people read them.

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

/** "09:05:31", by this device's clock and zone. */
export function clock(at) {
  const date = new Date(at);
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
  return taskId.length > 10 ? `${taskId.slice(0, 8)}…` : taskId;
}

/** No more of a server's text than fits a line: a whole megabyte in a row would slow the page down. */
export function short(text, most = 300) {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** `{ value, max }` where a message says "3 of 12" or "3/12", else undefined. */
export function progressOf(message) {
  const found = /(?<![\d.])(\d{1,9})\s*(?:of|\/)\s*(\d{1,9})(?![\d.])/.exec(short(message ?? ""));
  if (!found) return undefined;
  const [value, max] = [Number(found[1]), Number(found[2])];
  return max > 0 && value <= max ? { value, max } : undefined;
}

/** An error in one line. */
export const say = (error) => `${error?.code ?? error?.name ?? "error"}: ${error?.message ?? String(error)}`;

export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
