// Every attack in a page of Chromium, next to a client of an honest server in the same page. MCP_TASKS_ATTACKS=name,name chooses some.
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { missing, open } from "../../scripts/engines.mjs";
import { startSite, visit } from "../browser/site.mjs";
import { startDemo } from "../servers/demo.mjs";
import { attacksFor, check, inTime, jobOf, startHostile } from "./checks.mjs";

const files = { "/hostile/client.mjs": readFileSync(new URL("client.mjs", import.meta.url), "utf8") };

/** Runs in the page. */
async function runInPage(job) {
  const unhandled = [];
  addEventListener("unhandledrejection", ({ reason }) => {
    let words = "a value that cannot be printed";
    try { words = String(reason?.stack ?? reason); } catch { /* it is one */ }
    unhandled.push(words);
  });
  addEventListener("error", ({ message }) => unhandled.push(message));
  const memories = [];
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...args) => {
      const made = await original.apply(WebAssembly, args);
      memories.push((made.instance ?? made).exports.memory);
      return made;
    };
  }
  const { mcp } = globalThis;
  const errors = Object.values(mcp).filter((value) => typeof value?.isInstance === "function");
  const TasksError = { isInstance: (error) => errors.some((type) => type.isInstance(error)) };
  const { run } = await import("/hostile/client.mjs");
  const moduleBytes = () => Math.max(0, ...memories.map(({ buffer }) => buffer.byteLength));
  let moduleBefore;
  const watch = {
    step: (words) => console.info(`step: ${words}`),
    before() { moduleBefore = moduleBytes(); },
    after: () => ({ moduleBytes: moduleBytes(), moduleGrowth: moduleBytes() - moduleBefore, unhandled }),
  };
  return run(job, { Client: mcp.Client, TasksError }, watch);
}

describe("hostile servers, in Chromium", { skip: missing("chromium") }, () => {
  let site, hostile, honest;
  before(async () => {
    [site, hostile, honest] = await Promise.all([startSite({ files }), startHostile(), startDemo({ pollIntervalMs: 200 })]);
  });
  after(() => Promise.all([site?.close(), hostile?.close(), honest?.close()]));

  for (const [name, { finding, title }] of attacksFor("chromium")) {
    test(`${finding}: ${name}: ${title}`, async (t) => {
      // A browser of its own: a page that does not answer can only be ended with it.
      const browser = await open("chromium");
      try {
        await visit(browser, site);
        let step = "the page was loaded";
        browser.page.on("console", (message) => { step = /^step: (.*)/.exec(message.text())?.[1] ?? step; });
        const evaluated = browser.evaluate(runInPage, jobOf(name, { hostile: hostile.url, honest: honest.url }));
        evaluated.catch(() => {}); // it may reject once the time is up
        const report = await inTime(evaluated, () => step);
        await check(t, name, { ...report, platform: "chromium" }, hostile.url);
      } finally {
        await browser.close();
      }
    });
  }
});
