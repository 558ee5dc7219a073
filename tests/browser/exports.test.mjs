// The package in a browser without any help, in a worker, and inside an application that was bundled.
import * as esbuild from "esbuild";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { missing, open } from "../../scripts/engines.mjs";
import { startPuppet } from "../package/puppet.mjs";
import { folder, project } from "../package/support.mjs";
import { startSite, visit } from "./site.mjs";

/** An application: a call of a tool, a task, and an error of the package's. */
const app = (from) => `
import { Client, ToolError } from "${from}";
export async function main(url) {
  const client = new Client(url);
  try {
    const task = client.callTool("required");
    const taskId = await task.created;
    await task.cancel();
    const code = await task.then(() => "resolved", (error) => error.code);
    return { text: (await client.callTool("forbidden")).content[0].text, taskId, code, known: typeof ToolError.isInstance };
  } finally {
    client.close();
  }
}`;
const inPage = `globalThis.main = main; globalThis.ready = true;`;
const inWorker = `onmessage = ({ data }) => main(data).then((seen) => postMessage({ seen }), (e) => postMessage({ error: String(e) }));`;
const page = (src) => `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="${src}"></script>`;
const workerPage = (src) => `
const worker = new Worker("${src}", { type: "module" });
globalThis.main = (url) => new Promise((resolve, reject) => {
  worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.seen));
  worker.onerror = (e) => reject(new Error(e.message));
  worker.postMessage(url);
});
globalThis.ready = true;`;

describe("chromium", { skip: missing("chromium") }, () => {
  let browser, server;
  before(async () => {
    server = await startPuppet();
    browser = await open("chromium");
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Runs the site's `main` and checks what it gives. */
  async function works(t, files) {
    const asked = [];
    const site = await startSite({ files, serve: (path) => void asked.push(path) });
    t.after(() => site.close());
    await visit(browser, site);
    const seen = await browser.evaluate((url) => globalThis.main(url), server.url);
    assert.deepEqual(seen, { text: "forbidden at once", taskId: `task-${server.tasks.size}`, code: "task_cancelled", known: "function" });
    return asked;
  }

  for (const name of ["index", "inline"]) {
    const source = app(`/package/dist/${name}.js`);
    const wasm = name === "index" ? 1 : 0;
    const count = (asked) => asked.filter((path) => path.endsWith(".wasm")).length;

    test(`${name}.js by <script type=module>, without a bundler`, async (t) => {
      const asked = await works(t, { "/": page("/app.mjs"), "/app.mjs": source + inPage });
      assert.equal(count(asked), wasm, "the module is fetched once, or is inside");
    });

    test(`${name}.js in a dedicated worker`, async (t) => {
      const files = { "/": page("/app.mjs"), "/app.mjs": workerPage("/worker.mjs"), "/worker.mjs": source + inWorker };
      assert.equal(count(await works(t, files)), wasm, "the module is fetched once, or is inside");
    });
  }

  for (const [from, wasm] of [["mcp-tasks", true], ["mcp-tasks/inline", false]]) {
    test(`an application that imports ${from}, bundled and minified by esbuild`, async (t) => {
      const { outputFiles, warnings, metafile } = await esbuild.build({
        stdin: { contents: app(from) + inPage, resolveDir: project, loader: "js" },
        bundle: true, minify: true, format: "esm", platform: "browser", write: false, metafile: true, logLevel: "silent",
      });
      assert.deepEqual(warnings, []);
      assert.deepEqual(Object.values(metafile.outputs).flatMap((o) => o.imports), [], "nothing of Node's, nothing left to import");
      const files = { "/": page("/out.js"), "/out.js": outputFiles[0].text };
      // esbuild leaves `new URL(…, import.meta.url)` as it is: the file has to be put beside the bundle.
      if (wasm) files["/mcp_tasks_bg.wasm"] = readFileSync(join(folder, "dist/mcp_tasks_bg.wasm"));
      await works(t, files);
    });
  }
});
