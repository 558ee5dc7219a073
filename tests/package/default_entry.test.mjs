// The division of work of the default module: the platform is used from Rust, through the packages made for that, and the
// TypeScript of the default entry neither fetches, sets timers, reads bodies nor listens to page events.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, test } from "node:test";
import ts from "typescript";
import { env, root, wasmTarget } from "../../scripts/env.mjs";

/** Each package, and the folder whose code has to use it. The layers above may use `serde_json` as well. */
const packages = {
  "wasm-bindgen": "src/web/client",
  "wasm-bindgen-futures": "src/web/client",
  "web-sys": "src/web/client",
  "js-sys": "src/web/client",
  "serde-wasm-bindgen": "src/web/client",
  "serde_json": "src/wire",
};

test("the default module depends on each of the six packages", () => {
  const tree = spawnSync("cargo", ["tree", "--locked", "-e", "normal", "--target", wasmTarget, "--depth", "1", "--prefix", "none", "--format", "{p}"],
    { cwd: root, env, encoding: "utf8" });
  assert.equal(tree.status, 0, tree.stderr);
  const found = tree.stdout.trim().split("\n").map((line) => line.split(" ")[0]);
  assert.deepEqual(Object.keys(packages).filter((name) => !found.includes(name)), [], `not among ${found.join(", ")}`);
});

describe("the crate uses", () => {
  for (const [name, folder] of Object.entries(packages))
    test(`${name} in ${folder}`, () => {
      const files = readdirSync(join(root, folder), { recursive: true }).map(String).filter((file) => file.endsWith(".rs"));
      const using = files.filter((file) => usesCrate(readFileSync(join(root, folder, file), "utf8"), name));
      assert.notDeepEqual(using, [], `no file of ${folder} names ${name} outside of comments and tests`);
    });
});

