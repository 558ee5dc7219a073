// The package in each runtime outside of browsers, as an application there has it, against the demo server.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { application, expected, lacking, makeProject, program } from "../consumers/project.mjs";
import { startDemo } from "../servers/demo.mjs";
import { startPuppet } from "./puppet.mjs";
import { entry, inTime } from "./support.mjs";

const deno = "@deno/linux-x64-glibc";
const bun = "@oven/bun-linux-x64";
const run = `import { main } from "./app.mjs"; console.log(JSON.stringify(await main(process.argv[2])));`;
/** Deno gives arguments in another way, and allows nothing that it was not told to. */
const denoRun = run.replace("process.argv[2]", "Deno.args[0]");
const allowed = ["--quiet", "--no-prompt", "--no-remote", "--no-lock", "--allow-read", "--allow-net=127.0.0.1"];

let demo;
before(async () => { demo = await startDemo(); });
after(() => demo.close());

/** Runs a program to its end and gives what it printed, as JSON; a client that keeps it alive fails the test. */
async function printed(dir, command, ...args) {
  const child = spawn(command, [...args, demo.url], {
    cwd: dir, stdio: ["ignore", "pipe", "pipe"], timeout: 60_000,
    env: { ...process.env, NODE_OPTIONS: "", DENO_DIR: join(dir, ".deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
  });
  let out = "", err = "";
  child.stdout.on("data", (d) => { out += d; });
  child.stderr.on("data", (d) => { err += d; });
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", (code, signal) => resolve(code ?? signal)));
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

describe("Node", () => {
  for (const from of ["mcp-tasks", "mcp-tasks/inline", "mcp-tasks/js"]) {
    test(`import from ${from}; the program ends`, async (t) => {
      const dir = makeProject(t, { "app.mjs": application(from), "main.mjs": run });
      assert.deepEqual(await printed(dir, process.execPath, "main.mjs"), expected);
    });
  }

  test("require, of a Node that can require modules", { skip: !process.features.require_module && `Node ${process.version} cannot` }, async (t) => {
    const main = `const { Client } = require("mcp-tasks");
      const client = new Client(process.argv[2]);
      client.callTool("echo", { text: "required" }).then(({ content }) => { console.log(JSON.stringify(content[0].text)); client.close(); });`;
    const dir = makeProject(t, { "main.cjs": main });
    assert.equal(await printed(dir, process.execPath, "--no-warnings", "main.cjs"), "required");
  });
});

describe("Deno", { skip: lacking(deno) }, () => {
  const command = program(`${deno}/deno`);

  test("import from mcp-tasks, from node_modules", async (t) => {
    const dir = makeProject(t, { "app.mjs": application(), "main.mjs": denoRun });
    assert.deepEqual(await printed(dir, command, "run", ...allowed, "main.mjs"), expected);
  });

  test("import by address, named in an import map", async (t) => {
    const map = JSON.stringify({ imports: { tasks: "./node_modules/mcp-tasks/dist/index.js" } });
    const dir = makeProject(t, { "app.mjs": application("tasks"), "main.mjs": denoRun, "map.json": map });
    assert.deepEqual(await printed(dir, command, "run", ...allowed, "--no-config", "--import-map=map.json", "main.mjs"), expected);
  });

  test("its own checker finds the types", async (t) => {
    const typed = `import { Client, type TaskStatus } from "mcp-tasks";
      export const last = async (url: string): Promise<TaskStatus> => new Client(url).callTool("echo").wait({ timeoutMs: 10 });
      // @ts-expect-error: a name is a string
      export const wrong = (url: string) => new Client(url).callTool(7);
      console.log(JSON.stringify("checked"));`;
    const dir = makeProject(t, { "main.ts": typed });
    assert.equal(await printed(dir, command, "run", ...allowed, "--check", "main.ts"), "checked");
  });
});

describe("Bun", { skip: lacking(bun) }, () => {
  test("import from mcp-tasks", async (t) => {
    const dir = makeProject(t, { "app.mjs": application(), "main.mjs": run });
    assert.deepEqual(await printed(dir, program(`${bun}/bin/bun`), "run", "main.mjs"), expected);
  });
});

test("F11: after close() no timer keeps a Node process alive", async (t) => {
  const server = await startPuppet();
  t.after(() => server.close());
  const script = `
    const { Client } = await import(${JSON.stringify(entry())});
    const client = new Client(${JSON.stringify(server.url)});
    const task = client.callTool("required");
    task.onStatusChange(() => {});
    await task.created;
    const results = [task.result(), task.wait({ timeoutMs: 60_000 }), client.ping()];
    client.close();
    await Promise.allSettled(results);
    await new Promise((resolve) => setImmediate(resolve));
    console.log(JSON.stringify(process.getActiveResourcesInfo().filter((name) => name === "Timeout")));`;
  const { stdout } = await inTime(promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]), "the end of the process");
  assert.deepEqual(JSON.parse(stdout), []);
});
