// The size of the package in an app, in bytes: one JSON line on stdout, and a failure when over the `ceiling` in package.json, a guard
// against accidental growth. With `--why`, the bytes by module and function.
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
if (process.argv.includes("--why")) console.log(`\n${(await import("./why.mjs")).why()}`);

const { ceiling } = JSON.parse(readFileSync(root + "package.json", "utf8"));
if (total.gzip > ceiling.gzip) {
  console.error(`size: ${total.gzip} bytes of gzip are over the ceiling of ${ceiling.gzip} (package.json)`);
  process.exitCode = 1;
}
