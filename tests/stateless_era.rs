//! Calls and tasks where every request stands alone and the server decides what becomes a task (2026-07-28 and its extension).
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{Call, CallKind, Input, Query, TaskMode};
use mcp_tasks::task::{Interest, TaskErrorCode};
use mcp_tasks::wire::snapshot::Status;
use serde_json::{Value, json};
use support::{End, Reply, Sim, assert_says, greeted, greeted_with, task};

fn tool(more: &Value) -> Value {
    let mut tool = json!({ "name": "render", "inputSchema": { "type": "object" } });
    for (name, value) in more.as_object().unwrap() {
        tool[name] = value.clone();
    }
    tool
}

fn call_with(sim: &mut Sim, kind: CallKind, arguments: &str) -> u32 {
    let handle = 500 + sim.sent.len() as u32;
    let mode = TaskMode::WhatIsOffered(Default::default());
    let call = Call { kind, name: "render".into(), arguments: arguments.into(), mode };
    sim.input(Input::Call { handle, call });
    sim.watch(handle);
    handle
}

#[test]
fn the_result_comes_with_the_state() {
    for result in [json!({ "content": [] }), json!({ "content": [], "resultType": "complete" })] {
        let mut sim = greeted();
        let handle = sim.running_alone("t");
        sim.polled("t", "completed", &json!({ "result": result }));
        assert_eq!(sim.result(handle), result);
        assert_eq!((sim.count("tasks/get"), sim.count("tasks/result")), (1, 0));
    }
    let mut sim = greeted();
    let handle = sim.running_alone("t");
    sim.polled(
        "t",
        "failed",
        &json!({ "error": { "code": -32603, "message": "ice", "data": [1] }, "statusMessage": "x" }),
    );
    let failure = sim.failure(handle);
    assert_says(failure, TaskErrorCode::TaskFailed, &["task t failed: ice"]);
    let rpc = failure.rpc.as_ref().unwrap();
    assert_eq!((rpc.code, rpc.data.as_deref()), (-32603, Some("[1]")));
}

#[test]
fn a_failure_that_says_no_more_has_the_status_words_and_an_end_without_its_result_is_asked_for_again() {
    let mut sim = greeted();
    let handle = sim.running_alone("t");
    sim.polled("t", "failed", &json!({ "statusMessage": "out of paper" }));
    sim.assert_failed(handle, TaskErrorCode::TaskFailed, &["out of paper"]);

    let second = sim.running_alone("u");
    for _ in 0..3 {
        sim.polled("u", "completed", &json!({}));
    }
    assert!(sim.outcome(second).is_none() && sim.warnings()[0].contains("without its result"), "{:?}", sim.warnings());
    sim.polled("u", "completed", &json!({ "result": { "content": [] } }));
    assert!(sim.outcome(second).is_some());
}

#[test]
fn a_task_that_has_ended_when_it_is_made_is_asked_for_its_result() {
    for status in ["completed", "failed"] {
        let mut sim = greeted();
        let handle = sim.await_call("render");
        sim.give("tools/call", &task("t", status, &json!({ "resultType": "task" })));
        let end = json!({ "result": { "content": [] }, "error": { "code": 1, "message": "no" } });
        sim.give("tasks/get", &task("t", status, &end));
        assert!(sim.outcome(handle).is_some());
    }
}

#[test]
fn f6_state_whose_result_is_too_long_settles_the_task_at_once() {
    let offer = json!([]);
    for status in ["working", "completed"] {
        let mut sim = greeted_with(&offer, |config| config.max_message_bytes = 2000);
        let handle = sim.await_call("render");
        sim.give("tools/call", &task("t", status, &json!({ "resultType": "task" })));
        sim.polled(
            "t",
            "completed",
            &json!({ "result": { "content": [{ "type": "text", "text": "x".repeat(2000) }] } }),
        );
        sim.assert_failed(
            handle,
            TaskErrorCode::Protocol,
            &["task t", "maxMessageBytes (2000 bytes)", "has ended", "not accepted"],
        );
        sim.advance(100_000);
        assert_eq!(sim.count("tasks/get"), 1);
    }
}

#[test]
fn poll_for_the_result_that_fails_is_sent_again() {
    for trouble in [Reply::refused(), Reply::status(503), Reply::body(200, "text/html", "<p>oops</p>")] {
        let mut sim = greeted();
        let handle = sim.await_call("render");
        sim.give("tools/call", &task("t", "completed", &json!({ "resultType": "task" })));
        let poll = sim.waiting("tasks/get");
        sim.answer(poll.exchange, trouble.clone());
        sim.polled("t", "completed", &json!({ "result": { "content": [] } }));
        assert!(sim.outcome(handle).is_some(), "{trouble:?}");
    }
}

