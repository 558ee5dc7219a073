//! The stream that speaks of the tasks it was asked for (2026-07-28, Subscriptions, and the extension for tasks): an
//! optimisation, with its acknowledgement checked; polling alone has to do.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{ExchangeId, Handle, Input};
use mcp_tasks::wire::snapshot::Status;
use serde_json::{Value, json};
use support::{End, Reply, Sent, Sim, greeted, greeted_with, task};

/// The tasks that a stream was asked to speak of.
fn named(listen: &Sent) -> Vec<&str> {
    listen.param("notifications")["taskIds"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect()
}

/// The server accepts the stream, for these.
fn accept(sim: &mut Sim, listen: &Sent, task_ids: &[&str]) {
    let meta = json!({ "io.modelcontextprotocol/subscriptionId": listen.id() });
    let params = json!({ "_meta": meta, "notifications": { "taskIds": task_ids } });
    let first = json!({ "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": params });
    sim.answer(listen.exchange, Reply::events(&[first]).ending(End::Open));
}

fn tell(sim: &mut Sim, exchange: ExchangeId, method: &str, params: &Value) {
    let message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
    sim.chunk(exchange, format!("data: {message}\n\n").as_bytes());
}

/// A task that runs, with a stream that speaks of it.
fn listened() -> (Sim, Handle, Sent) {
    let mut sim = greeted();
    let handle = sim.running_alone("t");
    let listen = sim.waiting("subscriptions/listen");
    accept(&mut sim, &listen, &["t"]);
    (sim, handle, listen)
}

#[test]
fn subscription_is_opened_for_a_watched_and_named_task() {
    let mut sim = greeted();
    let handle = sim.call("render");
    assert_eq!(sim.count("subscriptions/listen"), 0, "there is nothing to name");
    sim.give("tools/call", &task("t", "working", &json!({ "resultType": "task" })));
    sim.advance(5000);
    assert_eq!(sim.count("subscriptions/listen"), 0, "nobody watches");
    sim.watch(handle);
    let listen = sim.waiting("subscriptions/listen");
    assert_eq!(named(&listen), ["t"]);
    assert_eq!((listen.header("mcp-method"), listen.header("mcp-name")), (Some("subscriptions/listen"), None));
    assert_eq!(listen.header("accept"), Some("application/json, text/event-stream"));
    let declared = &listen.param("_meta")["io.modelcontextprotocol/clientCapabilities"]["extensions"];
    assert_eq!(declared, &json!({ "io.modelcontextprotocol/tasks": {} }));
}

#[test]
fn a_task_that_the_stream_speaks_of_is_asked_after_once_and_then_rarely() {
    let (mut sim, handle, listen) = listened();
    sim.polled("t", "working", &json!({}));
    sim.advance(14_000);
    assert_eq!(sim.count("tasks/get"), 1, "the first finds what was missed before the stream was there");
    tell(
        &mut sim,
        listen.exchange,
        "notifications/tasks",
        &task("t", "completed", &json!({ "result": { "content": [] } })),
    );
    assert_eq!(sim.result(handle), json!({ "content": [] }));
    assert_eq!(sim.count("tasks/get"), 1, "the result came with it");
}

#[test]
fn both_names_of_the_notification_are_taken() {
    for method in ["notifications/tasks", "notifications/tasks/status"] {
        let (mut sim, handle, listen) = listened();
        tell(&mut sim, listen.exchange, method, &task("t", "input_required", &json!({})));
        assert_eq!(sim.statuses(handle), [Status::Working, Status::InputRequired]);
    }
}

#[test]
fn unacknowledged_task_is_polled() {
    let mut sim = greeted();
    sim.running_alone("t");
    let listen = sim.waiting("subscriptions/listen");
    accept(&mut sim, &listen, &[]);
    for _ in 0..5 {
        sim.polled("t", "working", &json!({}));
    }
    assert!(sim.now <= 6000, "at its interval: {}", sim.now);
    // Released servers tell all the same (deviation 44): from then on the stream is believed.
    tell(&mut sim, listen.exchange, "notifications/tasks", &task("t", "working", &json!({ "statusMessage": "half" })));
    sim.advance(10_000);
    assert_eq!(sim.count("tasks/get"), 5);
}

#[test]
fn an_end_that_is_told_without_its_result_is_asked_for() {
    let (mut sim, handle, listen) = listened();
    tell(&mut sim, listen.exchange, "notifications/tasks", &task("t", "completed", &json!({})));
    sim.give("tasks/get", &task("t", "completed", &json!({ "result": { "content": [1] } })));
    assert_eq!(sim.result(handle), json!({ "content": [1] }));
}

#[test]
fn one_stream_speaks_of_all_and_the_next_is_there_before_the_last_is_closed() {
    let (mut sim, _, first) = listened();
    for id in ["u", "v"] {
        sim.running_alone(id);
    }
    let second = sim.pending().into_iter().rfind(|sent| sent.is("subscriptions/listen")).unwrap();
    assert_ne!(second.exchange, first.exchange);
    let mut both = named(&second);
    both.sort_unstable();
    assert_eq!(both, ["t", "u"]);
    assert!(sim.is_open(first.exchange), "until the next is there");
    assert_eq!(sim.count("subscriptions/listen"), 2, "one at a time");
    accept(&mut sim, &second, &["t", "u"]);
    assert!(!sim.is_open(first.exchange));
    let third = sim.pending().into_iter().rfind(|sent| sent.is("subscriptions/listen")).unwrap();
    assert_eq!(named(&third).len(), 3);
    accept(&mut sim, &third, &["t", "u", "v"]);
    assert!(!sim.is_open(second.exchange) && sim.is_open(third.exchange));
    assert_eq!(sim.count("subscriptions/listen"), 3);
}

#[test]
fn a_next_stream_that_is_refused_leaves_the_last_as_it_is() {
    let (mut sim, _, first) = listened();
    let second = sim.running_alone("u");
    let listen = sim.pending().into_iter().rfind(|sent| sent.is("subscriptions/listen")).unwrap();
    sim.answer(listen.exchange, Reply::status(503));
    assert!(sim.is_open(first.exchange));
    for _ in 0..4 {
        for waiting in sim.pending().into_iter().filter(|sent| sent.is("tasks/get")) {
            let id = waiting.param("taskId").as_str().unwrap().to_owned();
            sim.answer(waiting.exchange, Reply::result(&waiting, &task(&id, "working", &json!({}))));
        }
        sim.advance(1000);
    }
    assert_eq!(sim.count("subscriptions/listen"), 2, "not tried again at once");
    assert!(sim.snapshots(second).len() == 1 && sim.warnings().is_empty(), "{:?}", sim.warnings());
}

#[test]
fn a_server_that_offers_none_is_polled_without_a_word() {
    for (status, code) in [(404, -32601), (405, -32601)] {
        let mut sim = greeted();
        let handle = sim.running_alone("t");
        sim.refuse("subscriptions/listen", status, code, &json!(null));
        for _ in 0..3 {
            sim.polled("t", "working", &json!({}));
        }
        sim.polled("t", "completed", &json!({ "result": { "content": [] } }));
        assert!(sim.outcome(handle).is_some());
        sim.running_alone("u");
        assert_eq!(sim.count("subscriptions/listen"), 1, "what it does not offer it will not offer later");
        assert_eq!(sim.warnings(), [""; 0]);
        assert_eq!(sim.count("server/discover"), 1, "and nothing else is concluded");
    }
}

#[test]
fn a_stream_that_ends_is_opened_again_and_polls_stand_in() {
    for graceful in [true, false] {
        let (mut sim, _, listen) = listened();
        sim.polled("t", "working", &json!({}));
        sim.advance(6000);
        if graceful {
            let meta = json!({ "io.modelcontextprotocol/subscriptionId": listen.id() });
            let over =
                json!({ "jsonrpc": "2.0", "id": listen.id(), "result": { "resultType": "complete", "_meta": meta } });
            sim.chunk(listen.exchange, format!("data: {over}\n\n").as_bytes());
            assert!(!sim.is_open(listen.exchange), "its answer is its end, whatever the connection does");
        } else {
            sim.end(listen.exchange, End::Cut("connection lost"));
        }
        sim.polled("t", "working", &json!({}));
        sim.advance(1000);
        let again = sim.waiting("subscriptions/listen");
        assert_eq!(named(&again), ["t"]);
        assert_eq!(again.header("last-event-id"), None);
        assert_eq!(sim.warnings(), [""; 0]);
    }
}

#[test]
fn streams_that_only_acknowledge_and_die_are_given_up_with_a_word() {
    let mut sim = greeted();
    sim.running_alone("t");
    for _ in 0..40 {
        for waiting in sim.pending() {
            if waiting.is("subscriptions/listen") {
                accept(&mut sim, &waiting, &["t"]);
                sim.end(waiting.exchange, End::Whole);
            } else {
                sim.answer(waiting.exchange, Reply::result(&waiting, &task("t", "working", &json!({}))));
            }
        }
        sim.advance(1000);
    }
    assert_eq!(sim.count("subscriptions/listen"), 3);
    assert!(sim.warnings()[0].contains("tasks are polled instead"), "{:?}", sim.warnings());
    assert!(sim.count("tasks/get") > 30);
}

#[test]
fn list_changes_and_log_messages_are_requested_only_if_wanted() {
    for hears in [true, false] {
        let mut sim = greeted_with(&json!([]), |config| config.notifications = hears);
        sim.running_alone("t");
        let listen = sim.waiting("subscriptions/listen");
        let lists = ["toolsListChanged", "promptsListChanged", "resourcesListChanged"];
        for list in lists {
            assert_eq!(listen.param("notifications").get(list), hears.then_some(&json!(true)), "{list}");
        }
        assert_eq!(named(&listen), ["t"]);
        let level = sim.last("tools/call").param("_meta").get("io.modelcontextprotocol/logLevel");
        assert_eq!(level, hears.then_some(&json!("info")));
    }
}

#[test]
fn unwatched_tasks_open_no_subscription() {
    let (mut sim, handle, listen) = listened();
    sim.unwatch(handle);
    sim.advance(2000);
    assert!(!sim.is_open(listen.exchange));
    sim.input(Input::Close);
    assert!(sim.pending().is_empty());
}

#[test]
fn what_the_next_stream_does_not_accept_is_polled_again() {
    let (mut sim, _, _) = listened();
    sim.polled("t", "working", &json!({}));
    sim.running_alone("u");
    let second = sim.pending().into_iter().rfind(|sent| sent.is("subscriptions/listen")).unwrap();
    accept(&mut sim, &second, &["u"]);
    for _ in 0..10 {
        sim.advance(500);
        for poll in sim.pending().into_iter().filter(|sent| sent.is("tasks/get")) {
            let id = poll.param("taskId").as_str().unwrap();
            sim.answer(poll.exchange, Reply::result(&poll, &task(id, "working", &json!({}))));
        }
    }
    let polls = |id| sim.sent.iter().filter(|sent| sent.is("tasks/get") && sent.param("taskId") == id).count();
    assert_eq!((polls("t"), polls("u")), (6, 1), "each second, and once for what was missed");
}
