//! The transport of 2024-11-05 (HTTP+SSE) once it was found: the session, its requests, and how it ends.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_tasks::client::{CallKind, Input, Query, TaskMode};
use mcp_tasks::task::TaskErrorCode;
use serde_json::json;
use support::{End, FakeServer, Old, Reply, Sim, Tool, assert_says};

const MESSAGES: &str = "https://example.org/messages?session=1";

fn old(takes_ms: u64) -> FakeServer {
    FakeServer::polled([Tool::new("render", takes_ms)]).old(|_| {})
}

fn old_with(change: impl FnOnce(&mut Old)) -> Sim {
    Sim::new(FakeServer::polled([Tool::new("render", 100)]).old(change))
}

// The session.

#[test]
fn a_server_may_answer_with_any_revision_that_is_understood() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut server = old(100);
        server.version = version;
        let mut sim = Sim::new(server);
        let handle = sim.await_call("render");
        sim.advance(1000);
        assert!(sim.outcome(handle).is_some(), "{version}");
        assert_eq!(sim.server.violations, [""; 0]);
    }
    let mut server = old(100);
    server.version = "2024-10-07";
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(1000);
    sim.assert_failed(handle, TaskErrorCode::Unsupported, &["2024-10-07"]);
    assert_eq!((sim.server.stream, sim.client.poll_timeout()), (None, None), "the stream is closed");
}

#[test]
fn streamable_http_may_speak_the_first_revision_too() {
    let mut server = FakeServer::polled([Tool::new("render", 100)]);
    (server.version, server.capabilities) = ("2024-11-05", json!({ "tools": {} }));
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(1000);
    assert!(sim.outcome(handle).is_some());
    assert_eq!(sim.server.violations, [""; 0]);
}

#[test]
fn calls_are_plain_whatever_the_server_says_of_tasks() {
    let mut server = old(100);
    server.version = "2025-11-25";
    let mut sim = Sim::new(server);
    let handles = [sim.await_call("render"), sim.call_as("render", TaskMode::Never)];
    sim.input(Input::Query { reply: 7, query: Query::ListTasks(None) });
    sim.advance(1000);
    for handle in handles {
        assert_eq!((sim.created(handle), sim.outcome(handle).is_some()), (Some(false), true));
    }
    assert!(sim.sent.iter().all(|s| s.param("task").is_null()));
    assert_says(sim.reply(7).unwrap().unwrap_err(), TaskErrorCode::Unsupported, &["does not offer"]);
    assert_eq!(sim.count("GET"), 1, "there is one stream for everything");
}

#[test]
fn lists_pings_and_the_servers_requests_go_there_too() {
    let mut sim = Sim::new(old(100));
    sim.input(Input::List { kind: CallKind::Tool, reply: 1 });
    sim.input(Input::Query { reply: 2, query: Query::Ping });
    sim.advance(1000);
    assert!(sim.reply(1).unwrap().unwrap().contains("render"));
    assert_eq!(sim.reply(2).unwrap().unwrap(), "null");
    sim.push(&json!({ "jsonrpc": "2.0", "id": 0, "method": "ping" }));
    let answer = sim.last("response");
    assert_eq!((answer.body["id"].clone(), answer.url.as_str()), (json!(0), MESSAGES));
}

