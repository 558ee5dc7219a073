// A hostile server beside an honest one on the dashboard: what it sends stops neither the rows nor the forms of the other, and nothing
// that is entered for one server is sent to another. In Chromium.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { missing } from "../../scripts/engines.mjs";
import { startModern } from "../servers/modern.mjs";
import { openDashboard, row, t } from "./dash.mjs";

/** An object that `String()`, template strings and arithmetic throw for. */
const poison = { toString: 1, valueOf: 1 };
const text = (value) => ({ type: "text", text: value });
const object = (properties = {}) => ({ type: "object", properties });

/** Records the arguments of every call, by tool. */
function recorder() {
  const calls = [];
  const tool = (name, run, more = {}) => ({
    name, inputSchema: object({ value: { type: "string" } }), ...more,
    run(args, work) { calls.push({ name, args }); return run ? run(args, work) : { content: [text(`${name} done`)] }; },
  });
  return { calls, tool };
}

function evilTools({ tool }) {
  const asks = (name, method, params, needs) => tool(name, async (_args, work) => {
    await work.ask({ key: { method, params } });
    return { content: [text("answered")] };
  }, { task: "must", needs });
  return [
    asks("asks_poison", "elicitation/create", { mode: "form", message: poison, requestedSchema: object({ value: { type: "string" } }) }, { elicitation: {} }),
    asks("asks_poison_form", "elicitation/create", {
      mode: "form", message: "ok", requestedSchema: object({
        a: { type: "string", minLength: poison, maxLength: poison, title: poison, description: poison, pattern: poison, format: poison },
        b: { type: "number", minimum: poison, maximum: poison, multipleOf: poison, default: poison },
        c: { type: "array", items: { type: "string" }, minItems: poison, maxItems: poison },
        d: { enum: ["x", poison], enumNames: [poison, poison] },
        e: { oneOf: [{ const: poison, title: poison }, { const: 1 }] },
      }),
    }, { elicitation: {} }),
    asks("asks_poison_sampling", "sampling/createMessage",
      { messages: [{ role: poison, content: { type: "text", text: poison } }, { role: "user", content: [poison, null, [[]]] }], systemPrompt: poison, maxTokens: poison }, { sampling: {} }),
    tool("gives_poison", () => ({
      content: [
        text(poison), poison, { type: poison }, { type: "image", mimeType: poison, data: poison }, { type: "image", mimeType: "image/png", data: poison },
        { type: "resource", resource: { uri: poison, mimeType: poison, text: poison, blob: poison } },
        { type: "resource", resource: { uri: poison, mimeType: "image/png", blob: poison } },
        { type: "resource_link", uri: poison, name: poison, title: poison, description: poison },
      ],
      structuredContent: { poison },
    })),
    tool("named_oddly", undefined, { title: poison, description: poison }),
    tool("takes_value"),
  ];
}

