//! The event-stream parser: never panics, and reads a stream alike however it is cut.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::event_stream(data));
