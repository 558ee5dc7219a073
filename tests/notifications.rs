//! What servers notify: early, twice, late, of nobody's business, and about something else altogether.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_tasks::wire::http::Method;
use mcp_tasks::wire::snapshot::Status;
use serde_json::{Value, json};
use support::{End, FakeServer, Reply, Sim, Style, Tool, iso};

fn told(params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status", "params": params })
}

/// A task that runs for ten minutes, watched, with the stream open.
fn running() -> (Sim, u32) {
    let mut sim = Sim::new(FakeServer::streaming([]).with_task("t", 0, Tool::new("render", 600_000)));
    let handle = sim.await_known("t");
    sim.advance(100);
    assert_eq!(sim.story(handle), ["working"]);
    assert!(sim.server.stream.is_some());
    (sim, handle)
}

fn state(status: &str, message: &str, at: u64) -> Value {
    json!({ "taskId": "t", "status": status, "statusMessage": message, "createdAt": iso(0), "lastUpdatedAt": iso(at), "ttl": null })
}

#[test]
fn notifications_before_the_call_response_are_replayed_in_order() {
    // Deviations 4 and 38.
    let tool = Tool::new("render", 60_000).saying(&[(50, "first"), (100, "second"), (150, "third")]);
    let mut sim = Sim::new(FakeServer::streaming([tool]));
    sim.flush();
    let handle = sim.await_call("render");
    // All of the handshake is instantaneous; the answer to the call alone is late.
    sim.server.latency = 0;
    sim.server.rules.clear();
    sim.flush();
    assert_eq!(sim.created(handle), Some(true));
    sim.advance(200);
    assert_eq!(sim.story(handle), ["working", "first", "second", "third"], "in time");

    let tool = Tool::new("render", 60_000).saying(&[(50, "first"), (100, "second"), (150, "third")]);
    let mut late = FakeServer::streaming([tool]);
    late.latency = 200;
    let mut sim = Sim::new(late);
    let handle = sim.await_call("render");
    let call = loop {
        sim.advance(1);
        if let Some(call) = sim.times("tools/call").first() {
            break *call;
        }
    };
    sim.advance(call + 199 - sim.now);
    assert_eq!((sim.created(handle), sim.story(handle)), (None, vec![]), "the answer is still on its way");
    sim.advance(1);
    assert_eq!(sim.created(handle), Some(true));
    assert_eq!(sim.story(handle), ["working", "first", "second", "third"], "early");
    assert_eq!(sim.count("tasks/get"), 0);
}

#[test]
fn a_task_that_ends_before_it_is_named_settles_without_a_poll() {
    let mut server = FakeServer::streaming([Tool::new("render", 100).saying(&[(50, "half")])]);
    server.latency = 200;
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(5000);
    assert_eq!(sim.story(handle), ["working", "half", "completed"]);
    assert_eq!(sim.result(handle)["content"][0]["text"], "render");
    assert_eq!(sim.count("tasks/get"), 0);
}

#[test]
fn early_notifications_find_their_own_task_among_several() {
    let tools = ["a", "b", "c"].map(|name| Tool::new(name, 60_000).saying(&[(20, name)]));
    let mut server = FakeServer::streaming(tools);
    server.latency = 100;
    let mut sim = Sim::new(server);
    let handles = ["a", "b", "c"].map(|name| sim.await_call(name));
    sim.advance(2000);
    for (handle, name) in handles.into_iter().zip(["a", "b", "c"]) {
        assert_eq!(sim.story(handle), ["working", name]);
    }
}

#[test]
fn duplicates_are_told_once() {
    // Deviation 10.
    let mut server = FakeServer::streaming([Tool::new("render", 3000).saying(&[(1000, "one"), (2000, "two")])]);
    server.copies = 3;
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(10_000);
    assert_eq!(sim.story(handle), ["working", "one", "two", "completed"]);
    assert_eq!(sim.count("tasks/result"), 1);
}

#[test]
fn older_status_never_overwrites_a_newer_one() {
    let mut server = FakeServer::streaming([Tool::new("render", 3000).saying(&[(1000, "one"), (2000, "two")])]);
    server.reordered = true;
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(10_000);
    assert_eq!(sim.story(handle), ["working", "one", "two", "completed"]);
    assert!(sim.outcome(handle).is_some());
}

