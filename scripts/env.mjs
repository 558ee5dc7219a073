// The toolchain that scripts/setup.sh chose, as an environment for child processes.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The repository, with a slash at the end. */
export const root = fileURLToPath(new URL("..", import.meta.url));
export const wasmTarget = "wasm32-unknown-unknown";

export const env = { ...process.env };
const chosen = root + ".toolchain/env";
if (existsSync(chosen))
  for (const line of readFileSync(chosen, "utf8").split("\n")) {
    const i = line.indexOf("=");
    if (i > 0) env[line.slice(0, i)] = line.slice(i + 1).replace("$PATH", () => process.env.PATH);
  }
// A caller's own cargo settings would move target/ or replace the flags that the wasm32 build needs.
for (const name of ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET", "CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS"]) delete env[name];

/** Runs a command in the repository and ends this process when it fails. Its output goes to stderr: stdout is for results. */
export function run(cmd, args, extra = {}) {
  const r = spawnSync(cmd, args, { cwd: root, stdio: ["ignore", 2, 2], env: { ...env, ...extra } });
  if (r.status === 0) return;
  console.error(`failed (${r.error?.message ?? r.status ?? r.signal}): ${cmd} ${args.join(" ")}`);
  process.exit(r.status || 1);
}
