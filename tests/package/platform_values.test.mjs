// Values of the platform and of the application's `fetch` that are not what they should be: no trap, no pending promise, and the
// client and its neighbours go on.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { textOf } from "./fixture.mjs";
import { startPuppet } from "./puppet.mjs";
import { clients, inTime, mcp, onFakeClock, rejection } from "./support.mjs";

let server;
before(async () => { server = await startPuppet(); });
after(() => server.close());

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const response = (over) => Object.defineProperties(
  new Response("{}", { headers: { "content-type": "application/json" } }),
  Object.fromEntries(Object.entries(over).map(([name, get]) => [name, { get }])),
);
const body = (getReader) => ({ body: () => ({ getReader }) });
const thrower = () => { throw new Error("thrown by a member"); };

/** A client with this `fetch` rejects with a typed error, while a task of another client completes and a new client works. */
async function affectsOnlyItself(t, fetched) {
  const mine = clients(t, server.url);
  const good = mine.client();
  const running = good.callTool("required");
  const taskId = await inTime(running.created);
  const bad = mine.client({ fetch: fetched, requestTimeoutMs: 2000 });
  for (const promise of [bad.callTool("required").result(), bad.listTools()]) {
    const error = await rejection(promise);
    assert.ok(error instanceof mcp.NetworkError || error instanceof mcp.ProtocolError, `${error.name}: ${error.message}`);
  }
  await inTime(good.listTools());
  server.finish(taskId);
  assert.equal(textOf(await inTime(running)), `${taskId} is done`);
  await inTime(mine.client().listTools());
}

for (const [what, fetched] of [
  ["a revoked Proxy", () => Promise.reject(revoked())],
  ["an error whose message throws", () => Promise.reject(Object.defineProperty(new Error(""), "message", { get: thrower }))],
  ["an error whose message is a symbol", () => Promise.reject(Object.assign(new Error(""), { message: Symbol("x") }))],
  ["an object without a prototype", () => Promise.reject(Object.create(null))],
  ["a throwing fetch", thrower],
]) {
  test(`L6: a fetch option that gives ${what}: a typed error, and other clients go on`, (t) => affectsOnlyItself(t, fetched));
}

for (const [what, fetched] of [
  ["undefined", async () => undefined],
  ["a revoked Proxy as response", async () => ({ then: undefined, status: 200, headers: revoked() })],
  ["a url that is an object, after a redirect", async () => response({ redirected: () => true, url: () => new URL("http://127.0.0.1/") })],
  ["a status that is text", async () => response({ status: () => "200" })],
  ["headers that give numbers", async () => response({ headers: () => ({ get: () => 7 }) })],
  ["headers that throw", async () => response({ headers: () => ({ get: thrower }) })],
  ["a body without a reader", async () => response({ body: () => ({}) })],
  ["a body whose reader throws", async () => response(body(thrower))],
  ["a reader that gives no promise", async () => response(body(() => ({ read: () => 7, cancel() {} })))],
  ["a reader that gives nothing", async () => response(body(() => ({ read: async () => undefined, cancel() {} })))],
  ["a reader that throws", async () => response(body(() => ({ read: thrower, cancel: thrower })))],
  ["a chunk of text", async () => response(body(() => ({ read: async () => ({ value: "text" }), cancel() {} })))],
  ["a chunk of numbers", async () => response(body(() => ({ read: async () => ({ value: [1, 2] }), cancel() {} })))],
]) {
  test(`M2: a fetch option that resolves with ${what}: a typed error, and other clients go on`, (t) => affectsOnlyItself(t, fetched));
}

for (const [what, jump] of [
  ["jumps back by 10^12 ms", { by: -1e12 }],
  ["jumps forward by 10^12 ms", { by: 1e12 }],
  ["stands still", { value: "7000" }],
  ["shows NaN", { value: "NaN" }],
  ["shows Infinity", { value: "Infinity" }],
  ["shows -Infinity", { value: "-Infinity" }],
]) {
  test(`L8: a platform clock that ${what}: the task is polled on and settles`, async (t) => {
    const { text, polls } = await onFakeClock(t, "brokenClock", jump);
    assert.equal(text, "done", `after ${polls} polls`);
    assert.ok(polls >= 5 && polls <= 15, String(polls));
  });
}
