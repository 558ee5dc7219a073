// The state that survives a reload, in this tab's sessionStorage: servers, and references of tasks. No header, no
// arguments, no results; but a task's id may be enough to read its result.
import { terminal } from "./entry.js";
import { toText } from "./format.js";

const key = "mcp-tasks-dashboard";
const mostSettled = 200;
const mostLive = 10_000;

/** `{ servers: [{ url, hasHeader }], tasks: [{ server, name, kind, at, taskId?, last? }] }` as it was kept, or empty. */
export function recall() {
  try {
    const { servers, tasks } = JSON.parse(sessionStorage.getItem(key));
    return {
      servers: servers.filter(({ url }) => typeof url === "string"),
      tasks: tasks.filter(({ server, name }) => typeof server === "string" && typeof name === "string"),
    };
  } catch {
    return { servers: [], tasks: [] }; // nothing there, forbidden, or of another version
  }
}

/** Keeps it; `servers` and `entries` as the page has them. */
export function keep(servers, entries) {
  const own = [...entries].filter(({ kind, status }) => kind !== "question" && status !== "lost");
  const live = own.filter(({ isSettled }) => !isSettled).slice(-mostLive);
  const settled = own.filter(({ isSettled, ref }) => isSettled && ref).slice(-mostSettled);
  const tasks = [...settled, ...live].sort((a, b) => a.key - b.key).map(record);
  const inUse = servers.filter(({ client, hasHeader }) => client || hasHeader).map(({ url, hasHeader }) => ({ url, hasHeader }));
  try {
    sessionStorage.setItem(key, JSON.stringify({ servers: inUse, tasks }));
    return true;
  } catch {
    return false; // full, or forbidden
  }
}

function record({ server, name, kind, at, ref, snapshot }) {
  const { status, statusMessage, lastUpdatedAt } = snapshot ?? {};
  const last = terminal.has(status) ? { status, statusMessage: statusMessage && toText(statusMessage, 200), lastUpdatedAt } : undefined;
  return { server: server.url, name, kind, at, taskId: ref?.taskId, last };
}
