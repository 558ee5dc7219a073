// The requirements on package.json before a release, see RELEASING.md. Not part of `npm run check`: the placeholders are right until then.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { root } from "./env.mjs";

const PLACEHOLDER = /OWNER|REPOSITORY/;
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

/** One line for each problem of a package.json; empty if it can be published. */
export function findings({ repository, homepage, bugs, devDependencies = {} }) {
  const found = [];
  for (const [name, value] of Object.entries({ "repository.url": repository?.url, homepage, "bugs.url": bugs?.url })) {
    if (typeof value !== "string") found.push(`${name} is missing: npm publish --provenance needs the repository`);
    else if (PLACEHOLDER.test(value)) found.push(`${name} is the placeholder ${value}: name the repository that the package is published from`);
  }
  for (const [name, version] of Object.entries(devDependencies)) {
    if (!EXACT.test(version)) found.push(`devDependencies.${name} is ${version}, which is not one version`);
  }
  return found;
}

/** One line for each text, by its file name, that still has the placeholder of the repository. */
export function placeholders(texts) {
  return Object.entries(texts).filter(([, text]) => text.includes("OWNER/REPOSITORY")).map(([file]) => `${file} has the placeholder OWNER/REPOSITORY: name the repository`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const texts = Object.fromEntries(["CHANGELOG.md", "SECURITY.md"].map((file) => [file, readFileSync(root + file, "utf8")]));
  const found = [...findings(JSON.parse(readFileSync(root + "package.json", "utf8"))), ...placeholders(texts)];
  for (const words of found) console.error(`release: ${words}`);
  console.log(found.length === 0 ? "release: the package can be published" : `release: ${found.length} findings`);
  if (found.length > 0) process.exitCode = 1;
}
