// prose.mjs [--list]: counts oblique words in comments, messages, test titles, README.md and the guides. --list prints each place.
//
// Oblique words hide the subject of a sentence: a pronoun or a clause in place of the standard term. CONTRIBUTING.md says how to write.
import { readFileSync, readdirSync } from "node:fs";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./env.mjs";

// The goal is 5 per 1,000 comment lines for each language, and 0 for messages, titles, README.md and the guides. A limit
// is the value that was measured when it was set: lower it when the value falls, and never raise it.
export const LIMITS = { rust: 162.5, script: 95, messages: 3, titles: 26, readme: 0, guides: 0 };

const LABELS = {
  rust: "per 1,000 comment lines of Rust",
  script: "per 1,000 comment lines of TypeScript and JavaScript",
  messages: "in error and warning messages",
  titles: "in test titles",
  readme: "in README.md",
  guides: "in docs/guides/",
};

/** Each counts once per place. The first group, if any, is the part that is reported. */
const OBLIQUE = [
  /\b(?:who(?:m)?ever|somebody|nobody|anybody|everybody)(?:'s)?\b/gi,
  /\bwhat(?:ever)? (?:is|was|are|were)\b/gi,
  /\bof (?:ours|yours|theirs)\b/gi,
  /(?<!\blong )\bas it is\b/gi,
  /\bby (?:itself|themselves)\b/gi,
  /\bas far as\b/gi,
  /\bso (?:many|long|often)\b/gi,
  /\bit is told\b/gi,
  /\bwithout a word\b/gi,
];
/** A relative clause as the subject of a sentence. A question ends in "?" and is allowed. */
const SUBJECT_CLAUSE = /(?:^|[.;:!?]\s+)((?:who|what) [^.;:!?]*)(?=([.;:!?]|$))/gi;

/** The oblique words of one text, in the order of the rules. */
export function oblique(text) {
  const found = OBLIQUE.flatMap((rule) => [...text.matchAll(rule)].map(([match]) => match));
  for (const [, clause, end] of text.matchAll(SUBJECT_CLAUSE)) {
    const isCounted = OBLIQUE.some((rule) => clause.search(rule) === 0);
    if (end !== "?" && !isCounted) found.push(clause.split(" ", 2).join(" "));
  }
  return found;
}

const REGEX_MAY_FOLLOW = /(?:^|[(,=:[!&|?{};+\n]|\b(?:return|typeof|case|of|in))\s*$/;

/** `[{ kind: "comment" | "string", line, text, before }]` of a source file; `before` is the code in front of a string. */
export function tokens(source, isRust) {
  const found = [];
  let at = 0;
  let line = 1;
  let code = "";
  const take = (length) => {
    const text = source.slice(at, at + length);
    at += length;
    const first = line;
    line += text.split("\n").length - 1;
    return { text, line: first };
  };
  const match = (pattern) => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
  const string = isRust
    ? /b?r(#*)"[\s\S]*?"\1|b?"(?:\\[\s\S]|[^"\\])*"|b?'(?:\\[^']+|[^'\\])'/y
    : /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|\$\{(?:[^{}`]|\{[^{}]*\}|`[^`]*`)*\}|[^`\\])*`/y;
  const regex = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;
  while (at < source.length) {
    const isIdentifier = /[\w$]$/.test(code);
    let length;
    if ((length = match(comment)?.length)) found.push({ kind: "comment", ...take(length) });
    else if ((!isRust || !isIdentifier || source[at] === '"') && (length = match(string)?.length)) {
      found.push({ kind: "string", before: code.slice(-80), ...take(length) });
      code = `${code.slice(-200)}"`;
    } else if (!isRust && source[at] === "/" && REGEX_MAY_FOLLOW.test(code) && (length = match(regex)?.length)) {
      take(length);
      code = `${code.slice(-200)}/r/`;
    } else code = code.slice(-200) + take(1).text;
  }
  return found;
}

/** A Rust string with TypeScript declarations for the generated glue. */
const isDeclaration = (text) => /^r#*"[\s\S]*\/\*\*/.test(text);

/** The comments of a file as paragraphs: consecutive line comments are one text. `lines` counts lines with words. */
export function comments(source, isRust) {
  const paragraphs = [];
  let lines = 0;
  let last;
  for (const { kind, text, line } of tokens(source, isRust)) {
    if (kind === "string" && isDeclaration(text)) {
      const inner = comments(text.slice(text.indexOf('"') + 1), false);
      lines += inner.lines;
      paragraphs.push(...inner.paragraphs.map((one) => ({ ...one, line: one.line + line - 1 })));
    }
    if (kind !== "comment") continue;
    const rows = text.split("\n").map((row) => row.replace(/^\s*(?:\/\/[/!]?|\/\*+!?|\*(?!\/))|\*\/\s*$/g, "").replace(/\*\/\s*$/, "").trim());
    lines += rows.filter((row) => /\w/.test(row)).length;
    const body = rows.filter(Boolean).map((row) => row.replace(/^@\w+ /, "")).join(" ");
    if (last && text.startsWith("//") && last.end === line - 1) Object.assign(last, { text: `${last.text} ${body}`, end: line });
    else paragraphs.push((last = { line, text: body, end: line + rows.length - 1 }));
  }
  return { lines, paragraphs: paragraphs.map(({ line, text }) => ({ line, text: text.replace(/`[^`]*`/g, "`code`") })) };
}

const unquoted = (text) => text.replace(/^b?r?#*["'`]|["'`]#*$/g, "").replace(/\\\n\s*/g, "").replaceAll("\\n", " ").replace(/\$\{[^}]*\}/g, "{}");
const isSentence = (text) => /[a-z]{2,}[ ,;:]+\w/i.test(text);

/** Strings of more than one word in code that is not test code: messages, labels and parts of them. */
export function messages(source, isRust) {
  const code = isRust ? source.split(/^\s*#\[cfg\(test\)\]/m)[0] : source;
  return tokens(code, isRust).filter(({ kind, text }) => kind === "string" && !isDeclaration(text))
    .map(({ line, text }) => ({ line, text: unquoted(text) }))
    .filter(({ text }) => isSentence(text));
}

/** Names of Rust test functions, and first arguments of `test`, `describe` and `it`. */
export function titles(source, isRust) {
  if (isRust) {
    const names = source.matchAll(/#\[(?:wasm_bindgen_)?test\][^{]*?\bfn (\w+)/g);
    return [...names].map(({ 0: whole, 1: name, index }) => ({ line: source.slice(0, index + whole.length).split("\n").length, text: name.replaceAll("_", " ") }));
  }
  return tokens(source, false)
    .filter(({ kind, before }) => kind === "string" && /\b(?:test|describe|it)(?:\.\w+)?\(\s*$/.test(before))
    .map(({ line, text }) => ({ line, text: unquoted(text) }));
}

/** The prose of a Markdown file by paragraphs, without code blocks, inline code, hidden comments and generated tables. */
export function paragraphs(markdown) {
  const blank = (text) => text.replace(/[^\n]/g, "");
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, blank).replace(/<!--[\s\S]*?-->/g, blank).replace(/`[^`\n]*`/g, "`code`");
  const found = [];
  let line = 1;
  for (const part of prose.split(/(\n\s*\n|\n(?=[-|#]))/)) {
    const text = part.replace(/^[\s#|-]+/, "").replace(/\s*\|\s*/g, ". ").replace(/\s+/g, " ").trim();
    if (text) found.push({ line: line + (/^\s*/.exec(part)[0].split("\n").length - 1), text });
    line += part.split("\n").length - 1;
  }
  return found;
}

const FOLDERS = ["bench", "crates", "scripts", "src", "tests", "www"];
const SCRIPTS = new Set([".ts", ".js", ".mjs"]);

function sources() {
  const files = FOLDERS.flatMap((folder) => readdirSync(root + folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`.slice(root.length)));
  return files.filter((file) => !/(^|\/)(target|node_modules|artifacts)\//.test(file) && !file.startsWith("tests/conformance/")).sort();
}

/** `{ values, places }`: the figure of each kind, and `[{ kind, file, line, words, text }]`. */
export function measure(allowed = JSON.parse(readFileSync(`${root}scripts/prose_allowed.json`, "utf8"))) {
  const places = [];
  const lines = { rust: 0, script: 0 };
  const unused = new Set(allowed);
  const check = (kind, file, texts) => {
    for (const { line, text } of texts) {
      for (const words of oblique(text)) {
        const entry = allowed.find((one) => one.file === file && text.includes(one.text) && one.text.toLowerCase().includes(words.toLowerCase()));
        if (entry) unused.delete(entry);
        else places.push({ kind, file, line, words, text });
      }
    }
  };
  for (const file of sources()) {
    const isRust = extname(file) === ".rs";
    if (!isRust && !SCRIPTS.has(extname(file))) continue;
    const source = readFileSync(root + file, "utf8");
    const found = comments(source, isRust);
    lines[isRust ? "rust" : "script"] += found.lines;
    check(isRust ? "rust" : "script", file, found.paragraphs);
    if (/^(src|www)\//.test(file)) check("messages", file, messages(source, isRust));
    if (isRust || file.endsWith(".test.mjs")) check("titles", file, titles(source, isRust));
  }
  check("readme", "README.md", paragraphs(readFileSync(`${root}README.md`, "utf8")));
  for (const name of readdirSync(`${root}docs/guides`).filter((one) => one.endsWith(".md"))) {
    check("guides", `docs/guides/${name}`, paragraphs(readFileSync(`${root}docs/guides/${name}`, "utf8")));
  }
  const values = Object.fromEntries(Object.keys(LIMITS).map((kind) => {
    const count = places.filter((place) => place.kind === kind).length;
    return [kind, kind in lines ? Math.round((count / lines[kind]) * 10_000) / 10 : count];
  }));
  return { values, places, unused: [...unused] };
}

/** One line for each figure above its limit, and for each entry of the allow-list that matches nothing. */
export function findings({ values, unused = [] }, limits = LIMITS) {
  return [
    ...Object.entries(limits).filter(([kind, limit]) => values[kind] > limit).map(([kind, limit]) => `${values[kind]} oblique words ${LABELS[kind]}, the limit is ${limit}: node scripts/prose.mjs --list`),
    ...unused.map(({ file, text }) => `scripts/prose_allowed.json allows "${text}" in ${file}, which does not contain it`),
  ];
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const measured = measure();
  if (process.argv.includes("--list")) {
    const only = process.argv.slice(2).filter((word) => word !== "--list");
    for (const { kind, file, line, words, text } of measured.places) {
      if (only.length > 0 && !only.some((word) => kind === word || file.startsWith(word))) continue;
      const at = Math.max(text.toLowerCase().indexOf(words.toLowerCase()) - 40, 0);
      console.log(`${file}:${line}: ${kind}: "${words}": ${text.slice(at, at + 120)}`);
    }
  }
  for (const [kind, value] of Object.entries(measured.values)) console.log(`${String(value).padStart(6)} ${LABELS[kind]} (limit ${LIMITS[kind]})`);
  const found = findings(measured);
  for (const words of found) console.error(`prose: ${words}`);
  if (found.length > 0) process.exitCode = 1;
}
