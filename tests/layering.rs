//! The layers: imports go down only, the words of the protocol stay at the bottom, and no file grows beyond reading.
#![cfg(not(target_arch = "wasm32"))]

use std::path::{Path, PathBuf};
use std::{fs, io};

/// From the top down. A layer may name itself and those below it, not those beside it.
const LAYERS: [&[&str]; 4] = [&["web"], &["client"], &["task", "receiver"], &["wire"]];
/// What only the uppermost layer may know.
const BROWSER: [&str; 5] = ["js_sys", "web_sys", "wasm_bindgen", "wasm_bindgen_futures", "serde_wasm_bindgen"];
/// Words on the wire. Method names in strings, header names and `_meta` keys.
const METHODS: [&str; 12] = [
    "\"initialize\"",
    "\"ping\"",
    "tools/",
    "tasks/",
    "notifications/",
    "prompts/",
    "resources/",
    "sampling/",
    "elicitation/",
    "subscriptions/",
    "completion/",
    "logging/",
];
const HEADERS_AND_KEYS: [&str; 9] = [
    "mcp-session-id",
    "mcp-protocol-version",
    "last-event-id",
    "www-authenticate",
    "retry-after",
    "text/event-stream",
    "application/json",
    "io.modelcontextprotocol/",
    "modelcontextprotocol.io/",
];
/// Above `wire`, an era is asked what it can do, never which it is.
const ERAS: [&str; 4] = ["Era::Handshake", "Era::Stateless", "v2025", "v2026"];
const LONGEST_FILE: usize = 400;

/// What is wrong with one file, if anything.
fn findings(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let code = without_comments(text);
    let layer = path.strip_prefix("src/").and_then(|p| p.split('/').next()).unwrap_or("");
    if let Some(height) = LAYERS.iter().position(|level| level.contains(&layer)) {
        for other in LAYERS.iter().take(height + 1).copied().flatten().filter(|other| **other != layer) {
            for (n, line) in code.lines().enumerate() {
                if names(line, other) {
                    found.push(format!(
                        "{path}:{}: `{layer}` names `{other}`, which is not below it: {}",
                        n + 1,
                        line.trim()
                    ));
                }
            }
        }
        if layer != "web" {
            found.extend(lines_with(path, &code, &BROWSER, has_word));
        }
    }
    if layer != "wire" && path != "src/js/types.ts" {
        let product = code.split("#[cfg(test)]").next().unwrap_or("");
        let in_string = |line: &str, word: &str| strings(line).any(|s| s.to_ascii_lowercase().contains(word));
        let is_method = |line: &str, word: &str| match word.strip_prefix('"') {
            Some(whole) => strings(line).any(|s| s == whole.trim_end_matches('"')),
            None => strings(line).any(|s| s.starts_with(word) && !s.ends_with('/')),
        };
        found.extend(lines_with(path, product, &METHODS, is_method));
        found.extend(lines_with(path, product, &HEADERS_AND_KEYS, in_string));
        // `web` only hands on which one the application pinned.
        if ["client", "task", "receiver"].contains(&layer) {
            found.extend(lines_with(path, product, &ERAS, |line, word| line.contains(word)));
        }
    }
    let lines = text.lines().count();
    if lines > LONGEST_FILE {
        found.push(format!("{path}: {lines} lines; {LONGEST_FILE} are the most"));
    }
    found
}

fn lines_with(path: &str, code: &str, words: &[&str], is_there: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (n, line) in code.lines().enumerate() {
        for word in words.iter().filter(|word| is_there(line, word)) {
            found.push(format!("{path}:{}: {word} does not belong here: {}", n + 1, line.trim()));
        }
    }
    found
}

/// Whether the line names a layer: `crate::x`, or `x::` inside a `use crate::{…}`, or `super::super::x`.
fn names(line: &str, layer: &str) -> bool {
    let line: String = line.split_whitespace().collect();
    [
        format!("crate::{layer}::"),
        format!("crate::{layer};"),
        format!("mcp_tasks::{layer}"),
        format!("super::super::{layer}::"),
    ]
    .iter()
    .any(|path| line.contains(path))
        || line.starts_with(&format!("{layer}::"))
        || [format!("{{{layer}::"), format!(",{layer}::"), format!("{{{layer}}}"), format!("{{{layer},")]
            .iter()
            .any(|p| line.starts_with("usecrate::") && line.contains(p))
}

fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (line[..at].chars().next_back(), line[at + word.len()..].chars().next());
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// The string literals of a line, of either quote and of templates.
fn strings(line: &str) -> impl Iterator<Item = String> {
    let mut found = Vec::new();
    let mut open: Option<(char, String)> = None;
    let mut escaped = false;
    for c in line.chars() {
        match &mut open {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some((quote, text)) if c == *quote => {
                found.push(std::mem::take(text));
                open = None;
            }
            Some((_, text)) => text.push(c),
            None if matches!(c, '"' | '`' | '\'') => open = Some((c, String::new())),
            None => {}
        }
    }
    // A lifetime opens what never closes: what is left is read as code.
    found.extend(open.into_iter().flat_map(|(_, rest)| strings(&rest).collect::<Vec<_>>()));
    found.into_iter()
}

