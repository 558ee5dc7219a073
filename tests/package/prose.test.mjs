// The prose check of `npm run check`, on samples and on the files of the project.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS, comments, findings, measure, messages, oblique, paragraphs, titles } from "../../scripts/prose.mjs";

test("prose check: every oblique form is found, and plain sentences are not", () => {
  const samples = {
    "Whoever answers closes the question.": ["Whoever"],
    "Nobody's task is polled.": ["Nobody's"],
    "The rows that are before what is shown.": ["what is"],
    "A request of ours is sent as it is.": ["of ours", "as it is"],
    "The stream ends by itself, as far as servers allow.": ["by itself", "as far as"],
    "So many requests wait at most.": ["So many"],
    "Waits. Who asked for the state now.": ["Who asked"],
    "What the user left out is absent.": ["What the"],
    "who has gone is not kept": ["who has"],
  };
  for (const [text, words] of Object.entries(samples)) assert.deepEqual(oblique(text).sort(), words.sort(), text);
  for (const text of ["What is a task?", "Reply ids of callers waiting for a fresh status.", "The server says which tool it ran.", "The user who answers sees it.", "It waits as long as it is busy.", "Send it so that the server stops."]) {
    assert.deepEqual(oblique(text), text.startsWith("What") ? ["What is"] : [], text);
  }
  assert.deepEqual(oblique("Who can see a task id?"), []);
});

test("prose check: Rust comments are read as paragraphs, and strings, lifetimes and quotes are not comments", () => {
  const source = [
    "//! Owns the queue.",
    "/// Reply ids of callers,",
    "/// for whoever asked.",
    "fn f<'a>(x: &'a str) -> char { let _ = \"// nobody\"; '\"' } // somebody",
    "const R: &str = r#\"/* anybody \"quoted\" */\"#; /* a block",
    "   of two lines */",
  ].join("\n");
  const { lines, paragraphs: found } = comments(source, true);
  assert.equal(lines, 6);
  assert.deepEqual(found.flatMap(({ text }) => oblique(text)), ["whoever", "somebody"]);
});

test("prose check: JavaScript comments, templates and regular expressions are told apart", () => {
  const source = "const a = /[/*\"]/; // nobody\nconst b = `// somebody ${c ? `x` : \"y\"}`;\n/**\n * Whoever calls.\n * @default none\n */\nconst d = 4 / 2; // anybody\n";
  const { lines, paragraphs: found } = comments(source, false);
  assert.equal(lines, 4);
  assert.deepEqual(found.flatMap(({ text }) => oblique(text)), ["nobody", "Whoever", "anybody"]);
});

test("prose check: messages are the sentences in strings outside of Rust's test modules", () => {
  const rust = 'fn f() { err("nobody answers {method}"); key("nobody"); }\n#[cfg(test)]\nmod tests { const A: &str = "what is tested here"; }';
  assert.deepEqual(messages(rust, true), [{ line: 1, text: "nobody answers {method}" }]);
  assert.deepEqual(messages("throw new Error(`${name}: whoever\\n reads`);", false).map(({ line }) => line), [1]);
});

test("prose check: titles are the names of Rust tests and the arguments of test and describe", () => {
  assert.deepEqual(titles("fn helper() {}\n#[test]\nfn nobody_asks() {}\n", true), [{ line: 3, text: "nobody asks" }]);
  const script = 'describe("a client", () => {\n  test(`what is ${kind}`, () => { equal("whoever"); });\n});';
  assert.deepEqual(titles(script, false), [{ line: 1, text: "a client" }, { line: 2, text: "what is {}" }]);
});

test("prose check: Markdown is read without code and hidden comments", () => {
  const text = "# Who asks\n\nText with `whoever`.\n\n```js\nnobody();\n```\n<!-- then\nsomebody\n-->\n\n| what is kept | why |\n| --- | --- |\n";
  assert.deepEqual(paragraphs(text).flatMap(({ line, text: one }) => oblique(one).map((words) => [line, words])), [[1, "Who asks"], [12, "what is"]]);
});

test("prose check: a value above its limit is a finding, and so is an unused entry of the allow-list", () => {
  const values = Object.fromEntries(Object.keys(LIMITS).map((kind) => [kind, 0]));
  assert.deepEqual(findings({ values }), []);
  assert.match(findings({ values: { ...values, readme: LIMITS.readme + 1 } })[0], /in README\.md, the limit is \d+/);
  assert.match(findings({ values: { ...values, rust: LIMITS.rust + 0.1 } })[0], /per 1,000 comment lines of Rust/);
  const { unused } = measure([{ file: "README.md", text: "whoever is not in there" }]);
  assert.match(findings({ values, unused })[0], /allows "whoever is not in there" in README\.md/);
});
