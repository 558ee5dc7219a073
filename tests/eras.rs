//! Which of its dialects a server speaks: how that is found out, remembered and found out again (2026-07-28, Versioning:
//! "Backward Compatibility"), and that no word of one reaches a server of the other.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{Config, Era, Input, Output, Query};
use mcp_tasks::task::TaskErrorCode;
use serde_json::{Value, json};
use support::{End, FakeServer, Reply, Sent, Sim, Tool};

/// An engine that knows nothing of its server, and whose requests the test answers.
fn detecting() -> Sim {
    with(|_| {})
}

fn with(change: impl FnOnce(&mut Config)) -> Sim {
    let mut sim = Sim::by_hand_with(|config| {
        config.era = None;
        change(config);
    });
    sim.await_call("render");
    sim
}

fn discovered(versions: &[&str]) -> Value {
    json!({ "supportedVersions": versions, "capabilities": { "tools": {} }, "resultType": "complete", "ttlMs": 0 })
}

fn refusal(status: u16, to: &Sent, code: i64, data: &Value) -> Reply {
    let error = json!({ "code": code, "message": "no", "data": data });
    let body = json!({ "jsonrpc": "2.0", "id": to.id(), "error": error });
    Reply::body(status, "application/json", &body.to_string())
}

/// Answers the first request and gives the methods of those that wait then.
fn after(reply: impl FnOnce(&Sent) -> Reply) -> (Sim, Vec<String>) {
    let mut sim = detecting();
    let probe = sim.pending_one("server/discover");
    sim.answer(probe.exchange, reply(&probe));
    let methods = sim.pending().into_iter().map(|sent| sent.method).collect();
    (sim, methods)
}

fn spoken(sim: &Sim) -> Vec<Era> {
    sim.outputs.iter().filter_map(|(_, o)| if let Output::Speaks(era) = o { Some(*era) } else { None }).collect()
}

#[test]
fn the_first_request_stands_alone_and_says_all_that_its_revision_wants() {
    let sim = detecting();
    let probe = sim.pending_one("server/discover");
    assert_eq!(probe.header("mcp-protocol-version"), Some("2026-07-28"));
    assert_eq!(probe.header("mcp-method"), Some("server/discover"));
    assert_eq!((probe.header("mcp-name"), probe.header("mcp-session-id")), (None, None));
    let meta = &probe.param("_meta");
    assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    assert_eq!(meta["io.modelcontextprotocol/clientInfo"]["name"], "mcp-tasks");
    let extensions = &meta["io.modelcontextprotocol/clientCapabilities"]["extensions"];
    assert_eq!(extensions, &json!({ "io.modelcontextprotocol/tasks": {} }));
}

#[test]
fn a_server_that_knows_the_newest_is_spoken_to_in_it() {
    let (sim, methods) = after(|probe| Reply::result(probe, &discovered(&["2025-11-25", "2026-07-28"])));
    assert_eq!(methods, ["tools/list"]);
    assert_eq!(spoken(&sim), [Era::Stateless]);
    let list = sim.pending_one("tools/list");
    assert_eq!(
        (list.header("mcp-protocol-version"), list.header("mcp-method")),
        (Some("2026-07-28"), Some("tools/list"))
    );
}

#[test]
fn whatever_else_is_answered_the_handshake_is_tried() {
    type Answer = fn(&Sent) -> Reply;
    let answers: [(&str, Answer); 14] = [
        ("an empty result", |p| Reply::result(p, &json!({}))),
        ("other versions only", |p| Reply::result(p, &discovered(&["2025-11-25"]))),
        ("no version that is known", |p| Reply::result(p, &discovered(&["2099-01-01"]))),
        ("a method that is not known", |p| Reply::error(p, -32601, "Method not found")),
        ("the same with its status", |p| refusal(404, p, -32601, &json!(null))),
        ("no session", |p| refusal(400, p, -32000, &json!(null))),
        ("no such session", |p| refusal(404, p, -32001, &json!(null))),
        ("the revisions of the handshake", |p| refusal(400, p, -32022, &json!({ "supported": ["2025-11-25"] }))),
        ("parameters that it cannot read", |p| refusal(400, p, -32602, &json!(null))),
        ("400 and no more", |_| Reply::status(400)),
        ("404 and a page", |_| Reply::body(404, "text/html", "<h1>nothing here</h1>")),
        ("405", |_| Reply::status(405)),
        ("a page", |_| Reply::body(200, "text/html", "<h1>welcome</h1>")),
        ("what a page sees where a header is not allowed", |_| Reply::refused()),
    ];
    for (what, answer) in answers {
        let (sim, methods) = after(answer);
        assert_eq!(methods, ["initialize"], "{what}");
        let first = sim.pending_one("initialize");
        assert_eq!((first.header("mcp-protocol-version"), first.header("mcp-method")), (None, None), "{what}");
        assert_eq!(
            (first.param("protocolVersion"), first.param("_meta")),
            (&json!("2025-11-25"), &Value::Null),
            "{what}"
        );
    }
}

