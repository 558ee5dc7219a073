//! Responses that came from elsewhere: the platform follows redirects, and the engine looks where they led.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_tasks::client::{CallKind, Input};
use mcp_tasks::task::FailureCode;
use support::{FakeServer, Reply, Sim, Tool, assert_says};

const EVIL: &str = "https://evil.test:8443/login?next=a-secret";
const WORDS: [&str; 2] = ["redirect to another origin, from which nothing was accepted", ": https://evil.test:8443"];

fn from(url: &'static str, reply: Reply) -> Reply {
    reply.with_head(|head| head.redirected_to = Some(url.into()))
}

/// A server whose answers to this method come from elsewhere.
fn straying(method: &'static str, url: &'static str) -> Sim {
    let mut elsewhere = FakeServer::streaming([Tool::new("render", 1500)]);
    elsewhere.session = None;
    let mut server = FakeServer::streaming([Tool::new("render", 1500)]);
    server.session = None;
    let server = server.when(method, move |sent| Some(from(url, elsewhere.serve(sent)?.1)));
    Sim::new(server)
}

#[test]
fn the_same_origin_is_as_good_as_the_endpoint() {
    for url in ["https://example.org/mcp/", "https://example.org:443/other?x", "https://EXAMPLE.org/"] {
        for method in ["initialize", "notifications/initialized", "tools/list", "tools/call"] {
            let mut sim = straying(method, url);
            let handle = sim.await_call("render");
            sim.advance(1000);
            assert_eq!((sim.created(handle), sim.warnings().len()), (Some(true), 0), "{method}");
        }
    }
}

#[test]
fn a_handshake_that_another_origin_answers_is_none() {
    for method in ["initialize", "notifications/initialized"] {
        let mut sim = straying(method, EVIL);
        let handle = sim.await_call("render");
        sim.advance(60_000);
        sim.assert_failed(handle, FailureCode::Protocol, &["was not sent", WORDS[0], WORDS[1]]);
        assert!(!sim.failure(handle).message.contains("a-secret"));
        assert_eq!((sim.last(method).at, sim.count(method), sim.aborted.len()), (0, 1, 1), "{method}");
    }
}

#[test]
fn an_answer_from_another_origin_is_not_believed() {
    let mut sim = straying("tools/call", EVIL);
    let handle = sim.await_call("render");
    sim.advance(60_000);
    sim.assert_failed(
        handle,
        FailureCode::Protocol,
        &["calling tool render", WORDS[0], WORDS[1], "was not sent again"],
    );
    assert_eq!((sim.created(handle), sim.count("tools/call"), sim.aborted.is_empty()), (None, 1, false));
    for url in
        ["http://example.org/mcp", "https://example.org:8443/mcp", "https://example.org.evil.test/", "blob:x", ""]
    {
        let mut sim = straying("tools/list", url);
        sim.input(Input::List { kind: CallKind::Tool, reply: 1 });
        sim.advance(60_000);
        assert_says(sim.reply(1).unwrap().unwrap_err(), FailureCode::Protocol, &[WORDS[0]]);
    }
}

#[test]
fn an_error_status_from_another_origin_counts_for_nothing() {
    for status in [401, 404, 503] {
        let reply = Reply::status(status).with_head(|h| h.www_authenticate = Some("Bearer".into()));
        let reply = from(EVIL, reply);
        let server = FakeServer::polled([]).when("initialize", move |_| Some(reply.clone()));
        let mut sim = Sim::new(server);
        let handle = sim.await_call("render");
        sim.advance(60_000);
        sim.assert_failed(handle, FailureCode::Protocol, &WORDS);
        assert_eq!((sim.failure(handle).challenge.as_deref(), sim.sent.len()), (None, 1));
    }
}

#[test]
fn a_poll_that_another_origin_answers_is_sent_again() {
    let mut times = 0;
    let server = FakeServer::polled([Tool::new("render", 3000)]).when("tasks/get", move |_| {
        times += 1;
        (times == 1).then(|| from(EVIL, Reply::body(200, "application/json", "{}")))
    });
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(60_000);
    assert!(sim.result(handle)["content"].is_array());
    assert!(sim.warnings()[0].contains(WORDS[0]), "{:?}", sim.warnings());
}

#[test]
fn a_stream_from_another_origin_is_not_listened_to() {
    let mut sim = straying("GET", EVIL);
    let handle = sim.await_call("render");
    sim.advance(60_000);
    assert!(sim.result(handle)["content"].is_array());
    assert!(sim.warnings()[0].contains(WORDS[0]) && sim.count("GET") == 1, "{:?}", sim.warnings());
}
