// A careless caller, a closed client, and the errors themselves.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { initializeResult, json } from "../servers/scripted.mjs";
import { running, server, textOf } from "./fixture.mjs";
import { Client, clients, entry, inTime, mcp, rejection, settle, until } from "./support.mjs";

const { ClosedError, TasksError, TimeoutError, ToolError } = mcp;

describe("invalid arguments throw TypeError synchronously, and nothing is sent", () => {
  const bad = {
    "arguments that are an array": (c) => c.callTool("forbidden", []),
    "arguments that are null": (c) => c.callTool("forbidden", null),
    "arguments that are text": (c) => c.callTool("forbidden", "x"),
    "arguments with a cycle": (c) => { const a = {}; a.a = a; c.callTool("forbidden", a); },
    "arguments with a BigInt": (c) => c.callTool("forbidden", { n: 1n }),
    "a tool's name that is missing": (c) => c.callTool(),
    "a tool's name that is a number": (c) => c.callTool(7),
    "a negative ttlMs": (c) => c.callTool("forbidden", {}, { task: { ttlMs: -1 } }),
    "a ttlMs that is no number": (c) => c.callTool("forbidden", {}, { task: { ttlMs: NaN } }),
    "a ttlMs that is text": (c) => c.callTool("forbidden", {}, { task: { ttlMs: "60000" } }),
    "a ttlMs without end": (c) => c.callTool("forbidden", {}, { task: { ttlMs: Infinity } }),
    "a signal that is none": (c) => c.callTool("forbidden", {}, { signal: {} }),
    "a reference that is none": (c) => c.task({ taskId: "", kind: "tool", name: "x" }),
    "a reference of another kind": (c) => c.task({ taskId: "x", kind: "job", name: "x" }),
    "no reference": (c) => c.task(null),
    "a listener that is no function": (c) => c.task({ taskId: "x", kind: "tool", name: "x" }).onStatusChange("no"),
    "a subscriber that is no function": (c) => c.task({ taskId: "x", kind: "tool", name: "x" }).subscribe(),
  };
  for (const [what, run] of Object.entries(bad)) {
    test(what, async (t) => {
      const { client } = clients(t, server.url);
      const own = client();
      await inTime(own.listTools());
      const before = server.requests.length;
      assert.throws(() => run(own), TypeError);
      await settle();
      assert.equal(server.requests.length, before);
      assert.equal(textOf(await inTime(own.callTool("forbidden"), "an answer afterwards")), "forbidden at once", "the client still works");
    });
  }

  test("options of Client", () => {
    for (const options of [{ pollIntervalMs: 0 }, { pollIntervalMs: NaN }, { pollIntervalMs: "5" }, { maxMessageBytes: -1 }, { maxMessageBytes: Infinity }]) {
      assert.throws(() => new Client(server.url, options), { name: "TypeError", message: new RegExp(Object.keys(options)[0]) });
    }
    for (const url of ["not a url", "/relative", "", undefined]) assert.throws(() => new Client(url), TypeError, String(url));
  });

  test("a timeoutMs that is no number", async (t) => {
    const { task } = await running(t);
    for (const timeoutMs of [NaN, -1, "20"]) {
      const error = await rejection(task.wait({ timeoutMs }));
      assert.equal(error.name, "TypeError", `${timeoutMs}: ${error}`);
    }
  });
});