#[test]
fn a_stale_working_does_not_hide_that_input_is_required() {
    // Deviation 10.
    let (mut sim, handle) = running();
    sim.push(&told(&state("input_required", "name?", 5000)));
    sim.push(&told(&state("working", "before", 4999)));
    assert_eq!(sim.statuses(handle), [Status::Working, Status::InputRequired]);
    sim.push(&told(&state("working", "after", 5000)));
    assert_eq!(sim.story(handle), ["working", "name?", "after"], "equal times: the later message counts");
}

#[test]
fn times_with_other_zones_and_fractions_are_compared_as_times() {
    let (mut sim, handle) = running();
    let mut at = |time: &str, message: &str| {
        let mut state = state("working", message, 0);
        state["lastUpdatedAt"] = json!(time);
        sim.push(&told(&state));
    };
    at("2026-11-02T12:00:00.5Z", "new");
    at("2026-11-02T12:30:00+01:00", "older: 11:30 in UTC");
    at("2026-11-02T12:00:00.499999Z", "older by a microsecond");
    at("2026-11-02T12:00:00.50", "the same");
    at("yesterday", "no time at all: believed");
    assert_eq!(sim.story(handle), ["working", "new", "the same", "no time at all: believed"]);
}

#[test]
fn an_end_is_final() {
    let mut sim = Sim::new(FakeServer::streaming([]).with_task("t", 0, Tool::new("render", 600_000)));
    let handle = sim.attach("t");
    sim.watch_status(handle);
    sim.advance(100);
    sim.push(&told(&state("completed", "done", 1000)));
    sim.push(&told(&state("working", "no", 2000)));
    sim.push(&told(&state("failed", "no", 3000)));
    sim.advance(60_000);
    assert_eq!(sim.story(handle), ["working", "done"]);
}

#[test]
fn an_end_is_believed_even_when_its_clock_is_behind() {
    let (mut sim, handle) = running();
    sim.push(&told(&state("working", "half", 5000)));
    sim.push(&told(&state("cancelled", "by hand", 4000)));
    assert_eq!(sim.story(handle), ["working", "half", "by hand"]);
    assert!(sim.outcome(handle).is_some());
}

#[test]
fn an_end_that_is_notified_has_its_result_fetched_at_once() {
    let mut sim = Sim::new(FakeServer::streaming([Tool::new("render", 2500)]));
    let handle = sim.await_call("render");
    sim.advance(10_000);
    assert_eq!(sim.settled_at(handle), Some(2500));
    assert_eq!(sim.count("tasks/get"), 0);
}

#[test]
fn notifications_about_strangers_are_kept_within_bounds() {
    let server = FakeServer::streaming([Tool::new("render", 600_000)]).when("tools/call", |sent| {
        Some(Reply::result(sent, &json!({ "task": state("working", "named", 1) })).after(500))
    });
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(100);
    sim.push(&told(&state("working", "first of thousands", 2)));
    for n in 0..5000 {
        let mut stranger = state("working", "x", 3);
        stranger["taskId"] = json!(format!("stranger-{n}"));
        sim.push(&told(&stranger));
    }
    sim.push(&told(&state("working", "last of thousands", 4)));
    sim.advance(1000);
    assert_eq!(sim.story(handle), ["named", "last of thousands"]);
}

#[test]
fn notifications_about_strangers_are_not_kept_when_nothing_is_being_created() {
    let (mut sim, _) = running();
    for n in 0..100 {
        let mut stranger = state("working", "x", n);
        stranger["taskId"] = json!("new");
        sim.push(&told(&stranger));
    }
    let handle = sim.attach("new");
    assert_eq!(sim.story(handle), [""; 0]);
}

#[test]
fn a_name_that_once_expired_can_be_given_again() {
    let named = || json!({ "taskId": "again", "status": "working", "ttl": null });
    let server = FakeServer::streaming([Tool::new("render", 600_000)])
        .when("tools/call", move |sent| Some(Reply::result(sent, &json!({ "task": named() })).after(500)));
    let mut sim = Sim::new(server);
    let expired = sim.await_known("again");
    sim.advance(100);
    assert!(sim.outcome(expired).is_some(), "the server does not know it");
    let handle = sim.await_call("render");
    sim.advance(100);
    let mut early = named();
    early["statusMessage"] = json!("early");
    sim.push(&told(&early));
    sim.advance(1000);
    assert_eq!(sim.story(handle), ["working", "early"]);
}

