// The tests of the package as users get it: packed, unpacked into a project of its own, no registry needed.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, root } from "../env.mjs";
import { judge, none, skip, tapCounts } from "./counts.mjs";
import { stream } from "./process.mjs";

/** `{ tarball, project, folder, remove() }`: the tarball that npm would publish, and a project that has it installed. */
export function pack() {
  const project = mkdtempSync(join(tmpdir(), "mcp-tasks-packed-"));
  const remove = () => rmSync(project, { recursive: true, force: true });
  try {
    // --ignore-scripts: dist/ is built already
    const packed = must("npm", ["pack", "--ignore-scripts", "--json", "--loglevel=error", "--pack-destination", project]);
    const tarball = join(project, Object.values(JSON.parse(packed))[0].filename);
    const folder = join(project, "node_modules/mcp-tasks");
    mkdirSync(folder, { recursive: true });
    must("tar", ["-xzf", tarball, "-C", folder, "--strip-components=1"]);
    writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
    return { tarball, project, folder, remove };
  } catch (e) {
    remove();
    throw e;
  }
}

/** Type-checks tests/package/types.test-d.ts against the packed declarations. */
export async function typesTest(packed, options) {
  for (const f of ["types.test-d.ts", "tsconfig.json"]) copyFileSync(`${root}tests/package/${f}`, join(packed.project, f));
  return stream(process.execPath, [root + "node_modules/typescript/bin/tsc", "-p", packed.project], { limit: 120, ...options });
}

export async function types(packed) {
  if (!existsSync(root + "tests/package/types.test-d.ts")) return skip("types", "there is no tests/package/types.test-d.ts");
  const result = await typesTest(packed);
  if (result.ok) console.log("types.test-d.ts: ok");
  return judge("types", result, { ...none, passed: result.ok ? 1 : 0 });
}

/** node:test over tests/FOLDER/*.test.mjs. */
export async function nodeTests(folder, packed, { limit }) {
  const files = readdirSync(`${root}tests/${folder}`).filter((f) => f.endsWith(".test.mjs")).sort().map((f) => `tests/${folder}/${f}`);
  if (files.length === 0) return skip(folder, `there is no tests/${folder}/*.test.mjs`);
  const tap = join(packed.project, `${folder}.tap`);
  const result = await stream(process.execPath, [
    "--test",
    // One file at a time: browsers and servers on a small machine, and clocks in the tests.
    "--test-concurrency=1",
    // for people, and for counting
    "--test-reporter=spec", "--test-reporter-destination=stdout", "--test-reporter=tap", `--test-reporter-destination=${tap}`,
    ...files,
  ], { limit, extra: { MCP_TASKS_PACKED: packed.folder, MCP_TASKS_PROJECT: packed.project } });
  return judge(`tests/${folder}`, result, tapCounts(existsSync(tap) ? readFileSync(tap, "utf8") : ""));
}

function must(cmd, args) {
  const r = spawnSync(cmd, args, { cwd: root, env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], timeout: 120_000 });
  if (r.status !== 0) throw new Error(`${cmd} ${args[0]} failed (${r.error?.message ?? r.status ?? r.signal})`);
  return r.stdout;
}
