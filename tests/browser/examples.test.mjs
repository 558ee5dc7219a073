// The examples of www/examples, as `npm start` serves them: each is opened and does what it says, under the policy there.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { missing, open } from "../../scripts/engines.mjs";
import { serve } from "../../scripts/serve.mjs";
import { root } from "../package/support.mjs";
import { startDemo } from "../servers/demo.mjs";

const folder = `${root}www/examples/`;
const examples = readdirSync(folder).filter((name) => name.endsWith(".html") && name !== "index.html").map((name) => name.slice(0, -5));

/** What a reader does on each, with playwright's page, and what has to come of it. */
const uses = {
  async await(page) {
    await page.click("#start");
    await says(page, "counted to 5");
  },
  async watch(page) {
    await page.click("#start");
    await says(page, /^# Spring/);
    const lines = await page.locator("#log li").allTextContents();
    assert.match(lines[0], /^working/);
    assert.match(lines.at(-1), /^completed/);
  },
  async cancel(page) {
    await page.click("#start");
    await says(page, /^step \d+ of 100/);
    await page.click("#cancel");
    await says(page, "cancelled");
  },
  async resume(page) {
    await page.click("#start");
    await says(page, /^step [2-9] of 10/);
    await page.reload();
    await says(page, "counted to 10");
    assert.equal(await page.evaluate(() => sessionStorage.getItem("task")), null);
  },
  async errors(page) {
    await page.click("#tool");
    await says(page, "The tool says: the printer is on fire");
    await page.click("#crash");
    await says(page, /^It broke: .*the ice broke/);
    await page.click("#none");
    await says(page, /^NetworkError \(network\): .*127\.0\.0\.1:9/);
  },
  async element(page) {
    await page.click("#start");
    await says(page, "Done.");
    assert.equal(await page.locator("mcp-task [part=output]").textContent(), "counted to 5");
  },
};

async function says(page, wanted) {
  const { source, text } = typeof wanted === "string" ? { text: wanted } : { source: wanted.source };
  await page.waitForFunction(({ source, text }) => {
    const said = document.querySelector("#out").textContent;
    return source === undefined ? said === text : new RegExp(source).test(said);
  }, { source, text }, { timeout: 20_000 });
}

test("every example is named on the examples' page, has its script, and is used below", () => {
  const index = readFileSync(`${folder}index.html`, "utf8");
  assert.deepEqual(Object.keys(uses).sort(), [...examples].sort());
  for (const name of examples) {
    assert.ok(index.includes(`href="${name}.html"`), name);
    assert.ok(existsSync(`${folder}${name}.js`), name);
  }
});

describe("chromium", { skip: missing("chromium") }, () => {
  let browser, demo, site;
  const trouble = [];
  before(async () => {
    demo = await startDemo();
    site = await serve({ demo });
    browser = await open("chromium");
    browser.page.on("pageerror", (error) => trouble.push(error.message));
    // The browser itself tells of answers with 400, which is how a server of 2025 greets the newest revision.
    browser.page.on("console", (message) => message.type() === "error" && !/^Failed to load resource/.test(message.text()) && trouble.push(message.text()));
  });
  after(async () => {
    await browser?.close();
    await Promise.all([site, demo].map((server) => server?.close()));
  });

  for (const name of examples) {
    test(name, async () => {
      trouble.length = 0;
      await browser.goto(`${site.url}examples/${name}.html`);
      await browser.page.waitForLoadState("networkidle");
      await uses[name](browser.page);
      assert.deepEqual(trouble, []);
    });
  }
});
