//! The JSON splitter and the codec: never panic, and read what serde_json reads.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::json(data));
