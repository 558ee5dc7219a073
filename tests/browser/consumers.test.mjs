// The package in applications as users build them: each bundler as it comes, its output served under the policy that the
// README names, in Chromium, against the demo server.
import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { missing, open } from "../../scripts/engines.mjs";
import { application, expected, filesIn, lacking, makeProject, tool } from "../consumers/project.mjs";
import { startDemo } from "../servers/demo.mjs";
import { startSite, strict, visit } from "./site.mjs";

const html = (src) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>app</title><link rel="icon" href="data:,"><script type="module" src="${src}"></script>`;
const page = `import { main } from "./app.js"; globalThis.main = main; globalThis.ready = true;`;
const worker = `import { main } from "./app.js"; onmessage = ({ data }) => main(data).then((seen) => postMessage({ seen }), (e) => postMessage({ error: String(e) }));`;
/** The bundlers find a worker by exactly this expression. */
const pageOfWorker = `
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
globalThis.main = (url) => new Promise((resolve, reject) => {
  worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.seen));
  worker.onerror = (e) => reject(new Error(e.message));
  worker.postMessage(url);
});
globalThis.ready = true;`;
const where = { "a page": page, "a dedicated worker": pageOfWorker };
const files = (main, from) => ({ "index.html": html("/main.js"), "main.js": main, "app.js": application(from), "worker.js": worker });

describe("chromium", { skip: missing("chromium") }, () => {
  let browser, demo;
  before(async () => {
    demo = await startDemo();
    browser = await open("chromium");
  });
  after(async () => {
    await browser?.close();
    await demo?.close();
  });

  const run = () => browser.evaluate((url) => globalThis.main(url), demo.url);

  /** Serves what was built, runs `main`, and gives the paths that were asked for. */
  async function works(t, built, csp = strict) {
    const asked = [];
    const site = await startSite({ files: built, csp, serve: (path) => void asked.push(path) });
    t.after(() => site.close());
    await visit(browser, site);
    assert.deepEqual(await run(), expected);
    return asked.filter((path) => path.endsWith(".wasm")).length;
  }

  for (const [place, main] of Object.entries(where)) {
    test(`Vite 8, built, in ${place}`, { skip: lacking("vite") }, async (t) => {
      const dir = makeProject(t, files(main));
      const { build } = await tool("vite");
      await build({ root: dir, logLevel: "error", configFile: false, worker: { format: "es" } });
      assert.equal(await works(t, filesIn(join(dir, "dist"))), 1, "the module is fetched once");
    });

    test(`webpack 5 in ${place}`, { skip: lacking("webpack") }, async (t) => {
      const dir = makeProject(t, files(main));
      const { default: webpack } = await tool("webpack");
      const stats = await new Promise((resolve, reject) => {
        const compiler = webpack({ mode: "production", context: dir, entry: "./main.js", output: { path: join(dir, "out"), publicPath: "auto" } });
        compiler.run((error, stats) => compiler.close(() => (error ? reject(error) : resolve(stats))));
      });
      // It warns of the size of an application, which counts the .wasm, and recommends to split it.
      const said = stats.toJson({ all: false, errors: true, warnings: true });
      assert.deepEqual([...said.errors, ...said.warnings.filter(({ message }) => !/size limit|limit the size of your bundles/.test(message))], []);
      assert.equal(await works(t, { "/": html("/main.js"), ...filesIn(join(dir, "out")) }), 1, "the module is fetched once");
    });

    test(`esbuild in ${place}`, async (t) => {
      const dir = makeProject(t, files(main));
      const esbuild = await import("esbuild");
      await esbuild.build({
        absWorkingDir: dir, entryPoints: ["main.js", "worker.js"], bundle: true, minify: true, format: "esm", outdir: "out", logLevel: "error",
      });
      // It leaves `new URL(…, import.meta.url)` as it is: the file has to be put beside the bundle.
      copyFileSync(join(dir, "node_modules/mcp-tasks/dist/mcp_tasks_bg.wasm"), join(dir, "out/mcp_tasks_bg.wasm"));
      assert.equal(await works(t, { "/": html("/main.js"), ...filesIn(join(dir, "out")) }), 1, "the module is fetched once");
    });
  }

  test("Vite 8's development server, which moves what it finds in node_modules", { skip: lacking("vite") }, async (t) => {
    const dir = makeProject(t, files(page));
    const { createServer } = await tool("vite");
    const server = await createServer({ root: dir, logLevel: "error", configFile: false, cacheDir: join(dir, ".vite"), server: { host: "127.0.0.1", port: 0, ws: false } });
    t.after(() => server.close());
    await server.listen();
    await visit(browser, { url: server.resolvedUrls.local[0] });
    assert.deepEqual(await run(), expected);
  });

  test("a plain module script, with an import map for the name", async (t) => {
    const map = JSON.stringify({ imports: { "mcp-tasks": "/package/dist/index.js" } });
    const built = { "/": html("/main.js").replace("<script", `<script type="importmap">${map}</script><script`), "/main.js": page, "/app.js": application() };
    // An import map is a script in the page: its hash, or 'unsafe-inline', is for who writes the policy.
    assert.equal(await works(t, built, strict.replace("script-src", "script-src 'unsafe-inline'")), 1);
  });

  for (const [from, bytes] of [["mcp-tasks/inline", "as base64"], ["mcp-tasks/js", "as JavaScript"]]) {
    test(`esbuild and ${from}: one file, with the engine in it ${bytes}`, async (t) => {
      const dir = makeProject(t, files(page, from));
      const esbuild = await import("esbuild");
      const { outputFiles } = await esbuild.build({ absWorkingDir: dir, entryPoints: ["main.js"], bundle: true, minify: true, format: "esm", outdir: "out", write: false, logLevel: "error" });
      assert.equal(outputFiles.length, 1);
      const built = { "/": html("/main.js"), "/main.js": Buffer.from(outputFiles[0].contents) };
      assert.equal(await works(t, built, from.endsWith("js") ? strict.replace(" 'wasm-unsafe-eval'", "") : strict), 0);
    });
  }
});
