// A hostile server that offers each attack by name: http://127.0.0.1:PORT/NAME/mcp is an MCP endpoint.
//
//   GET  /NAME/seen     counts of the requests that it has received for that attack
//   POST /NAME/release  ends the responses that the attack holds open
//   GET  /attacks       the names, and the other origin, to which attacks redirect
//
// By itself: node tests/hostile/server.mjs --port 8090
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { accepted, json, sse } from "../servers/scripted.mjs";
import { attacks } from "./attacks.mjs";
import { honest, respond } from "./wire.mjs";

const cors = ({ headers }) => ({
  "access-control-allow-origin": headers.origin ?? "*",
  "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
  "access-control-allow-headers": headers["access-control-request-headers"] ?? "*",
  "access-control-expose-headers": "mcp-session-id, mcp-protocol-version, location",
  "access-control-max-age": "600",
});

/** The server's state of one attack. */
function begin() {
  let release;
  let isReleased = false;
  const held = new Promise((resolve) => { release = resolve; }).then(() => { isReleased = true; });
  const seen = { requests: {}, responses: 0, responseKeys: 0, mostParamHeaders: 0, longestHeader: 0, elsewhere: [], notes: {} };
  return { seen, held, release, isReleased: () => isReleased };
}

/** Starts it on two ports, which are two origins. */
export async function startHostile({ port = 0 } = {}) {
  const states = new Map();
  const stateOf = (name) => states.get(name) ?? states.set(name, begin()).get(name);
  let elsewhere;

  async function attack(name, req, res) {
    const { era, methods = {}, session } = attacks[name];
    const { seen, held, isReleased } = stateOf(name);
    const rpc = parse(await textOf(req));
    const called = rpc?.method ?? (req.method === "POST" ? "response" : req.method);
    const n = seen.requests[called] ?? 0;
    seen.requests[called] = n + 1;
    note(seen, req, rpc);
    const exchange = { rpc, req, res, n, seen, held, isReleased, session, elsewhere: `${elsewhere}${name}/mcp`, headers: cors(req) };
    const handler = methods[called] ?? honest[era][called];
    if (req.method === "POST" && rpc?.id === undefined && !handler) return accepted(res);
    if (called === "response") return handler ? handler(exchange) : accepted(res);
    if (req.method !== "POST") return handler ? handler(exchange) : res.writeHead(405).end();
    const result = await handler?.(exchange);
    // A handler without a result writes the response itself.
    if (result !== undefined || !handler) respond(exchange, result, era);
  }

  async function answer(req, res) {
    for (const [header, value] of Object.entries(cors(req))) res.setHeader(header, value);
    if (req.method === "OPTIONS") return void res.writeHead(204).end();
    const [, name, action] = new URL(req.url, "http://x").pathname.split("/");
    if (name === "attacks") return json(res, { names: Object.keys(attacks), elsewhere });
    if (!Object.hasOwn(attacks, name)) return void res.writeHead(404).end();
    if (action === "seen") return json(res, stateOf(name).seen);
    if (action !== "release") return attack(name, req, res);
    stateOf(name).release();
    return accepted(res);
  }

  /** The other origin: records every request and answers it with success. */
  async function answerElsewhere(req, res) {
    const [, name] = new URL(req.url, "http://x").pathname.split("/");
    const body = await textOf(req);
    if (Object.hasOwn(attacks, name)) stateOf(name).seen.elsewhere.push({ method: req.method, headers: req.headers, body });
    for (const [header, value] of Object.entries(cors(req))) res.setHeader(header, value);
    if (req.method === "OPTIONS") return void res.writeHead(204).end();
    if (req.method === "GET") return sse(res, []);
    return json(res, { jsonrpc: "2.0", id: parse(body)?.id ?? null, result: { content: [{ type: "text", text: "from another origin" }] } });
  }

  const servers = [answer, answerElsewhere].map((handler) => createServer((req, res) => {
    handler(req, res).catch((error) => {
      console.error(req.method, req.url, error);
      res.destroy();
    });
  }));
  const [first, second] = await Promise.all(servers.map((http, i) => new Promise((resolve, reject) => {
    http.once("error", reject).listen(i === 0 ? port : 0, "127.0.0.1", () => resolve(`http://127.0.0.1:${http.address().port}/`));
  })));
  elsewhere = second;
  return {
    url: first,
    async close() {
      for (const http of servers) {
        http.close();
        http.closeAllConnections();
      }
    },
  };
}

/** Updates the counts that the tests assert. */
function note(seen, { headers }, rpc) {
  if (rpc?.method === undefined && rpc !== undefined) seen.responses += 1;
  const answered = rpc?.params?.inputResponses;
  if (answered) seen.responseKeys += Object.keys(answered).length;
  const params = Object.keys(headers).filter((header) => header.startsWith("mcp-param-"));
  seen.mostParamHeaders = Math.max(seen.mostParamHeaders, params.length);
  for (const value of Object.values(headers)) seen.longestHeader = Math.max(seen.longestHeader, value.length);
}

async function textOf(req) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function parse(body) {
  try { return JSON.parse(body); } catch { return undefined; }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { port: { type: "string", default: "0" } } });
  const server = await startHostile({ port: Number(values.port) });
  console.log(`ready ${server.url}`);
}
