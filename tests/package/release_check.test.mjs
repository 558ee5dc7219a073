// The check of package.json that stands before a release.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { findings, placeholders } from "../../scripts/release_check.mjs";
import { root } from "./support.mjs";

const own = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const ready = {
  repository: { type: "git", url: "git+https://code.example/people/mcp-tasks.git" },
  homepage: "https://code.example/people/mcp-tasks#readme",
  bugs: { url: "https://code.example/people/mcp-tasks/issues" },
  devDependencies: own.devDependencies,
};

test("L11: package.json names repository, homepage and bugs, and pins every dependency of the development", () => {
  for (const url of [own.repository.url, own.homepage, own.bugs.url]) assert.match(url, /^(git\+)?https:\/\//);
  assert.deepEqual(findings(ready), []);
});

test("L11: the release check refuses the placeholders, missing fields and ranges of versions", () => {
  const placeholder = findings({ ...ready, repository: { url: "git+https://github.com/OWNER/REPOSITORY.git" } });
  assert.equal(placeholder.length, 1);
  assert.match(placeholder[0], /^repository\.url is the placeholder/);
  assert.match(findings({ ...ready, homepage: "https://github.com/OWNER/REPOSITORY#readme" })[0], /^homepage is the placeholder/);
  for (const name of ["repository", "homepage", "bugs"]) assert.match(findings({ ...ready, [name]: undefined })[0], /is missing/);
  for (const range of ["^4.6.7", "~4.6.7", "4", "*", "latest"]) assert.match(findings({ ...ready, devDependencies: { zod: range } })[0], /^devDependencies\.zod is/);
});

test("L11: the release check refuses the placeholder in SECURITY.md and CHANGELOG.md", () => {
  assert.deepEqual(placeholders({ "SECURITY.md": "Report it: https://code.example/people/mcp-tasks/security" }), []);
  assert.match(placeholders({ "SECURITY.md": "https://github.com/OWNER/REPOSITORY/security" })[0], /^SECURITY\.md has the placeholder/);
});
