// Numbers and ids as people read them.

/** "0.4 s", "12 s", "3 min 05 s", "2 h 07 min" */
export function duration(ms) {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

const two = (value) => String(Math.floor(value)).padStart(2, "0");

/** The first characters of a task id: it may be a secret, and whole it fills the row. */
export function shortId(taskId) {
  return taskId.length > 10 ? `${taskId.slice(0, 8)}…` : taskId;
}

/** `{ value, max }` where a message says "3 of 12" or "3/12", else undefined. */
export function progressOf(message) {
  const found = /(?<![\d.])(\d{1,9})\s*(?:of|\/)\s*(\d{1,9})(?![\d.])/.exec(message ?? "");
  if (!found) return undefined;
  const [value, max] = [Number(found[1]), Number(found[2])];
  return max > 0 && value <= max ? { value, max } : undefined;
}

export const pretty = (value) => JSON.stringify(value, null, 2) ?? String(value);
