//! An answer whose stream is cut is taken up where it ended, and the request is never sent again for it.
//! Specification 2025-11-25, Transports: "Resumability and Redelivery".
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::{
    client::{Handle, Input, TaskMode},
    task::TaskErrorCode,
};
use serde_json::json;
use std::{cell::Cell, rc::Rc};
use support::{End, FakeServer, Reply, Sim, Tool};

fn plain() -> FakeServer {
    FakeServer::polled([Tool::new("render", 500)])
}

fn call(sim: &mut Sim) -> Handle {
    let handle = sim.call_as("render", TaskMode::Never);
    sim.watch(handle);
    handle
}

/// The first event of a server that lets its streams be taken up: an id, and no message.
fn priming(id: &str, retry_ms: u32) -> Reply {
    Reply::body(200, "text/event-stream", &format!("id: {id}\nretry: {retry_ms}\ndata: \n\n"))
}

#[test]
fn the_rest_is_asked_for_after_the_servers_retry_time_with_the_last_id() {
    let asked = Rc::new(Cell::new(0));
    let id = Rc::clone(&asked);
    let server = plain()
        .when("tools/call", move |sent| {
            asked.set(sent.id().as_u64().unwrap());
            Some(priming("e1", 2000))
        })
        .when("GET", move |_| {
            Some(Reply::events(&[json!({ "jsonrpc": "2.0", "id": id.get(), "result": { "content": [] } })]))
        });
    let mut sim = Sim::new(server);
    let handle = call(&mut sim);
    sim.advance(1999);
    assert_eq!(sim.count("GET"), 0);
    sim.advance(10_000);
    assert_eq!((sim.times("GET"), sim.count("tools/call")), (vec![2000], 1));
    assert_eq!(sim.last("GET").header("last-event-id"), Some("e1"));
    assert_eq!(sim.result(handle), json!({ "content": [] }));
}

#[test]
fn the_opening_event_that_the_typescript_sdk_replays_as_an_empty_object_is_no_message() {
    let asked = Rc::new(Cell::new(0));
    let id = Rc::clone(&asked);
    let server = plain()
        .when("tools/call", move |sent| {
            asked.set(sent.id().as_u64().unwrap());
            Some(priming("e1", 100))
        })
        .when("GET", move |_| {
            let answer = json!({ "jsonrpc": "2.0", "id": id.get(), "result": { "content": [] } });
            Some(Reply::body(200, "text/event-stream", &format!("id: e2\ndata: {{}}\n\ndata: {answer}\n\n")))
        });
    let mut sim = Sim::new(server);
    let handle = call(&mut sim);
    sim.advance(1000);
    assert_eq!(sim.result(handle), json!({ "content": [] }));
    assert_eq!(sim.warnings(), [""; 0]);
}

#[test]
fn a_resumed_stream_that_brings_nothing_keeps_its_id_and_is_given_up_after_a_while() {
    // Deviation 41: peers lose the id and ask for ever.
    for empty in ["", ": ping\n\n"] {
        let server = plain()
            .when("tools/call", |_| Some(priming("e1", 100)))
            .when("GET", move |_| Some(Reply::body(200, "text/event-stream", empty)));
        let mut sim = Sim::new(server);
        let handle = call(&mut sim);
        sim.advance(3_600_000);
        // The server's retry time eight times, and then growing ones.
        assert_eq!((sim.count("GET"), sim.count("tools/call")), (16, 1));
        assert!(sim.sent.iter().filter(|s| s.is("GET")).all(|s| s.header("last-event-id") == Some("e1")));
        sim.assert_failed(
            handle,
            TaskErrorCode::Network,
            &["calling tool render", "ended before the answer", "not sent again"],
        );
    }
}