#[test]
fn each_answer_tells_the_interval_anew() {
    let mut sim = greeted();
    sim.running_alone("t");
    for interval in [3000, 200, 1000] {
        sim.polled("t", "working", &json!({ "pollIntervalMs": interval }));
        let asked = sim.count("tasks/get");
        sim.advance(interval - 1);
        assert_eq!(sim.count("tasks/get"), asked, "{interval}");
        sim.advance(1);
        assert_eq!(sim.count("tasks/get"), asked + 1, "{interval}");
    }
}

#[test]
fn a_result_of_an_unknown_type_is_none() {
    let mut sim = greeted();
    let handle = sim.await_call("render");
    sim.give("tools/call", &json!({ "resultType": "surprise", "content": [] }));
    sim.assert_failed(
        handle,
        TaskErrorCode::Protocol,
        &["calling tool render", "a result of an unknown type: surprise"],
    );
    let handle = sim.await_call("render");
    sim.give("tools/call", &json!({ "content": [] }));
    assert_eq!(sim.result(handle), json!({ "content": [] }), "earlier servers name none");
}

#[test]
fn prompts_and_resources_are_no_tasks() {
    for (kind, method) in [(CallKind::Prompt, "prompts/get"), (CallKind::Resource, "resources/read")] {
        let mut sim = greeted();
        let handle = call_with(&mut sim, kind, "{}");
        let asked = sim.waiting(method);
        assert_eq!(asked.header("mcp-name"), Some("render"));
        assert!(asked.param("_meta")["io.modelcontextprotocol/clientCapabilities"].get("extensions").is_none());
        sim.give(method, &task("t", "working", &json!({ "resultType": "task" })));
        sim.assert_failed(handle, TaskErrorCode::Protocol, &["a task in answer to a call that may not be one"]);
        assert_eq!(sim.count("tasks/get"), 0);
    }
}

#[test]
fn a_lost_answer_is_asked_for_again_only_where_that_does_nothing_twice() {
    let hint = |hint: &str| tool(&json!({ "annotations": { hint: true } }));
    let cases = [
        (tool(&json!({})), CallKind::Tool, false),
        (hint("destructiveHint"), CallKind::Tool, false),
        (hint("idempotentHint"), CallKind::Tool, true),
        (hint("readOnlyHint"), CallKind::Tool, true),
        (tool(&json!({})), CallKind::Prompt, true),
        (tool(&json!({})), CallKind::Resource, true),
    ];
    for (tool, kind, again) in cases {
        let mut sim = greeted_with(&json!([tool]), |_| {});
        let handle = call_with(&mut sim, kind, "{}");
        let first = sim.pending().remove(0);
        let cut = Reply::body(200, "text/event-stream", ": wait\n\n").ending(End::Cut("connection lost"));
        sim.answer(first.exchange, cut);
        sim.advance(2000);
        if again {
            // No call is sent before the server has shown that it is there.
            sim.give(
                "server/discover",
                &json!({ "supportedVersions": ["2026-07-28"], "capabilities": {}, "resultType": "complete" }),
            );
        }
        let waiting = sim.pending();
        assert_eq!(waiting.len(), usize::from(again), "{tool}");
        if let [second] = waiting.as_slice() {
            assert_eq!((&second.method, second.param("name")), (&first.method, first.param("name")));
            assert_ne!(second.id(), first.id());
        } else {
            sim.assert_failed(handle, TaskErrorCode::Network, &["connection lost", "so it was not sent again"]);
        }
    }
}

