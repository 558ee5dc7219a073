// Projects as users have them: the package in node_modules, an application, and what builds or runs it.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { folder, root } from "../package/support.mjs";

const installed = join(root, ".toolchain/consumers/node_modules");
const require = createRequire(join(installed, "../package.json"));

/** Why tests with it cannot run here, or false: node:test's `skip` takes it as it is. */
export const lacking = (name) => !existsSync(join(installed, name)) && `no ${name} in .toolchain/consumers (npm run setup makes it)`;

/** A bundler, as a module. */
export const tool = (name) => import(pathToFileURL(require.resolve(name)).href);

/** A program that a package brings. */
export const program = (path) => join(installed, path);

/**
 * A project of its own with the package, `files` (texts by path) and `modules` (names of those that .toolchain/consumers has).
 * Gives its folder, which goes with the test.
 */
export function makeProject(t, files, modules = []) {
  const dir = mkdtempSync(join(tmpdir(), "mcp-tasks-app-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const own = join(dir, "node_modules/mcp-tasks");
  mkdirSync(own, { recursive: true });
  for (const part of ["package.json", "dist"]) cpSync(join(folder, part), join(own, part), { recursive: true });
  for (const name of modules) symlinkSync(join(installed, name), join(dir, "node_modules", name), "dir");
  for (const [path, text] of Object.entries({ "package.json": '{ "private": true, "type": "module" }\n', ...files })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}

/** What a build wrote, by the path in the address, for `startSite`. */
export function filesIn(dir) {
  const paths = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((f) => f.isFile()).map((f) => join(f.parentPath ?? f.path, f.name));
  const files = Object.fromEntries(paths.map((path) => [`/${relative(dir, path).split(sep).join("/")}`, readFileSync(path)]));
  return "/index.html" in files ? { "/": files["/index.html"], ...files } : files;
}

/** An application against the demo server: a task that is watched, a failure, and a plain call. */
export const application = (from = "mcp-tasks") => `
import { Client, ToolError } from ${JSON.stringify(from)};
export async function main(url) {
  const client = new Client(url);
  try {
    const task = client.callTool("slow_count", { steps: 2, delayMs: 30 });
    const seen = [];
    task.onStatusChange((status) => seen.push(status.status));
    const isTask = typeof (await task.created) === "string";
    const { counted } = (await task).data;
    const error = await client.callTool("always_fails").catch((error) => error);
    return { isTask, counted, last: seen.at(-1), known: ToolError.isInstance(error), echo: (await client.callTool("echo", { text: "ü" })).content[0].text };
  } finally {
    client.close();
  }
}`;

/** What `main` of the application gives. */
export const expected = { isTask: true, counted: 2, last: "completed", known: true, echo: "ü" };
