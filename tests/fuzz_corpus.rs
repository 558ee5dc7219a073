//! Replays the committed fuzz corpus: a crash that was found once, and its fix, stay tested without a fuzzer.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

#[path = "fuzz/bodies.rs"]
mod bodies;

type Body = fn(&[u8]);

const TARGETS: &[(&str, Body)] = &[
    ("engine", bodies::engine),
    ("event_stream", bodies::event_stream),
    ("json", bodies::json),
    ("task", bodies::task),
];

#[test]
fn every_file_of_the_corpus_passes() {
    for (target, body) in TARGETS {
        let files = files_in(&format!("corpus/{target}")).unwrap();
        assert!(!files.is_empty(), "tests/fuzz/corpus/{target} is empty: nothing would be replayed");
        for file in files {
            // Shown when the body panics.
            println!("{}", file.display());
            body(&fs::read(&file).unwrap());
        }
    }
}

#[test]
fn every_target_is_replayed() {
    let replayed: BTreeSet<_> = TARGETS.iter().map(|(target, _)| format!("{target}.rs")).collect();
    let targets: BTreeSet<_> = files_in("targets")
        .unwrap()
        .iter()
        .map(|file| file.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(replayed, targets);
}

fn files_in(folder: &str) -> io::Result<BTreeSet<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz").join(folder);
    fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}