#[test]
fn arguments_are_repeated_in_headers_as_the_tool_wants_it() {
    let property = |kind: &str, header: &str| json!({ "type": kind, "x-mcp-header": header });
    let deep = json!({ "type": "object", "properties": { "c": property("boolean", "Deep") } });
    let properties = json!({
        "a": property("string", "Region"), "n": property("integer", "N"), "b": deep, "free": { "type": "string" },
        "none": property("string", "None"), "data": { "type": "string", "default": { "x-mcp-header": "no schema" } },
    });
    let schema = json!({ "inputSchema": { "type": "object", "properties": properties } });
    let mut sim = greeted_with(&json!([tool(&schema)]), |_| {});
    assert_eq!(sim.warnings(), [""; 0]);
    call_with(&mut sim, CallKind::Tool, r#"{"a":"Zürich","n":42,"b":{"c":false},"free":"x","none":null}"#);
    let call = sim.waiting("tools/call");
    let mirrored: Vec<(&str, &str)> = call
        .headers
        .iter()
        .filter(|(name, _)| name.starts_with("Mcp-Param"))
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let wanted = [("Mcp-Param-Region", "=?base64?WsO8cmljaA==?="), ("Mcp-Param-N", "42"), ("Mcp-Param-Deep", "false")];
    for header in wanted {
        assert!(mirrored.contains(&header), "{header:?} is not in {mirrored:?}");
    }
    assert_eq!(mirrored.len(), wanted.len(), "{mirrored:?}");
}

#[test]
fn a_tool_whose_headers_break_a_rule_is_neither_listed_nor_called() {
    let on = |schema: Value| json!({ "properties": { "a": schema } });
    let twice = json!({ "properties": {
        "a": { "type": "string", "x-mcp-header": "R" }, "b": { "type": "string", "x-mcp-header": "r" },
    } });
    let broken = [
        on(json!({ "type": "number", "x-mcp-header": "N" })),
        on(json!({ "type": "object", "x-mcp-header": "N" })),
        on(json!({ "x-mcp-header": "N" })),
        on(json!({ "type": "string", "x-mcp-header": "" })),
        on(json!({ "type": "string", "x-mcp-header": "a b" })),
        on(json!({ "type": "string", "x-mcp-header": "ä" })),
        on(json!({ "type": "string", "x-mcp-header": 7 })),
        on(json!({ "type": "string", "x-mcp-header": null })),
        on(json!({ "type": "array", "items": { "type": "string", "x-mcp-header": "N" } })),
        json!({ "x-mcp-header": "N" }),
        twice,
    ];
    for schema in broken {
        let good = json!({ "name": "good", "inputSchema": {} });
        let mut sim = greeted_with(&json!([tool(&json!({ "inputSchema": schema })), good]), |_| {});
        let listed: Value = serde_json::from_str(sim.reply(1000).unwrap().unwrap()).unwrap();
        assert_eq!(listed, json!([good]), "{schema}");
        assert!(
            sim.warnings()[0].starts_with("bad-tool: left a tool out of the list: render: x-mcp-header"),
            "{schema}"
        );
        let handle = call_with(&mut sim, CallKind::Tool, "{}");
        sim.assert_failed(
            handle,
            TaskErrorCode::Unsupported,
            &["calling tool render", "x-mcp-header", "it was not sent"],
        );
    }
}

#[test]
fn every_tool_that_is_left_out_is_told() {
    let bad = |name: &str| json!({ "name": name, "inputSchema": { "x-mcp-header": "N" } });
    let sim = greeted_with(&json!([bad("a"), { "name": "good" }, bad("b")]), |_| {});
    let told: Vec<String> = sim.warnings().iter().map(|w| w.chars().take(40).collect()).collect();
    assert_eq!(told, ["bad-tool: left a tool out of the list: a", "bad-tool: left a tool out of the list: b"]);
}

#[test]
fn a_server_that_misses_a_header_is_listed_again_and_called_once_more() {
    let old = tool(&json!({}));
    let new = tool(&json!({ "inputSchema": { "properties": { "a": { "type": "string", "x-mcp-header": "A" } } } }));
    let mut sim = greeted_with(&json!([old]), |_| {});
    let handle = call_with(&mut sim, CallKind::Tool, r#"{"a":"b"}"#);
    sim.refuse("tools/call", 400, -32020, &json!(null));
    sim.give("tools/list", &json!({ "tools": [new] }));
    let again = sim.waiting("tools/call");
    assert_eq!(again.header("mcp-param-a"), Some("b"));
    sim.refuse("tools/call", 400, -32020, &json!(null));
    sim.assert_failed(handle, TaskErrorCode::Rpc, &["-32020"]);
    assert_eq!(sim.count("tools/call"), 2);
}

#[test]
fn what_the_client_would_have_to_declare_is_said_in_words() {
    let cases = [
        (json!({ "elicitation": {} }), "onElicitation"),
        (json!({ "sampling": {} }), "onSampling"),
        (json!({ "roots": {} }), "onListRoots"),
        (json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } }), "it has to be a task"),
    ];
    for (required, words) in cases {
        let mut sim = greeted_with(&json!([]), |_| {});
        let handle = sim.call_as("render", TaskMode::Never);
        sim.watch(handle);
        sim.refuse("tools/call", 400, -32021, &json!({ "requiredCapabilities": required }));
        sim.assert_failed(handle, TaskErrorCode::Unsupported, &["calling tool render", words, "it was not executed"]);
        assert_eq!(sim.failure(handle).rpc.as_ref().map(|e| e.code), Some(-32021));
    }
}