describe("after close()", () => {
  const closed = (error) => {
    assert.ok(error instanceof ClosedError, `${error?.name}: ${error?.message}`);
    assert.equal(error.code, "closed");
    assert.match(error.message, /closed/);
  };

  const pending = {
    "the result": (task) => task.result(),
    "wait": (task) => task.wait(),
    "wait with a timeout": (task) => task.wait({ timeoutMs: 1e9 }),
    "updates": async (task) => { for await (const _ of task.updates()); },
    "a fresh status": (task) => task.status({ fresh: true }),
  };
  for (const [what, wait] of Object.entries(pending)) {
    test(`a promise waiting for ${what} rejects with ClosedError`, async (t) => {
      const { task, client } = await running(t);
      server.script.set("tasks/get", () => {});
      const waiting = rejection(wait(task));
      await settle();
      client.close();
      closed(await waiting);
    });
  }

  test("a pending cancellation rejects with ClosedError", async (t) => {
    const { task, client } = await running(t);
    const asked = new Promise((resolve) => server.script.set("tasks/cancel", resolve));
    const waiting = rejection(task.cancel());
    await inTime(asked, "tasks/cancel");
    client.close();
    closed(await waiting);
  });

  test("a pending creation rejects with ClosedError", async (t) => {
    const { client } = clients(t, server.url);
    const own = client();
    const asked = new Promise((resolve) => server.script.set("tools/call", resolve));
    const task = own.callTool("required");
    const waiting = rejection(task.created);
    await inTime(asked, "tools/call");
    own.close();
    closed(await waiting);
    closed(await rejection(task));
  });

  test("closed before the module is loaded: ClosedError, no request", async (t) => {
    const { client } = clients(t, server.url);
    const own = client();
    const before = server.requests.length;
    const task = own.callTool("required");
    const tools = own.listTools();
    own.close();
    closed(await rejection(task));
    closed(await rejection(tools));
    await settle(20);
    assert.equal(server.requests.length, before);
  });

  const later = {
    "callTool": ({ client }) => client.callTool("required"),
    "callTool's created": ({ client }) => client.callTool("required").created,
    "task(ref)": ({ client, ref }) => client.task(ref),
    "task(ref).status()": ({ client, ref }) => client.task(ref).status(),
    "listTools": ({ client }) => client.listTools(),
    "result": ({ task }) => task.result(),
    "wait": ({ task }) => task.wait(),
    "updates": async ({ task }) => { for await (const _ of task.updates()); },
    "status({ fresh: true })": ({ task }) => task.status({ fresh: true }),
    "cancel": ({ task }) => task.cancel(),
  };
  for (const [what, call] of Object.entries(later)) {
    test(`${what}: ClosedError, no request`, async (t) => {
      const { task, client } = await running(t);
      const ref = task.toJSON();
      client.close();
      await until(() => server.requests.at(-1).method === "DELETE" || true);
      await settle();
      const posts = server.requests.filter((r) => r.method === "POST").length;
      closed(await rejection(call({ client, task, ref })));
      await settle();
      assert.equal(server.requests.filter((r) => r.method === "POST").length, posts);
    });
  }

  test("a task that had ended keeps its result and its status", async (t) => {
    const { task, taskId, client } = await running(t);
    server.finish(taskId);
    await inTime(task);
    client.close();
    assert.equal(textOf(await inTime(task)), `${taskId} is done`);
    assert.equal((await inTime(task.status())).status, "completed");
    await inTime(task.cancel());
  });

  test("the task goes on at the server, and the session is given back", async (t) => {
    server.script.set("initialize", ({ rpc, res }) => json(res, initializeResult(rpc.id), 200, { "mcp-session-id": "the-session" }));
    const { taskId, client } = await running(t);
    client.close();
    const goodbye = await until(() => server.requests.find((r) => r.method === "DELETE"), "DELETE");
    assert.equal(goodbye.headers["mcp-session-id"], "the-session");
    assert.equal(server.tasks.get(taskId).task.status, "working");
  });

  test("the process is not kept alive: it ends", async () => {
    const program = `
      const { Client } = await import(${JSON.stringify(entry())});
      const client = new Client(${JSON.stringify(server.url)});
      const task = client.callTool("required");
      const off = task.onStatusChange(() => {});
      const waiting = task.catch((e) => e.code);
      await task.created;
      client.close();
      console.log(await waiting);`;
    const child = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { timeout: 30_000 });
    assert.equal(child.stdout.trim(), "closed");
  });
});

describe("errors", () => {
  const codes = {
    ToolError: "tool_error", TaskFailedError: "task_failed", TaskCancelledError: "task_cancelled", TaskExpiredError: "task_expired", TaskLostError: "task_lost",
    RpcError: "rpc", HttpError: "http", AuthorizationRequiredError: "authorization_required", NetworkError: "network",
    ProtocolError: "protocol", UnsupportedError: "unsupported", ClosedError: "closed", TimeoutError: "timeout", InternalError: "internal",
  };
  const make = (lib, name) => name === "ToolError"
    ? new lib.ToolError({ content: [{ type: "text", text: "words" }] })
    : new lib[name](name === "TimeoutError" ? "words" : { code: codes[name], message: "words" });

  test("each class has its literal code, its name, a message, and is an Error", () => {
    for (const [name, code] of Object.entries(codes)) {
      const error = make(mcp, name);
      assert.ok(error instanceof Error && error instanceof TasksError, name);
      assert.equal(error.code, code);
      assert.equal(error.name, name);
      assert.equal(error.message, "words");
      assert.match(error.stack, new RegExp(`^${name}: words`));
      assert.equal(typeof error.retryable, "boolean");
    }
    const exported = Object.keys(mcp).filter((name) => name.endsWith("Error") && name !== "TasksError");
    assert.deepEqual(exported.sort(), Object.keys(codes).sort());
  });

  test("isInstance knows the errors of another copy of the package, and nothing else", async () => {
    const copy = await import(entry("mcp-tasks/inline"));
    assert.notEqual(copy.Client, mcp.Client);
    for (const name of Object.keys(codes)) {
      const theirs = make(copy, name);
      assert.equal(theirs instanceof mcp[name], false, name);
      assert.ok(mcp[name].isInstance(theirs), name);
      assert.ok(mcp.TasksError.isInstance(theirs), name);
      for (const other of Object.keys(codes)) assert.equal(mcp[other].isInstance(theirs), other === name, `${other} of ${name}`);
    }
    for (const value of [undefined, null, 1, "x", {}, new Error("x"), new TypeError("x")]) assert.equal(mcp.TasksError.isInstance(value), false);
  });

  test("a network error keeps its cause", async (t) => {
    const { client } = clients(t, "http://127.0.0.1:9/mcp");
    const error = await rejection(client().callTool("x"));
    assert.equal(error.code, "network");
    assert.ok(error.message.length > 0);
    assert.ok(error.cause !== undefined, "cause");
  });
});
