// A link that opens the dashboard with one task. It stands behind the "#": no web server gets to see it.
import { toText } from "./format.js";

/** The link of a task. It can grant access to the result of the task. */
export function linkTo({ server, ref }) {
  const words = new URLSearchParams({ server: server.url, task: ref.taskId, kind: ref.kind, name: toText(ref.name) });
  return `${location.origin}${location.pathname}#${words}`;
}

/** The server and the task in the address: `{ server, ref }`, each undefined if absent. The task is taken out of the address bar. */
export function fromAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  const server = httpUrl(words.get("server") ?? new URLSearchParams(location.search).get("server") ?? "")?.href;
  const taskId = words.get("task");
  if (taskId) history.replaceState(null, "", location.pathname + location.search);
  const kind = ["tool", "prompt", "resource"].find((kind) => kind === words.get("kind")) ?? "tool";
  return { server, ref: server && taskId ? { taskId, kind, name: words.get("name") || "task" } : undefined };
}

/** The URL, if it is one that a page may ask or open: http or https; else undefined. */
export function httpUrl(text) {
  try {
    const url = typeof text === "string" ? new URL(text) : undefined;
    return ["http:", "https:"].includes(url?.protocol) ? url : undefined;
  } catch {
    return undefined;
  }
}

/** Resolves with true where the text is on the clipboard. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // no permission, or no https
  }
}
