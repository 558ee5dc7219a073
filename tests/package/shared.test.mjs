// `mcp-tasks/shared` where there are no shared workers, as in Node: a client like any other. With tabs: tests/browser.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startPuppet } from "./puppet.mjs";
import { entry, inTime, mcp } from "./support.mjs";

const shared = await import(entry("mcp-tasks/shared"));
const { SharedClient } = shared;
let server;
before(async () => { server = await startPuppet(); });
after(() => server.close());

test("without shared workers it is a separate client, without a warning", async (t) => {
  const warnings = [];
  const client = new SharedClient(server.url, { onWarning: (w) => warnings.push(w) });
  t.after(() => client.close());
  assert.equal(client.isShared, undefined);
  const task = client.callTool("optional");
  assert.equal(await inTime(task.created), "task-1");
  server.finish("task-1");
  assert.equal((await inTime(task.result())).content[0].text, "task-1 is done");
  assert.deepEqual([client.isShared, warnings], [false, []]);
});

test("its classes are the package's own", async () => {
  assert.ok(new SharedClient(server.url) instanceof shared.Client);
  assert.equal(shared.ToolTask, mcp.ToolTask);
  assert.equal(shared.NetworkError, mcp.NetworkError);
});

test("options that make no sense are told so in words", () => {
  assert.throws(() => new SharedClient(server.url, { fetch }), { name: "TypeError", message: /fetch cannot be shared/ });
  assert.throws(() => new SharedClient(server.url, { taskHandlers: {} }), { name: "TypeError", message: /hosted tasks cannot be shared/ });
  assert.throws(() => new SharedClient(server.url, { name: 5 }), { name: "TypeError", message: "name must be a string, not 5" });
  assert.throws(() => new SharedClient(server.url, { worker: "x.js" }), { name: "TypeError", message: "worker must be a function, not a string" });
  assert.throws(() => new SharedClient(server.url, { pollIntervalMs: -1 }), { name: "TypeError" });
});
