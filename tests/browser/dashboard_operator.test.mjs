// What an operator relies on: forms that follow the schema, counters that are true, headers that are kept nowhere, links, losses
// in words. In Chromium; what differs between engines is in dashboard.test.mjs.
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { missing } from "../../scripts/engines.mjs";
import { accepted, answer, failure, initializeResult, json, startScripted } from "../servers/scripted.mjs";
import { startDemo } from "../servers/demo.mjs";
import { startShowcase } from "../servers/showcase.mjs";
import { openDashboard, row, t } from "./dash.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const tool = (name, properties, required = []) => ({ name, inputSchema: { type: "object", properties, required } });
const schemaTool = tool("everything", {
  word: { type: "string", minLength: 2, maxLength: 5 },
  mail: { type: "string", format: "email" },
  when: { type: "string", format: "date-time" },
  count: { type: "integer", minimum: 1, exclusiveMaximum: 10, default: 3 },
  ratio: { type: "number", multipleOf: 0.25 },
  flag: { type: "boolean", default: true },
  unset: { type: "boolean" },
  colour: { oneOf: [{ const: "r", title: "Red" }, { const: "g", title: "Green" }], default: "g" },
  either: { anyOf: [{ type: "string", title: "A name" }, { type: "object", title: "A person", required: ["name"], properties: { name: { type: "string" } } }] },
  maybe: { anyOf: [{ type: "integer" }, { type: "null" }], default: null },
  tags: { type: "array", items: { type: "string" }, minItems: 1, uniqueItems: true },
  where: { $ref: "#/$defs/place" },
  extra: { type: "object", additionalProperties: { type: "string" } },
}, ["word", "tags"]);
schemaTool.inputSchema.$defs = { place: { type: "object", required: ["city"], properties: { city: { type: "string" }, zip: { type: "string" } } } };

const part = (name, type) => ({ title: name, type: "object", required: [name], properties: { [name]: { type } } });
const shapes = { name: "shapes", title: ["no", "words"], description: { no: "words" }, inputSchema: { type: "object", oneOf: [part("radius", "number"), part("side", "integer")] } };
const bag = { name: "bag", inputSchema: { type: "object", additionalProperties: { type: "string" } } };

/** Answers every call with its arguments; wants `authorization` where one is given, and fails so many lists. */
async function startEcho(authorization, failures = 0) {
  const methods = {
    initialize: (id) => initializeResult(id, { capabilities: { tools: {} } }),
    "tools/list": (id) => (failures-- > 0 ? failure(id, -32603, "not today") : answer(id, { tools: [schemaTool, shapes, bag, { name: 7 }, tool("never", {})] })),
    "tools/call": (id, { name, arguments: args }) => (name === "never" ? undefined : answer(id, { content: [{ type: "text", text: JSON.stringify(args) }], structuredContent: args })),
  };
  return startScripted(({ method: verb, rpc, req, res }) => {
    if (authorization && req.headers.authorization !== authorization) return res.writeHead(401, { "www-authenticate": "Bearer" }).end();
    if (verb !== "POST") return res.writeHead(405).end();
    if (rpc?.id === undefined) return accepted(res);
    if (!methods[rpc.method]) return json(res, failure(rpc.id, -32601, `Method not found: ${rpc.method}`), 400);
    const said = methods[rpc.method](rpc.id, rpc.params);
    if (said) json(res, said); // else the call stays open
  });
}

