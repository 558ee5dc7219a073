// The package without the build steps that only make it smaller or faster: std as the toolchain has it, no `cfg(hot)`, the names
// that wasm-bindgen gives. The build has a folder of its own; `npm run test:plain` runs this file alone.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { env, root } from "../../scripts/env.mjs";
import { failure, json } from "../servers/scripted.mjs";
import { startPuppet } from "./puppet.mjs";

const folder = "target/plain/";

describe("a plain build", () => {
  let server, mcp;
  before(async () => {
    const settings = { MCP_TASKS_PLAIN_BUILD: "1", MCP_TASKS_ENTRIES: "node", MCP_TASKS_BUILD_FOLDER: folder };
    const built = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: root, env: { ...env, ...settings }, encoding: "utf8", timeout: 900_000 });
    assert.equal(built.status, 0, built.stderr);
    mcp = await import(pathToFileURL(`${root}${folder}dist/node.js`).href);
    server = await startPuppet();
  });
  after(() => server?.close());

  function open(t) {
    const client = new mcp.Client(server.url);
    t.after(() => client.close());
    return client;
  }

  test("keeps the names of wasm-bindgen", () => {
    assert.match(readFileSync(`${root}${folder}dist/node.js`, "utf8"), /wasm\.client_callTool\(/);
  });

  test("calls a tool as a task, reports its statuses and resolves with its result", async (t) => {
    const task = open(t).callTool("required", { scene: 7 });
    const statuses = [];
    task.onStatusChange(({ status, statusMessage }) => void statuses.push([status, statusMessage]));
    const taskId = await task.created;
    server.put(taskId, "working", "grüße 🎉");
    await task.wait({ state: "working" });
    server.finish(taskId);
    assert.deepEqual((await task).content, [{ type: "text", text: `${taskId} is done` }]);
    assert.equal(statuses.at(-1)[0], "completed");
  });

  test("calls a tool without a task and lists the tools", async (t) => {
    const client = open(t);
    assert.deepEqual(await client.callTool("forbidden"), { content: [{ type: "text", text: "forbidden at once" }] });
    const tools = await client.listTools();
    assert.deepEqual(tools.map(({ name }) => name), ["required", "optional", "forbidden"]);
  });

  test("cancels a task", async (t) => {
    const task = open(t).callTool("required");
    const outcome = task.result().then(() => assert.fail("the task has a result"), (error) => error);
    await task.created;
    await task.cancel();
    assert.ok((await outcome) instanceof mcp.TaskCancelledError);
    assert.equal((await task.status()).status, "cancelled");
  });

  test("rejects a call that the server refuses", async (t) => {
    server.script.set("tools/call", ({ rpc, res }) => json(res, failure(rpc.id, -32602, "no such scene")));
    t.after(() => server.script.clear());
    const refused = open(t).callTool("required", { scene: -1 }).result();
    await assert.rejects(refused, (error) => error instanceof mcp.RpcError && error.code === "rpc" && /no such scene/.test(error.message));
  });
});
