// What a user does with real servers, as plain functions that run unchanged in Node and in a page: `run` gets the package,
// the server's address and a few helpers, and gives back plain data; `verify` then runs beside the server, with `truth`:
// what the server itself says. A page loads this file and its folder as they are.
import { helpers } from "./scenarios/common.mjs";
import { demo, demoModern } from "./scenarios/demo.mjs";
import { everything } from "./scenarios/everything.mjs";
import { fastmcp2, fastmcp3, fastmcp3Stateful } from "./scenarios/fastmcp.mjs";
import { fastmcp4, fastmcp4Legacy } from "./scenarios/fastmcp4.mjs";
import { hostedEverything, hostedSdk } from "./scenarios/hosted.mjs";
import { sdk, sdkOneGroup } from "./scenarios/sdk.mjs";

/**
 * One list for each kind of server; `fastmcp3Stateful` is what a server without sessions cannot do. A scenario that the era
 * of a list cannot have is `{ absent: reason }`.
 */
export const scenarios = { demo, demoModern, everything, fastmcp2, fastmcp3, fastmcp3Stateful, fastmcp4, fastmcp4Legacy, hostedEverything, hostedSdk, sdk, sdkOneGroup };

/** Runs one scenario of a list by its name; gives `{ seen, warnings }`. */
export async function run(list, name, lib, url) {
  const help = helpers(lib, url);
  try {
    const seen = await scenarios[list][name].run(lib, url, help);
    // As it would cross from a page.
    return JSON.parse(JSON.stringify({ seen: seen ?? null, warnings: help.warnings }));
  } finally {
    help.close();
  }
}

/** Checks that hold wherever a scenario ran. `assert` is Node's. */
export async function verify(list, name, { seen, warnings }, truth, assert) {
  // Only a server that breaks may make the client warn.
  if (!scenarios[list][name].warns) assert.deepEqual(warnings, [], "warnings");
  await scenarios[list][name].verify(seen, truth, assert);
}
