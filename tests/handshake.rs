//! The session: how it begins, what every request of it carries, and how it ends.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_tasks::client::{CallKind, Input, Output};
use mcp_tasks::task::{Interest, TaskErrorCode};
use mcp_tasks::wire::http::Method;
use serde_json::{Value, json};
use support::{End, FakeServer, Reply, Sim, Style, Tool, assert_says};

fn offer(version: &str) -> Value {
    json!({ "protocolVersion": version, "capabilities": {}, "serverInfo": { "name": "s", "version": "1" } })
}

#[test]
fn an_engine_that_is_asked_for_nothing_sends_nothing() {
    let mut sim = Sim::by_hand();
    sim.attach("t");
    sim.input(Input::Timeout);
    sim.advance(100_000);
    assert_eq!((sim.sent.len(), sim.client.poll_timeout()), (0, None));
}

#[test]
fn the_first_request_opens_the_session_in_the_applications_name() {
    let mut sim = Sim::by_hand();
    sim.call("render");
    let first = sim.pending_one("initialize");
    assert_eq!(
        (first.url.as_str(), first.http, first.keepalive),
        ("https://example.org/mcp?key=secret", Method::Post, false)
    );
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert_eq!(first.header("accept"), Some("application/json, text/event-stream"));
    assert_eq!((first.header("mcp-session-id"), first.header("mcp-protocol-version")), (None, None));
    assert_eq!(first.body["jsonrpc"], "2.0");
    assert_eq!(first.param("protocolVersion"), "2025-11-25");
    assert_eq!(first.param("clientInfo")["name"], "mcp-tasks");
    assert!(first.param("capabilities").is_object());
}

#[test]
fn nothing_is_sent_before_the_handshake_is_answered_to_its_end() {
    let mut sim = Sim::by_hand();
    sim.await_call("render");
    sim.await_known("t");
    sim.input(Input::List { kind: CallKind::Tool, reply: 1 });
    let first = sim.pending_one("initialize");
    sim.advance(5000);
    sim.answer(first.exchange, Reply::result(&first, &offer("2025-11-25")));
    let second = sim.pending_one("notifications/initialized");
    assert!(second.id().is_null());
    sim.advance(5000);
    sim.pending_one("notifications/initialized");
    sim.answer(second.exchange, Reply::accepted());
    let methods: Vec<String> = sim.pending().into_iter().map(|s| s.method).collect();
    assert!(methods.contains(&"tools/list".into()) && methods.contains(&"tasks/get".into()), "{methods:?}");
}

#[test]
fn every_later_request_carries_session_and_version() {
    let mut sim = Sim::new(FakeServer::streaming([Tool::new("render", 1500)]));
    let handle = sim.await_call("render");
    sim.advance(20_000);
    assert!(sim.outcome(handle).is_some());
    sim.input(Input::Close);
    assert_eq!(sim.server.violations, [""; 0]);
    assert!(sim.sent.len() > 5);
    for sent in sim.sent.iter().skip(1) {
        assert_eq!(sent.header("mcp-session-id"), Some("session-1"), "{}", sent.method);
        assert_eq!(sent.header("mcp-protocol-version"), Some("2025-11-25"), "{}", sent.method);
    }
    let get = sim.last("GET");
    assert_eq!((get.header("accept"), get.header("content-type")), (Some("text/event-stream"), None));
}

#[test]
fn a_server_without_sessions_is_sent_no_session_id() {
    let mut server = FakeServer::polled([Tool::new("render", 1500)]);
    server.session = None;
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(20_000);
    assert!(sim.outcome(handle).is_some());
    assert!(sim.sent.iter().all(|s| s.header("mcp-session-id").is_none()));
    sim.input(Input::Close);
    assert_eq!(sim.count("DELETE"), 0, "there is no session to end");
}

#[test]
fn an_older_revision_is_spoken_when_the_server_chooses_it() {
    for version in ["2025-06-18", "2025-03-26"] {
        let mut server = FakeServer::polled([Tool::new("render", 100)]);
        (server.version, server.capabilities) = (version, json!({ "tools": {} }));
        let mut sim = Sim::new(server);
        let handle = sim.await_call("render");
        sim.advance(1000);
        assert_eq!((sim.created(handle), sim.server.violations.len()), (Some(false), 0));
        assert!(sim.outcome(handle).is_some());
    }
}

