// What faults.test.mjs found by its seeds, each by itself: what a server loses while somebody waits for a task.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { failure, initializeResult, json } from "../servers/scripted.mjs";
import { startPuppet } from "./puppet.mjs";
import { clients, inTime, onFakeClock, rejection, until } from "./support.mjs";

let server;
before(async () => { server = await startPuppet(); });
beforeEach(() => server.script.clear());
after(() => server.close());
const textOf = (result) => result.content[0].text;

/** Sessions have names, and each method in `lost` finds its session lost so many times, counted from now. */
function withSessions(lost, answer = (res) => json(res, failure(null, -32001, "Session not found"), 404)) {
  const left = { ...lost };
  let sessions = 0;
  server.script.set("initialize", ({ rpc, res }) => json(res, initializeResult(rpc.id), 200, { "mcp-session-id": `session-${++sessions}` }));
  for (const method of Object.keys(lost)) {
    server.script.set(method, ({ res }) => {
      // The first handshake is none that follows a loss.
      if ((method === "notifications/initialized" && sessions < 2) || left[method] === 0) return false;
      left[method] -= 1;
      return answer(res);
    });
  }
  return { get sessions() { return sessions; }, left };
}

describe("a session that is lost again before its handshake has ended", () => {
  const answers = {
    "404": (res) => json(res, failure(null, -32001, "Session not found"), 404),
    // Deviation 37.
    "400 / -32000": (res) => json(res, failure(null, -32000, "Bad Request: No valid session ID provided"), 400),
  };
  for (const [words, answer] of Object.entries(answers)) {
    test(`${words} for notifications/initialized: another handshake, and who waits for a task waits on`, async (t) => {
      const seen = withSessions({ "tasks/get": 1, "notifications/initialized": 1 }, answer);
      const { client } = clients(t, server.url);
      const task = client().callTool("required");
      const result = task.result();
      result.catch(() => {});
      const taskId = await inTime(task.created);
      await until(() => seen.left["notifications/initialized"] === 0, "the loss in the middle of the handshake");
      server.finish(taskId);
      assert.equal(textOf(await inTime(result)), `${taskId} is done`);
    });

    test(`${words} for notifications/initialized: a call that waits is sent in the next session`, async (t) => {
      const seen = withSessions({ "tools/list": 1, "notifications/initialized": 1 }, answer);
      const { client } = clients(t, server.url);
      const task = client().callTool("required");
      assert.ok(await inTime(task.created));
      assert.equal(seen.sessions, 3);
    });
  }
});

test("a task that was told to have failed, and is then lost with its result: fails with the words that were told", async (t) => {
  const { client } = clients(t, server.url);
  const task = client().callTool("required");
  const error = rejection(task);
  const taskId = await inTime(task.created);
  server.script.set("tasks/result", ({ rpc, res }) => {
    json(res, failure(rpc.id, -32602, `MCP error -32602: Task not found: ${taskId}`));
  });
  server.put(taskId, "failed", "the ice broke");
  const { name, message } = await error;
  assert.equal(name, "TaskFailedError");
  assert.match(message, /the ice broke/);
  assert.doesNotMatch(message, /not found/, "this is not why it failed");
});

test("a call that was refused once, and then waits for a list that meets trouble in a new session, is sent in the end", async (t) => {
  withSessions({});
  const answers = {
    "tools/call": [(res) => res.writeHead(429, { "retry-after": "1" }).end(), (res) => json(res, failure(null, -32001, "Session not found"), 404)],
    "tools/list": [() => false, (res) => res.writeHead(503).end()],
  };
  for (const [method, list] of Object.entries(answers)) server.script.set(method, ({ res }) => (list.length > 0 ? list.shift()(res) : false));
  const { client } = clients(t, server.url);
  // Nothing else may wake the client: no stream, and no other task.
  const task = client({ stream: false }).callTool("required");
  assert.ok(await inTime(task.created));
});

test("a device that sleeps over the time limit of a request gives it up when it wakes, whatever happens first then", async (t) => {
  const { before, asked, text } = await onFakeClock(t, "overslept");
  assert.equal(before, 1, "one question hangs");
  assert.ok(asked > 1, "it is asked again");
  assert.equal(text, "done");
});
