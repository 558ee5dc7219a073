//! One task: is what its past makes of it, by src/task/SPEC.md.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::task(data));
