// The headings of docs/guides/troubleshooting.md are messages of the sources, so that a reader finds them by the words of an error.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { messages } from "../../scripts/prose.mjs";
import { root } from "./support.mjs";

/** The strings of the sources with `…` for each value. */
function texts() {
  const files = readdirSync(`${root}src`, { recursive: true }).filter((name) => /\.(rs|ts)$/.test(name));
  const strings = files.flatMap((name) => messages(readFileSync(`${root}src/${name}`, "utf8"), name.endsWith(".rs")));
  return strings.map(({ text }) => text.replace(/\{[^}]*\}/g, "…").replaceAll('\\"', '"'));
}

test("troubleshooting: every heading is a message, or the parts of one between its values", () => {
  const headings = [...readFileSync(`${root}docs/guides/troubleshooting.md`, "utf8").matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
  assert.ok(headings.length >= 30, `${headings.length} headings`);
  assert.equal(new Set(headings).size, headings.length, "a heading is there twice");
  const all = texts();
  for (const heading of headings) {
    const parts = heading.split("…").map((part) => part.trim().replace(/^[:;] /, "").replace(/[:;]$/, "")).filter((part) => /\w{2}/.test(part));
    assert.ok(parts.length > 0, heading);
    const isOneMessage = all.some((text) => parts.every((part) => text.includes(part)));
    assert.ok(isOneMessage, `no message contains ${JSON.stringify(parts)}`);
  }
});
