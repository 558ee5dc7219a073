// Every attack in Node, next to a client of an honest server in the same process. MCP_TASKS_ATTACKS=name,name chooses some.
import { fork } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startDemo } from "../servers/demo.mjs";
import { entry } from "../package/support.mjs";
import { attacksFor, check, inTime, jobOf, startHostile } from "./checks.mjs";

let hostile, honest;
before(async () => {
  [hostile, honest] = await Promise.all([startHostile(), startDemo({ pollIntervalMs: 200 })]);
});
after(() => Promise.all([hostile?.close(), honest?.close()]));

const script = fileURLToPath(new URL("node-child.mjs", import.meta.url));

/** Runs the attack in a child process, which is ended afterwards in any case. */
async function runInChild(job) {
  const child = fork(script, { execArgv: ["--expose-gc"], stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let step = "the process was started";
  let stderr = "";
  child.stderr.on("data", (data) => { stderr = (stderr + data).slice(-2000); });
  try {
    const report = new Promise((resolve, reject) => {
      child.on("message", (message) => {
        if (message.report) resolve(message.report);
        else if (message.failed) reject(new Error(`${message.failed}\nafter: ${step}`));
        else step = message.step;
      });
      child.once("error", reject);
      child.once("close", (code, signal) => reject(new Error(`the process ended with ${signal ?? code} after: ${step}\n${stderr}`)));
    });
    child.send({ entry: entry(), job });
    return await inTime(report, () => step);
  } finally {
    child.kill("SIGKILL");
  }
}

describe("hostile servers, in Node", () => {
  for (const [name, { finding, title }] of attacksFor("node")) {
    test(`${finding}: ${name}: ${title}`, async (t) => {
      const report = await runInChild(jobOf(name, { hostile: hostile.url, honest: honest.url }));
      await check(t, name, { ...report, platform: "node" }, hostile.url);
    });
  }
});