#[test]
fn a_notification_that_names_no_interval_keeps_the_one_that_is_known() {
    // Deviation 6.
    let mut sim = Sim::new(FakeServer::streaming([Tool::new("render", 600_000)]).every(json!(4000)));
    let handle = sim.await_call("render");
    sim.advance(100);
    let id = sim.snapshots(handle)[0].task_id.clone();
    sim.push(&told(&json!({ "taskId": id, "status": "working", "statusMessage": "on" })));
    assert_eq!(sim.snapshots(handle)[1].poll_interval_ms, Some(4000));
    sim.server.offers_stream = false;
    sim.cut_stream(End::Cut("gone"));
    sim.advance(9000);
    assert_eq!(sim.times("tasks/get"), [4100, 8100]);
}

#[test]
fn both_names_of_the_notification_are_understood() {
    let (mut sim, handle) = running();
    sim.push(&json!({ "method": "notifications/tasks/status", "params": state("working", "old name", 1000) }));
    sim.push(&json!({ "method": "notifications/tasks", "params": state("working", "new name", 2000) }));
    // As PHP writes it.
    sim.push_text(
        &json!({ "method": "M", "params": state("working", "escaped", 3000) })
            .to_string()
            .replace("\"M\"", r#""notifications\/tasks\/status""#),
    );
    assert_eq!(sim.story(handle), ["working", "old name", "new name", "escaped"]);
}

#[test]
fn metadata_beside_the_parameters_is_tolerated() {
    // Deviation 11: `_meta` at the top level, and the order of the keys.
    let (mut sim, handle) = running();
    let params = state("working", "on", 1000);
    sim.push_text(&format!(
        r#"{{"method":"notifications/tasks/status","_meta":{{"io.modelcontextprotocol/related-task":{{"taskId":"other"}}}},"params":{params},"jsonrpc":"2.0"}}"#
    ));
    assert_eq!(sim.story(handle), ["working", "on"]);
    assert_eq!(sim.warnings(), [""; 0]);
}

#[test]
fn a_batch_is_read_in_order() {
    let (mut sim, handle) = running();
    sim.push(&json!([told(&state("working", "a", 1000)), told(&state("working", "b", 2000))]));
    assert_eq!(sim.story(handle), ["working", "a", "b"]);
}

#[test]
fn a_notification_in_pieces_is_one_notification() {
    let (mut sim, handle) = running();
    let stream = sim.server.stream.unwrap();
    let text =
        format!(": ping\r\n\r\nevent: message\r\nid: 1\r\ndata: {}\r\n\r\n", told(&state("working", "näh", 1000)));
    for byte in text.as_bytes() {
        sim.chunk(stream, &[*byte]);
    }
    assert_eq!(sim.story(handle), ["working", "näh"]);
}

#[test]
fn a_notification_on_the_stream_of_an_answer_counts_too() {
    let server = FakeServer::polled([]).with_task("t", 0, Tool::new("render", 600_000)).when("tasks/get", |sent| {
        let answer = json!({ "jsonrpc": "2.0", "id": sent.id(), "result": state("working", "answered", 1000) });
        Some(Reply::events(&[
            told(&state("working", "told before", 500)),
            answer,
            told(&state("completed", "told after", 2000)),
        ]))
    });
    let mut sim = Sim::new(server);
    let handle = sim.attach("t");
    sim.watch_status(handle);
    sim.flush();
    assert_eq!(sim.story(handle), ["told before", "answered", "told after"]);
}

#[test]
fn a_notification_that_cannot_be_read_is_named_and_does_no_harm() {
    let (mut sim, handle) = running();
    sim.push_text("{\"method\":\"notifications/tasks/status\"}");
    sim.push(&told(&json!({ "taskId": "t", "status": "paused" })));
    sim.push(&told(&json!({ "status": "working" })));
    sim.push_text("<html>");
    sim.push(&told(&state("working", "on", 1000)));
    assert_eq!(sim.story(handle), ["working", "on"]);
    let warnings = sim.warnings();
    for (warning, word) in
        warnings.iter().zip(["without parameters", "unknown status: paused", "without a task id", "<html>"])
    {
        assert!(warning.contains(word), "{warning}");
    }
    assert_eq!(warnings.len(), 4, "{warnings:?}");
}

#[test]
fn other_notifications_are_ignored() {
    let (mut sim, handle) = running();
    sim.push(&json!({ "method": "notifications/progress", "params": { "progressToken": 1, "progress": 1 } }));
    sim.push(&json!({ "method": "notifications/message" }));
    sim.push(&json!({ "method": "notifications/elicitation/complete", "params": { "elicitationId": "x" } }));
    assert_eq!((sim.story(handle), sim.warnings()), (vec!["working".into()], vec![]));
    assert_eq!(sim.count("response"), 0);
}

#[test]
fn a_ping_is_answered_whatever_its_id() {
    let (mut sim, _) = running();
    for id in [json!(0), json!(7), json!("a-\"b\""), json!(-1)] {
        sim.push(&json!({ "jsonrpc": "2.0", "id": id, "method": "ping" }));
        let answer = sim.last("response");
        assert_eq!(answer.body, json!({ "jsonrpc": "2.0", "id": id, "result": {} }));
        assert!(answer.is_http(Method::Post) && answer.header("mcp-session-id").is_some());
    }
    assert_eq!(sim.count("response"), 4);
}

#[test]
fn unhandled_request_is_refused_by_its_method() {
    let (mut sim, _) = running();
    sim.push(&json!({ "jsonrpc": "2.0", "id": 0, "method": "elicitation/create", "params": {} }));
    let answer = &sim.last("response").body;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(0), &json!(-32601)));
    assert!(answer["error"]["message"].as_str().unwrap().contains("elicitation/create"));
}