#[test]
fn f11_retry_time_counts_for_resumed_streams_that_do_not_repeat_it() {
    for (retry_ms, wait) in [(50, 50), (0, 50), (700, 700)] {
        let server = plain()
            .when("tools/call", move |_| Some(priming("e1", retry_ms)))
            .when("GET", |_| Some(Reply::body(200, "text/event-stream", ": nothing yet\n\n")));
        let mut sim = Sim::new(server);
        call(&mut sim);
        sim.advance(20_000);
        let times = sim.times("GET");
        assert_eq!(times[..8], (1..=8).map(|n| n * wait).collect::<Vec<_>>(), "as told, and 50 ms at least");
        let growing: Vec<u64> = times[7..].windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(growing[..3], [1000, 2000, 4000]);
    }
    // A server that repeats it with another time is followed.
    let server = plain().when("tools/call", |_| Some(priming("e1", 50))).when("GET", |_| Some(priming("e1", 300)));
    let mut sim = Sim::new(server);
    call(&mut sim);
    sim.advance(700);
    assert_eq!(sim.times("GET"), [50, 350, 650]);
}

#[test]
fn a_server_that_tells_in_many_pieces_is_followed_to_the_end() {
    let piece = Rc::new(Cell::new(0_u32));
    let server = plain().when("tools/call", |_| Some(priming("p0", 100))).when("GET", move |_| {
        piece.set(piece.get() + 1);
        Some(match piece.get() {
            30 => Reply::events(&[
                json!({ "id": 3, "result": { "content": [] } }),
                json!({ "id": 2, "result": { "content": [] } }),
            ]),
            n => priming(&format!("p{n}"), 100),
        })
    });
    let mut sim = Sim::new(server);
    let handle = call(&mut sim);
    sim.advance(60_000);
    assert_eq!((sim.count("GET"), sim.count("tools/call")), (30, 1));
    assert_eq!(sim.last("GET").header("last-event-id"), Some("p29"));
    assert!(sim.outcome(handle).is_some());
}

#[test]
fn a_server_that_refuses_leaves_the_call_unknown_and_a_poll_to_be_asked_again() {
    let cut = |sent: &support::Sent| {
        Some(Reply::result(sent, &json!({})).in_events().half().ending(End::Cut("connection reset")))
    };
    let mut sim = Sim::new(plain().when("tools/call", |_| Some(priming("e1", 100))));
    let handle = call(&mut sim);
    sim.advance(5000);
    sim.assert_failed(handle, TaskErrorCode::Network, &["ended before the answer", "HTTP 405", "not sent again"]);

    let mut once = true;
    let server = plain()
        .with_task("t", 0, Tool::new("render", 1000))
        .when("tasks/get", move |sent| std::mem::take(&mut once).then(|| cut(sent)).flatten());
    let mut sim = Sim::new(server);
    let handle = sim.await_known("t");
    sim.advance(60_000);
    assert!(sim.outcome(handle).is_some(), "{:?}", sim.methods());
}

#[test]
fn taking_up_waits_while_the_server_is_away() {
    let away = Rc::new(Cell::new(true));
    let is_away = Rc::clone(&away);
    let server = plain().when("tools/call", |_| Some(priming("e1", 100))).when("GET", move |_| {
        Some(if is_away.get() {
            Reply::refused()
        } else {
            Reply::events(&[json!({ "id": 3, "result": { "content": [] } })])
        })
    });
    let mut sim = Sim::new(server);
    let handle = call(&mut sim);
    sim.advance(4000);
    assert!(sim.count("GET") > 1 && sim.outcome(handle).is_none(), "{:?}", sim.methods());
    away.set(false);
    sim.advance(60_000);
    assert_eq!((sim.result(handle), sim.count("tools/call")), (json!({ "content": [] }), 1));
}

#[test]
fn abandoned_call_is_not_resumed() {
    let mut sim = Sim::new(plain().when("tools/call", |_| Some(priming("e1", 5000))));
    let handle = call(&mut sim);
    sim.advance(1000);
    sim.input(Input::Abandon { handle });
    sim.advance(60_000);
    assert_eq!((sim.count("GET"), sim.count("notifications/cancelled")), (0, 1));
}
