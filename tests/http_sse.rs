//! The transport of 2024-11-05 (HTTP+SSE), for servers that know no other: how it is found, the address it
//! names, and what goes over it.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_tasks::client::{Input, InputAnswer, Output};
use mcp_tasks::task::TaskErrorCode;
use mcp_tasks::wire::http::Method;
use serde_json::json;
use support::{End, FakeServer, Old, Reply, Sim, Tool, assert_says};

const MESSAGES: &str = "https://example.org/messages?session=1";

fn old(takes_ms: u64) -> FakeServer {
    FakeServer::polled([Tool::new("render", takes_ms)]).old(|_| {})
}

fn old_with(change: impl FnOnce(&mut Old)) -> Sim {
    Sim::new(FakeServer::polled([Tool::new("render", 100)]).old(change))
}

/// A server whose stream begins like this, and a call to it.
fn opening_with(event: &str) -> (Sim, u32) {
    let mut sim = old_with(|old| old.opens_with = event.into());
    let handle = sim.await_call("render");
    sim.advance(100);
    (sim, handle)
}

// How it is found.

#[test]
fn a_refused_handshake_is_tried_on_the_older_transport() {
    for status in [400, 404, 405] {
        let mut sim = old_with(|old| old.refuses = status);
        let handle = sim.await_call("render");
        sim.advance(1000);
        assert_eq!(sim.result(handle)["content"][0]["text"], "render", "{status}");
        assert_eq!(
            sim.methods(),
            ["initialize", "GET", "initialize", "notifications/initialized", "tools/list", "tools/call"],
            "{status}"
        );
        assert_eq!(sim.server.violations, [""; 0]);
        assert_eq!(sim.warnings(), [""; 0]);
        let get = sim.last("GET");
        assert_eq!(get.url, "https://example.org/mcp?key=secret");
        assert_eq!((get.header("accept"), get.header("content-type")), (Some("text/event-stream"), None));
        for sent in sim.sent.iter().skip(2) {
            assert_eq!((sent.url.as_str(), sent.http), (MESSAGES, Method::Post), "{}", sent.method);
            assert_eq!(sent.header("content-type"), Some("application/json"));
        }
    }
}

#[test]
fn other_refusals_are_no_reason_to_try_it() {
    for status in [401, 403, 406, 410, 429, 500, 503] {
        let mut sim = old_with(|old| old.refuses = status);
        sim.await_call("render");
        sim.advance(60_000);
        assert_eq!(sim.count("GET"), 0, "{status}");
    }
    let mut sim = Sim::new(old(100).first(1, "initialize", Reply::refused()));
    let handle = sim.await_call("render");
    sim.advance(60_000);
    assert!(sim.outcome(handle).is_some());
    assert_eq!(sim.methods()[..3], ["initialize", "initialize", "GET"]);
}

#[test]
fn a_server_that_has_answered_the_handshake_is_not_taken_for_an_older_one() {
    let server = FakeServer::polled([Tool::new("render", 100)]);
    let mut sim = Sim::new(server);
    sim.await_call("render");
    sim.advance(3000);
    let gets = sim.count("GET");
    sim.server.lose_sessions();
    sim.server = std::mem::take(&mut sim.server).when("initialize", |_| Some(Reply::status(404)));
    let handle = sim.await_call("render");
    sim.advance(60_000);
    sim.assert_failed(handle, TaskErrorCode::Http, &["was not sent", "HTTP 404"]);
    assert!(!sim.failure(handle).message.contains("SSE"));
    assert_eq!(sim.count("GET"), gets);
}

#[test]
fn where_both_are_refused_the_first_refusal_is_told_with_the_second() {
    for (status, get) in [(400, 405), (404, 404), (405, 503)] {
        let server = FakeServer::polled([])
            .when("initialize", move |_| Some(Reply::status(status)))
            .when("GET", move |_| Some(Reply::status(get)));
        let mut sim = Sim::new(server);
        let handle = sim.await_call("render");
        sim.advance(100_000);
        let (first, second) = (format!("HTTP {status}"), format!("HTTP {get}"));
        sim.assert_failed(
            handle,
            TaskErrorCode::Http,
            &["was not sent", &first, "HTTP+SSE transport was tried too", &second],
        );
        assert_eq!(sim.failure(handle).http_status, Some(status));
        assert_eq!(sim.methods(), ["initialize", "GET"]);
    }
}

