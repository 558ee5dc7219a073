// A real server of 2024-11-05 (HTTP+SSE), on the official SDK and node:http: GET opens the stream, messages are posted to
// the address that it names. By itself: node tests/servers/http-sse.mjs --port 8082
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { z } from "zod";

// What such servers allowed in their day: no session header and no protocol version.
const cors = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, OPTIONS",
  "access-control-allow-headers": "content-type, authorization",
  "access-control-max-age": "600",
};

/**
 * Starts the server; its tools are `echo`, `slow` (which answers when `finish(text)` is called) and `fails`.
 *
 * `requests` holds `{ method, path, rpc, headers }` of every request in order, `streams` the open streams by session;
 * `cut()` breaks the streams off, as a dying network does.
 */
export async function startHttpSse({ port = 0, host = "127.0.0.1" } = {}) {
  const requests = [];
  const streams = new Map(); // session id -> { transport, res }
  const waiting = [];

  function newServer() {
    const server = new McpServer({ name: "http-sse", version: "1.0.0" });
    const text = (text) => ({ content: [{ type: "text", text }] });
    server.registerTool("echo", { inputSchema: { text: z.string() } }, async (args) => text(args.text));
    server.registerTool("slow", {}, () => new Promise((resolve) => { waiting.push((word) => resolve(text(word))); }));
    server.registerTool("fails", {}, async () => { throw new Error("no more paper"); });
    return server;
  }

  async function answer(req, res) {
    for (const [name, value] of Object.entries(cors)) res.setHeader(name, value);
    const { pathname, searchParams } = new URL(req.url, "http://x");
    const body = req.method === "POST" ? await readJson(req) : undefined;
    requests.push({ method: req.method, path: pathname, rpc: body?.method, headers: req.headers });
    if (req.method === "OPTIONS") return void res.writeHead(204).end();
    if (req.method === "GET" && pathname === "/sse") {
      const transport = new SSEServerTransport("/messages", res);
      streams.set(transport.sessionId, { transport, res });
      res.on("close", () => streams.delete(transport.sessionId));
      return newServer().connect(transport);
    }
    if (req.method === "POST" && pathname === "/messages") {
      const stream = streams.get(searchParams.get("sessionId"));
      if (stream) return stream.transport.handlePostMessage(req, res, body);
    }
    res.writeHead(404, { "content-type": "text/html" }).end(`<pre>Cannot ${req.method} ${pathname}</pre>`);
  }

  const http = createServer((req, res) => {
    answer(req, res).catch(() => res.destroy());
  });
  await new Promise((resolve, reject) => http.once("error", reject).listen(port, host, resolve));
  return {
    url: `http://${host}:${http.address().port}/sse`,
    port: http.address().port,
    requests, streams, waiting,
    finish(text) { for (const done of waiting.splice(0)) done(text); },
    cut() { for (const { res } of streams.values()) res.destroy(); },
    async close() {
      const ended = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections();
      await ended;
    },
  };
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
  const { values } = parseArgs({ options: { port: { type: "string", default: "8082" } } });
  const server = await startHttpSse({ port: Number(values.port) });
  console.log(`HTTP+SSE MCP server: ${server.url} (Ctrl-C stops it)`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());
}
