// A server of 2026-07-28 with the extension io.modelcontextprotocol/tasks, on node:http alone: as the specification has
// it, strict about what clients send, and steerable where servers may differ. The official conformance suite passes it
// (tests/package/conformance_server.test.mjs). What it offers is in modern-tools.mjs and modern-texts.mjs.
// By itself: node tests/servers/modern.mjs --port 8083
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Asking, checkNeeds } from "./modern-asking.mjs";
import * as rules from "./modern-http.mjs";
import { isLegacy, legacyResult } from "./modern-legacy.mjs";
import { Listens } from "./modern-listen.mjs";
import { plainWork, Tasks } from "./modern-tasks.mjs";
import { prompts, resources } from "./modern-texts.mjs";
import { modernTools } from "./modern-tools.mjs";
import { accepted, answer, json, send, sse } from "./scripted.mjs";

const { isObject, missingCapability, RpcError, tasksExtension } = rules;
const serverInfo = { name: "modern-stub", version: "1.0.0" };
const cached = { resultType: "complete", ttlMs: 0, cacheScope: "private" };
const wantsTasks = { extensions: { [tasksExtension]: {} } };

const defaults = {
  port: 0,
  stepMs: 20, // how long each step of a tool takes
  secondMs: 1000, // how long a second of slow_compute takes
  pollIntervalMs: 30, // what tasks say of polling; undefined leaves it out
  ttlMs: 60_000, // how long tasks are remembered; null for ever
  now: Date.now,
  timers: { setTimeout, clearTimeout }, // for a clock of the test's own
  versions: [rules.modernVersion], // what it speaks
  extension: true, // false: a server without tasks
  listen: true, // false: 404 and -32601, as FastMCP
  acknowledgeTaskIds: true, // false: the acknowledgement leaves them out, as the TypeScript server's does
  notifyTasks: true, // false: the streams never say anything about a task
  inlinedResultType: false, // true: the result inside a completed task has a resultType of its own, as FastMCP's
  opaqueKeys: false, // true: long keys of input requests, in another order at every read, as FastMCP's
  staleReads: 0, // how many reads after an answer do not know of it yet
  answerAs: "json", // "sse": results on an event stream
  origins: "local", // pages that may read answers: of this machine, "*", or a list
  ownTools: true, // false: only those in `tools`
  invalidTools: true, // false: none with annotations that a client must refuse
  tools: [], // more of them, in the shape of modern-tools.mjs
  legacy: false, // true: `initialize` of 2025-11-25 is answered too
  intercept: undefined, // ({ rpc, req, res, n }) => true where it has answered by itself
  log: () => {},
};

/**
 * Starts the server; the options, with what they are otherwise, stand above, and all but `port`, `timers`,
 * `ownTools`, `invalidTools` and `tools` may be changed later in `options`.
 *
 * `requests` holds `{ method, path, headers, rpc, status, cut }` of every HTTP request in order: `status` is that of the answer,
 * and `cut` is true where the client went before its end. `notes` holds what clients did against the specification where the
 * server has to bear it. `tasks` has every task in `tasks.byId` and `tasks.find(taskId)` to drive one (see `Task`), `listens`
 * every stream in `listens.all`, with `listens.end()` and `listens.cut()`.
 */
