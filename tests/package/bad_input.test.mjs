// Servers that answer nonsense, or nothing: a typed error that names what was wrong, or the question is asked again. Nobody
// hangs, and another handle of the same client gets its result.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { freePort } from "../../scripts/engines.mjs";
import { answer, json, raw } from "../servers/scripted.mjs";
import { startPuppet } from "./puppet.mjs";
import { clients, inTime, mcp, rejection, until } from "./support.mjs";

const { TasksError } = mcp;
let server, nobody;
before(async () => {
  server = await startPuppet();
  nobody = `http://127.0.0.1:${await freePort()}/mcp`;
});
beforeEach(() => { server.script.clear(); });
after(() => server.close());

const textOf = (result) => result.content[0].text;

/**
 * How to answer badly. `error`: `[class, code, words]` of what a call or the handshake then fails with; `warns`: how a bad
 * answer to a poll is warned about. Trouble that may pass is warned about as such.
 */
const bad = {
  "an HTML page": {
    reply: ({ res }) => raw(res, { headers: { "content-type": "text/html" }, body: "<!doctype html><title>Bad gateway</title>" }),
    error: ["ProtocolError", "protocol", /text\/html/],
    warns: "bad-answer",
  },
  "JSON that is cut off": {
    reply: ({ rpc, res }) => raw(res, { headers: { "content-type": "application/json" }, body: `{"jsonrpc":"2.0","id":${rpc.id},"resu` }),
    error: ["ProtocolError", "protocol", /JSON/],
    warns: "bad-answer",
  },
  "an answer to another request": {
    reply: ({ rpc, res }) => json(res, answer(rpc.id + 1000, { content: [] })),
    error: ["ProtocolError", "protocol", /\bid\b/],
    warns: "bad-answer",
  },
  "HTTP 500": {
    reply: ({ res }) => raw(res, { status: 500, headers: { "content-type": "text/plain" }, body: "out of order" }),
    error: ["HttpError", "http", /500/],
    warns: "retrying",
  },
  "a refused connection": {
    refused: true,
    error: ["NetworkError", "network", /ECONNREFUSED/],
    warns: "retrying",
  },
};

/** Answers badly where `chosen(rpc)`: by the server, or by sending the request to where nobody listens. */
function misbehave({ reply, refused }, method, chosen) {
  if (!refused) {
    server.script.set(method, (asked) => (chosen(asked.rpc) ? void reply(asked) : false));
    return {};
  }
  return {
    fetch: (url, init) => {
      const rpc = init.body && JSON.parse(init.body);
      return fetch(rpc?.method === method && chosen(rpc) ? nobody : url, init);
    },
  };
}

function assertError(error, [name, code, words]) {
  assert.equal(error.name, name, String(error));
  assert.equal(error.code, code);
  assert.ok(error instanceof mcp[name] && mcp[name].isInstance(error) && TasksError.isInstance(error));
  assert.match(error.message, words);
}

function assertWarned(warnings, { warns, error: [, , words] }) {
  for (const { code, message } of warnings) {
    assert.equal(code, warns);
    assert.match(message, words);
  }
}

for (const [what, badly] of Object.entries(bad)) {
  describe(what, () => {
    test("to a call: a typed error, and the other calls of the same client get their results", async (t) => {
      const { client, warnings } = clients(t, server.url);
      const own = client(misbehave(badly, "tools/call", (rpc) => rpc.params.arguments.bad));
      const other = own.callTool("required");
      const taskId = await inTime(other.created);
      const result = inTime(other.result());
      const task = own.callTool("optional", { bad: true });
      const created = rejection(task.created);
      const error = await rejection(task);
      assertError(error, badly.error);
      assert.match(error.message, /optional/, "names the tool");
      assert.equal(await created, error);
      assert.equal(await rejection(task.status()), error);
      assert.equal(await rejection(task.wait()), error);
      server.finish(taskId);
      assert.equal(textOf(await result), `${taskId} is done`);
      assert.equal(textOf(await inTime(own.callTool("forbidden"))), "forbidden at once");
      if (badly.warns === "bad-answer") assert.deepEqual(warnings, [], "the error says it all");
      assertWarned(warnings, badly);
    });

    test("to a poll: it is asked again, and another task of the same client gets its result", async (t) => {
      let polls = 0;
      let unlucky;
      const { client, warnings } = clients(t, server.url);
      const own = client(misbehave(badly, "tasks/get", (rpc) => rpc.params.taskId === unlucky && ++polls <= 2));
      const task = own.callTool("required");
      unlucky = await inTime(task.created);
      const other = own.callTool("required");
      const otherId = await inTime(other.created);
      const result = inTime(task.result());
      const otherResult = inTime(other.result());
      await until(() => polls >= 1, "a bad poll");
      server.finish(otherId);
      assert.equal(textOf(await otherResult), `${otherId} is done`);
      await until(() => polls >= 3, "a good poll");
      server.finish(unlucky);
      assert.equal(textOf(await result), `${unlucky} is done`);
      assert.ok(warnings.length >= 1, "warned");
      assertWarned(warnings, badly);
    });

    test("to the handshake: a typed error for every waiting call, and the next call starts a new handshake", async (t) => {
      let isBad = true;
      const { client } = clients(t, server.url);
      const own = client(misbehave(badly, "initialize", () => isBad));
      const list = rejection(own.listTools());
      const error = await rejection(own.callTool("required"));
      assertError(error, badly.error);
      assert.match(error.message, /required was not sent/);
      assertError(await list, badly.error);
      isBad = false;
      assert.equal(textOf(await inTime(own.callTool("forbidden"))), "forbidden at once");
    });
  });
}