/** Whether Rust code has a path into the crate, outside of comments, strings and the tests at the end of a file. */
function usesCrate(text, name) {
  const [product] = text.split("#[cfg(test)]");
  const code = product.replace(/\/\*.*?\*\//gs, "").replace(/"(?:[^"\\]|\\.)*"|\/\/.*/g, (found) => (found.startsWith('"') ? '""' : ""));
  return new RegExp(`\\b${name.replaceAll("-", "_")}::`).test(code);
}

test("a crate that only a comment, a string or a test names is not used", () => {
  for (const text of ["// js_sys::Promise", "let text = \"js_sys::Promise\";", "#[cfg(test)] mod tests { use js_sys::Promise; }", "use my_js_sys::Promise;"]) {
    assert.equal(usesCrate(text, "js-sys"), false, text);
  }
  for (const text of ["use js_sys::Promise;", "let all = js_sys::Promise::all(&list); // together", "const URL: &str = \"http://x\"; use js_sys::Promise;"]) {
    assert.equal(usesCrate(text, "js-sys"), true, text);
  }
});

const globals = ["fetch", "setTimeout", "setInterval"];
const scopes = ["globalThis", "window", "self", "global"];
const bodyCalls = ["getReader", "text", "arrayBuffer", "bytes", "blob"];
const pageEvents = ["visibilitychange", "freeze", "resume", "online", "offline", "pagehide", "pageshow"];
const listeners = ["addEventListener", "removeEventListener"];

/** What a TypeScript file does that is Rust's, as `line: what`. Comments and unrelated strings do not count. */
function offences(text, fileName = "snippet.ts") {
  const file = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const report = (node, what) => found.push(`${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${what}`);
  const visit = (node) => {
    // A type describes an option of that name; it does nothing.
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isIdentifier(node) && globals.includes(node.text) && isReference(node)) report(node, node.text);
    const member = memberName(node);
    if (globals.includes(member) && ts.isIdentifier(node.expression) && scopes.includes(node.expression.text)) report(node, member);
    if (member === "body") report(node, ".body");
    if (ts.isCallExpression(node)) {
      const called = memberName(node.expression);
      if (bodyCalls.includes(called) && node.arguments.length === 0) report(node, `.${called}()`);
      const [event] = node.arguments;
      if (listeners.includes(called ?? node.expression.text) && event && !isHarmlessEvent(event)) report(node, `${called ?? node.expression.text}(${event.getText()})`);
    }
    if (member?.startsWith("on") && pageEvents.includes(member.slice(2)) && isAssigned(node)) report(node, `.${member} =`);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** The name of `.name`, `?.name` and `["name"]`. */
function memberName(node) {
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  return ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression) ? node.argumentExpression.text : undefined;
}

/** Whether an identifier stands for a value, and is not the name of a member. */
function isReference(node) {
  const { parent } = node;
  return ts.isShorthandPropertyAssignment(parent) || (parent.name !== node && parent.propertyName !== node);
}

/** An event that is known and not the page's: the name of an event that is computed may be any. */
function isHarmlessEvent(event) {
  return ts.isStringLiteralLike(event) && !pageEvents.includes(event.text);
}

function isAssigned(node) {
  const { parent } = node;
  return ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken && parent.left === node;
}

/** The files that an entry consists of: all that it imports, but not what it imports only types of. */
function filesOf(entry, seen = new Set()) {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  for (const name of imports(readFileSync(entry, "utf8"))) {
    if (!name.startsWith(".")) continue;
    const file = join(dirname(entry), name.replace(/\.js$/, ".ts"));
    assert.ok(existsSync(file), `${entry} imports ${name}`);
    filesOf(file, seen);
  }
  return seen;
}

/** The modules that code imports statically or dynamically, without those that it imports only types of. */
function imports(text) {
  const file = ts.createSourceFile("module.ts", text, ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    const clause = ts.isImportDeclaration(node) ? node.importClause : ts.isExportDeclaration(node) ? node : undefined;
    const names = (ts.isImportDeclaration(node) ? clause?.namedBindings : node.exportClause)?.elements ?? [];
    const isOnlyTypes = clause?.isTypeOnly || (!clause?.name && names.length > 0 && names.every((name) => name.isTypeOnly));
    if (node.moduleSpecifier && !isOnlyTypes) found.push(node.moduleSpecifier.text);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && ts.isStringLiteralLike(node.arguments[0])) {
      found.push(node.arguments[0].text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

test("the TypeScript of the default entry does not fetch, set timers, read bodies or listen to page events", () => {
  // The trap guard is imported by the generated glue.
  const files = new Set(["index", "node", "panic_guard"].flatMap((entry) => [...filesOf(`${root}src/js/${entry}.ts`)]));
  assert.ok(files.size > 5, `only ${files.size} files were found`);
  const found = [...files].flatMap((file) => offences(readFileSync(file, "utf8"), file).map((offence) => `${relative(root, file)}:${offence}`));
  assert.deepEqual(found, []);
});

describe("the check finds", () => {
  const bad = {
    'await fetch("/mcp")': "fetch",
    "const send = globalThis.fetch": "fetch",
    'window["fetch"](url)': "fetch",
    "const send = options.fetch ?? fetch": "fetch",
    "call({ fetch })": "fetch",
    "setTimeout(() => {}, 1)": "setTimeout",
    "self.setInterval(tick, 5)": "setInterval",
    "const reader = stream.getReader()": ".getReader()",
    "for await (const chunk of response.body!) take(chunk)": ".body",
    "const text = await (await response).text()": ".text()",
    "await response?.arrayBuffer()": ".arrayBuffer()",
    'document.addEventListener("visibilitychange", look)': 'addEventListener("visibilitychange")',
    'addEventListener("online", go)': 'addEventListener("online")',
    "for (const name of names) target.addEventListener(name, go)": "addEventListener(name)",
    "globalThis.onoffline = stop": ".onoffline =",
    "const text = `${await response.text()}`": ".text()",
  };
  for (const [snippet, what] of Object.entries(bad))
    test(snippet, () => assert.deepEqual(offences(`// first line\n${snippet};`), [`2: ${what}`]));
});

test("the check finds nothing in comments, strings, types and other members", () => {
  const harmless = [
    "// fetch(url); setTimeout(f, 1); response.body",
    "/* document.addEventListener('freeze', f) */",
    'const message = "fetch() failed, setTimeout(), .body, online";',
    "interface Options { fetch?: typeof fetch; body: string }",
    "type Send = typeof fetch;",
    "const { text } = block; const same = block.text;",
    "check(options.fetch);",
    "const { fetch: own, setTimeout } = options;",
    'signal.addEventListener("abort", stop);',
    "const bodyOf = content.bodyText;",
    'if (reason === "offline") pause(reason);',
  ];
  for (const snippet of harmless) assert.deepEqual(offences(snippet), [], snippet);
});

test("the check follows imports of values and not of types", () => {
  const text = `
    import type { A } from "./types_a.js";
    import { type B } from "./types_b.js";
    import { type C, c } from "./value_c.js";
    import d from "./value_d.js";
    import * as e from "./value_e.js";
    import "./value_f.js";
    export type { G } from "./types_g.js";
    export { h } from "./value_h.js";
    export * from "./value_i.js";
    const j = () => import("./value_j.js");`;
  assert.deepEqual(imports(text), ["c", "d", "e", "f", "h", "i", "j"].map((name) => `./value_${name}.js`));
});
