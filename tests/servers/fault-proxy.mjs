// A proxy that stands between a client and a real server and breaks things: by a seed, so that what failed can be had again.
//
// Requests of many tasks come in any order, so one stream of random numbers would mean another fault for each run. What
// happens to a request is drawn from the seed, what it is about (its method and the label of its call) and how often that
// was asked before: the same request meets the same fault, whatever else is under way.
import { Agent, createServer, request as httpRequest } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** FNV-1a, then mixed: nothing but a number from 0 to 1 that is the same for the same words. */
export function chance(seed, ...words) {
  let h = 0x811c9dc5 ^ seed;
  for (const char of words.join("\0")) h = Math.imul(h ^ char.codePointAt(0), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/** What can happen to a POST, with how likely that is. `hang` is for what has a time limit: calls may take as long as they like. */
export const postFaults = {
  dropBefore: 0.02, // the connection dies before the server sees anything
  dropAfter: 0.02, // the server has done it, the answer is lost
  cut: 0.02, // the connection dies in the middle of the answer
  error500: 0.01,
  error502After: 0.01, // a gateway that lost the server's answer
  error503: 0.01, // without a word on when to come again: nobody knows whether it was done
  busy503: 0.015, // with Retry-After: it was not done
  busy429: 0.015,
  lose404: 0.01, // the session is ended at the server, which says so
  lose400: 0.01, // the same, in the words of deviation 37
  hang: 0.004,
  delay: 0.1,
};
/** What can happen to one event of the GET stream. */
export const eventFaults = { duplicate: 0.15, reorder: 0.15, lose: 0.05, cutEvent: 0.03, delayEvent: 0.1 };
/** What can happen to a GET as a whole. */
export const streamFaults = { streamRefused: 0.1, streamDropped: 0.2 };

const sessionWords = { jsonrpc: "2.0", id: null, error: { code: -32000, message: "Bad Request: No valid session ID provided" } };

/**
 * Starts a proxy in front of `target()`, an address that may change.
 *
 * - `rates` replaces some of the likelihoods above;
 * - `counts` is how often each fault was made, `requests` what came in, `calls` what was forwarded of each label;
 * - `onRequest(n)` is called before the n-th request is looked at, and waited for: to restart the server, say;
 * - `down = true` refuses everything, as a host without a server does;
 * - `labelOf(rpc)` names a call, for the drawing and for `calls`.
 */
export async function startFaultProxy({ target, seed, rates = {}, onRequest = () => {}, labelOf = (rpc) => rpc.params?.arguments?.label }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const counts = {};
  const requests = [];
  const calls = new Map();
  const labels = new Map(); // task id -> label
  const asked = new Map(); // what was asked -> how often
  const sockets = new Set();
  const proxy = { seed, counts, requests, calls, down: false };

  /** The fault of this kind of thing, if any. */
  function draw(faults, ...about) {
    const key = about.join(" ");
    const n = asked.get(key) ?? 0;
    asked.set(key, n + 1);
    let roll = chance(seed, key, n);
    for (const [fault, usual] of Object.entries(faults)) {
      roll -= rates[fault] ?? usual;
      if (roll < 0) return fault;
    }
    return undefined;
  }
  const made = (fault) => { counts[fault] = (counts[fault] ?? 0) + 1; };

  const http = createServer(async (req, res) => {
    try {
      const chunks = [];
      for await (const chunk of req) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const rpc = req.method === "POST" ? JSON.parse(body) : undefined;
      const n = requests.push({ method: req.method, rpc: rpc?.method }) - 1;
      await onRequest(n);
      if (proxy.down) {
        made("refused");
        return void req.socket.destroy();
      }
      if (req.method === "GET") return await stream(req, res);
      if (req.method === "POST") return await post(req, res, body, rpc);
      finish(res, await forward(req, body));
    } catch {
      // The server is not there, or went away: what a client sees of that.
      made("unreachable");
      req.socket.destroy();
    }
  });

  /** Sends a request on and waits for the head of the answer. */
  function ask(req, body, more = {}) {
    const url = new URL(target());
    const headers = { ...req.headers, ...more.headers, host: url.host };
    delete headers["transfer-encoding"];
    const options = { method: req.method, ...more, headers, agent: req.method === "GET" ? false : agent };
    return new Promise((resolve, reject) => {
      const sent = httpRequest(url, options, (answer) => resolve({ answer, sent }));
      sent.once("error", reject);
      sent.end(body);
    });
  }

  /** Sends a request on and reads the whole answer. */
  async function forward(req, body, more) {
    const { answer } = await ask(req, body, more);
    const chunks = [];
    for await (const chunk of answer) chunks.push(chunk);
    return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) };
  }

  async function post(req, res, body, rpc) {
    const label = rpc.method === "tools/call" ? labelOf(rpc) : labels.get(rpc.params?.taskId);
    const fault = possible(draw(postFaults, rpc.method ?? "answer", label ?? ""), req, rpc);
    if (fault) made(fault);
    switch (fault) {
      case "dropBefore": return void req.socket.destroy();
      case "error500": return void res.writeHead(500, { "content-type": "text/plain" }).end("boom");
      case "error503": return void res.writeHead(503).end();
      case "busy503": return void res.writeHead(503, { "retry-after": "1" }).end();
      case "busy429": return void res.writeHead(429, { "retry-after": "1" }).end();
      case "hang": return undefined;
      case "delay": await sleep(5 + 60 * chance(seed, "delay", requests.length)); break;
      case "lose404": case "lose400": await forward(req, undefined, { method: "DELETE", headers: { "content-length": 0 } }); break;
    }
    const answer = await forwardNoted(req, body, rpc, label);
    switch (fault) {
      case "dropAfter": return void req.socket.destroy();
      case "error502After": return void res.writeHead(502).end();
      case "lose400":
        if (answer.status !== 404) break;
        return void res.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify(sessionWords));
      case "cut":
        res.writeHead(answer.status, passed(answer.headers));
        res.write(answer.body.subarray(0, answer.body.length / 2));
        return void setImmediate(() => req.socket.destroySoon());
    }
    finish(res, answer);
  }

  /** A session that does not exist yet cannot be lost, and an answer without a body cannot be cut. */
  function possible(fault, req, rpc) {
    const inSession = req.headers["mcp-session-id"] !== undefined;
    if ((fault === "lose404" || fault === "lose400") && !inSession) return undefined;
    if (fault === "hang" && rpc.method === "tools/call") return "delay";
    if (fault === "cut" && rpc.id === undefined) return "dropAfter";
    return fault;
  }

  async function forwardNoted(req, body, rpc, label) {
    if (rpc.method !== "tools/call") return forward(req, body);
    const call = calls.get(label) ?? { forwarded: 0, taskIds: [] };
    calls.set(label, call);
    call.forwarded += 1;
    const answer = await forward(req, body);
    // The task's id, wherever in the answer's events it stands.
    const taskId = /"taskId":"([^"]+)"/.exec(answer.body)?.[1];
    if (taskId) {
      labels.set(taskId, label);
      call.taskIds.push(taskId);
    } else if (answer.status >= 400) {
      call.forwarded -= 1; // refused, which is as good as not forwarded
    }
    return answer;
  }

  async function stream(req, res) {
    const fault = draw(streamFaults, "GET");
    if (fault === "streamRefused") {
      made(fault);
      return void res.writeHead(503).end();
    }
    const { answer, sent } = await ask(req);
    res.once("close", () => sent.destroy());
    res.writeHead(answer.statusCode, passed(answer.headers));
    res.flushHeaders();
    if (fault === "streamDropped") {
      made(fault);
      return void req.socket.destroy();
    }
    try {
      await events(answer, req, res);
      res.end();
    } catch {
      req.socket.destroy(); // the server went away
    }
  }

  /** Passes events on one by one, or late, or twice, or in another order, or not at all. */
  async function events(answer, req, res) {
    let rest = "";
    let held = "";
    answer.setEncoding("utf8");
    for await (const chunk of answer) {
      rest += chunk;
      for (let end; (end = rest.indexOf("\n\n")) >= 0;) {
        const event = rest.slice(0, end + 2);
        rest = rest.slice(end + 2);
        const taskId = /"taskId":"([^"]+)"/.exec(event)?.[1];
        const fault = taskId && draw(eventFaults, "event", labels.get(taskId) ?? "");
        if (fault) made(fault);
        if (fault === "cutEvent") {
          res.write(held + event.slice(0, event.length / 2));
          return void req.socket.destroySoon();
        }
        if (fault === "reorder" && !held) {
          held = event;
          continue;
        }
        if (fault === "delayEvent") await sleep(20);
        if (fault !== "lose") res.write(fault === "duplicate" ? event + event : event);
        res.write(held);
        held = "";
      }
    }
    res.write(held);
  }

  http.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise((resolve, reject) => http.once("error", reject).listen(0, "127.0.0.1", resolve));
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${http.address().port}/mcp`,
    /** Cuts every connection, as a server that dies does. */
    cut() { for (const socket of sockets) socket.destroy(); },
    async close() {
      const ended = new Promise((resolve) => http.close(resolve));
      for (const socket of sockets) socket.destroy();
      await ended;
      agent.destroy();
    },
  });
}

function finish(res, { status, headers, body }) {
  res.writeHead(status, passed(headers));
  res.end(body);
}

/** The headers of an answer that are not about its connection. */
function passed({ connection, "keep-alive": _k, "transfer-encoding": _t, "content-length": _l, ...headers }) {
  return headers;
}
