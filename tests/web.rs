//! The driver in JavaScript engines: what the engine wants is done, what comes back reaches it, callbacks may call back.
//! A test that fails panics, which breaks the module for those behind it: look at the first panic's words.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that goes wrong shall stop"
)]

#[path = "web/world.rs"]
mod world;

use mcp_tasks::web::tell;
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
    "changed 1 working grüße 🎉",
    "changed 1 completed grüße 🎉",
    "settled 1 false grüße 🎉 \u{2028} done",
];

async fn whole_task(options: &str) -> World {
    let world = World::new(options);
    let core = world.begin();
    core.call(1, 0, "render", r#"{"scene":7}"#, Some(-1.0));
    core.tell(tell::WATCH, 1, 1);
    core.tell(tell::WATCH, 1, 0);
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
    assert_eq!(world.field("tools/call", "header mcp-session-id"), "session-1");
    assert!(world.field("tools/call", "body").contains(r#"{"scene":7}"#));
}

#[wasm_bindgen_test]
async fn where_the_chunks_end_makes_no_difference() {
    let events = r#"["initialize", "tools/list", "tools/call", "tasks/get", "tasks/result"]"#;
    for bytes in ["undefined", "1", "2", "3", "7"] {
        for events in ["[]", events] {
            let world = whole_task(&["{ bytes: ", bytes, ", events: ", events, " }"].concat()).await;
            assert_eq!(world.requests(), REQUESTS, "{bytes} {events}");
            assert_eq!(world.log(), TOLD, "{bytes} {events}");
        }
    }
}

#[wasm_bindgen_test]
async fn a_pushed_status_comes_through_however_it_is_cut() {
    for bytes in ["undefined", "1", "5"] {
        let world = World::new(&["{ stream: true, held: ['tasks/get'], bytes: ", bytes, " }"].concat());
        let core = world.begin();
        core.call(1, 0, "render", "{}", Some(-1.0));
        core.tell(tell::WATCH, 1, 1);
        core.tell(tell::WATCH, 1, 0);
        world.until("changed").await;
        world.push(&world.notification("input_required"));
        world.push(&[world.notification("working"), world.notification("completed")].concat());
        world.until("settled").await;
        let mut told = TOLD.to_vec();
        told.splice(2..2, ["changed 1 input_required grüße 🎉", "changed 1 working grüße 🎉"]);
        assert_eq!(world.log(), told, "{bytes}");
        core.tell(tell::CLOSE, 0, 0);
    }
}

#[wasm_bindgen_test]
async fn closing_aborts_what_is_open_and_nothing_is_told_afterwards() {
    let world = World::new("{ stream: true, held: ['tools/call', 'ping'] }");
    let core = world.begin();
    core.call(1, 0, "render", "{}", Some(-1.0));
    core.tell(tell::WATCH, 1, 1);
    core.tell(tell::WATCH, 1, 0);
    core.ask(2, 0, None);
    world.until("tools/call").await;
    world.until("ping").await;
    assert_eq!(world.open_streams(), 1);
    for open in ["GET", "tools/call", "ping"] {
        assert!(!world.aborted(open), "{open}");
    }
    core.tell(tell::CLOSE, 0, 0);
    for open in ["GET", "tools/call", "ping"] {
        assert!(world.aborted(open), "{open}");
    }
    assert_eq!(world.open_streams(), 0);
    let told = world.log();
    world.until("DELETE").await;
    assert_eq!(world.field("DELETE", "keepalive"), "true");
    world.release("tools/call");
    world.release("ping");
    world.calm().await;
    assert_eq!(world.log(), told);
    assert!(told.iter().any(|line| line.starts_with("failed 1 ") && line.contains("closed")), "{told:?}");
    assert!(told.iter().any(|line| line.starts_with("rejected 2 ") && line.contains("closed")), "{told:?}");
}

#[wasm_bindgen_test]
async fn abandoning_a_plain_call_aborts_its_request_and_tells_the_server() {
    let world = World::new("{ held: ['tools/call'] }");
    let core = world.begin();
    core.call(1, 0, "render", "{}", None);
    world.until("tools/call").await;
    assert!(!world.aborted("tools/call"));
    core.tell(tell::ABANDON, 1, 0);
    assert!(world.aborted("tools/call"));
    world.until("notifications/cancelled").await;
    let id = ["\"requestId\":", &world.field("tools/call", "id"), "}"].concat();
    assert!(world.field("notifications/cancelled", "body").contains(&id), "{id}");
    world.release("tools/call");
    world.calm().await;
    assert_eq!(world.log(), [""; 0]);
}

#[wasm_bindgen_test]
async fn every_callback_may_call_every_method() {
    // Each kind of callback calls back twice: what the first time caused has to come through as well.
    let world = World::new(
        "(() => {
            const times = {};
            let n = 100;
            return { hook(name, world) {
                times[name] = (times[name] ?? 0) + 1;
                if (world.core && times[name] <= 2) world.everything(n += 100);
            } };
        })()",
    );
    let core = world.begin();
    core.call(1, 0, "render", "{}", Some(-1.0));
    core.tell(tell::WATCH, 1, 1);
    core.tell(tell::WATCH, 1, 0);
    // The server speaks of another task than this one, and is warned about.
    core.attach(3, "task-2");
    core.tell(tell::WATCH, 3, 1);
    world.until("settled 1 false").await;
    world.until("warned").await;
    world.close();
    world.until("failed 3").await;
    world.calm().await;
    let log = world.log();
    let threw: Vec<_> = log.iter().filter(|line| line.starts_with("threw")).collect();
    assert!(threw.is_empty(), "{threw:?}");
    for kind in ["created", "changed", "settled", "failed", "replied", "rejected", "warned"] {
        assert!(log.iter().any(|line| line.starts_with(kind)), "{kind} was never called: {log:?}");
    }
    let own: Vec<_> = log.iter().filter(|line| line.split(' ').nth(1) == Some("1")).collect();
    assert_eq!(own, TOLD.each_ref().map(|line| line).to_vec());
}

#[wasm_bindgen_test]
async fn what_a_callback_causes_comes_behind_what_was_there() {
    // A server without `tasks/list` is not asked: the question is answered within the very call.
    let world = World::new(
        "{ hook(name, world) { if (name === 'created') { world.core.ask(9, 3, undefined); world.close(); } } }",
    );
    let core = world.begin();
    core.call(1, 0, "render", "{}", Some(-1.0));
    core.tell(tell::WATCH, 1, 1);
    core.tell(tell::WATCH, 1, 0);
    world.until("DELETE").await;
    let log = world.log();
    let kinds: Vec<_> = log.iter().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(kinds, ["created 1", "changed 1", "rejected 9", "failed 1"], "{log:?}");
    assert_eq!(world.deepest(), 1, "no callback within another");
}

#[wasm_bindgen_test]
async fn fetches_that_fail_are_told_in_their_own_words() {
    let broken = [
        "{ fetch() { throw new Error('no token') } }",
        "{ fetch: async () => { throw 'no token' } }",
        "{ fetch: async () => new Response(new ReadableStream({ start: (c) => c.error(new Error('no token')) })) }",
    ];
    let worlds = broken.map(|options| {
        let world = World::new(options);
        let core = world.begin();
        core.tell(tell::LIST, 0, 1);
        (options, world, core)
    });
    for (options, world, core) in worlds {
        world.until("rejected 1 network").await;
        let log = world.log();
        assert!(log[0].contains("no token"), "{options}: {log:?}");
        core.tell(tell::CLOSE, 0, 0);
    }
}

#[wasm_bindgen_test]
async fn an_engine_that_is_let_go_of_falls_silent() {
    let world = World::new("{ stream: true, held: ['tasks/get'] }");
    let core = world.begin();
    core.call(1, 0, "render", "{}", Some(-1.0));
    core.tell(tell::WATCH, 1, 1);
    world.until("tasks/get").await;
    core.tell(tell::CLOSE, 0, 0);
    world.free();
    let before = (world.log(), world.requests().len());
    world.release("tasks/get");
    world.until("DELETE").await;
    world.calm().await;
    assert_eq!(world.log(), before.0);
    assert!(world.requests().len() <= before.1 + 1);
}
