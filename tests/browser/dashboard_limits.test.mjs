// Small messages that ask the dashboard for endless work: schemas that refer to themselves, lists whose pages never end. The work is
// counted. In Chromium.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { missing } from "../../scripts/engines.mjs";
import { accepted, answer, failure, initializeResult, json, startScripted } from "../servers/scripted.mjs";
import { startModern } from "../servers/modern.mjs";
import { openDashboard, row, t } from "./dash.mjs";

const text = (value) => ({ type: "text", text: value });
const many = (count, make) => Array.from({ length: count }, (_, i) => make(i));
const object = (properties, more = {}) => ({ type: "object", properties, ...more });
const members = (count, make) => object(Object.fromEntries(many(count, (i) => [`p${i}`, make(i)])));

/** `count` variants, each a reference to a node whose `allOf` refers to that node 20 times; for each of `properties` properties. */
function selfReferring(count, properties = 1) {
  const bomb = { allOf: many(20, () => ({ $ref: "#/$defs/x" })) };
  return { ...members(properties, () => ({ anyOf: many(count, () => ({ $ref: "#/$defs/x" })) })), $defs: { x: bomb } };
}

/** Nodes that each join the next one 20 times: 20^10 paths, and required names that would be repeated as often. */
function ladder() {
  const step = (i) => ({ required: ["a"], allOf: many(20, () => ({ $ref: `#/$defs/s${i + 1}` })) });
  return { ...object({ a: { $ref: "#/$defs/s0" } }), $defs: { ...Object.fromEntries(many(10, (i) => [`s${i}`, step(i)])), s10: { type: "string", required: ["b"] } } };
}

/** References that lead to one another, `length` of them. */
const chain = (length) => ({
  ...object({ a: { $ref: "#/$defs/c0" } }),
  $defs: { ...Object.fromEntries(many(length, (i) => [`c${i}`, { $ref: `#/$defs/c${i + 1}` }])), [`c${length}`]: { type: "string" } },
});

/** Two hundred properties, each with variants that are all different nodes: more than a form reads. */
const wide = () => members(200, (i) => ({ anyOf: many(100, (k) => ({ type: "string", title: `v${i}-${k}` })) }));

const schemas = {
  self_500: selfReferring(500), self_50: selfReferring(50), self_200_properties: selfReferring(500, 200), ladder: ladder(), wide: wide(),
  endless: { ...members(200, () => ({ $ref: "#" })), required: many(200, (i) => `p${i}`) }, twenty_variants: selfReferring(20, 200), long_chain: chain(40), short_chain: chain(20),
  choices: members(80, (i) => ({ enum: many(99, (k) => `${i}-${k}`) })),
};

const tooLarge = "This schema has more than 10,000 parts. Enter the value as JSON.";
const tooDeep = "This schema has more than 32 references that lead to one another. Enter the value as JSON.";
/** What the form says where the whole schema exceeds a limit. */
const limits = { wide: tooLarge, self_200_properties: tooLarge, twenty_variants: tooLarge, long_chain: tooDeep };

const tools = [
  ...Object.entries(schemas).map(([name, inputSchema]) => ({ name, inputSchema, run: (args) => ({ content: [text(JSON.stringify(args))] }) })),
  ...["self_500", "self_50", "wide"].map((name) => ({
    name: `asks_${name}`, task: "must", needs: { elicitation: {} },
    async run(_args, work) {
      const { key } = await work.ask({ key: { method: "elicitation/create", params: { mode: "form", message: "Which?", requestedSchema: schemas[name] } } });
      return { content: [text(JSON.stringify(key))] };
    },
  })),
];

/** Lists tasks in pages as `page(cursor, n)` has them; `n` counts the requests from 0. */
async function startListing(page) {
  let n = 0;
  const methods = {
    initialize: (id) => initializeResult(id),
    "tools/list": (id) => answer(id, { tools: [] }),
    "tasks/list": (id, { cursor } = {}) => answer(id, page(cursor, n++)),
  };
  const server = await startScripted(({ method: verb, rpc, res }) => {
    if (verb !== "POST") return res.writeHead(405).end();
    if (rpc?.id === undefined) return accepted(res);
    const method = methods[rpc.method];
    json(res, method ? method(rpc.id, rpc.params) : failure(rpc.id, -32601, `Method not found: ${rpc.method}`), method ? 200 : 400);
  });
  const at = "2026-01-01T00:00:00Z";
  return { ...server, task: (taskId) => ({ taskId, status: "completed", createdAt: at, lastUpdatedAt: at, ttl: null }), get lists() { return n; } };
}

