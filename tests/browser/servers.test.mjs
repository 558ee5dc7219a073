// The scenarios of tests/package/scenarios.mjs in real pages: another origin than the servers', a strict policy.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { missing, open } from "../../scripts/engines.mjs";
import { scenarios, verify } from "../package/scenarios.mjs";
import { demoServers, realServers } from "../package/truths.mjs";
import { startSite, visit } from "./site.mjs";

const engines = { chromium: [...demoServers, ...realServers], firefox: demoServers, webkit: demoServers };

for (const [engine, servers] of Object.entries(engines)) {
  describe(engine, { skip: missing(engine) }, () => {
    let site, browser;
    before(async () => {
      site = await startSite();
      browser = await open(engine);
      await visit(browser, site);
    });
    after(async () => {
      await browser?.close();
      await site?.close();
    });

    for (const [list, title, start] of servers) {
      describe(title, () => {
        let server;
        before(async () => { server = await start(); });
        after(() => server?.close?.());
        for (const [name, { absent }] of Object.entries(scenarios[list])) {
          test(name, { skip: absent }, async (t) => {
            if (server.skip) return t.skip(server.skip);
            const seen = await browser.evaluate((what) => globalThis.runScenario(what), { list, name, url: server.url });
            await verify(list, name, seen, server.truth, assert);
            assert.deepEqual(await browser.evaluate(() => globalThis.violations), [], "content security policy");
          });
        }
      });
    }
  });
}
