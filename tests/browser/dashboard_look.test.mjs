// How the dashboard looks and is reached: light, dark and phone, an accessibility checker over each state, the keyboard alone.
// The screenshots lie in tests/browser/screenshots for people to look at.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { missing } from "../../scripts/engines.mjs";
import { startDemo } from "../servers/demo.mjs";
import { startShowcase } from "../servers/showcase.mjs";
import { openDashboard, row, t } from "./dash.mjs";

const screenshots = fileURLToPath(new URL("./screenshots/", import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe("the dashboard's looks", { skip: missing("chromium") }, () => {
  let demo, showcase, dash, ui, page;

  before(async () => {
    mkdirSync(screenshots, { recursive: true });
    [demo, showcase] = await Promise.all([startDemo({ pollIntervalMs: 200 }), startShowcase({ pollIntervalMs: 200 })]);
    dash = await openDashboard("chromium", [demo, showcase]);
    ({ ui, page } = dash);
  });
  beforeEach(async () => {
    await page.setViewportSize({ width: 1440, height: 860 });
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "no-preference" });
    await ui.fresh();
  });
  afterEach(() => ui.clean());
  after(async () => {
    await dash?.close();
    await demo?.close();
    await showcase?.close();
  });

  /** Every rule that axe has, best practices too: what it finds wrong, in words. */
  async function violations() {
    await page.evaluate(axe);
    return page.evaluate(async () => {
      const { violations, incomplete } = await globalThis.axe.run(document, { resultTypes: ["violations", "incomplete"] });
      const said = (rules) => rules.flatMap(({ id, help, nodes }) => nodes.map(({ html, any }) => `${id}: ${help}: ${html.slice(0, 200)} ${any[0]?.message ?? ""}`));
      // What axe cannot judge by itself it must not hide either: contrast is the one thing that can be looked at here.
      return [...said(violations), ...said(incomplete.filter(({ id }) => id !== "color-contrast"))];
    });
  }

  /** A board with something of everything. */
  async function populate() {
    await ui.start("always_fails");
    await ui.start("crashes");
    await ui.start("echo", { text: "hello" });
    await ui.start("slow_count", { steps: 100, delayMs: 60_000 });
    await ui.start("render_report", { title: "Quarter", pages: 50 });
    await ui.start("ask_before_deleting");
    await ui.start("write_poem");
    await ui.start("slow_count", { steps: 7, delayMs: 60_000 });
    await ui.click(`${row("slow_count", "working")} ${t("task-cancel")}`);
    for (const [name, status] of [["crashes", "failed"], ["echo", "completed"], ["write_poem", "input_required"], ["ask_before_deleting", "input_required"], ["slow_count", "cancelled"]]) await ui.wait(row(name, status));
    await ui.wait(row("always_fails", "failed"), "fire");
  }

  test("light and dark: no violation in any state of the page", async () => {
    for (const name of ["slow_count", "plan_trip"]) await ui.wait(t(`tool-${name}`));
    assert.deepEqual(await violations(), [], "nothing called yet");
    await populate();
    const states = {
      board: async () => { await ui.click(".pane .bar button"); },
      question: async () => { await ui.click(`${row("ask_before_deleting")} ${t("task-answer")}`); await ui.wait(t("question")); },
      sampling: async () => { await ui.click(`${row("write_poem")} ${t("task-answer")}`); await ui.wait(t("answer-text")); },
      form: async () => { await ui.click(t("tool-plan_trip")); await ui.click(t("start")); await ui.wait(".field-error"); },
      error: async () => { await ui.click(`${row("crashes")} ${t("task-show")}`); await ui.wait(t("result"), "the ice broke"); },
      gallery: async () => { await ui.start("show_gallery"); await ui.click(`${row("show_gallery", "completed")} ${t("task-show")}`); await ui.wait(`${t("result")} img`); },
      adding: async () => { await ui.click(t("add-server")); await ui.click(t("connect")); await ui.wait("#connect-problem"); },
    };
    for (const [state, reach] of Object.entries(states)) {
      await reach();
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await page.mouse.move(0, 0);
        await page.screenshot({ path: `${screenshots}${state}-${colorScheme}.png` });
        assert.deepEqual(await violations(), [], `${state}, ${colorScheme}`);
      }
    }
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
    await page.setViewportSize({ width: 1024, height: 768 });
    await page.screenshot({ path: `${screenshots}middle-dark.png` });
    assert.deepEqual(await violations(), [], "middle width");
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
  });

  test("a phone: one view at a time, nothing sticks out, no violation", async () => {
    await populate();
    await page.setViewportSize({ width: 360, height: 740 });
    await ui.click(`${row("ask_before_deleting")} ${t("task-answer")}`);
    for (const view of ["pane", "tools", "tasks"]) {
      await ui.click(`#view-${view}`);
      await page.screenshot({ path: `${screenshots}phone-${view}.png` });
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, view);
      assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("main button, main input, main select, main summary, header button")]
        .filter((e) => e.checkVisibility() && !e.closest(".chips")).filter((e) => { const r = e.getBoundingClientRect(); return r.left < 0 || r.right > 360; }).map((e) => e.outerHTML.slice(0, 100))), [], view);
      assert.deepEqual(await violations(), [], view);
    }
    // A tool leads to its form, a start to the tasks, a task to its pane, and back.
    await ui.click("#view-tools");
    await page.getByTestId("tool-echo").click();
    await page.getByTestId("arg-text").fill("from a phone");
    await page.screenshot({ path: `${screenshots}phone-form.png` });
    await page.getByTestId("start").click();
    await ui.wait(`${row("echo", "completed")}[aria-rowindex="2"]`);
    await page.locator(row("echo", "completed")).first().getByTestId("task-show").click();
    await ui.wait(t("result"), "from a phone");
    await ui.click(".pane .bar button");
    await ui.wait(t("task-scroller"));
  });

  test("reduced motion disables animations, and the default has few", async () => {
    await populate();
    const moving = () => page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === "running").length);
    await page.emulateMedia({ reducedMotion: "reduce" });
    assert.equal(await moving(), 0);
    assert.equal(await page.evaluate(() => [...document.querySelectorAll("*")].filter((e) => getComputedStyle(e).animationName !== "none").length), 0);
  });

  test("the keyboard is enough: from the tool to the answer, with the focus where one expects it", async () => {
    const focus = () => page.evaluate(() => { const e = document.activeElement; return e.dataset.testid ?? e.id ?? e.tagName; });
    const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
    await ui.wait(t("tool-ask_before_deleting"));
    await page.getByTestId("tool-ask_before_deleting").focus();
    await press("Enter");
    assert.equal(await focus(), "arg-folder");
    await press("Enter"); // starts it, as in any form
    await ui.wait(row("ask_before_deleting", "input_required"));
    await press("Escape"); // closes the pane
    assert.equal(await focus(), "tasks-heading");
    await page.locator(row("ask_before_deleting")).focus();
    await press("Enter");
    assert.equal(await focus(), "pane-heading");
    await press("Tab", "Tab", "Tab", "Tab", "Tab"); // Close, Cancel, Copy link, Forget, then the question
    assert.equal(await focus(), "answer-confirm");
    await press("Space", "Tab");
    await page.keyboard.type("by keys alone");
    await press("Enter");
    await ui.wait(t("result"), "deleted holiday pictures: by keys alone");
    assert.equal(await focus(), "pane-heading", "where the question was answered the focus goes to the head of the pane");
    await press("Escape");
    assert.equal(await focus(), "task");

    // What a card's button does takes the button away, and leaves the focus to the card.
    const url = await page.getByTestId("server").last().getAttribute("data-server");
    const card = page.locator(`[data-server="${url}"]`);
    const onCard = () => page.evaluate((url) => document.activeElement === document.querySelector(`[data-server="${url}"] h3`), url);
    for (const [button, next] of [["disconnect", "reconnect"], ["reconnect", "list-tasks"]]) {
      await card.getByTestId(button).focus();
      await press("Enter");
      await card.getByTestId(next).waitFor();
      assert.ok(await onCard(), button);
    }
    await page.getByTestId("add-server").focus();
    await press("Enter", "Tab");
    await page.keyboard.type(url);
    await press("Enter");
    assert.ok(await onCard(), "a server that was added");

    // Among rows by the arrows; what goes hands the focus to its neighbour.
    for (const text of ["one", "two", "three"]) await ui.start("echo", { text });
    await ui.wait(`${t("task-rows")}[data-rows="4"]`);
    await page.locator(row("ask_before_deleting")).focus();
    await press("Home");
    const at = () => page.evaluate(() => document.activeElement.getAttribute("aria-rowindex"));
    assert.equal(await at(), "2");
    await press("ArrowDown", "ArrowDown");
    assert.equal(await at(), "4");
    await press("End");
    assert.equal(await at(), "5");
    await press("Delete");
    await ui.wait(`${t("task-rows")}[data-rows="3"]`);
    assert.deepEqual([await focus(), await at()], ["task", "4"]);
    await press("Tab");
    assert.equal(await focus(), "task-show");
    // Only the row in use is in the order of Tab.
    assert.equal(await page.evaluate(() => document.querySelectorAll("[data-testid=task][tabindex='0']").length), 1);
    await press("Delete"); // on a button it is not for the row
    assert.equal(await ui.count(t("task")), 3);
    await ui.click(t("clear-tasks"));
    await ui.gone(t("task"));
    assert.equal(await focus(), "tasks-heading");
  });

  test("status changes of tasks are announced to screen readers, several in one sentence", async () => {
    await page.evaluate(() => {
      globalThis.said = [];
      new MutationObserver(() => said.push(document.getElementById("announcer").textContent)).observe(document.getElementById("announcer"), { childList: true, characterData: true, subtree: true });
    });
    await ui.start("ask_before_deleting");
    await page.waitForFunction(() => said.includes("ask_before_deleting: needs input"));
    await page.getByTestId("tool-echo").click();
    await page.getByTestId("arg-text").fill("x");
    await page.evaluate(() => { for (let i = 0; i < 12; i++) document.querySelector("[data-testid=call-form]").requestSubmit(); });
    await page.waitForFunction(() => said.some((words) => /tasks: completed/.test(words)));
    const said = await page.evaluate(() => globalThis.said);
    assert.ok(said.length < 8, said.join(" | "));
    assert.equal(await page.title(), "(1) mcp-tasks dashboard");
  });
});
