// The official client scenarios against the package, in a page of Chromium whose guard against other origins is off: the
// suite's servers know nothing of CORS.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { installed } from "../../scripts/conformance/official.mjs";
import { startPage } from "../../scripts/conformance/page.mjs";
import { conform, runs } from "../../scripts/conformance/suite.mjs";
import { missing } from "../../scripts/engines.mjs";

describe("the official client scenarios, in Chromium", { skip: installed().skip ?? missing("chromium") }, () => {
  let page;
  before(async () => { page = await startPage(); });
  after(() => page?.close());
  for (const run of runs) {
    test(run.title, async () => {
      const { ok, words } = await conform(run, { page });
      assert.ok(ok, words);
    });
  }
});