describe("a hostile server beside an honest one", { skip: missing("chromium") }, () => {
  let evil, good, evilCalls, goodCalls, dash, ui, page;
  const failMessage = "injected failure";

  before(async () => {
    const [bad, honest] = [recorder(), recorder()];
    [evilCalls, goodCalls] = [bad.calls, honest.calls];
    const slow = honest.tool("slow", async (_args, work) => {
      for (let i = 1; i < 1000; i++) { work.step(`step ${i}`); await work.sleep(50); }
      return { content: [] };
    }, { task: "must" });
    evil = await startModern({ pollIntervalMs: 50, ownTools: false, tools: evilTools(bad) });
    good = await startModern({ pollIntervalMs: 50, ownTools: false, tools: [slow, honest.tool("honest")] });
    dash = await openDashboard("chromium", [evil, good]);
    ({ ui, page } = dash);
  });
  beforeEach(async () => {
    evilCalls.length = goodCalls.length = 0;
    await ui.fresh();
    for (const tool of ["takes_value", "honest"]) await ui.wait(t(`tool-${tool}`));
  });
  afterEach(() => ui.clean());
  after(async () => {
    await dash?.close();
    await evil?.close();
    await good?.close();
  });

  const heading = () => page.locator("#pane .hint code").first().textContent();

  test("M5: an input request whose message is an object is shown, and the rows of all servers go on", async () => {
    await ui.start("slow");
    await ui.start("asks_poison");
    await ui.wait(row("asks_poison", "input_required"), `{"toString":1,"valueOf":1}`);
    const message = `${row("slow", "working")} ${t("task-message")}`;
    const step = Number(/step (\d+)/.exec(await ui.wait(message, "step"))[1]);
    await page.waitForFunction(({ message, step }) => Number(document.querySelector(message).textContent.slice(5)) > step + 10, { message, step });
    await ui.click(`${row("asks_poison")} ${t("task-answer")}`);
    await ui.wait(".asked", `{"toString":1,"valueOf":1}`);
  });

  test("M5: after that input request, a value entered for the honest server is sent to the honest server only", async () => {
    await ui.start("takes_value", { value: "first" });
    await ui.wait(row("takes_value", "completed"));
    await ui.start("asks_poison");
    await ui.wait(row("asks_poison", "input_required"));
    await ui.click(t("tool-takes_value"));
    await ui.click(t("tool-honest"));
    await ui.fill(t("arg-value"), "FOR-GOOD-ONLY");
    await ui.click(t("start"));
    await ui.wait(row("honest", "completed"));
    assert.deepEqual(goodCalls, [{ name: "honest", args: { value: "FOR-GOOD-ONLY" } }]);
    assert.ok(!JSON.stringify(evilCalls).includes("FOR-GOOD-ONLY"));
  });

  test("M5: objects in place of text in forms, questions, results, names and titles are shown as JSON", async () => {
    await ui.start("gives_poison");
    await ui.click(`${row("gives_poison", "completed")} ${t("task-show")}`);
    await ui.wait(t("result"), `{"toString":1,"valueOf":1}`);
    for (const tool of ["asks_poison_form", "asks_poison_sampling"]) {
      await ui.start(tool);
      await ui.click(`${row(tool, "input_required")} ${t("task-answer")}`);
      await ui.wait(t("question"));
      assert.equal(await ui.count(t("question-error")), 0, tool);
    }
    await ui.click(t("tool-named_oddly"));
    assert.equal(await ui.text("#pane-heading"), "named_oddly");
    // The form with such limits can be answered.
    await ui.click(`${row("asks_poison_form")} ${t("task-answer")}`);
    await ui.fill(t("answer-a"), "x");
    await ui.click(t("answer"));
    await ui.wait(row("asks_poison_form", "completed"));
  });

  test("M5: a row that cannot be drawn shows the error in its own cell; the other rows are drawn", async () => {
    // A fault of the page itself, for one row: no value of a server is known to make drawing throw.
    await page.evaluate((message) => {
      const { set, get } = Object.getOwnPropertyDescriptor(HTMLElement.prototype, "hidden");
      Object.defineProperty(HTMLElement.prototype, "hidden", {
        get, configurable: true,
        set(value) {
          if (this.dataset.testid === "task-cancel" && this.closest("[data-name=takes_value]")) throw new Error(message);
          set.call(this, value);
        },
      });
    }, failMessage);
    await ui.start("takes_value");
    await ui.wait(`${row("takes_value")} ${t("task-error")}`, `This row cannot be drawn. ${failMessage}`);
    await ui.start("honest");
    await ui.wait(row("honest", "completed"));
    await ui.start("slow");
    await ui.wait(row("slow", "working"), "step 5");
  });

  test("M5: a form that cannot be drawn leaves no form of another server; the pane names the right server", async () => {
    await ui.click(t("tool-takes_value"));
    await ui.wait(t("arg-value"));
    await page.evaluate((message) => {
      const create = document.createElement;
      document.createElement = function (tag) {
        if (tag === "details" && globalThis.isArmed) throw new Error(message);
        return create.call(this, tag);
      };
      globalThis.isArmed = true;
    }, failMessage);
    // An error that escapes the click handler is recorded by ui.clean().
    await ui.click(t("tool-honest"));
    assert.equal(await ui.count(t("call-form")), 0);
    const shown = await ui.wait(t("pane-error"), failMessage);
    assert.ok(shown.includes(new URL(good.url).host) && !shown.includes(new URL(evil.url).host), shown);
    assert.equal(await ui.text("#pane-heading"), "honest");
    assert.equal(await page.getByTestId("tool-honest").getAttribute("aria-pressed"), "true");
    await page.evaluate(() => { globalThis.isArmed = false; });
    await ui.click(t("tool-honest"));
    await ui.fill(t("arg-value"), "later");
    await ui.click(t("start"));
    await ui.wait(row("honest", "completed"));
    assert.deepEqual([evilCalls, goodCalls], [[], [{ name: "honest", args: { value: "later" } }]]);
  });

  test("M5: a form that is submitted while another tool is selected sends nothing and says so", async () => {
    await ui.click(t("tool-takes_value"));
    await ui.fill(t("arg-value"), "FOR-GOOD-ONLY");
    await page.evaluate(() => { globalThis.old = document.querySelector("[data-testid=call-form]"); });
    await ui.click(t("tool-honest"));
    assert.equal(await heading(), "honest");
    await page.evaluate(() => {
      document.getElementById("pane").append(globalThis.old);
      globalThis.old.requestSubmit();
    });
    await ui.wait(t("not-sent"), "The call was not sent.");
    // A call of the honest tool is a round trip behind it.
    await page.evaluate(() => globalThis.old.remove());
    await ui.fill(t("arg-value"), "mine");
    await ui.click(t("start"));
    await ui.wait(row("honest", "completed"));
    assert.deepEqual([evilCalls, goodCalls.map(({ args }) => args.value)], [[], ["mine"]]);
  });

  test("M5: a form whose server was disconnected sends nothing and says so; a removed server's form is closed", async () => {
    const card = `${t("server")}[data-server="${evil.url}"]`;
    await ui.click(t("tool-takes_value"));
    await ui.click(`${card} ${t("disconnect")}`);
    await ui.click(t("start"));
    await ui.wait(t("not-sent"), "is not connected. The call was not sent.");
    assert.equal(await ui.count(t("task")), 0);
    await ui.click(`${card} ${t("remove-server")}`);
    await ui.gone(t("call-form"));
    assert.deepEqual(evilCalls, []);
  });
});
