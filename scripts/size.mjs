// What the package costs an app, in bytes: one JSON line on stdout, and a failure when over package.json's `budget`.
import * as esbuild from "esbuild";
import { readFileSync } from "node:fs";
import { measure } from "./compressed.mjs";
import { root } from "./env.mjs";

// The JavaScript as an app ships it: the default entry, tree-shaken and minified by the app's bundler.
const app = await esbuild.build({
  stdin: { contents: 'import { Client } from "mcp-tasks"; globalThis.C = Client;', resolveDir: root },
  alias: { "mcp-tasks": root + "dist/index.js" },
  bundle: true, minify: true, format: "esm", platform: "browser", target: "es2022", legalComments: "none",
  write: false, logLevel: "warning",
});
const wasm = measure(readFileSync(root + "dist/mcp_tasks_bg.wasm"));
const js = measure(app.outputFiles[0].contents);
const total = { gzip: wasm.gzip + js.gzip, brotli: wasm.brotli + js.brotli };
console.log(JSON.stringify({ wasm, js, total }));

const { budget } = JSON.parse(readFileSync(root + "package.json", "utf8"));
for (const kind of ["gzip", "brotli"])
  if (total[kind] > budget[kind]) {
    console.error(`size: ${total[kind]} bytes of ${kind} are over the budget of ${budget[kind]} (package.json)`);
    process.exitCode = 1;
  }
