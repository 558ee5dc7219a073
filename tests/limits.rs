//! The limits of what one server may use up: bytes, responses, input requests, header parameters, ids and batches.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{CallKind, Input};
use mcp_tasks::task::TaskErrorCode;
use serde_json::{Value, json};
use support::{FakeServer, Reply, Sim, Tool, assert_says, greeted, greeted_with, note, question, task};

fn ping(id: usize) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "ping" })
}

/// A session with a stream, and a call that is under way.
fn streaming() -> Sim {
    let mut sim = Sim::serving(FakeServer::streaming([Tool::new("render", 600_000)]));
    sim.running("render");
    sim
}

/// H1: a list whose pages are large in total.
#[test]
fn a_list_that_exceeds_the_held_bytes_is_refused() {
    let mut sim = greeted_with(&json!([]), |config| config.limits.held_bytes = 100_000);
    sim.input(Input::List { kind: CallKind::Prompt, reply: 7 });
    let mut pages = 0;
    while sim.reply(7).is_none() {
        pages += 1;
        let prompts = json!([{ "name": "p", "description": "x".repeat(20_000) }]);
        sim.give(
            "prompts/list",
            &json!({ "prompts": prompts, "nextCursor": pages.to_string(), "resultType": "complete" }),
        );
    }
    let failure = sim.reply(7).unwrap().unwrap_err();
    assert_says(failure, TaskErrorCode::Protocol, &["listing the prompts", "maxHeldBytes", "100000"]);
    // Pages count twice, because they are joined in the end: what arrives after the third is refused.
    assert_eq!(pages, 4);
}