#[test]
fn refused_or_failed_handshake_does_not_decide_the_era() {
    for status in [401, 403] {
        let (sim, methods) = after(|_| Reply::status(status));
        assert!(methods.is_empty(), "{status}: {methods:?}");
        sim.assert_failed(1, TaskErrorCode::AuthorizationRequired, &["connecting to https://example.org/mcp"]);
    }
    for status in [408, 429, 500, 503] {
        let (mut sim, methods) = after(|_| Reply::status(status));
        assert!(methods.is_empty(), "{status}: {methods:?}");
        sim.advance(2000);
        sim.pending_one("server/discover");
    }
    let (mut sim, _) = after(|_| Reply::never());
    sim.advance(33_000);
    sim.pending_one("server/discover");
    assert_eq!(sim.count("initialize"), 0, "a server that is slow is none of the older kind");
    // What is not allowed in is not let in by another door.
    let missing = json!({ "requiredCapabilities": { "sampling": {} } });
    for (code, data) in [(-32020, json!(null)), (-32021, missing), (-32022, json!({ "supported": ["2099-01-01"] }))] {
        let (sim, methods) = after(|p| refusal(400, p, code, &data));
        assert!(methods.is_empty(), "{code}: {methods:?}");
        sim.assert_failed(1, TaskErrorCode::Rpc, &[&code.to_string()]);
    }
}

#[test]
fn a_server_that_corrects_what_was_right_is_asked_once_more_and_no_more() {
    // Checklist H2.15.
    let correct =
        |p: &Sent| refusal(400, p, -32022, &json!({ "supported": ["2026-07-28"], "requested": "2026-07-28" }));
    let (mut sim, methods) = after(correct);
    assert_eq!(methods, ["server/discover"]);
    let again = sim.pending_one("server/discover");
    assert_ne!(again.id(), sim.sent[0].id());
    sim.answer(again.exchange, correct(&again));
    assert!(sim.pending().is_empty());
    sim.assert_failed(1, TaskErrorCode::Rpc, &["-32022"]);
}

#[test]
fn a_dialect_that_is_pinned_is_the_only_one_that_is_tried() {
    let mut sim = with(|config| config.era = Some(Era::Handshake));
    sim.pending_one("initialize");
    let mut sim2 = with(|config| config.era = Some(Era::Stateless));
    let probe = sim2.pending_one("server/discover");
    sim2.answer(probe.exchange, Reply::error(&probe, -32601, "Method not found"));
    sim2.assert_failed(1, TaskErrorCode::Unsupported, &["does not speak MCP 2026-07-28", "was not sent"]);
    assert_eq!((sim2.count("initialize"), sim.count("server/discover")), (0, 0));
    let mut sim3 = with(|config| config.era = Some(Era::Stateless));
    let probe = sim3.pending_one("server/discover");
    sim3.answer(probe.exchange, Reply::result(&probe, &discovered(&["2026-07-28"])));
    assert!(spoken(&sim3).is_empty(), "what one is told to speak is not remembered for others");
    sim.input(Input::Close);
}

#[test]
fn what_was_spoken_earlier_is_spoken_at_once() {
    let sim = with(|config| config.spoken = Some(Era::Handshake));
    assert_eq!(sim.methods(), ["initialize"]);
    let mut sim = with(|config| config.spoken = Some(Era::Stateless));
    let probe = sim.pending_one("server/discover");
    sim.answer(probe.exchange, Reply::result(&probe, &discovered(&["2026-07-28"])));
    assert!(spoken(&sim).is_empty(), "that is known already");
}

#[test]
fn what_was_spoken_earlier_is_found_out_again_when_it_fails() {
    let mut sim = with(|config| config.spoken = Some(Era::Handshake));
    let first = sim.pending_one("initialize");
    sim.answer(first.exchange, refusal(400, &first, -32022, &json!({ "supported": ["2026-07-28"] })));
    let probe = sim.pending_one("server/discover");
    sim.answer(probe.exchange, Reply::result(&probe, &discovered(&["2026-07-28"])));
    assert_eq!(spoken(&sim), [Era::Stateless]);

    let mut sim = with(|config| config.spoken = Some(Era::Stateless));
    let probe = sim.pending_one("server/discover");
    sim.answer(probe.exchange, Reply::status(404));
    sim.pending_one("initialize");
}

#[test]
fn an_answer_from_another_origin_says_nothing_of_the_dialect() {
    for spoken in [None, Some(Era::Handshake), Some(Era::Stateless)] {
        let mut sim = with(|config| config.spoken = spoken);
        let first = sim.pending().remove(0);
        let elsewhere = Reply::result(&first, &json!({})).with_head(|head| {
            head.redirected_to = Some("https://evil.test/".into());
        });
        sim.answer(first.exchange, elsewhere);
        sim.assert_failed(1, TaskErrorCode::Protocol, &["another origin"]);
        assert_eq!(sim.sent.len(), 1, "{spoken:?}");
    }
}

