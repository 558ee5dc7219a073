// The site that the bench's pages come from: bundles of the subjects, and a real MCP server for what needs a network.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { notification, protocol } from "../../bench/protocol.mjs";
import { root } from "../env.mjs";
import { listen } from "../listen.mjs";
import { bundle } from "./bytes.mjs";

const html = `<!doctype html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,">`;
const workMs = 1500;
const pollInterval = 1000;
const now = () => performance.timeOrigin + performance.now();

/** `{ url, posts(run), close() }`; `/mcp/push/RUN` and `/mcp/poll/RUN` are servers of their own, with and without a stream. */
export async function startSite() {
  const bundles = new Map();
  const servers = new Map();
  const http = createServer(async (req, res) => {
    try {
      const { pathname } = new URL(req.url, "http://x");
      const [, mode, run] = /^\/mcp\/(push|poll)\/([\w-]+)$/.exec(pathname) ?? [];
      if (mode) {
        if (!servers.has(run)) servers.set(run, mcpServer(mode === "push"));
        return await servers.get(run).serve(req, res);
      }
      if (pathname === "/") return res.writeHead(200, { "content-type": "text/html" }).end(html);
      const [, folder, name] = /^\/(page|apps|subjects)\/([\w-]+)\.(js|wasm)$/.exec(pathname) ?? [];
      if (!folder) return res.writeHead(404).end();
      // As a site serves what has a hash in its name.
      const headers = { "cache-control": "public, max-age=31536000, immutable" };
      if (name === "mcp_tasks_bg") return res.writeHead(200, { ...headers, "content-type": "application/wasm" }).end(readFileSync(root + "dist/mcp_tasks_bg.wasm"));
      const path = `bench/${folder}/${name}.mjs`;
      if (!bundles.has(path)) bundles.set(path, bundle(path));
      res.writeHead(200, { ...headers, "content-type": "text/javascript" }).end(await bundles.get(path));
    } catch (error) {
      console.error(`bench: ${req.url}: ${error.message}`);
      res.writeHead(500).end();
    }
  });
  return { ...(await listen(http)), posts: (run) => servers.get(run).posts };
}

/** Tasks of 1.5 s. Of each it tells twice, as FastMCP does: when it has begun, and when it is over. */
function mcpServer(hasStream) {
  const tasks = new Map();
  const streams = new Set();
  const tell = (id) => {
    const message = notification(id, { pollInterval, ...state(id) });
    for (const stream of streams) stream.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  };
  const state = (id) => {
    const { completedAt } = tasks.get(id);
    return completedAt ? { status: "completed", statusMessage: "done", at: workMs } : {};
  };
  const answer = protocol({
    pollInterval,
    states: state,
    onCreate(id) {
      tasks.set(id, { completedAt: 0 });
      setTimeout(() => {
        tasks.get(id).completedAt = now();
        tell(id);
      }, workMs);
      // Behind the answer to the call.
      setTimeout(() => tell(id), 5);
    },
    result: (id) => ({ structuredContent: { completedAt: tasks.get(id).completedAt } }),
  });
  const server = { posts: 0, serve };
  async function serve(req, res) {
    if (req.method === "GET") {
      if (!hasStream) return res.writeHead(405).end();
      res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" }).flushHeaders();
      streams.add(res);
      return res.once("close", () => streams.delete(res));
    }
    if (req.method !== "POST") return res.writeHead(200).end();
    server.posts += 1;
    const parts = [];
    for await (const part of req) parts.push(part);
    const said = answer(JSON.parse(Buffer.concat(parts).toString()));
    if (!said) return res.writeHead(202).end();
    return res.writeHead(200, { "content-type": "application/json", "mcp-session-id": "bench" }).end(JSON.stringify(said));
  }
  return server;
}
