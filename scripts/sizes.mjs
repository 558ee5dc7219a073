// The size that each entry adds to an application, in KB (of 1000 bytes) on the wire: writes the table in README.md. With --check, fails
// where that is wrong by more than a thirtieth: compressors differ between versions of Node.
import * as esbuild from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { measure } from "./compressed.mjs";
import { env, root } from "./env.mjs";

const rows = {
  "mcp-tasks": ["index", "the `.wasm` is a file of its own"],
  "mcp-tasks/inline": ["inline", "all in one, base64"],
  "mcp-tasks/js": ["js", "all in one, no WebAssembly"],
  "mcp-tasks/receiver": ["receiver", "with a module of its own, as base64"],
  "mcp-tasks/persist": ["persist", ""],
  "mcp-tasks/react": ["react", "without React"],
  "mcp-tasks/element": ["element", ""],
  "mcp-tasks/diagnose": ["diagnose", ""],
  "mcp-tasks/shared": ["shared", "beside `mcp-tasks`; its worker is a file of its own"],
};
const from = "<!-- sizes: node scripts/sizes.mjs writes this table -->\n";
const until = "<!-- /sizes -->";

/** Bundled and minified by esbuild as an application does it, all of the entry kept, then compressed. */
async function measureEntry(name) {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: `import * as all from "./dist/${name}.js"; globalThis.all = all;`, resolveDir: root },
    bundle: true, minify: true, format: "esm", platform: "browser", target: "es2022", legalComments: "none", external: ["react", "./index.js"], write: false, logLevel: "warning",
  });
  return measure(outputFiles[0].contents, ...(name === "index" ? [readFileSync(`${root}dist/mcp_tasks_bg.wasm`)] : []));
}

/** Why the sizes of this machine are not those of the package, or false. */
export const notComparable = !env.STD_SOURCE && "built without std's source (scripts/setup.sh), so the module is larger";

/** `{ text, stale }`: README.md with the sizes of dist/, and the rows that have wrong values. */
export async function sizes() {
  const readme = readFileSync(`${root}README.md`, "utf8");
  const [before, rest] = readme.split(from);
  const [old, after] = (rest ?? "").split(until);
  if (after === undefined) throw new Error("README.md has no place for the sizes");
  const lines = ["| entry | KB gzip | KB brotli | |", "| --- | ---: | ---: | --- |"];
  const stale = [];
  for (const [entry, [name, note]] of Object.entries(rows)) {
    const { gzip, brotli } = await measureEntry(name);
    const said = new RegExp(`\\| \`${entry}\` \\| ([\\d.]+) \\| ([\\d.]+) \\|`).exec(old);
    const near = (text, value) => Math.abs(Number(text) * 1000 - value) <= Math.max(value / 30, 100);
    if (!near(said?.[1], gzip) || !near(said?.[2], brotli)) stale.push(entry);
    lines.push(`| \`${entry}\` | ${(gzip / 1000).toFixed(1)} | ${(brotli / 1000).toFixed(1)} | ${note} |`);
  }
  lines.push("", "Bundled and minified by esbuild, at the highest level of each compressor. 1 KB is 1,000 bytes. `node scripts/sizes.mjs` measures the table.", "");
  return { text: before + from + lines.join("\n") + until + after, stale };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { text, stale } = await sizes();
  if (!process.argv.includes("--check")) writeFileSync(`${root}README.md`, text);
  else if (stale.length > 0) {
    console.error(`sizes: README.md has other figures for ${stale.join(", ")}: run node scripts/sizes.mjs`);
    process.exitCode = 1;
  }
}
