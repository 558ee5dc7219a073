// Which revision is spoken: pinned by the option `era`, found out and remembered for the endpoint, across reloads with `storage`
// (MCP 2026-07-28, Versioning: "Backward Compatibility"). How it is found out is in tests/eras.rs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startPuppet } from "./puppet.mjs";
import { stub, textOf } from "./stub.mjs";
import { checked, Client, clients, entry, inTime, rejection, settle } from "./support.mjs";

const modern = "2026-07-28";
const older = "2025-11-25";

/** A copy of the package that remembers nothing: as after a reload. */
let copies = 0;
const reloaded = async () => checked(await import(`${entry()}?copy=${++copies}`));

/** A storage, and what was done with it. */
function storing(given = {}) {
  const items = new Map(Object.entries(given));
  const log = [];
  return {
    items, log,
    getItem(key) {
      log.push(["get", key]);
      return items.get(key) ?? null;
    },
    setItem(key, value) {
      log.push(["set", key, value]);
      items.set(key, value);
    },
  };
}
const keyOf = (url) => `mcp-tasks:era:${url}`;

/** A server of sessions. */
async function sessions(t) {
  const server = await startPuppet();
  const mine = clients(t, server.url);
  t.after(() => server.close());
  return { server, client: mine.client, methods: () => server.requests.map(({ rpc, method }) => rpc?.method ?? method) };
}

for (const era of ["2024-11-05", "latest", "", null, 5, {}, [modern, older]]) {
  test(`era: ${JSON.stringify(era)} is a TypeError that names what there is`, () => {
    assert.throws(() => new Client("http://127.0.0.1:1/mcp", { era }), { name: "TypeError", message: /era must be one of 2025-11-25, 2026-07-28, not / });
  });
}

test("era: a server of both is spoken to in the one that is pinned", async (t) => {
  const { client, server } = await stub(t, { legacy: true });
  // What one client was told to speak is not remembered for the others.
  for (const [era, first] of [[older, "initialize"], [modern, "server/discover"], [older, "initialize"], [undefined, "server/discover"]]) {
    const before = server.requests.length;
    assert.equal(textOf(await inTime(client(era ? { era } : {}).callTool("greet"))), "Hello, World!");
    assert.equal(server.requests[before].rpc.method, first, String(era));
  }
});

test("era: one that the server does not speak is UnsupportedError, and the other is not tried", async (t) => {
  const { client, methods } = await sessions(t);
  const error = await rejection(client({ era: modern }).callTool("forbidden"));
  assert.equal(error.name, "UnsupportedError");
  assert.match(error.message, /does not speak MCP 2026-07-28/);
  assert.ok(!methods().includes("initialize"));
  const { client: other, methods: others } = await stub(t);
  assert.equal((await rejection(other({ era: older }).callTool("greet"))).rpc.code, -32020);
  assert.ok(!others().includes("server/discover"), others().join());
});

test("the revision of a server is remembered for its endpoint, with any query", async (t) => {
  const { server, client, methods } = await sessions(t);
  await inTime(client().callTool("forbidden"));
  assert.deepEqual(methods().slice(0, 2), ["server/discover", "initialize"]);
  for (const url of [server.url, `${server.url}?token=secret`, `${server.url}#there`]) {
    const before = methods().length;
    const again = new Client(url);
    t.after(() => again.close());
    await inTime(again.callTool("forbidden"));
    assert.equal(methods()[before], "initialize", url);
  }
});

test("storage: keeps it under the endpoint without its query, and spares the question after a reload", async (t) => {
  const { server, methods } = await sessions(t);
  const storage = storing();
  const first = await reloaded();
  const one = new first.Client(`${server.url}?token=secret`, { storage });
  t.after(() => one.close());
  await inTime(one.callTool("forbidden"));
  assert.deepEqual([...storage.items], [[keyOf(server.url), older]]);
  assert.ok(!JSON.stringify(storage.log).includes("secret"));
  const before = methods().length;
  const again = await reloaded();
  const two = new again.Client(server.url, { storage });
  t.after(() => two.close());
  await inTime(two.callTool("forbidden"));
  assert.equal(methods()[before], "initialize");
  // Without it nothing is known.
  const third = await reloaded();
  const three = new third.Client(server.url);
  t.after(() => three.close());
  const then = methods().length;
  await inTime(three.callTool("forbidden"));
  assert.equal(methods()[then], "server/discover");
});

for (const stored of ["", "2024-11-05", "null", "2026-07-28 ", "__proto__"]) {
  test(`storage: an invalid value is ignored: ${JSON.stringify(stored)}`, async (t) => {
    const { server, methods } = await sessions(t);
    const lib = await reloaded();
    const client = new lib.Client(server.url, { storage: storing({ [keyOf(server.url)]: stored }) });
    t.after(() => client.close());
    await inTime(client.callTool("forbidden"));
    assert.deepEqual(methods().slice(0, 2), ["server/discover", "initialize"]);
  });
}

test("storage: an outdated value is detected again, both ways", async (t) => {
  const { server, methods } = await sessions(t);
  const upgraded = await stub(t);
  const storage = storing({ [keyOf(server.url)]: modern, [keyOf(upgraded.server.url)]: older });
  const lib = await reloaded();
  for (const url of [server.url, upgraded.server.url]) {
    const client = new lib.Client(url, { storage });
    t.after(() => client.close());
    await inTime(client.callTool(url === server.url ? "forbidden" : "greet"));
  }
  assert.deepEqual(methods().slice(0, 2), ["server/discover", "initialize"]);
  assert.deepEqual(upgraded.methods().slice(0, 2), ["initialize", "server/discover"]);
  assert.deepEqual([...storage.items.values()], [older, modern]);
});

const broken = {
  "that throws when it is read": { getItem() { throw new Error("SecurityError"); }, setItem() {} },
  "that throws when it is written": { getItem: () => null, setItem() { throw new Error("QuotaExceededError"); } },
  "that rejects when it is read": { getItem: async () => { throw new Error("SecurityError"); }, setItem() {} },
  "that rejects when it is written": { getItem: () => null, setItem: async () => { throw new Error("QuotaExceededError"); } },
  "that fails in both ways": { getItem() { throw new Error("SecurityError"); }, setItem: async () => { throw new Error("QuotaExceededError"); } },
};
for (const [what, storage] of Object.entries(broken)) {
  test(`L5: storage ${what} costs one request and is warned of once`, async (t) => {
    const { server, methods } = await sessions(t);
    const lib = await reloaded();
    const warned = [];
    const client = new lib.Client(server.url, { storage, onWarning: (warning) => warned.push(warning) });
    t.after(() => client.close());
    assert.equal(textOf(await inTime(client.callTool("forbidden"))), "forbidden at once");
    assert.deepEqual(methods().slice(0, 2), ["server/discover", "initialize"]);
    await settle();
    assert.deepEqual(warned.map(({ code }) => code), ["storage-failed"]);
    assert.match(warned[0].message, /SecurityError|QuotaExceededError/);
  });
}

test("storage: an era that is pinned asks it nothing", async (t) => {
  const { server, methods } = await sessions(t);
  const storage = storing({ [keyOf(server.url)]: modern });
  const lib = await reloaded();
  const client = new lib.Client(server.url, { storage, era: older });
  t.after(() => client.close());
  await inTime(client.callTool("forbidden"));
  assert.equal(methods()[0], "initialize");
});
