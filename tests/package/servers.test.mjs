// The same scenarios against real servers, in Node; tests/browser/servers.test.mjs runs them in pages.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { run, scenarios, verify } from "./scenarios.mjs";
import { mcp, receiver } from "./support.mjs";
import { demoServers, realServers } from "./truths.mjs";

for (const [list, title, start] of [...demoServers, ...realServers]) {
  describe(title, () => {
    let server;
    before(async () => { server = await start(); });
    after(() => server?.close?.());
    for (const [name, { absent }] of Object.entries(scenarios[list])) {
      test(name, { skip: absent }, async (t) => {
        if (server.skip) return t.skip(server.skip);
        await verify(list, name, await run(list, name, { ...mcp, receiver }, server.url), server.truth, assert);
      });
    }
  });
}