/// H1: bodies that arrive in pieces at the same time.
#[test]
fn unfinished_bodies_count_in_total() {
    let mut sim = Sim::by_hand_with(|config| {
        config.era = Some(mcp_tasks::client::Era::Stateless);
        config.limits.held_bytes = 100_000;
    });
    sim.input(Input::List { kind: CallKind::Tool, reply: 1000 });
    sim.give(
        "server/discover",
        &json!({ "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} }, "resultType": "complete" }),
    );
    sim.give("tools/list", &json!({ "tools": [], "resultType": "complete" }));
    let handles: Vec<_> = (0..4).map(|_| sim.await_call("render")).collect();
    let calls: Vec<_> = sim.pending().into_iter().filter(|sent| sent.is("tools/call")).collect();
    assert_eq!(calls.len(), 4);
    for call in &calls {
        sim.answer(call.exchange, Reply::body(200, "application/json", &"[".repeat(30_000)).ending(support::End::Open));
    }
    let failures: Vec<_> =
        handles.iter().filter(|handle| sim.outcome(**handle).is_some()).map(|handle| sim.failure(*handle)).collect();
    assert_eq!(failures.len(), 1, "three bodies of 30,000 bytes fit");
    assert_says(failures[0], TaskErrorCode::Protocol, &["maxHeldBytes", "100000"]);
    assert_eq!(sim.aborted.len(), 1);
}

/// H1: open input requests hold a quarter of the bytes; small messages get through.
#[test]
fn input_requests_beyond_a_quarter_of_the_held_bytes_are_refused() {
    let mut sim = Sim::with_config(FakeServer::streaming([Tool::new("render", 5000)]), |config| {
        config.input_handlers = [true; 3];
        config.limits.held_bytes = 100_000;
    });
    let (handle, _) = sim.running("render");
    for n in 0..4 {
        sim.push(&question(n, &"x".repeat(10_000)));
    }
    sim.flush();
    assert_eq!(sim.asked().len(), 2);
    let refused: Vec<_> = sim.answers().iter().map(|answer| answer["error"]["code"].clone()).collect();
    assert_eq!(refused, [-32603, -32603]);
    sim.advance(20_000);
    assert!(sim.result(handle)["content"].is_array());
}

/// H1: the statuses of live tasks hold a quarter of the bytes; a longer message is discarded.
#[test]
fn status_messages_beyond_a_quarter_of_the_held_bytes_are_discarded() {
    let mut sim = greeted_with(&json!([]), |config| config.limits.held_bytes = 100_000);
    let message = "x".repeat(15_000);
    for id in ["a", "b"] {
        sim.await_call("render");
        sim.give("tools/call", &task(id, "working", &json!({ "resultType": "task", "statusMessage": message })));
    }
    let messages = |sim: &Sim, handle| sim.snapshots(handle)[0].status_message.is_some();
    assert_eq!((messages(&sim, 1), messages(&sim, 2)), (true, false));
    assert!(sim.warnings()[0].contains("status message of 15000 bytes"), "{:?}", sim.warnings());
    assert!(sim.warnings()[0].contains("maxHeldBytes (100000)"), "{:?}", sim.warnings());
}

/// H2: a flood of requests that the engine answers itself.
#[test]
fn responses_in_flight_and_queued_responses_are_bounded() {
    let mut sim = streaming();
    sim.server.latency = 1_000_000;
    for n in 0..10_000 {
        sim.push(&ping(n));
    }
    assert_eq!(sim.answers().len(), 8, "responses in flight");
    let warnings: Vec<_> = sim.warnings().into_iter().filter(|w| w.starts_with("responses-discarded")).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("maxQueuedResponses (256)"), "{warnings:?}");
    // The queue is sent as responses are taken, in order.
    for _ in 0..1000 {
        let Some(response) = sim.pending().into_iter().find(|sent| sent.is("response")) else { break };
        sim.answer(response.exchange, Reply::accepted());
    }
    let ids: Vec<_> = sim.answers().iter().map(|body| body["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (0..8 + 256).collect::<Vec<u64>>());
}

/// H2: answers of the application, too, are sent a few at a time.
#[test]
fn answers_to_input_requests_are_sent_a_few_at_a_time() {
    let mut sim = streaming();
    sim.server.latency = 1_000_000;
    for n in 0..100 {
        sim.push(&question(n, "Which?"));
        sim.respond(n + 1, n + 1);
    }
    assert_eq!(sim.answers().len(), 8);
}

/// H2: one JSON batch of many requests is processed in one turn.
#[test]
fn a_batch_beyond_the_limit_is_refused_as_a_whole() {
    let mut sim = streaming();
    let batch: Vec<Value> = (0..1001).map(ping).collect();
    sim.push(&json!(batch));
    assert!(sim.answers().is_empty());
    let warning = sim.warnings().pop().unwrap();
    assert!(warning.contains("a batch of 1001 messages, more than maxBatchMessages (1000)"), "{warning}");
    sim.push(&json!((0..20).map(ping).collect::<Vec<Value>>()));
    sim.flush();
    assert_eq!(sim.answers().len(), 20);
}

fn requests(count: usize, method: &str) -> Value {
    let params = json!({ "mode": "form", "message": "?", "requestedSchema": { "type": "object", "properties": {} } });
    let request = json!({ "method": method, "params": params });
    Value::Object((0..count).map(|n| (n.to_string(), request.clone())).collect())
}

/// H4: input requests in answer to a call.
#[test]
fn a_call_answered_with_too_many_input_requests_fails() {
    let mut sim = greeted();
    let handle = sim.await_call("render");
    let asks = json!({ "resultType": "input_required", "inputRequests": requests(257, "elicitation/create") });
    sim.give("tools/call", &asks);
    sim.assert_failed(
        handle,
        TaskErrorCode::Protocol,
        &["257 input requests", "maxInputRequests (256)", "not sent again"],
    );
    assert!(sim.asked().is_empty());
}

/// M4: input requests in the status of a task.
#[test]
fn a_task_with_too_many_input_requests_rejects_once_and_shows_none() {
    for method in ["elicitation/create", "unknown/method"] {
        let mut sim = greeted();
        let handle = sim.running_alone("t");
        sim.polled("t", "input_required", &json!({ "inputRequests": requests(100_000, method) }));
        let interrupted = sim.interruptions(handle);
        assert_eq!(interrupted.len(), 1);
        assert_says(interrupted[0], TaskErrorCode::Protocol, &["100000 input requests", "maxInputRequests (256)"]);
        assert!(sim.asked().is_empty());
    }
}

/// M4: requests that the client has no handler for reject the promises of the task once.
#[test]
fn input_requests_without_a_handler_reject_once() {
    let mut sim = greeted();
    let handle = sim.running_alone("t");
    sim.polled("t", "input_required", &json!({ "inputRequests": requests(200, "unknown/method") }));
    let interrupted = sim.interruptions(handle);
    assert_eq!(interrupted.len(), 1);
    assert_says(interrupted[0], TaskErrorCode::Unsupported, &["requests unknown/method", "no handler"]);
}

/// M3: annotations of one tool.
#[test]
fn a_tool_with_too_many_header_parameters_is_left_out() {
    let properties = |count: usize| {
        let named = |n| (format!("a{n}"), json!({ "type": "string", "x-mcp-header": format!("H{n}") }));
        json!({ "name": format!("tool-{count}"), "inputSchema": { "properties": Value::Object((0..count).map(named).collect()) } })
    };
    let sim = greeted_with(&json!([properties(256), properties(257), properties(20_000)]), |_| {});
    let listed: Value = serde_json::from_str(sim.reply(1000).unwrap().unwrap()).unwrap();
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["tool-256"]);
    assert!(sim.warnings()[0].contains("more arguments with x-mcp-header than maxHeaderParams (256)"));
}

/// L2: messages that are not accepted, each with a warning.
#[test]
fn warnings_of_one_kind_end_with_a_notice() {
    let mut sim = streaming();
    for _ in 0..10_000 {
        sim.push(&json!({ "no": "message" }));
    }
    let warnings = sim.warnings();
    assert_eq!(warnings.len(), 101);
    assert!(warnings[100].contains("further ones of this client are discarded"), "{}", warnings[100]);
}

/// L4: a task id may be a secret.
#[test]
fn a_warning_about_a_status_does_not_contain_the_task_id() {
    let mut sim = streaming();
    let id = "secret-task-id-0123456789";
    for params in
        [json!({ "taskId": id }), json!({ "taskId": id, "status": 7 }), json!({ "taskId": id, "status": "x" })]
    {
        sim.push(&note("notifications/tasks/status", params));
    }
    let warnings = sim.warnings();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(warnings.iter().all(|warning| !warning.contains("0123456789")), "{warnings:?}");
}

/// L9: what is wrong with valid JSON that is nested too deep.
#[test]
fn json_that_is_nested_too_deep_is_reported_as_that() {
    let mut sim = streaming();
    let deep = format!(r#"{{"jsonrpc":"2.0","method":"x","params":{{"a":{}{}}}}}"#, "[".repeat(200), "]".repeat(200));
    sim.push_text(&deep);
    let warning = sim.warnings().pop().unwrap();
    assert!(warning.contains("JSON that is nested more than 127 levels deep"), "{warning}");
}

/// L10: a task id of 1 MB would have to be sent in a header.
#[test]
fn a_task_id_beyond_the_limit_is_refused() {
    let mut sim = greeted();
    let handle = sim.await_call("render");
    let long = "t".repeat(1_000_000);
    sim.give("tools/call", &task(&long, "working", &json!({ "resultType": "task" })));
    sim.assert_failed(handle, TaskErrorCode::Protocol, &["a task id of 1000000 bytes", "maxIdLength (1024)"]);
    let attached = sim.await_known(&long);
    sim.assert_failed(attached, TaskErrorCode::Protocol, &["maxIdLength (1024)", "nothing was sent"]);
    sim.advance(10_000);
    assert!(!sim.methods().contains(&"tasks/get".to_owned()), "{:?}", sim.methods());
}

/// L10: the id of a request of the server, and the key of an input request.
#[test]
fn ids_of_requests_and_keys_beyond_the_limit_are_refused() {
    let mut sim = streaming();
    sim.push(&question("i".repeat(2000), "Which?"));
    assert!(sim.asked().is_empty());
    assert!(sim.warnings()[0].contains("longer than maxIdLength (1024)"));
    let mut sim = greeted();
    let handle = sim.running_alone("t");
    let mut asked = requests(1, "elicitation/create");
    let request = asked["0"].take();
    asked = json!({ "k".repeat(2000): request });
    sim.polled("t", "input_required", &json!({ "inputRequests": asked }));
    assert_says(sim.interruptions(handle)[0], TaskErrorCode::Protocol, &["key is longer than maxIdLength (1024)"]);
}