#[test]
fn the_body_of_a_post_is_ignored() {
    for reply in [
        Reply::status(200),
        Reply::status(204),
        Reply::body(200, "application/json", "{}"),
        Reply::body(200, "application/json", r#"{"jsonrpc":"2.0","id":3,"result":{"content":[]}}"#),
        Reply::body(200, "text/event-stream", "data: x\n\n"),
        Reply::body(202, "text/html", "<html>"),
        Reply::status(202).ending(End::Open),
        Reply::body(202, "text/plain", "Acc").ending(End::Cut("reset")),
    ] {
        let mut sim = old_with(|old| old.takes_with = reply.clone());
        let handle = sim.await_call("render");
        sim.advance(10_000);
        assert_eq!(sim.result(handle)["content"][0]["text"], "render", "{reply:?}");
        assert_eq!((sim.warnings().len(), sim.pending().len()), (0, 1), "{reply:?}: only the stream is open");
    }
}

#[test]
fn an_answer_may_come_before_its_post_is_answered() {
    for reply in
        [Reply::status(202).after(3000), Reply::never(), Reply::refused().after(50_000), Reply::status(500).after(300)]
    {
        let mut sim = Sim::new(old(100));
        sim.await_call("render");
        sim.advance(1000);
        sim.server.old.as_mut().unwrap().takes_with = reply;
        let handle = sim.await_call("render");
        sim.advance(200);
        assert!(sim.outcome(handle).is_some());
        sim.advance(10_000);
        assert_eq!((sim.pending().len(), sim.warnings().len()), (1, 0), "only the stream is open: {:?}", sim.pending());
    }
}

#[test]
fn garbage_on_the_stream_is_told_and_harms_nothing() {
    let mut sim = Sim::new(old(3000));
    let handle = sim.await_call("render");
    sim.advance(1000);
    let stream = sim.server.stream.unwrap();
    for bytes in [
        &b"data: {\n\n"[..],
        b"data: \xff\xfe\n\n",
        b"event: shout\ndata: not even JSON\n\n",
        b"data: {\"jsonrpc\":\"2.0\",\"id\":99,\"result\":{}}\n\n",
        b"data: {\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":1,\"message\":\"?\"}}\n\n",
        b"data:\n\n",
        b"garbage\r\r\n\n",
    ] {
        sim.chunk(stream, bytes);
    }
    assert_eq!(sim.warnings().len(), 2, "{:?}", sim.warnings());
    sim.advance(5000);
    assert!(sim.result(handle)["content"].is_array());
}

#[test]
fn a_message_that_is_too_long_ends_the_session_and_the_next_call_opens_another() {
    let mut sim = Sim::with_config(old(3000), |config| config.max_message_bytes = 1000);
    let handle = sim.await_call("render");
    sim.advance(1000);
    let stream = sim.server.stream.unwrap();
    sim.chunk(stream, &[b'x'; 2000]);
    sim.assert_failed(handle, TaskErrorCode::Protocol, &["longer than", "1000", "was not sent again"]);
    let again = sim.await_call("render");
    sim.advance(10_000);
    assert!(sim.outcome(again).is_some());
}

// Time.

#[test]
fn a_request_keeps_its_deadline_although_its_post_is_over() {
    let server = old(100).when("prompts/list", |_| Some(Reply::accepted()));
    let mut sim = Sim::new(server);
    sim.await_call("render");
    sim.advance(1000);
    sim.input(Input::List { kind: CallKind::Prompt, reply: 1 });
    let call = sim.await_call("render");
    sim.advance(29_999);
    assert!(sim.outcome(call).is_some());
    assert_eq!(sim.count("prompts/list"), 1);
    sim.advance(92_000);
    assert_eq!(sim.count("prompts/list"), 3);
    assert_says(
        sim.reply(1).unwrap().unwrap_err(),
        TaskErrorCode::Network,
        &["listing the prompts", "no answer within 30 s"],
    );
    assert_eq!(sim.count("GET"), 1, "the session goes on");
}

#[test]
fn a_handshake_that_is_taken_and_not_answered_is_tried_again() {
    let mut taken = 0;
    let server = old(100).when("initialize", move |sent| {
        taken += usize::from(sent.url.contains("/messages"));
        (sent.url.contains("/messages") && taken == 1).then(Reply::accepted)
    });
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(29_999);
    assert_eq!(sim.count("initialize"), 2);
    sim.advance(5000);
    assert!(sim.outcome(handle).is_some());
    assert_eq!((sim.count("initialize"), sim.count("GET")), (3, 2), "what is known of the server is not asked again");
}

#[test]
fn a_call_may_take_as_long_as_it_likes() {
    let mut sim = Sim::new(old(3_600_000));
    let handle = sim.await_call("render");
    sim.advance(3_599_000);
    assert_eq!((sim.outcome(handle).is_none(), sim.sent.len()), (true, 6));
    sim.advance(2000);
    assert!(sim.result(handle)["content"].is_array());
}

#[test]
fn a_call_that_is_given_up_is_told_off() {
    let mut sim = Sim::new(old(60_000));
    let handle = sim.await_call("render");
    sim.advance(1000);
    sim.input(Input::Abandon { handle });
    let told = sim.last("notifications/cancelled");
    assert_eq!((told.url.as_str(), told.param("requestId")), (MESSAGES, sim.last("tools/call").id()));
}

// How it ends.

#[test]
fn a_stream_that_dies_leaves_calls_unanswered_and_the_next_call_opens_another() {
    for end in [End::Whole, End::Cut("network error")] {
        let mut sim = Sim::new(old(5000));
        let (first, second) = (sim.await_call("render"), sim.await_call("render"));
        sim.advance(1000);
        sim.cut_stream(end);
        for handle in [first, second] {
            sim.assert_failed(
                handle,
                TaskErrorCode::Network,
                &["calling tool render", "may have executed it", "was not sent again"],
            );
        }
        sim.advance(60_000);
        assert_eq!(sim.count("GET"), 1, "nobody wants anything");
        let third = sim.await_call("render");
        sim.advance(10_000);
        assert!(sim.result(third)["content"].is_array());
        assert_eq!(sim.last("tools/call").url, "https://example.org/messages?session=2");
        assert_eq!((sim.count("GET"), sim.count("initialize")), (2, 3), "the older transport is tried first");
    }
}

#[test]
fn a_list_that_a_dying_stream_leaves_is_asked_for_again() {
    let mut taken = 0;
    let server = old(100).when("tools/list", move |_| {
        taken += 1;
        (taken == 1).then(Reply::accepted)
    });
    let mut sim = Sim::new(server);
    sim.input(Input::List { kind: CallKind::Tool, reply: 1 });
    sim.advance(1000);
    sim.cut_stream(End::Whole);
    assert!(sim.reply(1).is_none());
    sim.advance(5000);
    assert!(sim.reply(1).unwrap().unwrap().contains("render"));
    assert_eq!((sim.count("GET"), sim.count("tools/list")), (2, 2));
}

#[test]
fn streams_that_die_again_and_again_are_opened_after_growing_waits() {
    let server =
        old(100).when("initialize", |sent| sent.url.contains("/messages").then(Reply::accepted)).when("GET", |_| {
            let events = "event: endpoint\ndata: /messages?session=1\n\n";
            Some(Reply::body(200, "text/event-stream", events))
        });
    let mut sim = Sim::new(server);
    let known = sim.await_known("t");
    sim.advance(600_000);
    let times = sim.times("GET");
    let waits: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits.iter().all(|w| (250..=30_000).contains(w)), "{waits:?}");
    assert!(waits[waits.len() - 1] >= 15_000 && waits.len() < 50, "{waits:?}");
    assert!(sim.outcome(known).is_none());
}

