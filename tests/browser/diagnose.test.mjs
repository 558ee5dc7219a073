// Why a page gets no answer, in words: the demo server behind a gateway that forgets one CORS header after the other.
import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { after, before, describe, test } from "node:test";
import { freePort, missing, open } from "../../scripts/engines.mjs";
import { entry, inTime } from "../package/support.mjs";
import { startDemo } from "../servers/demo.mjs";
import { startSite, strict, visit } from "./site.mjs";

const page = `
import { Client } from "/package/dist/index.js";
import { diagnosing } from "/package/dist/diagnose.js";
globalThis.ask = async ([url, options]) => {
  const told = [];
  const client = new Client(url, { ...options, fetch: diagnosing({ tell: (words) => told.push(words) }), onWarning() {} });
  try {
    const answer = await client.callTool("echo", { text: "hello" }).then((r) => ({ text: r.content[0].text }), ({ name, message }) => ({ name, message }));
    return { ...answer, told };
  } finally {
    client.close();
  }
};
globalThis.ready = true;`;

test("in Node: whether anything answers", async (t) => {
  const { diagnose } = await import(entry("mcp-tasks/diagnose"));
  const demo = await startDemo();
  t.after(() => demo.close());
  assert.match(await inTime(diagnose(demo.url)), /the server does answer/);
  assert.match(await inTime(diagnose(`http://127.0.0.1:${await freePort()}/mcp`)), /nothing answers at http:\/\/127\.0\.0\.1:\d+: look at the address/);
});

describe("chromium", { skip: missing("chromium") }, () => {
  let browser, demo, site, gateway;
  /** What the gateway does to the headers of an answer: `(headers, request)`; a number answers in the server's place. */
  let change;
  let asked;
  before(async () => {
    demo = await startDemo();
    site = await startSite({ files: { "/page.mjs": page } });
    gateway = await startGateway(demo.url);
    browser = await open("chromium");
    await visit(browser, site);
  });
  after(async () => {
    await browser?.close();
    await Promise.all([demo, site, gateway].map((server) => server?.close()));
  });

  async function startGateway(target) {
    const http = createServer((req, res) => {
      asked.push(req);
      const onward = request(target, { method: req.method, headers: { ...req.headers, host: new URL(target).host } }, (from) => {
        // No case may rely on the preflight of the case before.
        const headers = { ...from.headers, "access-control-max-age": "0" };
        const status = change(headers, req) ?? from.statusCode;
        res.writeHead(status, headers);
        from.pipe(res);
      });
      onward.on("error", () => res.destroy());
      res.on("close", () => onward.destroy());
      req.pipe(onward);
    });
    await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
    return {
      url: `http://127.0.0.1:${http.address().port}/mcp`,
      close: () => new Promise((resolve) => { http.close(resolve); http.closeAllConnections(); }),
    };
  }

  /** What a page is told that calls a tool through the gateway. */
  async function ask(how, options = {}, url = gateway.url) {
    change = how;
    asked = [];
    return inTime(browser.evaluate((arg) => globalThis.ask(arg), [url, options]));
  }
  const origin = () => site.url.slice(0, -1);
  const lists = (headers, name, without) => {
    headers[name] = headers[name].split(", ").filter((item) => !without.includes(item)).join(", ");
  };

  test("nothing is forgotten: an answer, and not one request more than the client's", async () => {
    assert.deepEqual(await ask(() => {}), { text: "hello", told: [] });
    assert.ok(asked.every(({ method, headers }) => method !== "GET" || headers.accept === "text/event-stream"));
  });

  const cases = {
    "no Access-Control-Allow-Origin": [(h) => { delete h["access-control-allow-origin"]; }, () => `lacks the CORS header Access-Control-Allow-Origin: ${origin()} (or *)`],
    "no Access-Control-Allow-Origin on errors, and nothing but errors": [(h, { method }) => {
      if (method === "OPTIONS") return undefined;
      delete h["access-control-allow-origin"];
      return 502;
    }, () => "every answer needs it, errors too"],
    "a preflight that is refused": [(_h, { method }) => (method === "OPTIONS" ? 401 : undefined), () => "or OPTIONS is not answered with 2xx: a guard"],
    "content-type is not allowed": [(h) => lists(h, "access-control-allow-headers", ["content-type"]), () => "Access-Control-Allow-Headers lacks content-type"],
    "two headers are not allowed": [(h) => lists(h, "access-control-allow-headers", ["mcp-method", "mcp-protocol-version"]), () => "Access-Control-Allow-Headers lacks mcp-method, mcp-protocol-version\n", { era: "2026-07-28" }],
    "authorization is not allowed": [(h) => lists(h, "access-control-allow-headers", ["authorization"]), () => "Access-Control-Allow-Headers lacks authorization", { headers: { authorization: "Bearer secret" } }],
    "cookies, and any origin is allowed": [() => {}, () => "lacks the CORS header Access-Control-Allow-Credentials: true", { credentials: "include" }],
  };
  for (const [name, [how, words, options]] of Object.entries(cases)) {
    test(`${name}: said in the NetworkError`, async () => {
      const seen = await ask(how, options);
      assert.equal(seen.name, "NetworkError", JSON.stringify(seen));
      assert.ok(`${seen.message}\n`.includes(words()), seen.message);
      assert.equal(seen.message.split("Failed to fetch").length, 2, "said once");
      for (const { headers } of asked.filter(({ method }) => method === "GET")) assert.doesNotMatch(headers.authorization ?? "", /secret/, "no value of the application's is sent along");
    });
  }

  test("a session's name that the page may not read is told, since no error can", async () => {
    const seen = await ask((h) => { delete h["access-control-expose-headers"]; }, { era: "2025-11-25" });
    assert.match(seen.told.join(), /Access-Control-Expose-Headers seems to lack mcp-session-id/);
    assert.equal(seen.told.length, 1);
  });

  test("a challenge that the page may not read is told", async () => {
    const seen = await ask((h, { method }) => {
      if (method === "OPTIONS") return undefined;
      lists(h, "access-control-expose-headers", ["www-authenticate"]);
      h["www-authenticate"] = 'Bearer realm="x"';
      return 401;
    });
    assert.equal(seen.name, "AuthorizationRequiredError");
    assert.match(seen.told.join(), /Access-Control-Expose-Headers seems to lack www-authenticate/);
  });

  test("nothing listens there: said, with the address", async () => {
    const url = `http://127.0.0.1:${await freePort()}/mcp`;
    const seen = await ask(() => {}, {}, url);
    assert.ok(seen.message.includes(`nothing answers at ${new URL(url).origin}`), seen.message);
  });

  test("the page's own policy forbids it: said, with the directive", async (t) => {
    const closed = await startSite({ files: { "/page.mjs": page }, csp: strict.replace(" http://127.0.0.1:*", "") });
    t.after(async () => {
      await closed.close();
      await visit(browser, site);
    });
    await visit(browser, closed);
    const seen = await ask(() => {});
    assert.ok(seen.message.includes(`Content-Security-Policy forbids it: add ${new URL(gateway.url).origin} to its connect-src`), seen.message);
  });
});
