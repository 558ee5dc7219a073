// docs/api: the reference, from the declarations and their comments, by typedoc. With --check, fails where it is stale.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./env.mjs";
import { stream } from "./test/process.mjs";

const target = `${root}docs/api`;
/** These export what the default entry does. */
const same = new Set(["inline", "js"]);

/** The sources of the entries, as package.json names their declarations. */
function entryPoints() {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const names = Object.values(exports).flatMap(({ types }) => (types ? [/^\.\/dist\/types\/(.+)\.d\.ts$/.exec(types)[1]] : []));
  return [...new Set(names)].filter((name) => !same.has(name)).map((name) => `${root}src/js/${name}.ts`);
}

async function write(folder) {
  rmSync(folder, { recursive: true, force: true });
  const { ok, text, why } = await stream(process.execPath, [`${root}node_modules/typedoc/bin/typedoc`, "--logLevel", "Warn", "--out", folder, ...entryPoints()], { limit: 180, show: false });
  if (!ok) throw new Error(`typedoc: ${why}; ${text}`);
}

/** One line for each stale file of docs/api. */
export async function findings() {
  const fresh = mkdtempSync(join(tmpdir(), "mcp-tasks-api-"));
  try {
    await write(fresh);
    const [there, anew] = [target, fresh].map((folder) => (existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String).filter((f) => f.endsWith(".md")).sort() : []));
    const stale = [...new Set([...there, ...anew])].filter((name) => {
      const [old, now] = [target, fresh].map((folder) => join(folder, name)).map((file) => (existsSync(file) ? readFileSync(file, "utf8") : undefined));
      return old !== now;
    });
    return stale.map((name) => `docs/api/${name} is stale: run node scripts/api.mjs`);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (!process.argv.includes("--check")) await write(target);
  else for (const words of await findings()) {
    console.error(words);
    process.exitCode = 1;
  }
}
