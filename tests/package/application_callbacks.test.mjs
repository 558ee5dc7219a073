// What callbacks of the application throw, or reject with, reaches onWarning. An unhandled rejection would end a Node process.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { sse } from "../servers/scripted.mjs";
import { startPuppet } from "./puppet.mjs";
import { clients, entry, inTime, mcp, receiver, rejection, settle, until } from "./support.mjs";
import { askingServer, question } from "./scenarios/asking-server.mjs";

const unhandled = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));

let server;
before(async () => { server = await startPuppet(); });
beforeEach(() => { server.script.clear(); unhandled.length = 0; });
after(() => server.close());

const message = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "hello" } };
/** Lets the server send a notification within the answer to `tools/call`. */
const notifying = () => server.script.set("tools/call", ({ rpc, res }) => {
  sse(res, [{ data: message }, { data: { jsonrpc: "2.0", id: rpc.id, result: { content: [{ type: "text", text: "done" }] } } }]);
});
const failing = {
  "throws": () => { throw new Error("it failed"); },
  "rejects": async () => { throw new Error("it failed"); },
  "gives a thenable that rejects": () => ({ then: (_, reject) => reject(new Error("it failed")) }),
  "throws a value that cannot be read": () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy; },
  "rejects with a symbol": () => Promise.reject(Symbol("s")),
};

for (const [how, callback] of Object.entries(failing)) {
  test(`L5: onNotification that ${how} is warned of`, async (t) => {
    notifying();
    const { client, warnings } = clients(t, server.url);
    assert.equal((await inTime(client({ onNotification: callback }).callTool("forbidden"))).content[0].text, "done");
    const { code, message } = await until(() => warnings[0], "a warning");
    assert.equal(code, "listener-failed");
    assert.match(message, /^onNotification failed: (it failed|unknown error)$/);
    await settle(20);
    assert.deepEqual(unhandled, []);
  });

  test(`L5: onWarning that ${how} affects nothing, and is dropped`, async (t) => {
    notifying();
    const { client } = clients(t, server.url);
    let calls = 0;
    const own = client({ onNotification: callback, onWarning: (warning) => { calls++; return callback(warning); } });
    assert.equal((await inTime(own.callTool("forbidden"))).content[0].text, "done");
    await until(() => calls > 0, "the warning");
    await settle(20);
    assert.deepEqual(unhandled, []);
    assert.equal((await inTime(own.callTool("forbidden"))).content[0].text, "done");
  });

  test(`L5: a storage whose methods ${how} is warned of once`, async (t) => {
    const lib = await import(`${entry()}?${encodeURIComponent(how)}`);
    const warnings = [];
    const client = new lib.Client(server.url, { storage: { getItem: callback, setItem: callback }, onWarning: (warning) => warnings.push(warning) });
    t.after(() => client.close());
    await inTime(client.callTool("forbidden"));
    await settle(20);
    assert.deepEqual(warnings.map(({ code }) => code), ["storage-failed"]);
    assert.deepEqual(unhandled, []);
  });

  test(`L5: onError of a TaskHost that ${how} affects nothing`, async (t) => {
    const asking = askingServer();
    const written = [];
    t.mock.method(console, "warn", (text) => written.push(text));
    const client = new mcp.Client("http://asking.invalid/mcp", {
      era: "2025-11-25", fetch: asking.fetch, onElicitation: () => { throw new Error("no"); }, taskHandlers: new receiver.TaskHost({ onError: callback }),
    });
    t.after(() => client.close());
    await client.ping();
    await inTime(asking.open);
    await inTime(asking.ask("elicitation/create", question()));
    await until(() => written.length > 0, "a line on the console");
    assert.match(written[0], /onError of a TaskHost failed/);
    assert.deepEqual(unhandled, []);
  });
}

test("L5: a listener that is registered after close() causes no unhandled rejection", async (t) => {
  const { client } = clients(t, server.url);
  const own = client();
  own.close();
  const task = own.callTool("required");
  const offs = [task.onStatusChange(() => {}), task.onProgress(() => {})];
  assert.equal((await rejection(task)).code, "closed");
  await settle(20);
  for (const off of offs) off();
  assert.deepEqual(unhandled, []);
});
