// How often a task is asked after where nothing is pushed: counted on a clock that passes only when it is told to.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { onFakeClock } from "./support.mjs";

const multiples = (interval, takes) => Array.from({ length: Math.ceil(takes / interval) }, (_, i) => (i + 1) * interval);

describe("stream: false", () => {
  for (const [takesMs, pollInterval] of [[10_000, 1000], [10_000, 3000], [500, 1000], [1000, 1000], [1001, 1000], [60_000, 5000], [7000, 250]]) {
    const expected = multiples(pollInterval, takesMs);
    test(`a task of ${takesMs} ms is asked after every ${pollInterval} ms: ${expected.length} times`, async (t) => {
      const { text, polls, methods } = await onFakeClock(t, "polls", { server: { takesMs, pollInterval }, options: { earlyPoll: false }, waitMs: takesMs + 600_000 });
      assert.equal(text, "done");
      // The clock does not stand on whole milliseconds: a timer rings at the next.
      assert.deepEqual(polls.map(Math.round), expected);
      assert.equal(methods.filter((m) => m === "tasks/result").length, 1);
      assert.ok(!methods.includes("GET"), "no stream was opened");
    });
  }

  test("F16: a task is polled once after 250 ms, and then at the server's interval", async (t) => {
    const { text, polls } = await onFakeClock(t, "polls", { server: { takesMs: 9000, pollInterval: 5000 }, waitMs: 60_000 });
    assert.equal(text, "done");
    assert.deepEqual(polls.map(Math.round), [250, 5250, 10_250]);
  });

  test("a server that names no interval is asked at the client's", async (t) => {
    const byDefault = await onFakeClock(t, "polls", { server: { takesMs: 2500 }, waitMs: 60_000 });
    assert.deepEqual(byDefault.polls.map(Math.round), [1000, 2000, 3000]);
    const own = await onFakeClock(t, "polls", { server: { takesMs: 1000 }, options: { pollIntervalMs: 400 }, waitMs: 60_000 });
    assert.deepEqual(own.polls.map(Math.round), [400, 800, 1200]);
  });

  test("an unwatched task is not polled, and no timer is left", async (t) => {
    const { before, during, after, left } = await onFakeClock(t, "watched");
    assert.equal(before, 0);
    assert.equal(during, 4, "at once, and then each second");
    assert.equal(after, 0);
    assert.equal(left, 0);
  });
});

describe("setTimeout is never given more than it can take", () => {
  for (const huge of [2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
    test(`an interval and a time to live of ${huge}: asked after once an hour`, async (t) => {
      const server = { takesMs: 7_000_000, pollInterval: huge, ttl: huge };
      const { text, polls } = await onFakeClock(t, "polls", { server, options: { earlyPoll: false }, waitMs: 10_000_000 });
      assert.equal(text, "done");
      assert.deepEqual(polls.map(Math.round), [3_600_000, 7_200_000]);
    });
  }

  test("an interval of the application's own that is huge", async (t) => {
    const { text, polls } = await onFakeClock(t, "polls", { server: { takesMs: 1000 }, options: { pollIntervalMs: 2 ** 40 }, waitMs: 10_000_000 });
    assert.equal(text, "done");
    assert.deepEqual(polls.map(Math.round), [3_600_000]);
  });

  test("a Retry-After that is huge: asked again after an hour", async (t) => {
    const { text, polls } = await onFakeClock(t, "polls", { server: { takesMs: 1000, pollInterval: 1000, unlucky: "99999999999" }, waitMs: 10_000_000 });
    assert.equal(text, "done");
    assert.deepEqual(polls.map(Math.round), [1000, 3_601_000]);
  });

  for (const timeoutMs of [2 ** 31, 2 ** 33, Infinity]) {
    test(`wait({ timeoutMs: ${timeoutMs} }) does not give up before its time`, async (t) => {
      const { ended, polled } = await onFakeClock(t, "longWait", { timeoutMs, passMs: 2 ** 31 - 1 });
      assert.ok(polled);
      assert.equal(ended, undefined);
    });
  }
});
