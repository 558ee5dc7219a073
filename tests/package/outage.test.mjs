// What reaches a server that is down: counted on a clock that passes only when it is told to.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { onFakeClock } from "./support.mjs";

// By src/client/health.rs: four polls are under way at most when the trouble begins (MOST_AUTOMATIC), and failures of one
// moment count once. The wait after the n-th failure is between half and all of 500 ms · 2^(n-1), at most 30 s; then one
// request goes ahead to see. So two probes fall into the first second (250 ms and 750 ms after it began, at the earliest),
// and with them one attempt to open the stream again: it keeps a distance of a second, and waits where polls wait.
const atFirst = 4 + 2 + 1;
/** Later there is one probe in a second, and one attempt to open the stream. */
const later = 2;
/** A round is a wait and its probe; the stream is tried at the probe's moment, and once more when its own second is over. */
const eachRound = 3;

/** How many rounds fall into an outage, if each wait is as short as it may be. */
function mostRounds(ms) {
  for (let rounds = 0, at = 0; ; rounds++) {
    at += Math.min(500 * 2 ** rounds, 30_000) / 2;
    if (at > ms) return rounds;
  }
}
const fewestRounds = (ms) => {
  for (let rounds = 0, at = 0; ; rounds++) {
    at += Math.min(500 * 2 ** rounds, 30_000);
    if (at > ms) return rounds;
  }
};

describe("200 awaited tasks of a server that is down", () => {
  for (const kind of ["refused", "500", "503", "503 with Retry-After", "429", "lost"]) {
    for (const forMs of [900, 20_000, 480_000]) {
      const most = 4 + eachRound * mostRounds(forMs) + 1;
      test(`${kind}, for ${forMs} ms: ${atFirst} requests in the first second, then ${later} a second, ${most} in all; every task ends well`, async (t) => {
        const seen = await onFakeClock(t, "outage", { kind, tasks: 200, forMs });
        const words = JSON.stringify({ ...seen, failed: seen.failed.slice(0, 3) });
        assert.ok(seen.before >= 200, "they were asked after before");
        assert.ok(seen.atFirst <= atFirst, words);
        assert.ok(seen.mostLater <= later, words);
        assert.ok(seen.total <= most, words);
        // Not silent either: whoever gives up is not told when the server is back.
        assert.ok(seen.total >= fewestRounds(forMs), words);
        assert.equal(seen.failedMeanwhile, 0, words);
        assert.deepEqual([seen.ok, seen.failed], [200, []], words);
      });
    }
  }
});

describe("calls that are refused before anything is done with them", () => {
  test("are sent five times at most", async (t) => {
    const { asMade, again, failed } = await onFakeClock(t, "refusedCalls", { calls: 50, retryAfter: "1", forMs: 600_000 });
    assert.deepEqual([asMade, again, failed], [50, 4 * 50, 50]);
  });

  test("do not all come back in one moment", async (t) => {
    const { mostAgain } = await onFakeClock(t, "refusedCalls", { calls: 200, retryAfter: "1", forMs: 600_000 });
    assert.ok(mostAgain <= atFirst, `${mostAgain} calls in a second, to a server that had said it was busy`);
  });
});