describe("bounded work", { skip: missing("chromium") }, () => {
  const opened = [];
  let server, dash, ui, page;
  before(async () => {
    server = await startModern({ pollIntervalMs: 50, ownTools: false, tools });
    dash = await openDashboard("chromium", [server]);
    ({ ui, page } = dash);
  });
  beforeEach(() => ui.fresh());
  afterEach(async () => {
    const used = opened.splice(0);
    await ui.clean().finally(() => Promise.all(used.map((one) => one.close())));
  });
  after(async () => {
    await dash?.close();
    await server?.close();
  });

  /** Builds the form of a schema in the page: how many of the schema's members were read, and what the form says. */
  const measure = (schema) => page.evaluate(async (schema) => {
    const { createForm } = await import("/js/fields.js");
    const most = 300_000;
    const proxies = new WeakMap();
    let reads = 0;
    const count = () => { if (++reads > most) throw new Error(`more than ${most} reads`); };
    const observe = (value) => {
      if (value === null || typeof value !== "object") return value;
      if (!proxies.has(value)) proxies.set(value, new Proxy(value, {
        get(target, key, receiver) { count(); return observe(Reflect.get(target, key, receiver)); },
        // What is copied is read by `get`, through this.
        ownKeys(target) { count(); return Reflect.ownKeys(target); },
      }));
      return proxies.get(value);
    };
    try {
      const { elements } = createForm(observe(schema));
      const body = document.createElement("div");
      body.append(...elements);
      const [inputs, texts, options] = ["input, select, textarea", "input[type=text]", "option"].map((selector) => body.querySelectorAll(selector).length);
      return { reads, inputs, texts, options, says: body.textContent };
    } catch (error) {
      return { reads, failed: error.message };
    }
  }, schema);

  for (const [name, schema] of Object.entries(schemas)) {
    test(`M7: the form of the schema ${name} (${JSON.stringify(schema).length} bytes) reads at most 300,000 of its members, with at most 2,000 inputs and 5,500 options`, async () => {
      const { reads, inputs, texts, options, says, failed } = await measure(schema);
      assert.equal(failed, undefined);
      assert.ok(inputs > 0 && inputs <= 2000 && options <= 5500, `${reads} reads, ${inputs} inputs, ${options} options`);
      if (limits[name]) assert.ok(inputs === 1 && says.includes("Edit as JSON") && says.includes(limits[name]), says.slice(0, 300));
      else assert.doesNotMatch(says, /Edit as JSON/);
      if (name === "short_chain") assert.equal(texts, 1, "twenty references are followed to the text that they lead to");
    });
  }

  test("M7: a tool with such a schema is called with arguments that are entered as JSON", async () => {
    await ui.click(t("tool-self_500"));
    await ui.fill(t("arg-p0"), "7");
    await ui.click(t("start"));
    await ui.click(`${row("self_500", "completed")} ${t("task-show")}`);
    await ui.wait(t("result"), `{"p0":7}`);
    await ui.click(t("tool-wide"));
    await ui.wait(t("call-form"), "Enter the value as JSON.");
    await ui.fill(t("arg"), "[1]");
    await ui.click(t("start"));
    await ui.wait(".field-error", "Enter JSON of type object, not array.");
    await ui.fill(t("arg"), `{"p3":"entered"}`);
    await ui.click(t("start"));
    await ui.click(`${row("wide", "completed")} ${t("task-show")}`);
    await ui.wait(t("result"), `{"p3":"entered"}`);
  });

  test("M7: an input request with such a schema is answered", async () => {
    for (const [name, field, value, content] of [["self_500", "answer-p0", "7", `"p0":7`], ["self_50", "answer-p0", "8", `"p0":8`], ["wide", "answer", `{"p1":"x"}`, `"p1":"x"`]]) {
      await ui.start(`asks_${name}`);
      await ui.click(`${row(`asks_${name}`, "input_required")} ${t("task-answer")}`);
      await ui.fill(t(field), value);
      await ui.click(".question button[type=submit]");
      await ui.wait(t("result"), content);
    }
  });

  const listFrom = async (listing) => {
    opened.push(listing);
    await ui.wait(`${t("connection")}[data-state=connected]`); // the page has started
    await page.getByTestId("add-server").evaluate((summary) => { summary.parentElement.open = true; });
    await ui.fill(t("server-url"), listing.url);
    await ui.click(t("connect"));
    const list = `${t("server")}[data-server="${listing.url}"] ${t("list-tasks")}`;
    await ui.click(list);
    return ui.wait(t("notice"), "lists");
  };

  test("M8: a page cursor that is repeated ends the list; the notice names the pages that were not loaded", async () => {
    const listing = await startListing((cursor) => ({ tasks: cursor ? [] : [listing.task("one")], nextCursor: "again" }));
    const said = await listFrom(listing);
    assert.match(said, /lists 1 task, 1 of them new here\. The server repeated a page cursor: the tasks after page 2 were not loaded\./);
    assert.equal(listing.lists, 2);
  });

  test("M8: two cursors in turn end the list, too", async () => {
    const listing = await startListing((cursor, n) => ({ tasks: [], nextCursor: n % 2 === 0 ? "a" : "b" }));
    assert.match(await listFrom(listing), /repeated a page cursor: the tasks after page 3 were not loaded/);
    assert.equal(listing.lists, 3);
  });

  test("M8: pages without end are not listed beyond the limit", async () => {
    const listing = await startListing((cursor, n) => ({ tasks: [], nextCursor: `page ${n}` }));
    assert.match(await listFrom(listing), /lists 0 tasks, 0 of them new here\. The tasks after page 100 were not loaded\./);
    assert.equal(listing.lists, 100);
  });

  test("M8: tasks beyond the limit are not shown, within one page either", async () => {
    const listing = await startListing((cursor, n) => ({ tasks: many(7000, (i) => listing.task(`t-${n}-${i}`)), nextCursor: `page ${n}` }));
    assert.match(await listFrom(listing), /lists 10000 tasks, 10000 of them new here\. The tasks after the first 10000 were not loaded\./);
    assert.equal(listing.lists, 2);
    await ui.wait(`${t("task-rows")}[data-rows="10000"]`);
  });

  test("M8: a task that is listed twice has one row", async () => {
    const listing = await startListing(() => ({ tasks: [listing.task("same"), listing.task("same")] }));
    assert.match(await listFrom(listing), /1 of them new here/);
    await ui.wait(`${t("task-rows")}[data-rows="1"]`);
  });
});
