// Every block of code in README.md and the guides, as printed: JavaScript in Chromium against a server, servers in Python by
// FastMCP, commands by name. Also every link between the documents.
import * as esbuild from "esbuild";
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { freePort, missing, open } from "../../scripts/engines.mjs";
import { lacking, makeProject } from "../consumers/project.mjs";
import { blocksOf, documents, helpers, program } from "../guides/blocks.mjs";
import { readmeBlocks } from "../guides/readme.mjs";
import { folder, inTime, root, until } from "../package/support.mjs";
import { startPuppet } from "../package/puppet.mjs";
import { startDemo } from "../servers/demo.mjs";
import { startModern } from "../servers/modern.mjs";
import { missingRedis, startCluster } from "../servers/redis.mjs";
import { pythonEnv, pythonOf, start } from "../servers/start.mjs";

const all = documents().flatMap(blocksOf);
const languages = { js: "JavaScript", jsx: "JavaScript", html: "a page", python: "Python", sh: "commands", nginx: "not run: a configuration", "": "not run: text" };
const inPages = all.filter(({ lang, why }) => !why && ["js", "jsx", "html"].includes(lang));
const where = ({ file, line }) => `${file}:${line}`;

test("every block is in a language that is run, or says that it is none", () => {
  for (const block of all) assert.ok(block.lang in languages, `${where(block)}: ${block.lang}`);
  assert.ok(inPages.length > 30, `${inPages.length} blocks`);
});

test("every JavaScript block of README.md has its conditions, and README.md has no test code", () => {
  const headings = all.filter(({ file, lang }) => file === "README.md" && lang === "js").map(({ heading }) => heading);
  assert.deepEqual(headings, Object.keys(readmeBlocks));
  const text = readFileSync(`${root}README.md`, "utf8");
  assert.doesNotMatch(text, /<!-- (given|then|not run)/);
  assert.ok(text.trimEnd().split("\n").length <= 180, "README.md is longer than 180 lines");
});