#[test]
fn the_refusals_own_words_are_kept() {
    let body = json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32000, "message": "closed on Sundays" } });
    let server = FakeServer::polled([])
        .when("initialize", move |_| Some(Reply::body(400, "application/json", &body.to_string())));
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(1000);
    sim.assert_failed(handle, TaskErrorCode::Http, &["closed on Sundays", "tried too", "HTTP 404"]);
    assert_eq!(sim.failure(handle).rpc.as_ref().unwrap().code, -32000);
}

#[test]
fn unauthorized_stream_reports_the_challenge() {
    let refusal = Reply::status(401).with_head(|h| h.www_authenticate = Some("Bearer".into()));
    let mut sim = Sim::new(old(100).first(1, "GET", refusal));
    let first = sim.await_call("render");
    sim.advance(1000);
    sim.assert_failed(first, TaskErrorCode::AuthorizationRequired, &["was not sent", "HTTP 401"]);
    assert_eq!(sim.failure(first).challenge.as_deref(), Some("Bearer"));
    let second = sim.await_call("render");
    sim.advance(1000);
    assert!(sim.result(second)["content"].is_array());
}

#[test]
fn a_stream_that_brings_something_else_gives_the_first_refusal() {
    let page = Reply::body(200, "text/html", "<html>");
    let mut sim = Sim::new(old(100).when("GET", move |_| Some(page.clone())));
    let handle = sim.await_call("render");
    sim.advance(1000);
    sim.assert_failed(handle, TaskErrorCode::Http, &["HTTP 404", "tried too", "text/html"]);
    for event in ["data: {}\n\n", "id: 1\ndata:\n\n", "event: ping\ndata: 1\n\nevent: endpoint\ndata: /m\n\n"] {
        let (sim, handle) = opening_with(event);
        sim.assert_failed(handle, TaskErrorCode::Http, &["HTTP 404", "tried too", "another event than its address"]);
        assert_eq!((sim.methods(), sim.aborted.len()), (vec!["initialize".into(), "GET".into()], 1), "{event}");
    }
}

#[test]
fn a_stream_that_names_no_address_is_given_up_after_thirty_seconds() {
    for opening in ["", ": hello\n\n", "event: endpoint\n\n", "event: endpoint\ndata: /messages\n"] {
        let (mut sim, handle) = opening_with(opening);
        sim.advance(29_800);
        assert!(sim.outcome(handle).is_none(), "{opening}");
        sim.advance(200);
        sim.assert_failed(handle, TaskErrorCode::Http, &["HTTP 404", "tried too", "no answer within 30 s"]);
        assert_eq!(sim.aborted.len(), 1);
        assert_eq!(sim.count("GET"), 1);
    }
    let mut sim = Sim::new(old(100).when("GET", |_| Some(Reply::never())));
    let handle = sim.await_call("render");
    sim.advance(30_000);
    sim.assert_failed(handle, TaskErrorCode::Http, &["HTTP 404", "tried too", "no answer within 30 s"]);
}

#[test]
fn a_stream_that_ends_before_it_has_named_the_address_gives_the_first_refusal() {
    for end in [End::Whole, End::Cut("network error")] {
        let reply = Reply::body(200, "text/event-stream", "").ending(end);
        let mut sim = Sim::new(old(100).when("GET", move |_| Some(reply.clone())));
        let handle = sim.await_call("render");
        sim.advance(60_000);
        sim.assert_failed(handle, TaskErrorCode::Http, &["HTTP 404", "tried too"]);
        assert_eq!(sim.methods(), ["initialize", "GET"]);
    }
}

// The address.

#[test]
fn the_address_may_be_relative_or_absolute() {
    for (named, url) in [
        ("/messages?session=#", MESSAGES),
        ("messages?session=#", MESSAGES),
        ("https://example.org/messages?session=#", MESSAGES),
        ("//example.org:443/messages?session=#", MESSAGES),
        ("?session=#", "https://example.org/mcp?session=1"),
    ] {
        let mut sim = old_with(|old| {
            old.opens_with = format!(": hello\r\nevent: endpoint\r\ndata: {named}\r\n\r\n");
            old.takes_at = url.into();
        });
        let handle = sim.await_call("render");
        sim.advance(1000);
        assert!(sim.outcome(handle).is_some(), "{named}: {:?}", sim.sent.last());
        assert_eq!(sim.last("tools/call").url, url);
    }
}

#[test]
fn the_address_may_come_in_pieces() {
    let pieces = Reply::body(200, "text/event-stream", "event: endpoint\r\ndata: /messages?session=1\r\n\r\n");
    let pieces = pieces.in_pieces(1).ending(End::Open);
    let mut sim = Sim::new(old(100).when("GET", move |_| Some(pieces.clone())));
    sim.call("render");
    sim.advance(100);
    assert_eq!((sim.last("initialize").url.as_str(), sim.count("initialize")), (MESSAGES, 2));
}

