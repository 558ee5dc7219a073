// Redirects: within the endpoint's origin they are followed; to another origin nothing is sent (M1).
import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { after, before, test } from "node:test";
import { startDemo } from "../servers/demo.mjs";
import { initializeResult, json, startScripted } from "../servers/scripted.mjs";
import { clients, inTime, mcp, rejection, until } from "./support.mjs";

let demo;
before(async () => { demo = await startDemo({ pollIntervalMs: 50 }); });
after(() => demo.close());

/** A server that sends `/mcp` elsewhere and hands everything else on to the demo server. */
async function startFront(t, status, location) {
  const methods = [];
  const http = createServer((req, res) => {
    if (req.url === "/mcp") {
      methods.push(req.method);
      return void res.writeHead(status, { location }).end();
    }
    const { method, headers } = req;
    const on = request({ port: demo.port, path: "/mcp", method, headers }, (answer) => {
      res.writeHead(answer.statusCode, answer.headers);
      answer.pipe(res);
    });
    on.on("error", () => res.destroy());
    res.on("close", () => on.destroy());
    req.pipe(on);
  });
  await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
  t.after(() => { http.close(); http.closeAllConnections(); });
  return { url: `http://127.0.0.1:${http.address().port}/mcp`, methods };
}

for (const status of [307, 308]) {
  test(`${status} within the origin: a whole task, every POST intact`, async (t) => {
    const front = await startFront(t, status, "/elsewhere/");
    const { client, warnings } = clients(t, front.url);
    const own = client();
    const task = own.callTool("slow_count", { steps: 3, delayMs: 50, label: "grüße 🎉" });
    const told = [];
    task.onStatusChange((s) => told.push(s.status));
    const result = await inTime(task);
    assert.deepEqual(result.structuredContent, { counted: 3, label: "grüße 🎉" });
    assert.equal(task.returnedImmediately, false);
    assert.equal(told.at(-1), "completed");
    assert.deepEqual(warnings, []);
    assert.ok(front.methods.includes("GET") && front.methods.filter((m) => m === "POST").length >= 4, String(front.methods));
    own.close();
    await until(() => front.methods.includes("DELETE"), "the session is given back");
  });
}

for (const status of [301, 302, 303, 307, 308]) {
  test(`M1: ${status} to another origin: nothing is sent there`, async (t) => {
    const elsewhere = await startScripted(({ rpc, res }) => {
      res.writeHead(200, { "content-type": "text/event-stream", "mcp-session-id": "taken" });
      res.write(`data: ${JSON.stringify(initializeResult(rpc?.id ?? 1))}\n\n`);
    });
    t.after(() => elsewhere.close());
    const front = await startFront(t, status, `${elsewhere.url}?next=a-secret`);
    const headers = { "x-api-key": "SECRET-KEY" };
    const error = await rejection(clients(t, front.url).client({ headers }).callTool("echo", { text: "SECRET-ARGUMENT" }));
    assert.ok(error instanceof mcp.ProtocolError, String(error));
    assert.match(error.message, /redirect to another origin, to which nothing was sent: http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(error.message.includes("a-secret"), false);
    assert.deepEqual(front.methods, ["POST"]);
    assert.equal(elsewhere.requests.length, 0);
  });
}

test("a fetch option whose Response knows no address is accepted, one that tells of another origin is not", async (t) => {
  const scripted = await startScripted(({ rpc, res }) => {
    if (rpc?.method === "initialize") return json(res, initializeResult(rpc.id, { capabilities: {} }));
    if (rpc?.id === undefined) return res.writeHead(202).end();
    return json(res, { jsonrpc: "2.0", id: rpc.id, result: { tools: [], content: [{ type: "text", text: "here" }] } });
  });
  t.after(() => scripted.close());
  const copy = async (url, init) => {
    const { body, status, headers } = await fetch(url, init);
    return new Response(status === 202 ? null : body, { status, headers });
  };
  const result = await inTime(clients(t, scripted.url).client({ fetch: copy }).callTool("x"));
  assert.equal(result.content[0].text, "here");

  let cancelled = 0;
  const stray = async () => {
    const body = new ReadableStream({ cancel() { cancelled++; } });
    const response = new Response(body, { headers: { "content-type": "application/json" } });
    Object.defineProperties(response, { redirected: { value: true }, url: { value: "https://evil.test/" } });
    return response;
  };
  const error = await rejection(clients(t, scripted.url).client({ fetch: stray }).callTool("x"));
  assert.match(error.message, /from which nothing was accepted: https:\/\/evil\.test/);
  await until(() => cancelled === 1, "the body is cancelled");
});
