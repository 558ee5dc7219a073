// Runs one official client scenario and gives what the suite's checks say of it.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { cli, node } from "./official.mjs";

/** The required scenarios, each with the protocol revision that the suite uses. */
export const runs = [
  ["initialize", "2025-11-25"],
  ["tools_call", "2025-11-25"],
  ["elicitation-sep1034-client-defaults", "2025-11-25"],
  ["sse-retry", "2025-11-25"],
  ["json-schema-2020-12-preservation", "2025-11-25"],
  ["tools_call", "2026-07-28"],
  ["request-metadata", "2026-07-28"],
  ["sep-2322-client-request-state", "2026-07-28"],
  ["http-standard-headers", "2026-07-28"],
  ["http-custom-headers", "2026-07-28"],
  ["http-invalid-tool-headers", "2026-07-28"],
  ["json-schema-ref-no-deref", "2026-07-28"],
  ["json-schema-2020-12-preservation", "2026-07-28"],
].map(([scenario, revision]) => ({ scenario, revision, title: `${scenario} (${revision})` }));

const program = (name) => `"${process.execPath}" "${fileURLToPath(new URL(name, import.meta.url))}"`;
const limitMs = 60_000; // the suite itself gives up after 30 s, if it can

/**
 * `{ ok, passed, failed, words }`: whether the suite is content, how many of its checks are and are not (warnings count as
 * not: the suite fails a scenario for them), and what it said. `page` is page.mjs's, to run the program there.
 */
export async function conform({ scenario, revision }, { page } = {}) {
  const { code, stdout, stderr } = await start([
    "client", "--command", program(page ? "page-client.mjs" : "client.mjs"),
    "--scenario", scenario, "--spec-version", revision, "--verbose",
  ], page ? { MCP_TASKS_CONFORMANCE_PAGE: page.url } : {});
  let checks;
  try {
    checks = JSON.parse(stdout);
  } catch {
    return { ok: false, passed: 0, failed: 0, words: `the suite gave no checks (${code}): ${stderr}` };
  }
  const bad = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
  const passed = checks.filter(({ status }) => status === "SUCCESS").length;
  const words = [
    ...bad.map(({ name, description, errorMessage, details }) => `${name}: ${errorMessage ?? `${description} ${JSON.stringify(details ?? {})}`}`),
    // The output of the program, which says why it failed.
    ...(code === 0 ? [] : [/^Stderr:\n([^]*?)\n\nTest Results:/m.exec(stderr)?.[1] ?? stderr]),
  ].join("\n").trim();
  // A scenario without a single check shows nothing.
  return { ok: code === 0 && passed > 0, passed, failed: bad.length, words };
}

function start(args, extra) {
  const loopback = new URL("loopback.mjs", import.meta.url).href;
  // A group of its own, so that a program that hangs ends with the suite.
  const child = spawn(node, ["--import", loopback, cli, ...args], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...extra }, detached: true });
  const end = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // the process has ended already
    }
  };
  process.once("exit", end);
  const timer = setTimeout(end, limitMs);
  const told = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (text) => { told[name] += text; });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code: code ?? signal, ...told }));
  }).finally(() => {
    clearTimeout(timer);
    end();
    process.off("exit", end);
  });
}