#[test]
fn nothing_is_sent_to_an_address_of_another_origin() {
    for named in [
        "https://evil.test/messages",
        "http://example.org/messages",
        "https://example.org:8443/messages",
        "//evil.test/messages",
        "https://example.org@evil.test/",
        "javascript:alert(1)",
        "data:application/json,{}",
        "https:/messages",
    ] {
        let (mut sim, handle) = opening_with(&format!("event: endpoint\ndata: {named}\n\n"));
        sim.assert_failed(
            handle,
            TaskErrorCode::Protocol,
            &["was not sent", "another origin", named, "nothing was sent there"],
        );
        assert_eq!((sim.methods(), sim.aborted.len()), (vec!["initialize".into(), "GET".into()], 1), "{named}");
        sim.advance(100_000);
        assert_eq!((sim.sent.len(), sim.client.poll_timeout()), (2, None));
    }
}

#[test]
fn nonsense_for_an_address_is_told() {
    for named in ["", " ", "\\\\evil.test\\", "/\\evil.test", "/\u{1}", "a\ndata: b"] {
        let (sim, handle) = opening_with(&format!("event: endpoint\ndata: {named}\n\n"));
        sim.assert_failed(handle, TaskErrorCode::Protocol, &["no address", "nothing was sent there"]);
        assert_eq!(sim.sent.len(), 2, "{named:?}");
    }
}

#[test]
fn a_second_address_is_ignored() {
    let event = "event: endpoint\ndata: /messages?session=#\n\n";
    let evil =
        "event: endpoint\ndata: https://evil.test/\n\nevent: endpoint\ndata: /other\n\nevent: endpoint\ndata:\n\n";
    let mut sim = old_with(|old| old.opens_with = format!("{event}{evil}"));
    sim.await_call("render");
    sim.advance(1000);
    let stream = sim.server.stream.unwrap();
    sim.chunk(stream, evil.as_bytes());
    let handle = sim.await_call("render");
    sim.advance(1000);
    assert!(sim.outcome(handle).is_some());
    assert!(sim.sent.iter().skip(2).all(|s| s.url == MESSAGES));
    assert!(sim.is_open(stream));
}

// What goes over it.

#[test]
fn calls_are_not_held_back_for_sockets_that_they_do_not_need() {
    let mut sim = Sim::new(old(10_000));
    let calls: Vec<u32> = (0..20).map(|_| sim.await_call("render")).collect();
    sim.advance(1000);
    assert_eq!(sim.count("tools/call"), 20);
    sim.advance(10_000);
    assert!(calls.iter().all(|&call| sim.outcome(call).is_some()));
}

#[test]
fn what_the_server_asks_is_answered_there_and_moot_when_the_stream_dies() {
    let mut sim = Sim::with_config(old(60_000), |config| config.input_handlers = [false, true, false]);
    sim.await_call("render");
    sim.advance(1000);
    assert_eq!(sim.last("initialize").param("capabilities"), &json!({ "sampling": {} }));
    for id in ["a", "b"] {
        sim.push(&json!({ "jsonrpc": "2.0", "id": id, "method": "sampling/createMessage", "params": {} }));
    }
    let asked = |sim: &Sim| -> Vec<u32> {
        let inputs = sim.outputs.iter().filter_map(|(_, output)| match output {
            Output::InputRequested { input, .. } => Some(*input),
            _ => None,
        });
        inputs.collect()
    };
    let [first, second] = asked(&sim)[..] else { panic!("{:?}", sim.outputs) };
    let answer = || InputAnswer::Result(r#"{"role":"assistant"}"#.into());
    sim.input(Input::Respond { input: first, answer: answer(), reply: 1 });
    sim.flush();
    assert_eq!((sim.last("response").url.as_str(), sim.last("response").id()), (MESSAGES, &json!("a")));
    assert!(sim.reply(1).unwrap().is_ok());
    sim.server.rules.push(Box::new(|_| Some(Reply::never())));
    sim.input(Input::Respond { input: second, answer: answer(), reply: 2 });
    sim.flush();
    assert!(sim.reply(2).is_none());
    sim.cut_stream(End::Whole);
    assert_says(sim.reply(2).unwrap().unwrap_err(), TaskErrorCode::Unsupported, &["no longer waits"]);
    assert_eq!(sim.pending().len(), 0);
}