#[test]
fn a_stream_that_dies_during_the_handshake_is_opened_again() {
    for dies_at in ["initialize", "notifications/initialized"] {
        let mut sim = Sim::new(old(100).when(dies_at, move |sent| {
            (sent.url.ends_with("session=1") && sent.url.contains("/messages")).then(Reply::never)
        }));
        let handle = sim.await_call("render");
        sim.advance(100);
        assert_eq!(sim.sent.last().unwrap().method, dies_at);
        sim.cut_stream(End::Whole);
        sim.advance(2000);
        assert!(sim.outcome(handle).is_some(), "{dies_at}");
        assert_eq!(sim.count("GET"), 2);
    }
}

#[test]
fn a_server_that_has_forgotten_the_session_is_sent_the_call_again_in_a_new_one() {
    let mut sim = Sim::new(old(1000));
    let first = sim.await_call("render");
    sim.advance(3000);
    assert!(sim.outcome(first).is_some());
    let waiting = sim.await_call("render");
    sim.advance(10);
    sim.server.old.as_mut().unwrap().takes_at = "nowhere".into();
    let second = sim.await_call("render");
    sim.server.old.as_mut().unwrap().takes_at = "https://example.org/messages?session=#".into();
    sim.advance(5000);
    assert!(sim.result(second)["content"].is_array());
    sim.assert_failed(waiting, TaskErrorCode::Network, &["the session was lost", "was not sent again"]);
    assert_eq!((sim.count("GET"), sim.count("tools/call")), (2, 4));
}

