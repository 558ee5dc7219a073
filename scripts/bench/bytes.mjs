// The smallest useful app of each subject: one tool call, bundled and minified as an app's own bundler does.
import * as esbuild from "esbuild";
import { readFileSync } from "node:fs";
import { measure } from "../compressed.mjs";
import { root } from "../env.mjs";

const wasm = root + "dist/mcp_tasks_bg.wasm";

/** Bundles a file of bench/ for the browser. */
export async function bundle(path) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [root + path], bundle: true, minify: true, format: "esm", platform: "browser", target: "es2022", legalComments: "none",
    alias: { "mcp-tasks": root + "dist/index.js" }, define: { "process.env.NODE_ENV": '"production"' }, write: false, logLevel: "error",
  });
  return Buffer.from(outputFiles[0].contents);
}

/** The size on the wire, each file compressed separately; the wasm is one file. */
export async function measureBytes(subject) {
  const files = [await bundle(`bench/apps/${subject}.mjs`), ...(subject === "mcp-tasks" ? [readFileSync(wasm)] : [])];
  const { raw, gzip, brotli } = measure(...files);
  return { minified: raw, values: { "bytes-gzip": gzip, "bytes-brotli": brotli } };
}