#[test]
fn an_unknown_revision_is_not_supported() {
    let mut server = FakeServer::polled([Tool::new("render", 100)]);
    server.version = "2099-01-01";
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.input(Input::List { kind: CallKind::Tool, reply: 1 });
    sim.advance(1000);
    sim.assert_failed(
        handle,
        TaskErrorCode::Unsupported,
        &["calling tool render was not sent", "https://example.org/mcp", "2099-01-01"],
    );
    assert_says(sim.reply(1).unwrap().unwrap_err(), TaskErrorCode::Unsupported, &["2099-01-01"]);
    assert_eq!(sim.methods(), ["initialize"]);
}

#[test]
fn the_handshake_is_understood_as_json_and_as_an_event_stream() {
    for style in [Style::Json, Style::Events, Style::OpenEvents, Style::Pieces(3)] {
        let mut server = FakeServer::polled([Tool::new("render", 100)]);
        server.style = style;
        let mut sim = Sim::new(server);
        let handle = sim.await_call("render");
        sim.advance(3000);
        assert!(sim.outcome(handle).is_some(), "{style:?}");
        assert_eq!(sim.last("tools/call").header("mcp-session-id"), Some("session-1"), "{style:?}");
    }
}

#[test]
fn error_response_to_the_handshake_reaches_the_waiting_calls() {
    let server =
        FakeServer::polled([]).when("initialize", |sent| Some(Reply::error(sent, -32000, "closed on Sundays")));
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(100_000);
    sim.assert_failed(handle, TaskErrorCode::Rpc, &["was not sent", "-32000", "closed on Sundays"]);
    assert_eq!(sim.methods(), ["initialize"]);
}

#[test]
fn three_handshakes_that_find_no_server_fail_a_call_that_waits_and_the_next_call_tries_again() {
    let server = FakeServer::polled([Tool::new("render", 100)]).first(3, "initialize", Reply::refused());
    let mut sim = Sim::new(server);
    let first = sim.await_call("render");
    sim.advance(60_000);
    sim.assert_failed(first, TaskErrorCode::Network, &["calling tool render was not sent", "Failed to fetch"]);
    assert_eq!(sim.methods(), ["initialize"; 3]);
    let second = sim.await_call("render");
    sim.advance(60_000);
    assert!(sim.result(second)["content"].is_array());
    assert_eq!(sim.count("tools/call"), 1);
}

#[test]
fn handshakes_are_tried_again_after_growing_waits() {
    let mut sim = Sim::new(FakeServer::polled([]).when("initialize", |_| Some(Reply::status(503))));
    sim.await_known("t");
    sim.advance(600_000);
    let times = sim.times("initialize");
    let waits: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits[0] <= 1000 && waits.iter().all(|w| (250..=30_000).contains(w)), "{waits:?}");
    assert!(waits[waits.len() - 1] >= 15_000 && waits.len() < 50, "{waits:?}");
}

#[test]
fn a_task_that_runs_is_not_given_up_while_the_server_is_away() {
    let server =
        FakeServer::polled([]).with_task("t", 0, Tool::new("render", 1000)).first(8, "initialize", Reply::refused());
    let mut sim = Sim::new(server);
    let handle = sim.await_known("t");
    sim.advance(300_000);
    assert_eq!(sim.interruptions(handle).len(), 0);
    assert_eq!(sim.result(handle)["content"][0]["text"], "render");
}

#[test]
fn unauthorized_handshake_reports_the_challenge() {
    for status in [401, 403] {
        let refusal =
            Reply::status(status).with_head(|h| h.www_authenticate = Some("Bearer resource_metadata=\"u\"".into()));
        let mut sim = Sim::new(FakeServer::polled([]).when("initialize", move |_| Some(refusal.clone())));
        let call = sim.await_call("render");
        let known = sim.await_known("t");
        sim.advance(1000);
        sim.assert_failed(call, TaskErrorCode::AuthorizationRequired, &["was not sent", &status.to_string()]);
        let failure = sim.failure(call);
        assert_eq!(
            (failure.http_status, failure.challenge.as_deref()),
            (Some(status), Some("Bearer resource_metadata=\"u\""))
        );
        assert_says(sim.interruptions(known)[0], TaskErrorCode::AuthorizationRequired, &["connecting to"]);
        assert!(sim.outcome(known).is_none(), "the task itself goes on");
    }
}

