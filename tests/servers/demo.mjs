// The embedded demo MCP server (protocol 2025-11-25, stateful sessions), on the official SDK and node:http.
// By itself: node tests/servers/demo.mjs --port 8081
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { InMemoryEventStore } from "@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { createDemoServer, DemoTaskStore } from "./demo-tools.mjs";

const cors = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
  "access-control-allow-headers":
    "content-type, accept, authorization, mcp-protocol-version, mcp-session-id, last-event-id, mcp-method, mcp-name",
  "access-control-expose-headers": "mcp-session-id, mcp-protocol-version, www-authenticate, retry-after, last-event-id",
  "access-control-max-age": "600",
};

/**
 * Starts the demo server.
 *
 * - `getStream: false` answers GET with 405, so that there are no notifications;
 * - `early: true` sends the first status notification before the answer to `tools/call`;
 * - `resumable: true` numbers the events, so that a GET with Last-Event-ID replays what was missed;
 * - `store` is that of an earlier one, which `close({ keepStore: true })` left running: a restart that forgets sessions only.
 *
 * For tests it gives back `requests` (every HTTP request in order), `store` (tasks; `store.work.size` is how much
 * work still runs), `dropStreams()` and `forgetSessions()`.
 */
export async function startDemo({
  port = 0, host = "127.0.0.1", getStream = true, pollIntervalMs = 500, maxTtlMs = 600_000,
  early = false, resumable = false, store = new DemoTaskStore(), log = () => {},
} = {}) {
  const sessions = new Map(); // session id -> { server, transport }
  const streams = new Set(); // responses of open GET streams
  const requests = [];
  let closed = false;

  // Without a related request the transport sends to the session's GET stream; where there is none, to nobody.
  store.onChange = (task, sessionIds) => {
    for (const id of sessionIds) {
      sessions.get(id)?.server.server.notification({ method: "notifications/tasks/status", params: task }).catch(() => {});
    }
  };

  async function newSession() {
    const server = createDemoServer(store, { pollIntervalMs, maxTtlMs, early });
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: resumable ? new InMemoryEventStore() : undefined,
      onsessioninitialized: (id) => void sessions.set(id, { server, transport }),
    });
    transport.onclose = () => sessions.delete(transport.sessionId);
    await server.connect(transport);
    return transport;
  }

  async function answer(req, res) {
    for (const [name, value] of Object.entries(cors)) res.setHeader(name, value);
    const body = req.method === "POST" ? await readJson(req) : undefined;
    const { method: rpc, params } = body ?? {};
    requests.push({ method: req.method, rpc, ...(params?.taskId === undefined ? {} : { taskId: params.taskId }) });
    log(req.method, rpc ?? "", params?.taskId ?? params?.name ?? "");

    if (req.method === "OPTIONS") return void res.writeHead(204).end();
    if (new URL(req.url, "http://x").pathname !== "/mcp") return fail(res, 404, -32000, "Not found: the server is at /mcp");
    if (req.method === "POST" && body === undefined) return fail(res, 400, -32700, "Parse error: Invalid JSON");
    if (req.method === "GET" && !getStream) {
      res.setHeader("allow", "POST, DELETE, OPTIONS");
      return fail(res, 405, -32000, "Method not allowed.");
    }
    const id = req.headers["mcp-session-id"];
    if (id !== undefined) {
      const session = sessions.get(id);
      if (!session) return fail(res, 404, -32001, "Session not found");
      if (req.method === "GET") {
        streams.add(res);
        res.on("close", () => streams.delete(res));
      }
      return session.transport.handleRequest(req, res, body);
    }
    if (rpc !== "initialize") return fail(res, 400, -32000, "Bad Request: No valid session ID provided");
    await (await newSession()).handleRequest(req, res, body);
  }

  const http = createServer((req, res) => {
    answer(req, res).catch((error) => {
      log("error", error);
      if (res.headersSent) res.destroy(); else fail(res, 500, -32603, "Internal error");
    });
  });
  await new Promise((resolve, reject) => http.once("error", reject).listen(port, host, resolve));

  const dropStreams = () => { for (const res of streams) res.destroy(); };
  const forgetSessions = async () => { for (const { server } of [...sessions.values()]) await server.close(); };
  return {
    url: `http://${host}:${http.address().port}/mcp`,
    port: http.address().port,
    requests, store, sessions, dropStreams, forgetSessions,
    get closed() { return closed; },
    async close({ keepStore = false } = {}) {
      if (closed) return;
      closed = true;
      if (!keepStore) store.stop();
      await forgetSessions();
      const ended = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections(); // kept-alive sockets would hold the port
      await ended;
    },
  };
}

function fail(res, status, code, message) {
  res.writeHead(status, { "content-type": "application/json" });
  res.end(JSON.stringify({ jsonrpc: "2.0", error: { code, message }, id: null }));
}

async function readJson(req) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return undefined;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { port: { type: "string", default: "8081" }, "no-stream": { type: "boolean" } } });
  const demo = await startDemo({ port: Number(values.port), getStream: !values["no-stream"], log: console.log });
  console.log(`demo MCP server: ${demo.url} (Ctrl-C stops it)`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => demo.close());
}
