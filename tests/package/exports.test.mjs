// What is published, and that every entry of it can be used as users do.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { Worker } from "node:worker_threads";
import { startPuppet } from "./puppet.mjs";
import { checked, entry, folder, inTime, mcp, packed, project, root } from "./support.mjs";

let server;
before(async () => { server = await startPuppet(); });
after(() => server.close());

/** The regular files of a tar archive, as { path: bytes }: what npm itself wrote, not what we unpacked of it. */
function untar(bytes) {
  const text = (from, length) => bytes.toString("utf8", from, from + length).split("\0")[0];
  const files = {};
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0;) {
    const size = parseInt(text(at + 124, 12), 8);
    const prefix = text(at + 345, 155);
    if (["0", ""].includes(text(at + 156, 1))) files[(prefix && `${prefix}/`) + text(at, 100)] = bytes.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

describe("the tarball", { skip: !packed && "not packed: MCP_TASKS_PACKED is not set" }, () => {
  let files, names;
  before(() => {
    const tarball = readdirSync(project).find((name) => name.endsWith(".tgz"));
    files = untar(gunzipSync(readFileSync(join(project, tarball))));
    names = Object.keys(files).map((name) => name.replace(/^package\//, "")).sort();
  });
  const file = (name) => files[`package/${name}`].toString("utf8");

  test("holds the package and nothing else", () => {
    const types = names.filter((name) => /^dist\/types\/([a-z]+\/)?[a-z_-]+\.d\.ts$/.test(name));
    const bundles = ["diagnose", "element", "index", "inline", "js", "node", "persist", "react", "receiver", "shared", "shared.node", "shared_worker"].flatMap((name) => [`dist/${name}.js`, `dist/${name}.js.map`]);
    const expected = ["package.json", "README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "dist/mcp_tasks_bg.js", "dist/mcp_tasks_bg.wasm", ...bundles, ...types];
    assert.deepEqual(names, expected.sort());
    assert.ok(types.includes("dist/types/index.d.ts"));
  });

  test("holds nothing of the machine it was built on", () => {
    const places = [homedir(), root, process.env.CARGO_HOME, project].filter(Boolean).map((path) => path.replace(/\/*$/, "/"));
    for (const [name, bytes] of Object.entries(files)) {
      for (const place of places.filter((path) => path !== "/")) assert.ok(!bytes.includes(place), `${name} holds ${place}`);
    }
  });

  test("its licenses are whole, and its package.json needs nothing", () => {
    assert.match(file("LICENSE-MIT"), /Permission is hereby granted, free of charge/);
    assert.match(file("LICENSE-APACHE"), /Apache License\s+Version 2\.0, January 2004/);
    const { license, dependencies = {}, scripts = {}, type } = JSON.parse(file("package.json"));
    assert.equal(license, "(MIT OR Apache-2.0)");
    assert.equal(type, "module");
    assert.deepEqual(dependencies, {});
    // What npm would run at whoever installs it.
    for (const name of ["preinstall", "install", "postinstall", "prepare"]) assert.ok(!(name in scripts), name);
  });

  test("every file that its exports and its source maps name is there", () => {
    const named = (value) => (typeof value === "string" ? [value] : Object.values(value).flatMap(named));
    for (const path of named(JSON.parse(file("package.json")).exports)) assert.ok(names.includes(path.replace(/^\.\//, "")), path);
    for (const name of names.filter((n) => n.endsWith(".map"))) {
      const { sources, sourcesContent } = JSON.parse(file(name));
      assert.equal(sourcesContent.filter((text) => text).length, sources.length, `${name}: the sources are inside`);
      for (const source of sources) assert.ok(!source.startsWith("/"), source);
    }
  });

  test("the wasm is valid and says nothing of who built it", async () => {
    const wasm = files["package/dist/mcp_tasks_bg.wasm"];
    const module = await WebAssembly.compile(wasm);
    for (const section of ["name", "producers", "target_features", ".debug_info"]) {
      assert.deepEqual(WebAssembly.Module.customSections(module, section), [], section);
    }
  });
});

describe("in Node", () => {
  const text = (result) => result.content[0].text;

  test("mcp-tasks, mcp-tasks/inline and mcp-tasks/js export the same names, and all work", async (t) => {
    const others = await Promise.all(["inline", "js"].map(async (name) => checked(await import(entry(`mcp-tasks/${name}`)))));
    for (const other of others) assert.deepEqual(Object.keys(other).sort(), Object.keys(mcp).sort());
    assert.ok(!("default" in mcp));
    for (const { Client } of [mcp, ...others]) {
      const client = new Client(server.url, { onWarning(w) { assert.fail(w.message); } });
      t.after(() => client.close());
      assert.equal(text(await inTime(client.callTool("forbidden"))), "forbidden at once");
    }
  });

  test("the browser's entry exports the same names", async () => {
    const browser = await import(new URL("index.js", entry()).href);
    assert.deepEqual(Object.keys(browser).sort(), Object.keys(mcp).sort());
  });

  test("the entries without an engine export what they are for", async () => {
    const names = async (name) => Object.keys(await import(entry(`mcp-tasks/${name}`))).sort();
    assert.deepEqual(await names("element"), ["McpTaskElement"]);
    assert.deepEqual(await names("diagnose"), ["diagnose", "diagnosing"]);
    assert.deepEqual(await names("receiver"), ["InMemoryTaskStore", "IndexedDbTaskStore", "MODEL_IMMEDIATE_RESPONSE_KEY", "RELATED_TASK_METADATA_KEY", "TaskContext", "TaskHost", "TaskStoreError", "cancelTask", "createTaskState", "generateTaskId", "isTerminal", "taskExecution", "updateTaskState"]);
    // React's is there only where React is: tests/browser/react.test.mjs
    assert.ok(existsSync(new URL(entry("mcp-tasks/react"))));
  });

  test("other files cannot be imported", () => {
    assert.throws(() => entry("mcp-tasks/dist/index.js"), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" });
    assert.ok(existsSync(new URL(entry("mcp-tasks/mcp_tasks_bg.wasm"))));
    assert.equal(JSON.parse(readFileSync(new URL(entry("mcp-tasks/package.json")), "utf8")).name, "mcp-tasks");
    assert.ok(entry().startsWith("file:") && existsSync(join(folder, "dist/node.js")));
  });

  for (const name of ["mcp-tasks", "mcp-tasks/inline", "mcp-tasks/js"]) {
    test(`${name} in a worker thread, which then ends`, async () => {
      const code = `
        import { parentPort, workerData } from "node:worker_threads";
        const { Client } = await import(workerData.entry);
        const client = new Client(workerData.url);
        const task = client.callTool("forbidden");
        parentPort.postMessage((await task).content[0].text);
        client.close();`;
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData: { entry: entry(name), url: server.url } });
      const told = inTime(new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject)));
      const ended = inTime(new Promise((resolve) => worker.once("exit", resolve)), "the end of the worker");
      assert.equal(await told, "forbidden at once");
      assert.equal(await ended, 0);
    });
  }
});
