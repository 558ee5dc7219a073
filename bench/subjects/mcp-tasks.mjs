// This package, by what it offers to applications.
import { Client } from "mcp-tasks";

const clientOf = ({ url, fetch }, options) => new Client(url, { fetch, era: "2025-11-25", ...options });

/** What an application hears: there is no quicker way in. */
export async function listen(server, onMessage) {
  const client = clientOf(server, { onNotification: ({ params }) => onMessage(params) });
  const task = client.callTool("work");
  // Somebody has to watch something: no observer, no traffic.
  task.onStatusChange(() => {});
  await task.created;
}

export async function watch(server, count, onStatus) {
  const client = clientOf(server);
  for (let n = 0; n < count; n++) {
    const task = client.callTool("work");
    task.onStatusChange(({ statusMessage }) => onStatus(statusMessage));
    await task.created;
    kept.push(task);
  }
}
const kept = [];

export async function connect(server) {
  const client = clientOf(server);
  return {
    call(name) {
      const task = client.callTool(name);
      const result = task.result();
      return { created: task.created, result, handle: [task, result] };
    },
    close: () => client.close(),
  };
}