describe("the dashboard for operators", { skip: missing("chromium") }, () => {
  const opened = [];
  let dash, ui, page;
  const using = async (server) => { opened.push(server); return server; };
  const connect = async (url, header = "") => {
    await page.getByTestId("add-server").evaluate((summary) => { summary.parentElement.open = true; });
    await ui.fill(t("server-url"), url);
    await ui.fill(t("authorization"), header);
    await ui.click(t("connect"));
  };
  const card = ({ url }) => `${t("server")}[data-server="${url}"]`;
  const stored = () => page.evaluate(async () => { await new Promise((r) => setTimeout(r, 400)); return JSON.stringify({ ...sessionStorage, ...localStorage }); });

  before(async () => {
    dash = await openDashboard("chromium", []);
    ({ ui, page } = dash);
  });
  beforeEach(() => ui.fresh());
  afterEach(async () => {
    await ui.clean();
    for (const server of opened.splice(0)) await server.close();
  });
  after(() => dash?.close());

  test("a form follows its schema: defaults, nesting, lists, choices, and messages in words", async () => {
    const server = await using(await startEcho());
    await connect(server.url);
    await ui.click(t("tool-everything"));
    const wrong = async (message) => { await ui.click(t("start")); assert.equal(await ui.wait(".field-error"), message); };
    await wrong("Required.");
    await ui.fill(t("arg-word"), "a");
    await wrong("At least 2 characters; these are 1.");
    await ui.fill(t("arg-word"), "👋🏽👋🏽👋🏽");
    await wrong("At most 5 characters; these are 6.");
    await ui.fill(t("arg-word"), "ab");
    await ui.fill(t("arg-tags-0"), "soon gone");
    for (const [field, value, message, good] of [
      ["mail", "nobody", "Enter an e-mail address, for example ada@example.org.", "ada@example.org"],
      ["count", "1.5", "Enter a whole number.", "4"], ["count", "0", "At least 1.", "4"], ["count", "10", "Less than 10.", "4"],
      ["ratio", "0.3", "A multiple of 0.25.", "0.75"], ["extra", "[1]", "Enter JSON of type object, not array.", `{"k":"v"}`],
    ]) {
      await ui.fill(t(`arg-${field}`), value);
      await wrong(message);
      assert.equal(await page.getByTestId(`arg-${field}`).getAttribute("aria-invalid"), "true");
      assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), `arg-${field}`, "the first that is wrong has the focus");
      await ui.fill(t(`arg-${field}`), good);
      assert.equal(await page.getByTestId(`arg-${field}`).getAttribute("aria-invalid"), null, "it says at once that it is right now");
    }
    await ui.click(`${t("arg-tags")} button[aria-label="Remove tags 1"]`);
    await wrong("At least 1 item; these are 0.");
    await ui.click(t("arg-tags-add"));
    await ui.click(t("arg-tags-add"));
    for (const i of [0, 1]) await ui.fill(t(`arg-tags-${i}`), "same");
    await wrong("Each only once.");
    await ui.fill(t("arg-tags-1"), "other");
    // What is optional and has parts is there when it is asked for; its required members count from then on.
    await ui.click(`${t("arg-where")} button`);
    await wrong("Required.");
    await ui.fill(t("arg-where-city"), "Lisbon");
    await ui.fill(t("arg-either-variant"), "1");
    await ui.fill(t("arg-either-name"), "Ada");
    await ui.fill(t("arg-when"), "2026-07-28T10:30");
    assert.equal(server.requests.filter(({ rpc }) => rpc?.method === "tools/call").length, 0, "nothing was sent so far");
    await ui.click(t("start"));
    await ui.wait(row("everything", "completed"));
    const { rpc } = server.requests.find(({ rpc }) => rpc?.method === "tools/call");
    const when = await page.evaluate(() => new Date("2026-07-28T10:30").toISOString());
    assert.deepEqual(rpc.params.arguments, {
      word: "ab", mail: "ada@example.org", when, count: 4, ratio: 0.75, flag: true, colour: "g", either: { name: "Ada" },
      tags: ["same", "other"], where: { city: "Lisbon" }, extra: { k: "v" },
    });
  });

  test("arguments of one of several shapes, and any object at all, have a form too; invalid items of a list are ignored", async () => {
    const server = await using(await startEcho());
    await connect(server.url);
    await ui.click(t("tool-shapes"));
    await ui.fill(t("arg-variant"), "1");
    await ui.fill(t("arg-side"), "4");
    await ui.click(t("start"));
    await ui.wait(row("shapes", "completed"));
    await ui.start("bag", {});
    await ui.wait(".field-error", "Required.");
    await ui.fill(t("arg"), `{"any":"thing"}`);
    await ui.click(t("start"));
    await ui.wait(row("bag", "completed"));
    const calls = server.requests.filter(({ rpc }) => rpc?.method === "tools/call").map(({ rpc }) => rpc.params.arguments);
    assert.deepEqual(calls, [{ side: 4 }, { any: "thing" }]);
    assert.equal(await ui.count("#tool-list .name"), 4, "a tool whose name is a number is none");
  });

  test("the counters are what the server has seen; where it has no stream it is polled, and that is said", async () => {
    const [streams, polls] = await Promise.all([startDemo({ pollIntervalMs: 100 }).then(using), startDemo({ pollIntervalMs: 100, getStream: false }).then(using)]);
    for (const server of [streams, polls]) {
      await connect(server.url);
      await ui.wait(`${card(server)} ${t("connection")}[data-state=connected]`);
      await ui.fill(t("task-search"), "");
    }
    for (const server of [streams, polls]) {
      const name = server.url.replace("http://", "");
      await page.locator(`[data-group="${name}"]`).getByTestId("tool-slow_count").click();
      await ui.fill(t("arg-steps"), 9);
      await ui.fill(t("arg-delayMs"), 200);
      await ui.click(t("start"));
    }
    await ui.wait(`${card(streams)} ${t("attention")}`, "stream open");
    await ui.wait(`${card(polls)} ${t("attention")}`, "polling");
    await dash.page.context().setOffline(true);
    await ui.wait(`${card(streams)} ${t("attention")}`, "paused: this device is offline");
    await dash.page.context().setOffline(false);
    await ui.wait(`${t("task-rows")}:not(:has([data-status=working]))${" [data-status=completed]"}`);
    for (const server of [streams, polls]) {
      await ui.wait(`${card(server)} ${t("attention")}`, server === streams ? "stream" : "idle: no task is running");
      const said = /^(\d+) requests? · (\d+) notifications? · (\d+) polls?$/.exec(await ui.text(`${card(server)} ${t("traffic")}`));
      const received = server.requests.filter(({ method }) => method !== "OPTIONS");
      assert.equal(Number(said[1]), received.length, "requests");
      assert.equal(Number(said[3]), received.filter(({ rpc }) => rpc === "tasks/get" || rpc === "tasks/list").length, "polls");
      if (server === streams) assert.ok(Number(said[2]) >= 9, `${said[2]} notifications`);
      else assert.equal(said[2], "0");
    }
    await ui.click(`${card(streams)} summary`);
    await ui.wait(`${card(streams)} .facts`, "told notifications/tasks/status");
  });

  test("an Authorization header is kept in memory only, and asked for after a reload", async () => {
    const secret = "Bearer s3cr3t-t0k3n";
    const server = await using(await startEcho(secret));
    await connect(server.url);
    await ui.wait(`${card(server)} ${t("connection")}[data-state=failed]`, "the server answered HTTP 401 (authorization required)");
    await ui.click(`${card(server)} ${t("new-header")}`);
    await ui.fill(t("authorization"), secret);
    await ui.click(t("connect"));
    await ui.wait(`${card(server)} ${t("connection")}[data-state=connected]`);
    assert.equal(await page.getByTestId("authorization").inputValue(), "", "not left in the form for the next server");
    assert.ok(!(await stored()).includes("s3cr3t"));
    assert.ok(!(await page.content()).includes("s3cr3t"));
    const asked = server.requests.length;
    await ui.reload();
    await ui.wait(`${card(server)} ${t("connection")}`, "kept in memory only");
    assert.equal(server.requests.length, asked, "nothing is sent without it");
    await ui.click(`${card(server)} ${t("reconnect")}`);
    await ui.wait("#connect-problem", "enter it again");
    await ui.fill(t("authorization"), secret);
    await ui.click(t("connect"));
    await ui.wait(t("tool-everything"));
  });

  test("a server that cannot be reached says why: no answer, or the header that it lacks", async () => {
    const closed = createServer((req, res) => res.writeHead(200).end("{}"));
    await new Promise((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${closed.address().port}/mcp`;
    const failed = `[data-server="${url}"] ${t("connection")}[data-state=failed]`;
    await connect(url);
    const words = await ui.wait(failed, "the server lacks the CORS header Access-Control-Allow-Origin: http://127.0.0.1:");
    assert.doesNotMatch(words, /connecting to|Failed to fetch.*Failed to fetch/);
    assert.equal(await ui.text(`[data-server="${url}"] ${t("new-header")}`), "Add header");
    assert.equal(await page.getByRole("button", { name: `Try again: ${new URL(url).host}/mcp` }).count(), 1);
    closed.closeAllConnections();
    await new Promise((resolve) => closed.close(resolve));
    await ui.click(`[data-server="${url}"] ${t("reconnect")}`);
    await ui.wait(failed, `nothing answers at http://${new URL(url).host}: look at the address`);
  });

  test("trying again keeps the header; a new connection takes up what the old one watched", async () => {
    const secret = "Bearer s3cr3t-t0k3n";
    const [shy, showcase] = await Promise.all([startEcho(secret, 1).then(using), startShowcase({ pollIntervalMs: 100 }).then(using)]);
    await connect(shy.url, secret);
    await ui.wait(`${card(shy)} ${t("connection")}[data-state=failed]`, "not today");
    await ui.click(`${card(shy)} ${t("reconnect")}`);
    await ui.wait(`${card(shy)} ${t("connection")}[data-state=connected]`);
    assert.deepEqual([...new Set(shy.requests.map(({ headers }) => headers.authorization))], [secret]);

    await connect(showcase.url);
    await ui.start("ask_before_deleting", { folder: "maps" });
    await ui.wait(row("ask_before_deleting", "input_required"));
    await connect(showcase.url, "Bearer another");
    await ui.wait(`${card(showcase)} ${t("connection")}[data-state=connected]`);
    await ui.click(`${row("ask_before_deleting", "input_required")} ${t("task-answer")}`);
    await ui.wait(t("question"), "Delete all of “maps”?");
    await ui.click(t("decline"));
    await ui.wait(t("result"), "kept maps");
    assert.equal(showcase.sent("tasks/update")[0].headers.authorization, "Bearer another");
    await ui.click(`${card(showcase)} ${t("disconnect")}`);
    await ui.click(`${card(showcase)} ${t("remove-server")}`);
    await ui.gone(t("task"));
    await ui.gone(card(showcase));
  });

  test("a link finds the task again in another tab, which sends no request without a click", async () => {
    const server = await using(await startShowcase({ pollIntervalMs: 100 }));
    await connect(server.url);
    await ui.start("ask_before_deleting", { folder: "maps" });
    await ui.click(`${row("ask_before_deleting", "input_required")} ${t("task-show")}`);
    await page.evaluate(() => { Object.defineProperty(navigator, "clipboard", { value: { writeText: () => Promise.reject(new Error("no")) } }); });
    await ui.click(t("copy-link"));
    await ui.wait(t("link"));
    const link = await page.getByTestId("link").inputValue();
    const { taskId } = [...server.tasks.byId.values()][0];
    assert.match(link, new RegExp(`/#server=.*&task=${taskId}&kind=tool&name=ask_before_deleting$`));

    await page.goto(`${dash.site.url}style.css`);
    await page.evaluate(() => sessionStorage.clear());
    const asked = server.requests.length;
    await page.goto(link);
    await ui.wait(t("notice"), "Connect to this server to see the task of the link.");
    assert.equal(server.requests.length, asked);
    assert.ok(!page.url().includes(taskId), "not left in the address bar");
    assert.equal(await page.getByTestId("server-url").inputValue(), server.url);
    await ui.click(t("connect"));
    await ui.wait(t("question"), "Delete all of “maps”?");
  });

  test("a reload shows lost state: a call without a task id, a task that the server has forgotten", async () => {
    const [silent, showcase] = await Promise.all([startEcho().then(using), startShowcase({ pollIntervalMs: 100 }).then(using)]);
    await connect(silent.url);
    await connect(showcase.url);
    await ui.start("never");
    await ui.wait(row("never", "creating"));
    await ui.start("ask_before_deleting");
    await ui.wait(row("ask_before_deleting", "input_required"));
    await stored();
    for (const task of showcase.tasks.byId.values()) task.expire();
    await ui.reload();
    await ui.wait(row("never", "lost"), "before the server sent a task id");
    await ui.wait(row("ask_before_deleting", "expired"), "task_expired");
    assert.equal(silent.requests.filter(({ rpc }) => rpc?.method === "tools/call").length, 1, "it is not called again on a guess");
  });

  test("the folder works where it is copied to: below a path, from any static server, by its own policy", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dashboard-"));
    for (const [from, to] of [["www", ""], ["dist", "dist"]]) cpSync(join(root, from), join(folder, "tools/tasks", to), { recursive: true });
    const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };
    const http = createServer((req, res) => {
      const path = join(folder, new URL(req.url, "http://x").pathname.replace(/\/$/, "/index.html"));
      if (!existsSync(path)) return res.writeHead(404).end();
      res.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream" }).end(readFileSync(path));
    });
    await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
    try {
      const server = await using(await startEcho());
      await page.goto(`http://127.0.0.1:${http.address().port}/tools/tasks/`);
      await connect(server.url);
      await ui.start("everything", { word: "abc", "tags-0": "x" });
      await ui.wait(row("everything", "completed"));
      assert.deepEqual(await page.evaluate(() => seen.splice(0)), []);
      const blocked = await page.evaluate(async () => {
        document.body.append(Object.assign(document.createElement("script"), { textContent: "pwned('inline')" }));
        await new Promise((resolve) => document.addEventListener("securitypolicyviolation", () => setTimeout(resolve), { once: true }));
        return seen.splice(0);
      });
      assert.deepEqual(blocked.map((words) => words.split(" ").slice(0, 2).join(" ")), ["policy: script-src-elem"], "the policy stands in the page itself");
    } finally {
      http.close();
      http.closeAllConnections();
      rmSync(folder, { recursive: true });
    }
  });

  test("the data kept for a reload contains no arguments and no results", async () => {
    const server = await using(await startShowcase({ pollIntervalMs: 100 }));
    await connect(server.url);
    await ui.start("ask_before_deleting", { folder: "private-folder" });
    await ui.wait(row("ask_before_deleting", "input_required"));
    const text = await stored();
    assert.ok(text.includes(server.url) && text.includes([...server.tasks.byId.keys()][0]));
    assert.ok(!text.includes("private-folder"), text);
  });
});