describe("a status that no revision knows", () => {
  const pondering = (task) => ({ ...task, status: "pondering" });

  test("to a call: the task is asked after all the same, and gets its result", async (t) => {
    const { client, warnings } = clients(t, server.url);
    const stamp = new Date(0).toISOString();
    server.script.set("tools/call", ({ rpc, res }) => {
      const task = { taskId: "odd", status: "working", createdAt: stamp, lastUpdatedAt: stamp, ttl: null, pollInterval: 50 };
      server.tasks.set("odd", { task });
      json(res, answer(rpc.id, { task: pondering(task) }));
    });
    const task = client().callTool("required");
    await inTime(task.created);
    server.finish("odd");
    assert.equal(textOf(await inTime(task)), "odd is done");
    assert.equal(warnings.length, 1);
    assert.match(warnings[0].message, /required.*status.*pondering/);
  });

  test("to a poll: it is asked again, and another task of the same client gets its result", async (t) => {
    const { client, warnings } = clients(t, server.url);
    const own = client();
    const [task, other] = [own.callTool("required"), own.callTool("required")];
    const unlucky = await inTime(task.created);
    const otherId = await inTime(other.created);
    let polls = 0;
    server.script.set("tasks/get", ({ rpc, res }) => {
      if (rpc.params.taskId !== unlucky || ++polls > 2) return false;
      return void json(res, answer(rpc.id, pondering(server.tasks.get(unlucky).task)));
    });
    const seen = [];
    task.onStatusChange((s) => seen.push(s.status));
    const result = inTime(task.result());
    server.finish(otherId);
    assert.equal(textOf(await inTime(other)), `${otherId} is done`);
    await until(() => polls >= 3, "a good poll");
    server.finish(unlucky);
    assert.equal(textOf(await result), `${unlucky} is done`);
    assert.ok(!seen.includes("pondering"), "nobody is told what no type allows");
    assert.equal(warnings.length, 1);
    assert.match(warnings[0].message, /status.*pondering/);
  });
});

// Only the `fetch` option can do these; each is a mistake that applications make.
describe("a fetch option that gives no unread Response", () => {
  const mistakes = {
    "nothing": async () => {},
    "plain data": async () => ({ ok: true, status: 200, json: async () => ({}) }),
    "a response that was read already": async (url, init) => {
      const response = await fetch(url, init);
      await response.text();
      return response;
    },
    "a response that somebody else reads": async (url, init) => {
      const response = await fetch(url, init);
      response.body?.getReader();
      return response;
    },
    "a body of text chunks": async () => new Response(new ReadableStream({ start(c) { c.enqueue("text"); c.close(); } }), { headers: { "content-type": "application/json" } }),
  };
  for (const [what, mistake] of Object.entries(mistakes)) {
    test(`${what}: a typed error, and another client is undisturbed`, async (t) => {
      const { client } = clients(t, server.url);
      const other = client();
      const otherTask = other.callTool("required");
      const taskId = await inTime(otherTask.created);
      const error = await rejection(client({ fetch: mistake }).callTool("required"));
      assert.ok(TasksError.isInstance(error), String(error));
      assert.ok(["network", "protocol"].includes(error.code), error.code);
      server.finish(taskId);
      assert.equal(textOf(await inTime(otherTask)), `${taskId} is done`);
    });
  }
});

test("requestTimeoutMs: a ping that the server never answers rejects with NetworkError that states the limit", async (t) => {
  server.script.set("ping", () => undefined);
  const { client } = clients(t, server.url);
  const error = await rejection(client({ requestTimeoutMs: 1000 }).ping());
  assert.ok(mcp.NetworkError.isInstance(error), String(error));
  assert.match(error.message, /no answer within 1 s/);
  assert.throws(() => client({ requestTimeoutMs: 0 }), /requestTimeoutMs must be a number of at least 1/);
});
