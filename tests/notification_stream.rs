//! The standalone stream: opened when it is of use, resumed where it broke off, given up where it never lives.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{Handle, Input};
use serde_json::{Value, json};
use support::{End, FakeServer, Reply, Sim, Tool};

fn told(message: &str) -> Value {
    json!({ "method": "notifications/tasks/status", "params": { "taskId": "t", "status": "working", "statusMessage": message } })
}

/// An hour's task, watched, at a server that offers the stream.
fn open() -> (Sim, Handle) {
    let mut server =
        FakeServer::streaming([Tool::new("render", 500)]).with_task("t", 0, Tool::new("render", 3_600_000));
    server.interval = Box::new(|_| json!(60_000));
    let mut sim = Sim::new(server);
    let handle = sim.await_known("t");
    sim.advance(100);
    assert!(sim.server.stream.is_some());
    (sim, handle)
}

fn say(sim: &mut Sim, text: &str) {
    let stream = sim.server.stream.unwrap();
    sim.chunk(stream, text.as_bytes());
}

#[test]
fn it_is_open_before_a_call_that_becomes_a_task_is_sent() {
    let mut server = FakeServer::streaming([Tool::new("render", 500)]);
    server.latency = 50;
    let mut sim = Sim::new(server);
    sim.await_call("render");
    sim.advance(5000);
    assert_eq!(sim.times("tools/call"), [sim.times("GET")[0] + 50]);
}

#[test]
fn a_call_does_not_wait_long_for_a_stream_that_does_not_answer() {
    let server = FakeServer::polled([Tool::new("render", 500)]).when("GET", |_| Some(Reply::never()));
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(5000);
    assert_eq!(sim.times("tools/call"), [500]);
    assert!(sim.outcome(handle).is_some());
}

#[test]
fn it_is_not_opened_where_the_application_wants_none() {
    let mut sim = Sim::with_config(FakeServer::streaming([Tool::new("render", 3000)]), |config| config.stream = false);
    let handle = sim.await_call("render");
    sim.advance(10_000);
    assert_eq!((sim.count("GET"), sim.count("tasks/get"), sim.outcome(handle).is_some()), (0, 3, true));
}

#[test]
fn it_is_closed_a_little_after_the_last_watcher_has_left() {
    let (mut sim, handle) = open();
    let stream = sim.server.stream.unwrap();
    sim.unwatch(handle);
    sim.advance(500);
    assert!(sim.is_open(stream));
    sim.advance(1000);
    assert_eq!(sim.aborted, [(1100, stream)]);
    assert_eq!(sim.client.poll_timeout(), None);
    sim.watch(handle);
    sim.flush();
    assert_eq!(sim.count("GET"), 2);
}

#[test]
fn it_stays_open_from_one_call_to_the_next() {
    let mut sim = Sim::new(FakeServer::streaming([Tool::new("render", 500)]));
    for _ in 0..5 {
        let handle = sim.await_call("render");
        sim.advance(1000);
        assert!(sim.outcome(handle).is_some());
    }
    assert_eq!((sim.count("GET"), sim.aborted.len()), (1, 0));
}

#[test]
fn a_server_that_offers_none_is_not_asked_again_and_not_complained_of() {
    // Deviation 15.
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 5000)]));
    let handle = sim.await_call("render");
    sim.advance(10_000);
    sim.await_call("render");
    sim.advance(10_000);
    assert_eq!((sim.count("GET"), sim.warnings().len(), sim.outcome(handle).is_some()), (1, 0, true));
}

#[test]
fn it_is_resumed_after_the_last_event() {
    let (mut sim, handle) = open();
    say(&mut sim, &format!("id: e7\ndata: {}\n\n", told("one")));
    sim.cut_stream(End::Cut("connection lost"));
    sim.advance(1500);
    assert_eq!(sim.count("GET"), 2);
    assert_eq!(sim.last("GET").header("last-event-id"), Some("e7"));
    sim.push(&told("two"));
    assert_eq!(sim.story(handle), ["working", "one", "two"]);
}

#[test]
fn a_resumed_stream_that_brings_no_id_keeps_the_one_that_is_known() {
    // Deviation 41.
    for silence in ["", ": ping\n\n", "data: {\"method\":\"notifications/message\"}\n\n"] {
        let (mut sim, _) = open();
        say(&mut sim, "id: e7\ndata:\n\n");
        sim.cut_stream(End::Whole);
        sim.advance(3000);
        if !silence.is_empty() {
            say(&mut sim, silence);
        }
        sim.cut_stream(End::Whole);
        sim.advance(10_000);
        assert_eq!(sim.count("GET"), 3);
        assert_eq!(sim.last("GET").header("last-event-id"), Some("e7"), "after {silence:?}");
    }
}