export async function startModern(given = {}) {
  const options = { ...defaults, ...given };
  const requests = [];
  const tasks = new Tasks(options, (task) => listens.tell(task));
  const listens = new Listens(options, tasks);
  const asking = new Asking();
  const offered = modernTools(options);
  // What can only be a task is nothing for a server without them.
  const tools = () => (options.extension ? offered : offered.filter(({ task }) => task !== "must"));

  const methods = {
    "server/discover": () => ({
      ...cached,
      supportedVersions: options.versions,
      capabilities: { tools: {}, prompts: {}, resources: {}, ...(options.extension ? wantsTasks : {}) },
      instructions: "A stub for tests.",
    }),
    "tools/list": () => ({
      ...cached,
      tools: tools().map(({ name, title, description, inputSchema }) => ({ name, title, description, inputSchema })),
    }),
    "tools/call": callTool,
    "prompts/list": () => ({ ...cached, prompts: prompts.map(({ needs, ask, get, ...prompt }) => prompt) }),
    "prompts/get": (rpc, { capabilities }) => {
      const prompt = found(prompts, "name", rpc);
      for (const { name } of prompt.arguments ?? []) {
        if (rpc.params.arguments?.[name] === undefined) throw new RpcError(-32602, `Missing argument: ${name}`);
      }
      return asked(rpc, prompt, capabilities, (inputs) => prompt.get(rpc.params.arguments ?? {}, inputs));
    },
    "resources/list": () => ({ ...cached, resources: resources.map(({ needs, ask, read, ...resource }) => resource) }),
    "resources/templates/list": () => ({ ...cached, resourceTemplates: [] }),
    "resources/read": (rpc, { capabilities }) => {
      const resource = found(resources, "uri", rpc);
      return asked(rpc, resource, capabilities, (inputs) =>
        ({ ...cached, contents: [{ uri: resource.uri, mimeType: resource.mimeType, text: resource.read(inputs) }] }));
    },
  };

  function found(list, member, { params }) {
    const one = list.find((candidate) => candidate[member] === params[member]);
    if (!one) throw new RpcError(-32602, `Unknown ${member}: ${params[member]}`, { [member]: params[member] });
    return one;
  }

  /** Answers with what `then(inputs)` gives, once what `one` asks has been answered. */
  async function asked(rpc, one, capabilities, then) {
    checkNeeds(one.needs ?? {}, capabilities);
    const { inputs, result } = one.ask ? asking.inputs(rpc, one.ask) : { inputs: {} };
    return result ?? { resultType: "complete", ...(await then(inputs)) };
  }

  function callTool(rpc, { capabilities, req, work }) {
    const tool = found(tools(), "name", rpc);
    const { arguments: args = {} } = rpc.params; // an old client's `task` beside it means nothing
    if (!isObject(args)) throw new RpcError(-32602, "params.arguments must be an object");
    if (!tool.invalid) rules.checkParams(req, tool, args);
    const declared = options.extension && isObject(capabilities.extensions?.[tasksExtension]);
    if (tool.task === "must" && !declared) throw missingCapability(wantsTasks);
    return asked(rpc, tool, capabilities, (inputs) => {
      if (tool.task === "never" || !declared) return tool.run(args, work, inputs);
      const task = tasks.create(tool.of?.(args));
      if (tool.begin) tool.begin(args, task);
      // After the answer: a client shall meet it as it begins.
      else setImmediate(() => drive(task, tool, args, inputs));
      return { ...task.created(), resultType: "task" };
    });
  }

  async function drive(task, tool, args, inputs) {
    try {
      task.complete(await tool.run(args, task, inputs));
    } catch (error) {
      task.fail(error); // nothing, where the task is over: that is why it threw
    }
  }

  function handlerOf(method) {
    if (method === "subscriptions/listen" && options.listen) {
      return (rpc, { capabilities, res }) => listens.open(rpc, capabilities, res);
    }
    const ofTask = options.extension && Object.hasOwn(tasks.methods, method) && tasks.methods[method];
    if (ofTask) {
      return ({ params }, { capabilities }) => {
        if (!isObject(capabilities.extensions?.[tasksExtension])) throw missingCapability(wantsTasks);
        return ofTask(params);
      };
    }
    if (Object.hasOwn(methods, method)) return methods[method];
    throw new RpcError(-32601, `Method not found: ${method}`);
  }

  async function answerRpc(req, res, rpc) {
    if (!isObject(rpc) || rpc.jsonrpc !== "2.0" || typeof rpc.method !== "string") {
      throw new RpcError(-32600, "Not one JSON-RPC request or notification"); // batches and responses are of the past
    }
    const old = options.legacy && isLegacy(req, rpc);
    if (rpc.id === undefined) {
      if (!old && rpc.method === "notifications/cancelled") note(`${rpc.method}: over HTTP the connection is closed instead`);
      return accepted(res);
    }
    if (typeof rpc.id !== "string" && !Number.isInteger(rpc.id)) throw new RpcError(-32600, "An id is a string or an integer");
    const notify = (method, params) => {
      if (!res.headersSent) sse(res, [], { end: false });
      send(res, { data: { jsonrpc: "2.0", method, params } });
    };
    const work = plainWork(rpc, res, options.timers, notify);
    if (old) {
      const context = { tools: tools(), prompts, resources, work, serverInfo };
      const message = await legacyResult(rpc, context).then((result) => answer(rpc.id, result), (error) => failed(rpc.id, error));
      return json(res, message);
    }
    for (const name of ["mcp-session-id", "last-event-id"]) {
      if (name in req.headers) note(`${rpc.method}: with the header ${name}`);
    }
    const capabilities = rules.checkEnvelope(req, rpc, options.versions);
    const handler = handlerOf(rpc.method);
    rules.checkName(req, rpc);
    const result = await handler(rpc, { capabilities, req, res, work });
    if (rpc.method === "subscriptions/listen") return; // the stream is the answer
    const message = answer(rpc.id, { ...result, _meta: { "io.modelcontextprotocol/serverInfo": serverInfo } });
    if (!res.headersSent && options.answerAs === "json") return json(res, message);
    if (!res.headersSent) sse(res, [], { end: false });
    send(res, { data: message });
    res.end();
  }

  const note = (words) => tasks.notes.push(words);

  async function answerHttp(req, res) {
    const rpc = rules.parseJson(await rules.readText(req));
    const { method, headers, url } = req;
    const entry = {
      method, path: url, headers, rpc, cut: false,
      get status() { return res.headersSent ? res.statusCode : undefined; },
    };
    const n = requests.push(entry) - 1;
    res.once("close", () => { entry.cut = !res.writableFinished; });
    options.log(method, rpc?.method ?? "", rpc?.params?.taskId ?? rpc?.params?.name ?? "");

    if (!rules.allowed(req, options.origins)) return void res.writeHead(403).end();
    const headersOf = offered.filter(({ invalid }) => !invalid);
    for (const [name, value] of Object.entries(rules.cors(req, headersOf))) res.setHeader(name, value);
    if (method === "OPTIONS") return void res.writeHead(204).end();
    if (await options.intercept?.({ rpc, req, res, n })) return;
    if (new URL(url, "http://x").pathname !== "/mcp") return void res.writeHead(404).end();
    if (method !== "POST") return void res.writeHead(405, { allow: "POST, OPTIONS" }).end();
    const accept = headers.accept ?? "";
    if (!accept.includes("application/json") || !accept.includes("text/event-stream")) return void res.writeHead(406).end();
    if (!/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "")) return void res.writeHead(415).end();
    try {
      if (rpc === undefined) throw new RpcError(-32700, "Parse error: invalid JSON");
      await answerRpc(req, res, rpc);
    } catch (error) {
      if (res.destroyed) return;
      const message = failed(isObject(rpc) ? rpc.id : undefined, error);
      if (!res.headersSent) return json(res, message, error.status ?? 500);
      send(res, { data: message });
      res.end();
    }
  }

  const http = createServer((req, res) => { answerHttp(req, res).catch(() => res.destroy()); });
  await new Promise((resolve, reject) => http.once("error", reject).listen(options.port, "127.0.0.1", resolve));
  const { port } = http.address();
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port, options, requests, tasks, listens, notes: tasks.notes,
    /** The requests of one method of JSON-RPC. */
    sent: (method) => requests.filter(({ rpc }) => rpc?.method === method),
    async close() {
      tasks.stop();
      const ended = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections(); // kept-alive sockets would hold the port
      await ended;
    },
  };
}

/** The JSON-RPC message for an error; what is no RpcError is this server's own. */
function failed(id = null, error) {
  return { jsonrpc: "2.0", id, error: error instanceof RpcError ? error : { code: -32603, message: error.message } };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { port: { type: "string", default: "8083" }, legacy: { type: "boolean" } } });
  const server = await startModern({ port: Number(values.port), legacy: values.legacy, log: console.log });
  console.log(`modern MCP server: ${server.url} (Ctrl-C stops it)`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());
}
