// @modelcontextprotocol/sdk: the SDK of the first generation.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CallToolResultSchema, CreateTaskResultSchema, TaskStatusNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { listenBy } from "../listen.mjs";

const transportOf = ({ url, fetch }) => new StreamableHTTPClientTransport(new URL(url), { fetch });
const clientOf = () => new Client({ name: "bench", version: "1" });

export const listen = (server, onMessage) => listenBy(transportOf(server), onMessage);

/** It has no handlers of one task's: the application's own map. */
export async function watch(server, count, onStatus) {
  const handlers = new Map();
  const client = clientOf();
  client.setNotificationHandler(TaskStatusNotificationSchema, ({ params }) => handlers.get(params.taskId)?.(params));
  await client.connect(transportOf(server));
  for (let n = 0; n < count; n++) {
    const { task } = await client.request({ method: "tools/call", params: { name: "work", task: {} } }, CreateTaskResultSchema);
    handlers.set(task.taskId, ({ statusMessage }) => onStatus(statusMessage));
  }
}

export async function connect(server) {
  const client = clientOf();
  await client.connect(transportOf(server));
  return {
    call(name) {
      const task = client.experimental.tasks.callToolStream({ name, arguments: {} }, CallToolResultSchema, { task: {} });
      let onCreated;
      const made = new Promise((resolve) => (onCreated = resolve));
      const result = (async () => {
        for await (const message of task) {
          if (message.type === "taskCreated") onCreated();
          else if (message.type === "result") return message.result;
          else if (message.type === "error") throw message.error;
        }
      })();
      return { created: made, result, handle: [task, result] };
    },
    close: () => void client.close(),
  };
}