#[test]
fn an_empty_id_clears_the_one_that_is_known() {
    let (mut sim, _) = open();
    say(&mut sim, "id: e7\ndata:\n\nid\ndata:\n\n");
    sim.cut_stream(End::Whole);
    sim.advance(3000);
    assert_eq!((sim.count("GET"), sim.last("GET").header("last-event-id")), (2, None));
}

#[test]
fn the_servers_retry_time_is_kept() {
    for retry in [500, 3000, 20_000] {
        let (mut sim, _) = open();
        say(&mut sim, &format!("id: 1\nretry: {retry}\ndata:\n\n"));
        sim.cut_stream(End::Whole);
        sim.advance(60_000);
        assert_eq!(sim.times("GET")[1], 100 + retry);
    }
}

#[test]
fn an_absurdly_long_retry_time_is_five_minutes() {
    let (mut sim, _) = open();
    say(&mut sim, "id: 1\nretry: 99999999999999999999\ndata:\n\n");
    sim.cut_stream(End::Whole);
    sim.advance(600_000);
    assert_eq!(sim.times("GET"), [0, 300_100]);
}

#[test]
fn a_retry_time_of_nothing_is_no_hot_loop() {
    let server = FakeServer::polled([])
        .with_task("t", 0, Tool::new("render", 3_600_000))
        .when("GET", |_| Some(Reply::body(200, "text/event-stream", "id: 1\nretry: 0\ndata:\n\n")));
    let mut sim = Sim::new(server);
    sim.await_known("t");
    sim.advance(10_000);
    assert!(sim.count("GET") <= 200, "{} in ten seconds", sim.count("GET"));
}

#[test]
fn one_message_that_cannot_be_read_does_not_cost_the_stream() {
    let (mut sim, handle) = open();
    say(&mut sim, "data: garbage\n\n");
    sim.push(&json!({ "id": 4711, "result": {} }));
    sim.push(&told("one"));
    sim.advance(60_000);
    // As proxies do after a while.
    sim.cut_stream(End::Whole);
    sim.advance(3000);
    assert_eq!(sim.count("GET"), 2, "{:?}", sim.warnings());
    sim.push(&told("two"));
    assert_eq!(sim.story(handle).last().map(String::as_str), Some("two"));
}

#[test]
fn streams_that_die_young_are_given_up_with_one_warning_and_a_remedy() {
    for reply in [Reply::body(200, "text/event-stream", ""), Reply::refused(), Reply::status(503)] {
        let mut server = FakeServer::polled([Tool::new("render", 60_000)]);
        server = server.when("GET", move |_| Some(reply.clone()));
        let mut sim = Sim::new(server);
        let handle = sim.await_call("render");
        sim.advance(60_000);
        assert_eq!(sim.count("GET"), 3);
        let warnings = sim.warnings();
        assert!(warnings.len() == 1 && warnings[0].starts_with("stream-failed"), "{warnings:?}");
        assert!(warnings[0].contains("polled instead") && warnings[0].contains("CORS"), "{warnings:?}");
        assert!(sim.outcome(handle).is_some() && sim.count("tasks/get") >= 50);
    }
}

#[test]
fn a_stream_that_lives_is_opened_again_each_time() {
    let (mut sim, _) = open();
    for n in 0..20 {
        say(&mut sim, ": ping\n\n");
        sim.cut_stream(if n % 2 == 0 { End::Whole } else { End::Cut("proxy") });
        sim.advance(3000);
    }
    assert_eq!((sim.count("GET"), sim.warnings()), (21, vec![]));
}

#[test]
fn a_web_page_instead_of_a_stream_is_given_up_at_once() {
    let server = FakeServer::polled([Tool::new("render", 5000)])
        .when("GET", |_| Some(Reply::body(200, "text/html", "<html>welcome")));
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(60_000);
    assert_eq!((sim.count("GET"), sim.outcome(handle).is_some()), (1, true));
    assert!(sim.warnings()[0].contains("text/html"), "{:?}", sim.warnings());
}

#[test]
fn closing_the_client_closes_it() {
    let (mut sim, _) = open();
    let stream = sim.server.stream.unwrap();
    sim.input(Input::Close);
    assert!(sim.aborted.contains(&(100, stream)));
    sim.advance(60_000);
    assert_eq!(sim.count("GET"), 1);
}