#[test]
fn a_ping_on_the_stream_of_an_answer_is_answered_and_the_answer_still_counts() {
    let server = FakeServer::polled([]).with_task("t", 0, Tool::new("render", 600_000)).when("tasks/get", |sent| {
        let answer = json!({ "id": sent.id(), "result": state("working", "answered", 1000) });
        Some(Reply::events(&[json!({ "id": sent.id(), "method": "ping" }), answer]))
    });
    let mut sim = Sim::new(server);
    let handle = sim.await_known("t");
    sim.flush();
    assert_eq!(sim.story(handle), ["answered"], "the server's ids are not ours");
    assert_eq!(sim.count("response"), 1);
}

#[test]
fn answers_in_every_dress_are_understood() {
    for style in [Style::Json, Style::Events, Style::OpenEvents, Style::Pieces(1), Style::Pieces(7)] {
        let mut server = FakeServer::polled([Tool::new("render", 2500).saying(&[(1500, "half")])]);
        server.style = style;
        let mut sim = Sim::new(server);
        let handle = sim.await_call("render");
        sim.advance(10_000);
        assert_eq!(sim.story(handle), ["working", "half", "completed"], "{style:?}");
        assert_eq!(sim.result(handle)["content"][0]["text"], "render", "{style:?}");
        assert_eq!(sim.warnings(), [""; 0], "{style:?}");
    }
}

#[test]
fn an_end_that_is_pushed_does_not_wait_for_a_question_that_hangs() {
    let mut server = FakeServer::streaming([]).with_task("t", 0, Tool::new("render", 5000));
    server.interval = Box::new(|_| json!(1000));
    let server = server.when("tasks/get", |sent| (sent.at >= 1000).then(Reply::never));
    let mut sim = Sim::new(server);
    let handle = sim.await_known("t");
    sim.advance(5000);
    assert_eq!(sim.pending().last().unwrap().body["method"], "tasks/get", "it hangs");
    sim.push(&json!({ "method": "notifications/tasks/status", "params": { "taskId": "t", "status": "completed" } }));
    sim.advance(1000);
    assert!(sim.outcome(handle).is_some(), "{:?}", sim.methods());
    sim.advance(120_000);
    assert_eq!(sim.count("tasks/result"), 1);
}
