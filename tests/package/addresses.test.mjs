// Which addresses a client takes, and what its messages say of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startPuppet } from "./puppet.mjs";
import { entry, rejection, until } from "./support.mjs";

const { Client } = await import(entry());
const { SharedClient } = await import(entry("mcp-tasks/shared"));
const SECRET = "key=SECRET%20KEY&other=7";

for (const [name, type] of Object.entries({ Client, SharedClient })) {
  test(`L3: ${name} refuses an address that is neither http nor https`, () => {
    for (const url of ["javascript:alert(1)", "file:///etc/passwd", "data:text/plain,x", "ws://host/mcp", "ftp://host/mcp", new URL("blob:http://host/x")]) {
      assert.throws(() => new type(url), { name: "TypeError", message: /^url must be an http or https address, not one of the protocol \w+:$/ }, String(url));
    }
    for (const url of ["http://host/mcp", "https://host/mcp", new URL("https://host/mcp?a=1")]) assert.equal(new type(url).url, String(url));
  });

  test(`L3: ${name} refuses an address with credentials, names the option headers and repeats nothing of the address`, () => {
    for (const url of ["http://user:SECRETPW@host/mcp", "https://user@host/mcp", "https://:SECRETPW@host/mcp", new URL("https://user:SECRETPW@host/mcp")]) {
      assert.throws(() => new type(url), (error) => {
        assert.ok(error instanceof TypeError);
        assert.match(error.message, /credentials.*option headers/);
        assert.doesNotMatch(error.message, /SECRETPW|user|host/);
        return true;
      });
    }
  });

  test(`L3: ${name} does not repeat an address that cannot be parsed`, () => {
    assert.throws(() => new type(`http://ho st/mcp?${SECRET}`), (error) => {
      assert.ok(error instanceof TypeError);
      assert.equal(JSON.stringify([error.message, error.input, error.cause?.message]).includes("SECRET"), false);
      return true;
    });
  });
}

test("L3: no message of an error or a warning has the address's query, whatever fetch says", async (t) => {
  const server = await startPuppet();
  t.after(() => server.close());
  const warnings = [];
  // node-fetch and others repeat the address in their errors.
  const fetch = async (url, init) => {
    if (init.body?.includes('"tools/call"')) throw new TypeError(`request to ${url} failed, reason: connect ECONNREFUSED`);
    return globalThis.fetch(url, init);
  };
  const client = new Client(`${server.url}?${SECRET}`, { fetch, era: "2025-11-25", onWarning: (warning) => warnings.push(warning.message) });
  t.after(() => client.close());
  const error = await rejection(client.callTool("forbidden"));
  client.callTool("forbidden"); // a failure that only a warning reports
  await until(() => warnings.length > 0, "the warning");
  for (const message of [error.message, ...warnings]) {
    assert.match(message, /request to http:\/\/127\.0\.0\.1:\d+\/mcp\?… failed, reason: connect ECONNREFUSED/);
    assert.doesNotMatch(message, /SECRET|other=7/);
  }
});

test("F11: a network error without a reason names mcp-tasks/diagnose, in the words of each browser, and no other error does", async (t) => {
  const server = await startPuppet();
  t.after(() => server.close());
  const { fetch } = globalThis;
  t.after(() => { globalThis.fetch = fetch; });
  let reason;
  const failing = async (url, init) => {
    if (init?.body?.includes('"tools/call"')) throw new TypeError(reason);
    return fetch(url, init);
  };
  globalThis.fetch = failing;
  const failed = async (words, options) => {
    reason = words;
    const client = new Client(server.url, { era: "2025-11-25", ...options });
    t.after(() => client.close());
    return (await rejection(client.callTool("forbidden"))).message;
  };
  for (const words of ["Failed to fetch", "Load failed", "NetworkError when attempting to fetch resource."]) {
    assert.match(await failed(words), /mcp-tasks\/diagnose finds the reason$/);
    // A fetch of the application, for example diagnosing(), says itself what it found.
    assert.doesNotMatch(await failed(words, { fetch: failing }), /diagnose/);
  }
  assert.doesNotMatch(await failed("fetch failed"), /diagnose/);
});
