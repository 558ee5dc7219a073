// The official client scenarios against the package, in Node. `npm run conformance` runs the same, and says more.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { installed } from "../../scripts/conformance/official.mjs";
import { conform, runs } from "../../scripts/conformance/suite.mjs";

describe("the official client scenarios, in Node", { skip: installed().skip }, () => {
  for (const run of runs) {
    test(run.title, async () => {
      const { ok, words } = await conform(run);
      assert.ok(ok, words);
    });
  }
});
