// How many requests many tasks cost, on a real server: the SDK's, which lists ten tasks on a page.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startDemo } from "../servers/demo.mjs";
import { Client } from "./support.mjs";

/** Runs 24 tasks of 1.5 s at once and gives back the methods of what was posted. */
async function posted(t, options) {
  const demo = await startDemo({ pollIntervalMs: 1000, ...options });
  t.after(() => demo.close());
  const methods = [];
  const count = (url, init) => {
    if (init.method === "POST") methods.push(JSON.parse(init.body).method);
    return fetch(url, init);
  };
  const client = new Client(demo.url, { fetch: count, onWarning() {} });
  t.after(() => client.close());
  const calls = Array.from({ length: 24 }, () => client.callTool("slow_count", { steps: 3, delayMs: 500 }));
  for (const { data } of await Promise.all(calls)) assert.equal(data.counted, 3);
  return methods;
}

const howMany = (methods, method) => methods.filter((m) => m === method).length;

describe("24 tasks of 1.5 s", () => {
  test("with notifications cost no more than 56 requests, and not one poll", async (t) => {
    const methods = await posted(t, {});
    assert.ok(methods.length <= 56, `${methods.length}: ${methods}`);
    assert.deepEqual([howMany(methods, "tools/call"), howMany(methods, "tasks/result")], [24, 24]);
  });

  test("without notifications are found in the list", async (t) => {
    const methods = await posted(t, { getStream: false });
    const [lists, gets] = ["tasks/list", "tasks/get"].map((method) => howMany(methods, method));
    assert.ok(lists >= 3, `${lists} pages`);
    // One by one it would be 24 each second, two seconds long. Who was begun a little later may come a round later.
    assert.ok(lists + gets <= 24, `${lists} pages and ${gets} by themselves`);
    assert.equal(howMany(methods, "tasks/result"), 24);
  });
});
