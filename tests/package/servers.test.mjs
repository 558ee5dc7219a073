// The same scenarios against real servers, in Node; tests/browser/servers.test.mjs runs them in pages.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { run, scenarios, verify } from "./scenarios.mjs";
import { mcp } from "./support.mjs";
import { demoWithTruth, fastmcpWithTruth } from "./truths.mjs";

const servers = [
  ["demo", "the demo server, with notifications", () => demoWithTruth({ getStream: true })],
  ["demo", "the demo server, GET answered 405", () => demoWithTruth({ getStream: false })],
  ["fastmcp", "FastMCP 3.4, with notifications", () => fastmcpWithTruth({ stateless: false })],
  ["fastmcp", "FastMCP 3.4, GET answered 405", () => fastmcpWithTruth({ stateless: true })],
];

for (const [list, title, start] of servers) {
  describe(title, () => {
    let server;
    before(async () => { server = await start(); });
    after(() => server?.close?.());
    for (const name of Object.keys(scenarios[list])) {
      test(name, async (t) => {
        if (server.skip) return t.skip(server.skip);
        await verify(list, name, await run(list, name, mcp, server.url), server.truth, assert);
      });
    }
  });
}
