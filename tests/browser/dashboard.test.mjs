// The dashboard end to end: the page as `npm start` serves it, the demo server, a real browser.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { missing, open } from "../../scripts/engines.mjs";
import { serve } from "../../scripts/serve.mjs";
import { startDemo } from "../servers/demo.mjs";

const screenshots = fileURLToPath(new URL("./screenshots/", import.meta.url));
const patience = 30_000; // how long a condition may take on a busy machine; nothing is asserted about time

describe("dashboard", { skip: missing("chromium") }, () => {
  let demo, site, browser, page, complaints;
  const by = (id) => page.getByTestId(id);
  const task = (status) => page.locator(`[data-testid=task][data-status=${status}]`);

  async function start(tool, args = {}) {
    await by(`tool-${tool}`).click();
    for (const [name, value] of Object.entries(args)) await by(`arg-${name}`).fill(String(value));
    await by("start").click();
  }

  before(async () => {
    mkdirSync(screenshots, { recursive: true });
    demo = await startDemo({ pollIntervalMs: 200 });
    site = await serve({ demo });
    browser = await open("chromium");
    page = browser.page;
    page.setDefaultTimeout(patience);
    // The first time the page asks the server whether it speaks the newest revision; the demo's says no, with a status that
    // browsers write to the console whatever a page does about it.
    const asked = (message) => /status of 400/.test(message.text()) && message.location().url === demo.url;
    page.on("console", (message) => { if (message.type() === "error" && !asked(message)) complaints.push(message.text()); });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("dialog", (dialog) => { complaints.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
    await page.addInitScript(() => {
      globalThis.violations = [];
      document.addEventListener("securitypolicyviolation", (event) => violations.push(`${event.violatedDirective} ${event.blockedURI}`));
    });
  });

  beforeEach(async () => {
    complaints = [];
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.emulateMedia({ colorScheme: "light" });
    await page.goto(site.url);
    await by("tool-slow_count").waitFor(); // connects to the demo server by itself
  });

  afterEach(async () => {
    assert.deepEqual(await page.evaluate(() => globalThis.violations), [], "content security policy");
    assert.deepEqual(complaints, [], "errors on the console");
  });

  after(async () => {
    await browser?.close();
    await site?.close();
    await demo?.close();
  });

  test("a task's messages move and its result is shown", async () => {
    assert.equal(await by("connection").getAttribute("data-state"), "connected");
    await page.evaluate(() => {
      const said = (globalThis.said = []);
      const note = () => {
        const text = document.querySelector("[data-testid=task-message]")?.textContent;
        if (text && said.at(-1) !== text) said.push(text);
      };
      new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await start("slow_count", { steps: 5, delayMs: 400, label: "shelf" });
    await task("completed").getByTestId("task-show").click();
    const result = by("result");
    assert.match(await result.textContent(), /counted to 5/);
    assert.match(await result.textContent(), /"label": "shelf"/);
    const steps = (await page.evaluate(() => globalThis.said)).filter((text) => /^step \d of 5$/.test(text));
    assert.ok(steps.length >= 3, `moved through ${steps.join(", ")}`);
    assert.deepEqual(steps, [...steps].sort(), "never backwards");
    await by("task-show").click();
    assert.equal(await result.isVisible(), false);
  });

  test("a running task is cancelled, on the server too, and the focus stays in its row", async () => {
    const running = demo.store.work.size;
    await start("slow_count", { steps: 100, delayMs: 60_000 });
    await task("working").getByText("step 1 of 100").waitFor();
    assert.equal(demo.store.work.size, running + 1);
    await by("task-cancel").focus();
    await page.keyboard.press("Enter");
    await task("cancelled").getByTestId("task-show").waitFor();
    assert.equal(await task("cancelled").getByTestId("task-status").textContent(), "cancelled");
    assert.equal(demo.store.work.size, running);
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "task-show");
    await by("task-remove").click();
    await task("cancelled").waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => document.activeElement.id), "tasks-heading");
  });

  test("a failing task shows its error and code", async () => {
    await start("always_fails", { reason: "no paper" });
    await task("failed").getByTestId("task-show").click();
    assert.match(await by("task-error").textContent(), /^tool_error: .*no paper/);
    assert.match(await by("result").textContent(), /tool_error.*no paper/s);
    await start("crashes");
    const crashed = page.locator("[data-testid=task][data-status=failed]", { hasText: "crashes" });
    await crashed.getByTestId("task-show").click();
    assert.match(await crashed.getByTestId("result").textContent(), /the ice broke/);
  });

  test("arguments are checked before anything is sent", async () => {
    await by("tool-render_report").click();
    await by("arg-pages").fill("99");
    await by("start").click();
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "arg-title");
    assert.equal(await by("arg-pages").getAttribute("aria-invalid"), "true");
    assert.equal(await by("task").count(), 0);
    await by("arg-title").fill("Quarter");
    await by("arg-pages").fill("1");
    await by("arg-format").selectOption("text");
    await by("arg-draft").check();
    await page.keyboard.press("Enter");
    await task("completed").getByTestId("task-show").click();
    assert.match(await by("result").textContent(), /Quarter\s+Page 1 \(draft\)/);
  });

  test("markup from a server stays text", async () => {
    const markup = "<img src=x onerror=alert(1)><script>alert(2)</script>";
    await start("echo", { text: markup });
    await task("completed").getByTestId("task-show").click();
    assert.equal(await by("result").locator("pre.text").textContent(), markup);
    assert.equal(await page.locator("main img, main script").count(), 0);
  });

  test("disconnecting leaves the tasks on the board, not watched", async () => {
    await start("slow_count", { steps: 100, delayMs: 60_000 });
    await task("working").waitFor();
    await by("disconnect").click();
    await task("detached").waitFor();
    assert.equal(await by("connection").getAttribute("data-state"), "idle");
    assert.equal(await by("tool-slow_count").count(), 0);
    await by("connect").click();
    await by("tool-slow_count").waitFor();
  });

  test("light, dark and narrow: readable, and nothing sticks out", async () => {
    await start("always_fails");
    await task("failed").getByTestId("task-show").click();
    await start("slow_count", { steps: 2, delayMs: 50 });
    await task("completed").getByTestId("task-show").click();
    await start("render_report", { title: "Quarter", pages: 50 });
    await task("working").getByText(/drawing page \d+ of 50/).waitFor();
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${screenshots}${colorScheme}.png`, fullPage: true });
      assert.deepEqual(await page.evaluate(faint), [], `text below 4.5:1 in ${colorScheme}`);
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 360, height: 740 });
    await page.screenshot({ path: `${screenshots}narrow.png`, fullPage: true });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    await by("task-cancel").first().click();
    await task("cancelled").waitFor();
  });
});

/** In the page: every visible text whose contrast with its ground is below WCAG AA. */
function faint() {
  const parse = (color) => color.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color[3] !== 0) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "");
    if ((!text && !("value" in element)) || !element.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) found.push(`${element.tagName}.${element.className} ${element.textContent.slice(0, 30)}`);
  }
  return found;
}
