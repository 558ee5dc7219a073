// The code in README.md and docs/guides/, as it is printed, and what a page needs to run it.
//
// A comment `<!-- given … -->` before a block is what the reader has already (the application's own functions), `<!-- then … -->`
// after it says what has to be true; neither is shown. `client` and `task` are there where a block does not make its own.
// README.md has no such comments: `tests/guides/readme.mjs` holds both for each of its blocks.
// `<!-- not run: WHY -->` before a block is for what cannot be run by itself. `<!-- server: NAME -->` at the top of a file says which server it talks to: see tests/browser/guides.test.mjs.
import { readFileSync, readdirSync } from "node:fs";
import { root } from "../package/support.mjs";
import { readmeBlocks } from "./readme.mjs";

/** README.md and the guides, by their paths from the root. */
export const documents = () => ["README.md", ...readdirSync(`${root}docs/guides`).filter((name) => name.endsWith(".md")).sort().map((name) => `docs/guides/${name}`)];

/** `[{ file, line, lang, code, given, then, server, why }]`; `why`: it is not run. */
export function blocksOf(file) {
  const text = readFileSync(root + file, "utf8");
  const server = /^<!-- server: (\w+) -->/.exec(text)?.[1] ?? "demo";
  const pattern = /(?:<!-- given\n([\s\S]*?)-->\n|<!-- not run: (.+) -->\n)?^```(\w*)\n([\s\S]*?)^```$(?:\n<!-- then\n([\s\S]*?)-->)?/gm;
  const blocks = [...text.matchAll(pattern)].map(({ index, 0: whole, 1: given = "", 2: why, 3: lang, 4: code, 5: then = "" }) => ({
    file, lang, code, given, then, server, why, line: text.slice(0, index + whole.indexOf("```")).split("\n").length,
    heading: [...text.slice(0, index).matchAll(/^## (.+)$/gm)].at(-1)?.[1],
  }));
  return file === "README.md" ? blocks.map((block) => ({ ...block, ...(block.lang === "js" && readmeBlocks[block.heading]) })) : blocks;
}

const names = ["Client", "AuthorizationRequiredError", "ClosedError", "HttpError", "InternalError", "NetworkError", "ProtocolError", "RpcError",
  "TaskCancelledError", "TaskExpiredError", "TaskFailedError", "TasksError", "TimeoutError", "ToolError", "UnsupportedError"];

/** A module that runs a block: what was given, the block as it is, what has to be true then. */
export function program({ code, given, then }) {
  const all = `${given}\n${code}\n${then}`;
  const uses = (name) => new RegExp(`\\b${name}\\b`).test(all);
  const makes = (name) => new RegExp(`\\b(const|let|var|using|class|function) ${name}\\b|\\bimport [^;]*\\b${name}\\b[^;]* from`).test(all);
  const brought = names.filter((name) => uses(name) && !makes(name));
  return [
    'import * as mcp from "mcp-tasks";',
    'import { come, equal, ok, rejects } from "./helpers.js";',
    ...(brought.length > 0 ? [`const { ${brought.join(", ")} } = mcp;`] : []),
    given,
    ...((uses("client") || uses("task")) && !makes("client") && !/\bconst task\b/.test(given) ? ['const client = new mcp.Client("/mcp");'] : []),
    ...(uses("task") && !makes("task") && !makes("client") ? ['const task = client.callTool("slow_count", { steps: 3, delayMs: 30 });'] : []),
    code,
    then,
  ].join("\n");
}

/** What the conditions are written with. */
export const helpers = `
export function ok(value, words = "not so") { if (!value) throw new Error(words); }
export function equal(actual, expected) {
  if (!Object.is(actual, expected)) throw new Error(JSON.stringify(actual) + " is not " + JSON.stringify(expected));
}
export async function rejects(promise, code) {
  const error = await Promise.resolve(promise).then(() => { throw new Error("resolved"); }, (error) => error);
  equal(error.code, code);
}
export async function come(condition) {
  for (const end = Date.now() + 20_000; !condition(); await new Promise((r) => setTimeout(r, 10))) {
    if (Date.now() > end) throw new Error("never came: " + condition);
  }
}`;