/** The anchors of a page, as GitHub makes them. */
const anchors = (path) => [...readFileSync(path, "utf8").replace(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.+)$/gm)]
  .map(([, heading]) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"));

test("every link between the documents leads to a file and a heading", () => {
  const files = [...documents(), "CONTRIBUTING.md", "SECURITY.md", "RELEASING.md", ...readdirSync(`${root}docs`).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];
  for (const file of files) {
    for (const [, to, anchor] of readFileSync(root + file, "utf8").matchAll(/\]\(([^)#:]+?)(?:#([^)]*))?\)/g)) {
      const path = resolve(root, dirname(file), to.replace(/\s+/g, ""));
      assert.ok(existsSync(path) || existsSync(`${path}.md`), `${file} links to ${to}`);
      if (anchor) assert.ok(anchors(path).includes(anchor), `${file} links to ${to}#${anchor}`);
    }
  }
});

test("the commands that are printed exist", () => {
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const pinned = readFileSync(`${root}tests/servers/fastmcp-3.4.txt`, "utf8").split("\n");
  for (const { file, code, lang } of all.filter(({ lang }) => lang === "sh")) {
    for (const [, name] of code.matchAll(/npm (?:run )?(start|test|[a-z]+)\b/g)) assert.ok(name in scripts || name === "install", `${file}: npm ${name}`);
    for (const [, spec] of code.matchAll(/pip install "([^"]+)"/g)) assert.ok(pinned.includes(spec), `${file}: ${spec}`);
  }
});

const types = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html", ".map": "application/json" };

describe("in chromium", { skip: missing("chromium") || lacking("react-dom") }, () => {
  let browser, site, servers, closed, target, guard, pages;
  const failures = [];
  before(async () => {
    servers = { demo: await startDemo(), asking: await startModern({ invalidTools: false }) };
    servers.guarded = servers.demo;
    closed = await startPuppet({ cors: false });
    pages = await bundled();
    site = await startDocs();
    browser = await open("chromium");
    browser.page.on("pageerror", (error) => failures.push(error.message));
    await browser.page.addInitScript((url) => { globalThis.closedServer = url; }, closed.url);
  });
  after(async () => {
    await browser?.close();
    await Promise.all([site, servers?.demo, servers?.asking, closed].map((server) => server?.close()));
  });

  /** Every block as a module of its own, in an application that has the package, by the path in the address. */
  async function bundled() {
    const ends = [];
    const blocks = inPages.map((block, i) => ({ ...block, path: `block-${i}` }));
    const files = Object.fromEntries(blocks.filter(({ lang }) => lang !== "html").map((block) => [`${block.path}.jsx`, program(block)]));
    const dir = makeProject({ after: (end) => ends.push(end) }, { "helpers.js": helpers, ...files }, ["react", "react-dom"]);
    try {
      const { outputFiles } = await esbuild.build({
        absWorkingDir: dir, entryPoints: Object.keys(files), bundle: true, splitting: true, format: "esm", platform: "browser", jsx: "automatic",
        outdir: "out", write: false, logLevel: "error", define: { "process.env.NODE_ENV": '"production"' },
      });
      return Object.fromEntries(outputFiles.map(({ path, contents }) => [path.slice(join(dir, "out").length), Buffer.from(contents)]));
    } finally {
      for (const end of ends) end();
    }
  }

  /** The documents' pages, with the server that is meant at /mcp of the same origin, as behind a gateway. */
  async function startDocs() {
    const html = (body) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>guide</title><link rel="icon" href="data:,"><body>${body}</body>`;
    const http = createServer((req, res) => {
      const { pathname } = new URL(req.url, "http://x");
      if (pathname === "/mcp") return forward(req, res);
      const csp = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'unsafe-inline'; connect-src 'self' http://127.0.0.1:*";
      const send = (type, body) => res.writeHead(200, { "content-type": type, "content-security-policy": csp, "cache-control": "no-store" }).end(body);
      if (pathname === "/") return send("text/html", html(""));
      const page = inPages[Number(/^\/page-(\d+)$/.exec(pathname)?.[1])];
      if (page) return send("text/html", page.code);
      const file = pathname.startsWith("/node_modules/mcp-tasks/") ? join(folder, pathname.slice("/node_modules/mcp-tasks/".length)) : /^\/(shared_worker\.js|mcp_tasks_bg\.wasm)$/.test(pathname) ? join(folder, "dist", pathname) : undefined;
      const body = pages[pathname] ?? (file && existsSync(file) && readFileSync(file));
      return body ? send(types[extname(pathname)] ?? "text/plain", body) : res.writeHead(404).end();
    });
    await new Promise((r) => http.listen(0, "127.0.0.1", r));
    return { url: `http://127.0.0.1:${http.address().port}/`, close: () => new Promise((r) => { http.close(r); http.closeAllConnections(); }) };
  }

  function forward(req, res) {
    if (guard && req.headers.authorization !== "Bearer good") {
      return res.writeHead(401, { "www-authenticate": 'Bearer resource_metadata="https://auth.example/.well-known/oauth-protected-resource"' }).end();
    }
    const { origin, host, ...headers } = req.headers;
    const onward = request(target, { method: req.method, headers: { ...headers, host: new URL(target).host } }, (from) => {
      res.writeHead(from.statusCode, from.headers);
      from.pipe(res);
    });
    onward.on("error", () => res.destroy());
    res.on("close", () => onward.destroy());
    req.pipe(onward);
  }

  /** Runs one block; what goes wrong in it fails the test. */
  async function run(block) {
    const i = inPages.indexOf(block);
    failures.length = 0;
    if (block.lang === "html") {
      await browser.goto(`${site.url}page-${i}`);
      const come = helpers.replaceAll("export ", "");
      await inTime(browser.page.evaluate(`(async () => { ${come}\n${block.then} })()`), where(block));
    } else {
      await browser.goto(site.url);
      await inTime(browser.evaluate((path) => import(path).then(() => {}, (e) => { throw new Error(e?.stack ?? String(e)); }), `/block-${i}.js`), where(block));
    }
    assert.deepEqual(failures, []);
  }

  for (const block of inPages.filter(({ file }) => !file.endsWith("redis.md"))) {
    test(`${where(block)} runs as printed`, async () => {
      target = servers[block.server].url;
      guard = block.server === "guarded";
      await run(block);
    });
  }

  const python = pythonOf("fastmcp-3.4");
  const printed = (file) => all.find((block) => block.file === file && block.lang === "python").code;
  /** Runs `server.py` as printed, on a port of ours. */
  async function serverPy(t, file) {
    const dir = mkdtempSync(join(tmpdir(), "mcp-tasks-guide-"));
    writeFileSync(join(dir, "server.py"), printed(file));
    const port = await freePort();
    const server = start("server.py", python, [join(dir, "server.py")], { ...pythonEnv, FASTMCP_PORT: String(port), FASTMCP_DOCKET_URL: "memory://" }, /^/);
    const running = await server;
    t.after(async () => {
      await running.kill();
      rmSync(dir, { recursive: true, force: true });
    });
    const url = `http://127.0.0.1:${port}/mcp`;
    await until(() => fetch(url).then(() => true, () => false), "server.py listens");
    return url;
  }

  test("docs/guides/cors.md: server.py answers a page of another origin", { skip: !python && "no .toolchain/venv-fastmcp-3.4 (npm run setup makes it)" }, async (t) => {
    const url = await serverPy(t, "docs/guides/cors.md");
    await browser.goto(site.url);
    const text = await inTime(browser.evaluate(async (url) => {
      const { Client } = await import("/node_modules/mcp-tasks/dist/index.js");
      const client = new Client(url, { headers: { authorization: "Bearer x" } });
      const task = client.callTool("echo", { text: "over there" });
      const text = (await task).content[0].text;
      client.close();
      return `${text}, ${typeof task.taskId}`;
    }, url));
    assert.equal(text, "over there, string");
  });

  test("docs/guides/redis.md: server.py, its workers, and the page", { skip: missingRedis }, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), "mcp-tasks-guide-"));
    t.after(() => rmSync(dir, { recursive: true, force: true }));
    const script = join(dir, "server.py");
    writeFileSync(script, printed("docs/guides/redis.md"));
    const commands = all.find(({ file, lang }) => file === "docs/guides/redis.md" && lang === "sh").code;
    for (const line of [/^redis-server &$/m, /^export FASTMCP_DOCKET_URL=redis:/m, /^python server\.py &/m, /^fastmcp tasks worker server\.py &/m]) assert.match(commands, line);
    const cluster = await startCluster({ script });
    t.after(() => cluster.close());
    const port = await freePort();
    await Promise.all([cluster.web(port), cluster.worker(), cluster.worker()]);
    target = `http://127.0.0.1:${port}/mcp`;
    guard = false;
    await until(() => fetch(target).then(() => true, () => false), "server.py listens");
    for (const block of inPages.filter(({ file }) => file.endsWith("redis.md"))) await run(block);
  });
});