#[test]
fn a_server_that_forgets_every_session_is_not_asked_for_ever() {
    let mut sim = old_with(|_| {});
    sim.server = std::mem::take(&mut sim.server).when("tools/call", |_| Some(Reply::status(404)));
    let handle = sim.await_call("render");
    sim.advance(60_000);
    sim.assert_failed(handle, TaskErrorCode::Http, &["HTTP 404"]);
    assert!(sim.count("GET") <= 4, "{:?}", sim.methods());
}

#[test]
fn other_refusals_of_a_post_fail_that_call_alone() {
    let mut sim = old_with(|_| {});
    let mut refused = false;
    sim.server = std::mem::take(&mut sim.server).when("tools/call", move |_| {
        (!std::mem::replace(&mut refused, true)).then(|| Reply::body(413, "text/plain", "too long"))
    });
    let (first, second) = (sim.await_call("render"), sim.await_call("render"));
    sim.advance(1000);
    sim.assert_failed(first, TaskErrorCode::Http, &["HTTP 413"]);
    assert!(sim.result(second)["content"].is_array());
    assert_eq!(sim.count("GET"), 1);
}

#[test]
fn unused_stream_is_closed_after_thirty_seconds() {
    let mut sim = Sim::new(old(50_000));
    let first = sim.await_call("render");
    sim.advance(52_000);
    assert!(sim.outcome(first).is_some());
    let stream = sim.server.stream.unwrap();
    sim.advance(20_000);
    sim.input(Input::Query { reply: 1, query: Query::Ping });
    sim.advance(29_000);
    assert!(sim.is_open(stream));
    sim.advance(2000);
    assert_eq!((sim.is_open(stream), sim.pending().len(), sim.client.poll_timeout()), (false, 0, None));
    assert_eq!(sim.warnings(), [""; 0]);
    let second = sim.await_call("render");
    sim.advance(60_000);
    assert!(sim.result(second)["content"].is_array());
    assert_eq!((sim.count("GET"), sim.count("initialize")), (2, 3));
}

#[test]
fn a_server_that_was_replaced_by_a_newer_one_is_spoken_to_anew() {
    let mut sim = Sim::new(old(100));
    sim.await_call("render");
    sim.advance(1000);
    sim.cut_stream(End::Whole);
    sim.server = FakeServer::polled([Tool::new("render", 1500)]);
    let handle = sim.await_call("render");
    sim.advance(20_000);
    assert_eq!((sim.created(handle), sim.outcome(handle).is_some()), (Some(true), true));
    assert_eq!(sim.server.violations, ["GET without the protocol version"], "it was tried as an older one first");
}

#[test]
fn a_server_that_is_away_for_a_while_is_found_again() {
    for away in [Reply::refused(), Reply::status(503), Reply::status(502)] {
        let mut sim = Sim::new(old(100));
        sim.await_call("render");
        sim.advance(1000);
        sim.cut_stream(End::Cut("reset"));
        sim.server = std::mem::take(&mut sim.server).first(2, "GET", away);
        let handle = sim.await_call("render");
        sim.advance(10_000);
        assert!(sim.result(handle)["content"].is_array());
    }
}

#[test]
fn closing_aborts_the_stream() {
    let mut sim = Sim::new(old(60_000));
    let handle = sim.await_call("render");
    sim.advance(1000);
    sim.input(Input::List { kind: CallKind::Prompt, reply: 1 });
    sim.input(Input::Close);
    assert_says(sim.interruptions(handle)[0], TaskErrorCode::Closed, &["closed"]);
    assert_says(sim.reply(1).unwrap().unwrap_err(), TaskErrorCode::Closed, &[]);
    assert_eq!((sim.pending().len(), sim.count("DELETE"), sim.client.poll_timeout()), (0, 0, None));
    for at in [0, 10] {
        let mut sim = Sim::new(old(100).when("GET", |_| Some(Reply::never())));
        sim.call("render");
        sim.advance(at);
        sim.input(Input::Close);
        assert_eq!((sim.pending().len(), sim.client.poll_timeout()), (0, None));
    }
}
