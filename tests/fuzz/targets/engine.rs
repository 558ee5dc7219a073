//! The engine: never panics, drains to nothing, asks for no timeout in the past, and lets nobody hang.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::engine(data));