#[test]
fn a_notification_that_is_refused_ends_the_handshake_badly() {
    let server =
        FakeServer::polled([]).when("notifications/initialized", |_| Some(Reply::body(400, "text/plain", "no")));
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(10_000);
    sim.assert_failed(handle, TaskErrorCode::Http, &["was not sent", "HTTP 400"]);
    assert_eq!(sim.count("tools/call"), 0);
}

#[test]
fn what_was_taken_stays_taken_when_the_rest_of_its_answer_breaks_off() {
    let broken = Reply::body(202, "text/plain", "Acc").ending(End::Cut("reset"));
    let server =
        FakeServer::polled([Tool::new("render", 100)]).when("notifications/initialized", move |_| Some(broken.clone()));
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(20_000);
    assert!(sim.result(handle)["content"].is_array());
    assert_eq!(sim.count("initialize"), 1);
}

#[test]
fn unanswered_handshake_times_out_after_thirty_seconds() {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 10)]).first(1, "initialize", Reply::never()));
    let handle = sim.await_call("render");
    sim.advance(29_999);
    assert_eq!((sim.count("initialize"), sim.aborted.len()), (1, 0));
    sim.advance(5000);
    assert_eq!((sim.count("initialize"), sim.aborted.len()), (2, 1));
    assert!(sim.outcome(handle).is_some());
}

#[test]
fn closing_deletes_the_session_and_fails_waiting_calls() {
    let mut sim = Sim::new(FakeServer::streaming([Tool::new("render", 60_000)]));
    let (watched, call) = (sim.await_call("render"), sim.call("render"));
    sim.advance(1500);
    sim.input(Input::Refresh { handle: call, reply: 1 });
    sim.server.rules.push(Box::new(|_| Some(Reply::never())));
    sim.cancel(call, 2);
    sim.input(Input::List { kind: CallKind::Tool, reply: 3 });
    let open: Vec<_> = sim.pending().iter().map(|s| s.exchange).collect();
    sim.input(Input::Close);
    for handle in [watched, call] {
        assert_says(sim.interruptions(handle)[0], TaskErrorCode::Closed, &["closed", "tasks go on"]);
    }
    assert!(sim.reply(1).is_some());
    for reply in [2, 3] {
        assert_says(sim.reply(reply).unwrap().unwrap_err(), TaskErrorCode::Closed, &[]);
    }
    let aborted: Vec<_> = sim.aborted.iter().map(|(_, exchange)| *exchange).collect();
    assert!(open.iter().all(|exchange| aborted.contains(exchange)));
    let goodbye = sim.pending_one("DELETE");
    assert_eq!((goodbye.keepalive, goodbye.header("mcp-session-id")), (true, Some("session-1")));
    sim.advance(100_000);
    assert_eq!((sim.client.poll_timeout(), sim.count("tasks/cancel")), (None, 1));
}

#[test]
fn a_closed_client_refuses_every_input() {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 60_000)]));
    sim.await_call("render");
    sim.advance(1500);
    sim.input(Input::Close);
    let (before, told) = (sim.sent.len(), sim.outputs.len());
    let call = sim.call("render");
    let known = sim.attach("t");
    sim.input(Input::Watch { handle: 99, interest: Interest::Result });
    sim.input(Input::Refresh { handle: 1, reply: 1 });
    sim.cancel(1, 2);
    sim.input(Input::List { kind: CallKind::Tool, reply: 3 });
    for handle in [call, known, 99] {
        assert_says(sim.interruptions(handle)[0], TaskErrorCode::Closed, &["nothing was sent"]);
    }
    for reply in [1, 2, 3] {
        assert_says(sim.reply(reply).unwrap().unwrap_err(), TaskErrorCode::Closed, &[]);
    }
    let told_then = sim.outputs.len();
    assert_eq!(told_then, told + 6);
    sim.input(Input::Close);
    sim.input(Input::Timeout);
    sim.input(Input::Forget { handle: 1 });
    sim.input(Input::Abandon { handle: 1 });
    sim.input(Input::End { exchange: 1 });
    assert_eq!((sim.sent.len(), sim.outputs.len()), (before, told_then));
}

#[test]
fn a_session_that_no_call_needs_is_not_opened_by_closing() {
    let mut sim = Sim::by_hand();
    sim.attach("t");
    sim.input(Input::Close);
    assert_eq!(sim.sent.len(), 0);
    assert!(matches!(sim.outputs[..], [(0, Output::Interrupted { .. })]));
}
