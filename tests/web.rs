//! The exports `Client` and `TaskHandle` in JavaScript engines, without the TypeScript layer.
//! A test that fails panics, which breaks the module for the tests after it: read the first panic's message.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails must stop"
)]

#[path = "web/requests.rs"]
mod requests;
#[path = "web/waiting.rs"]
mod waiting;
#[path = "web/world.rs"]
mod world;

use wasm_bindgen_test::wasm_bindgen_test;
use world::World;

/// The requests of one awaited task, if the server refuses the stream.
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
/// What one awaited task reports.
const REPORTED: [&str; 4] = [
    "created 1 true",
    "changed 1 working grüße 🎉",
    "changed 1 completed grüße 🎉",
    "settled 1 grüße 🎉 \u{2028} done",
];

async fn whole_task(options: &str) -> World {
    let world = World::new(options);
    world.watched_call(1, r#"{"scene":7}"#);
    world.until("settled").await;
    world.calm().await;
    world
}

#[wasm_bindgen_test]
async fn a_task_runs_from_the_handshake_to_its_result() {
    let world = whole_task("{}").await;
    assert_eq!(world.requests(), REQUESTS);
    assert_eq!(world.log(), REPORTED);
    assert_eq!(world.field("tools/call", "url"), "http://server.invalid/mcp");
    assert_eq!(world.field("tools/call", "method"), "POST");
    assert_eq!(world.field("tools/call", "header mcp-session-id"), "session-1");
    assert!(world.field("tools/call", "body").contains(r#"{"scene":7}"#));
}

#[wasm_bindgen_test]
async fn bodies_in_pieces_of_any_size_give_the_same_result() {
    let events = r#"["initialize", "tools/list", "tools/call", "tasks/get", "tasks/result"]"#;
    for bytes in ["undefined", "1", "2", "3", "7"] {
        for events in ["[]", events] {
            let world = whole_task(&["{ bytes: ", bytes, ", events: ", events, " }"].concat()).await;
            assert_eq!(world.requests(), REQUESTS, "{bytes} {events}");
            assert_eq!(world.log(), REPORTED, "{bytes} {events}");
        }
    }
}

#[wasm_bindgen_test]
async fn status_notifications_in_pieces_of_any_size_reach_the_callback() {
    for bytes in ["undefined", "1", "5"] {
        let world = World::new(&["{ stream: true, held: ['tasks/get'], bytes: ", bytes, " }"].concat());
        world.watched_call(1, "{}");
        world.until("changed").await;
        world.push(&world.notification("input_required"));
        world.push(&[world.notification("working"), world.notification("completed")].concat());
        world.until("settled").await;
        let mut reported = REPORTED.to_vec();
        reported.splice(2..2, ["changed 1 input_required grüße 🎉", "changed 1 working grüße 🎉"]);
        assert_eq!(world.log(), reported, "{bytes}");
        world.close();
    }
}

#[wasm_bindgen_test]
async fn close_aborts_open_requests_and_nothing_is_reported_afterwards() {
    let world = World::new("{ stream: true, held: ['tools/call', 'ping'] }");
    world.watched_call(1, "{}");
    world.ask(2, "ping");
    world.until("tools/call").await;
    world.until("ping").await;
    assert_eq!(world.open_streams(), 1);
    for open in ["GET", "tools/call", "ping"] {
        assert!(!world.aborted(open), "{open}");
    }
    world.close();
    for open in ["GET", "tools/call", "ping"] {
        assert!(world.aborted(open), "{open}");
    }
    assert_eq!(world.open_streams(), 0);
    world.until("failed 1 closed: ").await;
    world.until("rejected 2 closed: ").await;
    let reported = world.log();
    world.until("DELETE").await;
    assert_eq!(world.field("DELETE", "keepalive"), "true");
    world.release("tools/call");
    world.release("ping");
    world.calm().await;
    assert_eq!(world.log(), reported);
    assert_eq!(reported.len(), 2, "{reported:?}");
}

#[wasm_bindgen_test]
async fn an_aborted_plain_call_aborts_its_request_and_notifies_the_server() {
    let world = World::new("{ held: ['tools/call'] }");
    world.plain_call(1);
    world.until("tools/call").await;
    assert!(!world.aborted("tools/call"));
    world.abort(1);
    assert!(world.aborted("tools/call"));
    world.until("notifications/cancelled").await;
    let id = ["\"requestId\":", &world.field("tools/call", "id"), "}"].concat();
    assert!(world.field("notifications/cancelled", "body").contains(&id), "{id}");
    world.release("tools/call");
    world.calm().await;
    assert_eq!(world.log(), [""; 0]);
}

/// The callbacks that the tests of re-entrancy add to those that every world has.
const CALLBACKS: &str = "callbacks: ['onEra', 'onTaskStatus', 'onStatusKnown', 'onOutcomeObserved', 'onInputRequest', 'onNotification', \
    'headers', 'createError', 'createResult'], client: { era: undefined, keepSession: true, inputKinds: ['elicitation'] }";

#[wasm_bindgen_test]
async fn every_callback_may_call_every_method() {
    // Each callback calls every method twice, because what the first calls cause must be reported as well.
    let hook = "(() => {
        const times = {};
        let n = 100;
        return (name, world) => {
            times[name] = (times[name] ?? 0) + 1;
            if (world.client && times[name] <= 2) world.everything(n += 100);
        };
    })()";
    let world = World::new(&["{ stream: true, runs: true, ", CALLBACKS, ", hook: ", hook, " }"].concat());
    world.watched_call(1, "{}");
    world.listen(1);
    // The server reports the status of another task than this one, which causes a warning.
    world.attach(3, "task-2");
    world.observe(3);
    world.result(3);
    world.until("created 1").await;
    world.push_everything().await;
    // Not before: one of the callbacks cancels the task, and its handle would no longer report progress.
    world.finish();
    world.until("settled 1 ").await;
    world.until("warned").await;
    world.close();
    world.until("failed 3").await;
    world.calm().await;
    let log = world.log();
    let thrown: Vec<_> = log.iter().filter(|line| line.starts_with("threw")).collect();
    assert!(thrown.is_empty(), "{thrown:?}");
    for kind in [
        "created",
        "changed",
        "settled",
        "failed",
        "replied",
        "rejected",
        "warned",
        "session",
        "era",
        "task status",
        "known",
        "observed",
        "asked",
        "input closed",
        "notified",
        "progress",
        "ended",
        "error",
        "result",
    ] {
        assert!(log.iter().any(|line| line.starts_with(kind)), "{kind} was never called: {log:?}");
    }
    let is_own = |line: &&String| {
        let mut words = line.split(' ');
        ["created", "changed", "settled", "failed"].contains(&words.next().unwrap()) && words.next() == Some("1")
    };
    let own: Vec<_> = log.iter().filter(is_own).collect();
    assert_eq!(own, REPORTED.each_ref().map(|line| line).to_vec());
}

#[wasm_bindgen_test]
async fn effects_of_a_callback_are_reported_after_earlier_events() {
    // A server without `tasks/list` receives no such request: the promise rejects at once.
    let world = World::new(
        "{ hook(name, world) { if (name === 'onTaskCreated') { world.ask(9, 'listTasks'); world.close(); } } }",
    );
    world.watched_call(1, "{}");
    world.until("DELETE").await;
    let log = world.log();
    let kinds: Vec<_> = log.iter().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(kinds, ["created 1", "changed 1", "rejected 9", "failed 1"], "{log:?}");
    assert_eq!(world.deepest(), 1, "no callback runs within another");
}

#[wasm_bindgen_test]
async fn a_closed_and_freed_client_falls_silent() {
    let world = World::new("{ stream: true, held: ['tasks/get'] }");
    world.call(1, "{}");
    world.result(1);
    world.until("tasks/get").await;
    world.close();
    world.free();
    world.until("failed 1 closed").await;
    let before = (world.log(), world.requests().len());
    world.release("tasks/get");
    world.until("DELETE").await;
    world.calm().await;
    assert_eq!(world.log(), before.0);
    assert!(world.requests().len() <= before.1 + 1);
}
