// What real servers and browsers do otherwise, where no other test is about it: tests/coverage.json has the numbers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { initializeResult, json } from "../servers/scripted.mjs";
import { running, server } from "./fixture.mjs";
import { until } from "./support.mjs";

test("every poll has the same headers, of those that the README lists: one preflight serves them all (deviation 43)", async (t) => {
  server.script.set("initialize", ({ rpc, res }) => json(res, initializeResult(rpc.id), 200, { "mcp-session-id": "s1" }));
  const { task, taskId } = await running(t, { headers: { authorization: "Bearer x" } });
  task.onStatusChange(() => {});
  const polls = () => server.requests.filter(({ rpc }) => rpc?.method === "tasks/get" && rpc.params.taskId === taskId);
  await until(() => polls().length >= 4, "four polls");
  // What the platform adds needs no leave.
  const platform = ["accept", "accept-encoding", "accept-language", "connection", "content-length", "host", "sec-fetch-mode", "user-agent"];
  for (const { method, headers } of polls()) {
    assert.equal(method, "POST");
    const asked = Object.keys(headers).filter((name) => !platform.includes(name) && !name.startsWith("cache") && name !== "pragma");
    assert.deepEqual(asked.sort(), ["authorization", "content-type", "mcp-protocol-version", "mcp-session-id"]);
  }
});
