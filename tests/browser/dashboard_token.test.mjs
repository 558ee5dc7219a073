// The Authorization header that is being entered on the dashboard, while something else changes the URL of the server. In Chromium.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { missing } from "../../scripts/engines.mjs";
import { startModern } from "../servers/modern.mjs";
import { openDashboard, startStatic, t } from "./dash.mjs";

const secret = "Bearer TYPED-SECRET";

describe("the Authorization header of a new server", { skip: missing("chromium") }, () => {
  let evil, good, dash, ui, page;
  before(async () => {
    [evil, good] = await Promise.all([startModern({ pollIntervalMs: 50 }), startModern({ pollIntervalMs: 50 })]);
    dash = await openDashboard("chromium", []);
    ({ ui, page } = dash);
  });
  beforeEach(async () => {
    evil.requests.length = good.requests.length = 0;
    await ui.fresh();
    await ui.wait(t("server-url")); // where no server is known, the page opens the form when it has started
  });
  afterEach(() => ui.clean());
  after(async () => {
    await dash?.close();
    await evil?.close();
    await good?.close();
  });

  const connected = ({ url }) => `${t("server")}[data-server="${url}"] ${t("connection")}[data-state=connected]`;
  const headers = ({ requests }) => [...new Set(requests.filter(({ method }) => method !== "OPTIONS").map(({ headers }) => headers.authorization))];
  /** Enters the address of the honest server and a header, as a person does. */
  async function enter() {
    await page.getByTestId("server-url").fill(good.url);
    await page.getByTestId("authorization").fill("");
    await page.getByTestId("authorization").pressSequentially(secret);
  }
  /** Connects to the hostile server: it receives requests, and none of them has the header. */
  async function connectToEvil() {
    await ui.click(t("connect"));
    await ui.wait(connected(evil));
    assert.deepEqual(headers(evil), [undefined]);
    assert.ok(evil.requests.length > 0);
  }

  test("M6: a link that changes the URL clears the header, says so, and takes the focus out of the form", async () => {
    await enter();
    await page.evaluate((url) => { location.hash = `server=${encodeURIComponent(url)}`; }, evil.url);
    await ui.wait(t("authorization-cleared"), "A link changed the server URL: the Authorization header was cleared.");
    assert.equal(await page.getByTestId("server-url").inputValue(), evil.url);
    await page.keyboard.type("-THE-REST");
    assert.equal(await page.getByTestId("authorization").inputValue(), "");
    assert.equal(await page.getByTestId("server-url").inputValue(), evil.url, "what is typed on goes into no field");
    await connectToEvil();
    assert.deepEqual(good.requests, []);
  });

  test("M6: a link while a field of the form has the focus takes the focus out of the form, too", async () => {
    await page.getByTestId("authorization").focus();
    await page.evaluate((url) => { location.hash = `server=${encodeURIComponent(url)}`; }, evil.url);
    await ui.wait(t("authorization-cleared"), "A link changed the server URL");
    await page.keyboard.type(secret);
    assert.equal(await page.getByTestId("authorization").inputValue(), "");
    assert.equal(await page.getByTestId("server-url").inputValue(), evil.url);
  });

  test("M6: a page that has opened the dashboard and changes its address gets no header", async () => {
    // Without a Cross-Origin-Opener-Policy, which cuts the opener off.
    const [site, foreign] = await Promise.all([startStatic(), startStatic({ pages: { "/opener": "<!doctype html><title>another site</title>" } })]);
    try {
      await page.goto(`${foreign.url}opener`);
      const popup = page.context().waitForEvent("page");
      await page.evaluate((url) => { globalThis.opened = open(url); }, site.url);
      const victim = await popup;
      await victim.getByTestId("server-url").fill(good.url);
      await victim.getByTestId("authorization").pressSequentially(secret);
      await page.evaluate((url) => { globalThis.opened.location = url; }, `${site.url}#server=${encodeURIComponent(evil.url)}`);
      await victim.waitForFunction((url) => document.getElementById("server-url").value === url, evil.url);
      await victim.getByTestId("connect").click();
      await victim.locator(connected(evil)).waitFor();
      assert.deepEqual(headers(evil), [undefined]);
      await victim.close();
    } finally {
      await Promise.all([site.close(), foreign.close()]);
      await ui.go();
    }
  });

  test("M6: another origin in the URL field clears the header and says so; another path of the same origin keeps it", async () => {
    await enter();
    await page.getByTestId("server-url").fill(`${good.url}/other`);
    assert.equal(await page.getByTestId("authorization").inputValue(), secret);
    await page.getByTestId("server-url").fill(evil.url);
    await ui.wait(t("authorization-cleared"), "The URL names another server: the Authorization header was cleared.");
    assert.equal(await page.getByTestId("authorization").inputValue(), "");
    await connectToEvil();
  });

  test("M6: a field that is changed without an event is checked when the form is submitted", async () => {
    await enter();
    await page.evaluate((url) => { document.getElementById("server-url").value = url; }, evil.url);
    await ui.click(t("connect"));
    await ui.wait(t("authorization-cleared"), "The URL names another server");
    assert.equal(await ui.count(t("server")), 0);
    await connectToEvil();
  });

  test("M6: another server's address that the page fills in clears the header; the server's own keeps it", async () => {
    await page.getByTestId("server-url").fill("http://127.0.0.1:9/mcp");
    await ui.click(t("connect"));
    await ui.wait(`${t("connection")}[data-state=failed]`);
    await page.getByTestId("add-server").click();
    await enter();
    await ui.click(t("new-header"));
    await ui.wait(t("authorization-cleared"), "The URL names another server");
    assert.equal(await page.getByTestId("authorization").inputValue(), "");
    await page.getByTestId("authorization").fill("Bearer for-port-9");
    await ui.click(t("new-header"));
    assert.equal(await page.getByTestId("authorization").inputValue(), "Bearer for-port-9");
  });

  test("M6: the field says when it is cleared, and the header reaches the server that it was entered for", async () => {
    assert.match(await ui.text("#authorization-hint"), /Cleared when the URL changes to another server\./);
    // Before any URL, too: it belongs to the first one.
    await page.getByTestId("authorization").fill(secret);
    await page.getByTestId("server-url").fill(good.url);
    await page.getByTestId("authorization").focus();
    await ui.click(t("connect"));
    await ui.wait(connected(good));
    assert.deepEqual(headers(good), [secret]);
    assert.equal(await ui.count(t("authorization-cleared")), 0);
  });
});