/// The same lines, comments blanked out. A `//` inside a string stays.
fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut in_block = false;
    for line in text.lines() {
        let mut rest = line;
        let mut kept = String::new();
        while !rest.is_empty() {
            if in_block {
                let Some((_, after)) = rest.split_once("*/") else { break };
                (in_block, rest) = (false, after);
            } else if rest.starts_with("//") && !kept.ends_with(':') {
                break;
            } else if let Some(after) = rest.strip_prefix("/*") {
                (in_block, rest) = (true, after);
            } else {
                let mut chars = rest.chars();
                kept.extend(chars.next());
                rest = chars.as_str();
            }
        }
        out.push_str(&kept);
        out.push('\n');
    }
    out
}

fn sources(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            all.extend(sources(&path)?);
        } else if path.extension().is_some_and(|e| e == "rs" || e == "ts") {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

#[test]
fn every_source_file_keeps_to_its_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = sources(&root.join("src")).unwrap();
    assert!(files.len() > 30, "the sources are not where they should be");
    let mut found = Vec::new();
    for file in files {
        let path = file.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        found.extend(findings(&path, &fs::read_to_string(&file).unwrap()));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_folder_of_the_sources_is_a_layer() {
    let folders = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let folders = folders.map(|e| e.unwrap()).filter(|e| e.path().is_dir());
    for folder in folders.map(|e| e.file_name().into_string().unwrap()) {
        assert!(folder == "js" || LAYERS.concat().contains(&folder.as_str()), "which layer is src/{folder}?");
    }
}

#[test]
fn what_breaks_the_layering_is_found() {
    for (path, text) in [
        ("src/task/mod.rs", "use crate::client::Client;"),
        ("src/task/mod.rs", "use crate::{\n    client::Client,\n    wire::http,\n};"),
        ("src/wire/http.rs", "use crate::{Millis, task::Task};"),
        ("src/wire/http.rs", "use crate::receiver::TaskStore;"),
        ("src/task/mod.rs", "use crate::receiver::TaskStore;"),
        ("src/receiver/mod.rs", "use crate::{task::Task, wire::text};"),
        ("src/receiver/mod.rs", "use crate::client::Client;"),
        ("src/receiver/mod.rs", "let key = \"io.modelcontextprotocol/related-task\";"),
        ("src/receiver/mod.rs", "if era == Era::Stateless { f(); }"),
        ("src/wire/http.rs", "fn f() -> crate::task::Task { todo!() }"),
        ("src/client/io.rs", "use crate::web::driver::Driver;"),
        ("src/client/io.rs", "use js_sys::Date;"),
        ("src/task/mod.rs", "fn now() -> f64 { web_sys::window() }"),
        ("src/client/io.rs", "let method = \"tasks/get\";"),
        ("src/client/io.rs", "if method == \"ping\" {}"),
        ("src/client/io.rs", "f('x', \"notifications/initialized\")"),
        ("src/web/fetch.rs", "headers.get(\"MCP-Session-Id\")"),
        ("src/web/fetch.rs", "const KEY: &str = \"io.modelcontextprotocol/related-task\";"),
        ("src/js/client.ts", "const m = 'tools/call';"),
        ("src/js/client.ts", "send(`notifications/${x}`);"),
        ("src/js/client.ts", "fetch(\"https://example.org\", { headers: { \"mcp-session-id\": id } });"),
        ("src/client/io.rs", "if self.era == Era::Stateless { f(); }"),
        ("src/js/client.ts", "/* a comment */ const m = \"tasks/cancel\";"),
        ("src/js/client.ts", &"x();\n".repeat(LONGEST_FILE + 1)),
    ] {
        assert_eq!(findings(path, text).len(), 1, "{path}: {text:.80}: {:?}", findings(path, text));
    }
}

#[test]
fn what_keeps_to_the_layering_is_let_through() {
    for (path, text) in [
        ("src/client/io.rs", "use crate::{Millis, task::Task, wire::http::Head};"),
        ("src/client/io.rs", "use super::{Client, tasks::Creation};"),
        ("src/client/io.rs", "use crate::{receiver::TaskStore, task::Task};"),
        ("src/receiver/context.rs", "use crate::wire::snapshot::Snapshot;\nlet task = self.task();"),
        (
            "src/client/io.rs",
            "/// Like \"tasks/get\", which `crate::web` never sees.\nfn f<'a>(x: &'a str) {} // \"ping\"",
        ),
        ("src/task/mod.rs", "let client = 1; self.web = task;"),
        ("src/client/io.rs", "let era = Era::NEWEST; // Era::Handshake"),
        ("src/web/mod.rs", "let era = Some(Era::Handshake);"),
        ("src/web/fetch.rs", "use crate::client::Client;\nuse js_sys::Date;"),
        ("src/wire/v2025.rs", "const GET: &str = \"tasks/get\";"),
        ("src/js/types.ts", "export type Method = \"tasks/get\";"),
        (
            "src/js/client.ts",
            "/**\n * Sends \"tasks/get\".\n */\nimport { a } from \"./tasks/\";\nconst u = \"https://x.org\";",
        ),
        ("src/client/io.rs", "f();\n#[cfg(test)]\nmod tests { const M: &str = \"tasks/get\"; }"),
        ("src/js/client.ts", &"x();\n".repeat(LONGEST_FILE)),
    ] {
        assert_eq!(findings(path, text), [""; 0], "{path}");
    }
}