#[test]
fn a_cancellation_is_a_request_and_its_receipt_is_no_end() {
    let mut sim = greeted();
    let handle = sim.running_alone("t");
    sim.cancel(handle, 1);
    let cancel = sim.waiting("tasks/cancel");
    assert_eq!((cancel.param("taskId"), cancel.header("mcp-name")), (&json!("t"), Some("t")));
    sim.give("tasks/cancel", &json!({ "resultType": "complete" }));
    assert!(sim.reply(1).is_none() && sim.outcome(handle).is_none(), "F15: the status shows what came of it");
    sim.give("tasks/get", &task("t", "completed", &json!({ "result": { "content": [] } })));
    assert!(sim.reply(1).unwrap().is_ok());
    assert_eq!(sim.statuses(handle), [Status::Working, Status::Completed]);
    assert!(!sim.methods().iter().any(|method| method.starts_with("notifications/")));
}

#[test]
fn tasks_without_a_handle_are_asked_about_in_the_same_words() {
    let mut sim = greeted();
    let ask = |sim: &mut Sim, reply, query| sim.input(Input::Query { reply, query });
    ask(&mut sim, 1, Query::TaskResult("t".into()));
    sim.give("tasks/get", &task("t", "working", &json!({})));
    assert_says(
        sim.reply(1).unwrap().unwrap_err(),
        TaskErrorCode::Unsupported,
        &["there is none, the task is working"],
    );
    ask(&mut sim, 2, Query::TaskResult("t".into()));
    sim.give("tasks/get", &task("t", "failed", &json!({ "error": { "code": 7, "message": "ice" } })));
    assert_says(sim.reply(2).unwrap().unwrap_err(), TaskErrorCode::Rpc, &["error 7: ice"]);
    ask(&mut sim, 3, Query::TaskResult("t".into()));
    sim.give("tasks/get", &task("t", "completed", &json!({ "result": { "content": [1] } })));
    assert_eq!(sim.reply(3).unwrap().unwrap(), r#"{"content":[1]}"#);
    ask(&mut sim, 4, Query::CancelTask("t".into()));
    sim.give("tasks/cancel", &json!({ "resultType": "complete" }));
    sim.give("tasks/get", &task("t", "cancelled", &json!({})));
    assert!(sim.reply(4).unwrap().unwrap().contains(r#""status":"cancelled""#));
    ask(&mut sim, 5, Query::GetTask("t".into()));
    sim.refuse("tasks/get", 400, -32602, &json!(null));
    assert_says(sim.reply(5).unwrap().unwrap_err(), TaskErrorCode::TaskExpired, &["does not know task t"]);
    ask(&mut sim, 6, Query::Ping);
    sim.give("server/discover", &json!({}));
    assert_eq!(sim.reply(6).unwrap().unwrap(), "null");
}

#[test]
fn a_server_that_is_gone_for_longer_than_it_keeps_a_task_is_given_up() {
    let mut sim = greeted();
    let handle = sim.running_alone("t");
    sim.polled("t", "working", &json!({ "ttlMs": 120_000 }));
    let heard = sim.now;
    let gone = |sim: &mut Sim, ms: u64| {
        for _ in 0..ms / 500 {
            for waiting in sim.pending() {
                sim.answer(waiting.exchange, Reply::refused());
            }
            sim.advance(500);
        }
    };
    gone(&mut sim, 120_000);
    assert!(sim.outcome(handle).is_none(), "it may be there yet");
    gone(&mut sim, 45_000);
    assert!(sim.outcome(handle).is_none(), "the network may have been what was gone");
    gone(&mut sim, 60_000);
    sim.assert_failed(handle, TaskErrorCode::TaskExpired, &["task t", "no longer than it said"]);
    assert!(sim.settled_at(handle).unwrap() >= heard + 180_000);
}

#[test]
fn a_device_that_wakes_up_without_a_network_gives_nothing_up() {
    let mut sim = greeted();
    let handle = sim.running_alone("t");
    sim.input(Input::Watch { handle, interest: Interest::Status });
    sim.polled("t", "working", &json!({ "ttlMs": 1000 }));
    // Longer asleep than the server keeps it: what counts is what it says now.
    sim.now += 3_600_000;
    sim.input(Input::Timeout);
    for waiting in sim.pending() {
        sim.answer(waiting.exchange, Reply::refused());
    }
    sim.advance(5000);
    sim.polled("t", "completed", &json!({ "result": { "content": [] } }));
    assert_eq!(sim.result(handle), json!({ "content": [] }));
}