#[test]
fn a_server_that_is_down_is_not_taken_for_an_old_one() {
    let mut sim = with(|config| config.spoken = Some(Era::Stateless));
    let probe = sim.pending_one("server/discover");
    sim.answer(probe.exchange, Reply::refused());
    sim.advance(1000);
    sim.pending_one("server/discover");
    assert_eq!(sim.count("initialize"), 0);
}

#[test]
fn a_server_that_is_replaced_by_an_older_one_is_greeted_anew() {
    let (mut sim, _) = after(|probe| Reply::result(probe, &discovered(&["2026-07-28"])));
    let list = sim.pending_one("tools/list");
    sim.answer(list.exchange, Reply::result(&list, &json!({ "tools": [] })));
    let call = sim.pending_one("tools/call");
    sim.answer(call.exchange, refusal(400, &call, -32000, &json!(null)));
    let probe = sim.pending_one("server/discover");
    sim.answer(probe.exchange, Reply::error(&probe, -32601, "Method not found"));
    sim.pending_one("initialize");
    assert!(sim.outcome(1).is_none(), "the call was not looked at, so it is sent in the new session");
}

#[test]
fn an_error_of_its_own_is_an_answer_and_no_loss() {
    for (status, code) in [(400, -32602), (404, -32601), (400, -32021), (500, -32603)] {
        let (mut sim, _) = after(|probe| Reply::result(probe, &discovered(&["2026-07-28"])));
        let list = sim.pending_one("tools/list");
        sim.answer(list.exchange, Reply::result(&list, &json!({ "tools": [] })));
        let call = sim.pending_one("tools/call");
        sim.answer(call.exchange, refusal(status, &call, code, &json!(null)));
        sim.assert_failed(1, TaskErrorCode::Rpc, &["calling tool render", &code.to_string(), "no"]);
        assert_eq!(sim.count("server/discover"), 1);
    }
}

#[test]
fn nothing_of_the_newest_reaches_a_server_of_sessions() {
    let mut sim = Sim::with_config(FakeServer::streaming([Tool::new("render", 1500)]), |config| config.era = None);
    let handle = sim.await_call("render");
    sim.advance(20_000);
    assert!(sim.outcome(handle).is_some());
    sim.input(Input::Close);
    assert_eq!(sim.methods().iter().filter(|m| *m == "server/discover").count(), 1);
    for sent in sim.sent.iter().skip(1) {
        let own = sent.headers.iter().filter(|(name, _)| name.to_ascii_lowercase().starts_with("mcp-m"));
        assert_eq!(own.count(), 0, "{sent:?}");
        assert!(!sent.body.to_string().contains("io.modelcontextprotocol/client"), "{sent:?}");
    }
    assert_eq!(spoken(&sim), [Era::Handshake]);
}

#[test]
fn nothing_of_sessions_reaches_a_server_of_the_newest() {
    // Checklist H2.1, H2.17.
    let (mut sim, _) = after(|probe| {
        // Some put every client into a session, whatever it speaks.
        Reply::result(probe, &discovered(&["2026-07-28"])).with_head(|head| head.session_id = Some("s1".into()))
    });
    sim.input(Input::Query { reply: 1, query: Query::Ping });
    sim.input(Input::Query { reply: 2, query: Query::ListTasks(None) });
    assert_eq!(sim.reply(2).unwrap().unwrap(), r#"{"tasks":[]}"#, "nobody lists them there, so nobody is asked");
    let list = sim.last("tools/list").clone();
    // A stream that breaks off is not taken up again, whatever it numbers.
    let text = Reply::body(200, "text/event-stream", "id: 7\ndata:\n\n").ending(End::Cut("connection lost"));
    sim.answer(list.exchange, text);
    sim.advance(3000);
    // What a server asks of its own accord is nothing that could be answered.
    for request in sim.pending() {
        let ask = json!({ "jsonrpc": "2.0", "id": 0, "method": "elicitation/create", "params": {} });
        sim.answer(request.exchange, Reply::events(&[ask]).ending(End::Open));
    }
    sim.input(Input::Close);
    for sent in &sim.sent {
        assert_eq!((sent.header("mcp-session-id"), sent.header("last-event-id")), (None, None), "{sent:?}");
        assert!(!sent.is("GET") && !sent.is("DELETE") && !sent.is("response"), "{sent:?}");
        assert!(!sent.is("initialize") && !sent.is("ping") && !sent.method.starts_with("notifications/"), "{sent:?}");
    }
}

#[test]
fn ping_is_answered_only_by_a_complete_result() {
    // Checklist E3, E14.
    for (kind, is_taken) in
        [(json!("complete"), true), (json!(null), true), (json!("task"), false), (json!("?"), false)]
    {
        let (mut sim, _) = after(|probe| Reply::result(probe, &discovered(&["2026-07-28"])));
        sim.input(Input::Query { reply: 1, query: Query::Ping });
        let ping = sim.last("server/discover").clone();
        sim.answer(
            ping.exchange,
            Reply::result(&ping, &json!({ "resultType": kind, "taskId": "trap", "status": "working" })),
        );
        assert_eq!(sim.reply(1).unwrap().is_ok(), is_taken, "{kind}");
        assert_eq!(sim.count("tasks/get"), 0);
    }
}
