// What may be collected, and what must not be. The collector is called by hand, as often as it takes.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startPuppet } from "./puppet.mjs";
import { Client, clients, inTime, until } from "./support.mjs";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");
/** Several collections, with time for what is told of them. */
async function collect() {
  for (let i = 0; i < 8; i++) {
    gc();
    await new Promise((r) => setTimeout(r, 10));
  }
}

let server;
before(async () => { server = await startPuppet(); });
after(() => server.close());
const started = async (count) => {
  await until(() => server.tasks.size === count, `task ${count}`);
  return `task-${count}`;
};

describe("an unreferenced handle with a waiting promise", () => {
  const waits = {
    "await client.callTool()": async (client) => (await client.callTool("required")).content[0].text,
    "result()": (client) => client.callTool("required").result().then((r) => r.content[0].text),
    "then()": (client) => client.callTool("required").then((r) => r.content[0].text),
    "onStatusChange()": (client) => new Promise((resolve) => {
      client.callTool("required").onStatusChange((s) => { if (s.status === "completed") resolve("task is done"); });
    }),
    "subscribe()": (client) => new Promise((resolve) => {
      const { subscribe, getSnapshot } = client.callTool("required");
      subscribe(() => { if (getSnapshot()?.status === "completed") resolve("task is done"); });
    }),
    "updates()": async (client) => {
      for await (const s of client.callTool("required").updates()) if (s.status === "completed") return "task is done";
      return "ended";
    },
    "wait()": (client) => client.callTool("required").wait().then((s) => `task is ${s.status === "completed" ? "done" : s.status}`),
  };
  for (const [what, wait] of Object.entries(waits)) {
    test(`${what} is told in the end`, async (t) => {
      const { client } = clients(t, server.url);
      const waiting = wait(client());
      const taskId = await started(server.tasks.size + 1);
      await collect();
      server.finish(taskId, { content: [{ type: "text", text: "task is done" }] });
      assert.equal(await inTime(waiting, what), "task is done");
    });
  }

  test("created is told in the end", async (t) => {
    const { client } = clients(t, server.url);
    const held = new Promise((resolve) => server.script.set("tools/call", ({ rpc, res }) => {
      server.script.clear();
      resolve(() => res.writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ jsonrpc: "2.0", id: rpc.id, result: { content: [] } })));
    }));
    const own = client();
    const created = (() => own.callTool("forbidden").created)();
    const answer = await inTime(held, "the call");
    await collect();
    answer();
    assert.equal(await inTime(created), undefined);
  });
});

test("an unreferenced handle without a waiting promise is collected, and the task continues", async (t) => {
  const { client } = clients(t, server.url);
  const own = client();
  const make = async () => {
    const task = own.callTool("required");
    await inTime(task.created);
    const off = task.onStatusChange(() => {});
    off();
    return new WeakRef(task);
  };
  const ref = await make();
  const taskId = `task-${server.tasks.size}`;
  await collect();
  assert.equal(ref.deref(), undefined);
  assert.equal(server.tasks.get(taskId).task.status, "working");
});

test("a client that was closed is collected, engine and all", async () => {
  const make = async () => {
    const client = new Client(server.url, { onWarning() {} });
    const task = client.callTool("required");
    task.onStatusChange(() => {});
    await inTime(task.created);
    client.close();
    return new WeakRef(client);
  };
  const ref = await make();
  await collect();
  assert.equal(ref.deref(), undefined);
});
