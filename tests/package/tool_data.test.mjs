// `data` of a tool result, where it differs from FastMCP's: docs/differences-from-fastmcp.md, "Results and ends".
import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, json } from "../servers/scripted.mjs";
import { startPuppet } from "./puppet.mjs";
import { clients, inTime } from "./support.mjs";

test("F18: an empty dict as the result of a tool is data {}, of a call and of a task; FastMCP's client gives None", async (t) => {
  const server = await startPuppet();
  t.after(() => server.close());
  // As FastMCP sends the result of a tool that returns `{}`.
  const empty = { content: [{ type: "text", text: "{}" }], structuredContent: {} };
  const { client } = clients(t, server.url);
  const own = client({ stream: false });
  const task = own.callTool("required");
  server.finish(await inTime(task.created), empty);
  server.script.set("tools/call", ({ rpc, res }) => { json(res, answer(rpc.id, rpc.params.name === "forbidden" ? empty : { content: [] })); });
  for (const result of [await inTime(task), await inTime(own.callTool("forbidden"))]) {
    assert.deepEqual(result.data, {});
    assert.deepEqual(result.structuredContent, {});
  }
  assert.equal((await inTime(own.callTool("optional"))).data, undefined, "undefined is for a result without structured content");
});
