//! The driver in JavaScript engines: what the engine wants is done, what comes back reaches it, callbacks may call back.
#![cfg(target_arch = "wasm32")]

#[path = "web/world.rs"]
mod world;

use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use world::World;

/// What one awaited task makes of requests, where the stream is refused.
const REQUESTS: [&str; 8] = [
    "initialize",
    "notifications/initialized",
    "tools/list",
    "GET",
    "tools/call",
    "tasks/get",
    "tasks/get",
    "tasks/result",
];
/// What one awaited task makes of callbacks.
const TOLD: [&str; 4] = [
    "created 1 true",
    "changed 1 task-1 working grüße 🎉",
    "changed 1 task-1 completed grüße 🎉",
    "settled 1 false grüße 🎉 \u{2028} done",
];

async fn whole_task(options: &str) -> World {
    let world = World::new(options);
    let core = world.core();
    core.call_tool(1, "render".into(), r#"{"scene":7}"#.into(), Some(-1.0)).unwrap();
    core.watch(1, true).unwrap();
    core.watch(1, false).unwrap();
    world.until("settled").await;
    world.calm().await;
    world
}

#[wasm_bindgen_test]
async fn a_task_is_driven_from_the_handshake_to_its_result() {
    let world = whole_task("{}").await;
    assert_eq!(world.requests(), REQUESTS);
    assert_eq!(world.log(), TOLD);
    assert_eq!(world.field("tools/call", "url"), "http://server.invalid/mcp");
    assert_eq!(world.field("tools/call", "method"), "POST");
    assert_eq!(world.field("tools/call", "cache"), "no-store");
    assert_eq!(world.field("tools/call", "header mcp-session-id"), "session-1");
    assert!(world.field("tools/call", "body").contains(r#"{"scene":7}"#));
}
