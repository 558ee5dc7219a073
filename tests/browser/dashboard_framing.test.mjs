// A page of another site that frames the dashboard, or has opened it. In Chromium.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, describe, test } from "node:test";
import { missing } from "../../scripts/engines.mjs";
import { startModern } from "../servers/modern.mjs";
import { openDashboard, startStatic, t } from "./dash.mjs";

const guide = readFileSync(new URL("../../docs/guides/dashboard.md", import.meta.url), "utf8");
/** The headers that the guide lists. */
const listed = Object.fromEntries([.../^```\n(Content-Security-Policy[^`]+)^```$/m.exec(guide)[1].matchAll(/^([\w-]+): (.+)$/gm)].map(([, name, value]) => [name.toLowerCase(), value]));

describe("the dashboard in another page", { skip: missing("chromium") }, () => {
  const opened = [];
  let evil, dash, ui, page;
  before(async () => {
    evil = await startModern({ pollIntervalMs: 50 });
    dash = await openDashboard("chromium", []);
    ({ ui, page } = dash);
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
    evil.requests.length = 0;
  });
  after(async () => {
    await dash?.close();
    await evil?.close();
  });

  const using = async (server) => { opened.push(await server); return server; };
  const linkOf = (site) => `${site.url}#server=${encodeURIComponent(evil.url)}`;
  /** Goes to a page of another origin that frames `url`, and waits until the frame has loaded, or was refused. */
  async function frame(url) {
    const foreign = await using(startStatic({ pages: { "/frame": `<!doctype html><title>another site</title><iframe width="900" height="600"></iframe>` } }));
    await page.goto(`${foreign.url}frame`);
    await page.evaluate((url) => new Promise((resolve) => {
      const frame = document.querySelector("iframe");
      frame.addEventListener("load", resolve, { once: true });
      frame.src = url;
    }), url);
    return page.frames()[1];
  }

  test("L1: without headers the framed page connects to no server, has no form, and says why", async () => {
    const site = await using(startStatic());
    // The tab remembers a server, which is connected without a click after a reload.
    await page.goto(site.url);
    await ui.fill(t("server-url"), evil.url);
    await ui.click(t("connect"));
    await ui.wait(`${t("connection")}[data-state=connected]`);
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)));
    evil.requests.length = 0;
    const inner = await frame(linkOf(site));
    await inner.getByTestId("framed").waitFor();
    assert.match(await inner.getByTestId("framed").textContent(), /shown inside another page.*connects to no server here/);
    assert.equal(await inner.locator("form, input, button").count(), 0);
    assert.ok(!site.requests.slice(site.requests.lastIndexOf("/")).includes("/js/app.js"), "nothing of the dashboard was loaded");
    assert.deepEqual(evil.requests, []);
    await ui.clean();
  });

  test("L1: the guide lists headers that serve.mjs sends too", async () => {
    const { headers } = await fetch(dash.site.url);
    assert.deepEqual(Object.keys(listed).sort(), ["content-security-policy", "cross-origin-opener-policy", "x-content-type-options", "x-frame-options"]);
    for (const [name, value] of Object.entries(listed)) assert.ok(headers.get(name)?.split("; ").includes(value), `${name}: ${headers.get(name)}`);
    const nginx = [...guide.matchAll(/add_header (\S+) "?([^";]+?)"? always;/g)].map(([, name, value]) => [name.toLowerCase(), value]);
    assert.deepEqual(Object.fromEntries(nginx), listed, "the example for nginx has the same");
  });

  for (const name of ["content-security-policy", "x-frame-options"]) {
    test(`L1: the browser refuses a frame where the header ${name} of the guide is sent`, async () => {
      const site = await using(startStatic({ headers: { [name]: listed[name] } }));
      const inner = await frame(linkOf(site));
      assert.match(inner.url(), /^chrome-error:/);
      assert.deepEqual(site.requests, ["/"]);
    });
  }

  test("L1: a page that has opened the dashboard has no reference to it where the headers are sent", async () => {
    for (const site of [await using(startStatic({ headers: listed })), dash.site]) {
      const foreign = await using(startStatic({ pages: { "/opener": "<!doctype html><title>another site</title>" } }));
      await page.goto(`${foreign.url}opener`);
      const popup = page.context().waitForEvent("page");
      await page.evaluate((url) => { globalThis.opened = open(url); }, site.url);
      const victim = await popup;
      await victim.getByTestId("server-url").waitFor();
      assert.equal(await page.evaluate(() => globalThis.opened.closed), true, "for its opener the window is closed");
      assert.equal(await victim.evaluate(() => globalThis.opener), null);
      await page.evaluate((url) => { globalThis.opened.location = url; }, linkOf(site));
      await victim.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
      assert.equal(await victim.evaluate(() => location.hash), "");
      await victim.close();
    }
  });
});
