// A server that knows the transport of 2024-11-05 only, in Node; one call in a page is in tests/browser/http_sse.test.mjs.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { startHttpSse } from "../servers/http-sse.mjs";
import { answer, json, startScripted } from "../servers/scripted.mjs";
import { clients, inTime, mcp, rejection, until } from "./support.mjs";

let server;
before(async () => { server = await startHttpSse(); });
after(() => server.close());
beforeEach(async () => {
  await until(() => server.streams.size === 0, "the streams of the test before are closed");
  server.requests.length = 0;
});
const rpcs = () => server.requests.map(({ method, rpc }) => rpc ?? method);
const textOf = (result) => result.content[0].text;

test("a call, with what it takes to find the transport, and nothing that servers of that time do not know", async (t) => {
  const { client, warnings } = clients(t, server.url, { headers: { authorization: "Bearer x" } });
  const own = client();
  const task = own.callTool("echo", { text: "grüße 🎉" });
  assert.equal(textOf(await inTime(task)), "grüße 🎉");
  assert.equal(task.returnedImmediately, true);
  assert.deepEqual(rpcs().slice(0, 5), ["server/discover", "initialize", "GET", "initialize", "notifications/initialized"]);
  assert.equal(rpcs().at(-1), "tools/call");
  const [probe, posted, get, ...others] = server.requests;
  assert.deepEqual([probe.path, posted.path, get.path], ["/sse", "/sse", "/sse"]);
  for (const { path, headers } of others) {
    assert.equal(path, "/messages");
    assert.equal(headers.authorization, "Bearer x");
    assert.deepEqual([headers["mcp-session-id"], headers["mcp-protocol-version"]], [undefined, undefined]);
  }
  assert.equal(textOf(await inTime(own.callTool("echo", { text: "again" }))), "again");
  assert.equal(server.requests.filter(({ method }) => method === "GET").length, 1);
  assert.deepEqual(warnings, []);
});

test("list, ping, a tool that fails, one that does not exist", async (t) => {
  const own = clients(t, server.url).client();
  const [tools] = await inTime(Promise.all([own.listTools(), own.ping()]));
  assert.deepEqual(tools.map(({ name }) => name), ["echo", "slow", "fails"]);
  const error = await rejection(own.callTool("fails"));
  assert.ok(error instanceof mcp.ToolError && error.message.includes("no more paper"), String(error));
  const missing = await rejection(own.callTool("nothing"));
  assert.match(missing.message, /nothing/);
});

test("many calls at once, each with its own answer", async (t) => {
  const own = clients(t, server.url).client();
  const texts = Array.from({ length: 50 }, (_, i) => `n${i}`);
  const results = await inTime(Promise.all(texts.map((text) => own.callTool("echo", { text }))));
  assert.deepEqual(results.map(textOf), texts);
});

test("a stream that is cut in the middle of a call fails the call, and the next opens another", async (t) => {
  const { client } = clients(t, server.url);
  const own = client();
  const failed = rejection(own.callTool("slow"));
  await until(() => server.waiting.length === 1, "the call is at the server");
  server.cut();
  const error = await failed;
  assert.ok(error instanceof mcp.NetworkError, String(error));
  assert.match(error.message, /calling tool slow.*may have executed it.*not sent again/);
  server.finish("too late");
  const next = own.callTool("slow");
  await until(() => server.waiting.length === 1, "the next call is at the server");
  server.finish("in time");
  assert.equal(textOf(await inTime(next)), "in time");
  assert.deepEqual(rpcs().filter((rpc) => rpc === "GET").length, 2);
});

test("a server that was restarted is found again", async (t) => {
  const first = await startHttpSse();
  const { client } = clients(t, first.url);
  const own = client();
  await inTime(own.callTool("echo", { text: "a" }));
  await first.close();
  const second = await startHttpSse({ port: first.port });
  t.after(() => second.close());
  // A call may meet the dying connection, and is then not sent twice; a ping is.
  await inTime(own.ping());
  assert.equal(textOf(await inTime(own.callTool("echo", { text: "b" }))), "b");
  assert.deepEqual(second.requests.map(({ method, rpc }) => rpc ?? method).slice(0, 3), ["GET", "initialize", "notifications/initialized"]);
});

test("close() ends the stream and what waits", async (t) => {
  const own = clients(t, server.url).client();
  const failed = rejection(own.callTool("slow"));
  await until(() => server.waiting.length === 1);
  assert.equal(server.streams.size, 1);
  own.close();
  assert.ok(await failed instanceof mcp.ClosedError);
  await until(() => server.streams.size === 0, "the stream is closed");
  assert.ok(!rpcs().includes("DELETE"));
  server.finish("");
});

test("an abort signal takes a call back", async (t) => {
  const own = clients(t, server.url).client();
  const controller = new AbortController();
  const failed = rejection(own.callTool("slow", {}, { signal: controller.signal }));
  await until(() => server.waiting.length === 1);
  const reason = new Error("changed my mind");
  controller.abort(reason);
  assert.equal(await failed, reason);
  await until(() => rpcs().includes("notifications/cancelled"));
  server.finish("");
});

test("a server that speaks neither, and one that names a foreign address, are told as what they are", async (t) => {
  const neither = await startScripted(({ res }) => json(res, { error: "nothing here" }, 404));
  t.after(() => neither.close());
  const refused = await rejection(clients(t, neither.url).client().callTool("echo"));
  assert.ok(refused instanceof mcp.HttpError && refused.status === 404, String(refused));
  assert.match(refused.message, /HTTP 404.*HTTP\+SSE transport was tried too.*HTTP 404/);

  const trap = await startScripted(({ rpc, res }) => json(res, answer(rpc.id, {})));
  const foreign = await startScripted(({ method, res }) => {
    if (method === "POST") return res.writeHead(405).end();
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(`event: endpoint\ndata: ${trap.url}\n\n`);
  });
  t.after(() => Promise.all([trap.close(), foreign.close()]));
  const error = await rejection(clients(t, foreign.url).client().callTool("echo"));
  assert.ok(error instanceof mcp.ProtocolError, String(error));
  assert.match(error.message, /another origin.*127\.0\.0\.1.*nothing was sent there/);
  assert.deepEqual(trap.requests, []);
});
