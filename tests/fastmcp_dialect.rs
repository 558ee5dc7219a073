//! FastMCP's ways: tasks created and declared where the specification does not look, results in a wrapping; and what a
//! server tells beside the statuses.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{Client, Output};
use mcp_tasks::wire::snapshot::Status;
use serde_json::{Value, json};
use support::{FakeServer, Reply, Sent, Sim, Tool, note};

fn render() -> Tool {
    Tool::new("render", 10_000)
}

/// Deviation 1: an empty result whose metadata names the task.
fn stub(sent: &Sent, more: Value) -> Reply {
    let mut task = json!({ "taskId": "old-1" });
    task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let meta = json!({ "modelcontextprotocol.io/task": task });
    Reply::result(sent, &json!({ "content": [], "isError": false, "_meta": meta }))
}

fn is_wrapped(sim: &Sim, handle: u32) -> bool {
    let settled = sim.outputs.iter().find_map(|(_, output)| match output {
        Output::Settled { handle: h, is_wrapped, .. } if *h == handle => Some(*is_wrapped),
        _ => None,
    });
    settled.unwrap()
}

#[test]
fn an_empty_result_whose_metadata_names_a_task_is_a_task() {
    let server = FakeServer::polled([render()])
        .with_task("old-1", 0, render())
        .when("tools/call", |sent| Some(stub(sent, json!({}))));
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(1000);
    assert_eq!((sim.created(handle), sim.count("tasks/get")), (Some(true), 1), "nothing but the name was told");
    sim.advance(20_000);
    assert_eq!(sim.statuses(handle), [Status::Working, Status::Completed]);
    assert_eq!(sim.result(handle)["content"][0]["text"], "render");
    assert_eq!(sim.warnings(), [""; 0], "that is how it is done there");
}

#[test]
fn a_task_that_was_declined_is_an_answer_at_once() {
    let server = FakeServer::polled([render()])
        .when("tools/call", |sent| Some(stub(sent, json!({ "returned_immediately": true }))));
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(20_000);
    assert_eq!((sim.created(handle), sim.count("tasks/get")), (Some(false), 0));
    assert_eq!(sim.result(handle)["content"], json!([]));
}

#[test]
fn tasks_that_are_declared_as_an_experiment_are_offered() {
    // Deviation 8.
    let mut server = FakeServer::polled([render()]);
    let tasks = json!({ "cancel": {}, "requests": { "tools": { "call": {} } } });
    server.capabilities = json!({ "tools": {}, "experimental": { "tasks": tasks } });
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(500);
    assert_eq!((sim.last("tools/call").param("task"), sim.created(handle)), (&json!({}), Some(true)));
    sim.cancel(handle, 1);
    sim.flush();
    assert_eq!(sim.count("tasks/cancel"), 1);
}

#[test]
fn a_declaration_where_it_belongs_counts_more_than_an_experiment() {
    let mut server = FakeServer::polled([render()]);
    let tasks = json!({ "cancel": {}, "requests": { "tools": { "call": {} } } });
    server.capabilities = json!({ "tools": {}, "tasks": {}, "experimental": { "tasks": tasks } });
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(20_000);
    assert_eq!((sim.last("tools/call").param("task"), sim.created(handle)), (&Value::Null, Some(false)));
}

#[test]
fn a_result_is_unwrapped_where_its_metadata_or_the_tools_schema_says_so() {
    // Deviation 21.
    let marked =
        json!({ "content": [], "structuredContent": { "result": 5 }, "_meta": { "fastmcp": { "wrap_result": true } } });
    let plain = json!({ "content": [], "structuredContent": { "result": 5 } });
    for (result, schema, wrapped) in [
        (&marked, json!({}), true),
        (&plain, json!({ "x-fastmcp-wrap-result": true }), true),
        (&plain, json!({}), false),
        (&plain, json!({ "x-fastmcp-wrap-result": false }), false),
    ] {
        for support in [None, Some("required")] {
            let tool = render().support(support).ending(support::Ends::Completed(result.clone()));
            let (schema, word) = (schema.clone(), support.unwrap_or("forbidden"));
            let server = FakeServer::polled([tool]).when("tools/list", move |sent| {
                let tool = json!({ "name": "render", "outputSchema": schema, "execution": { "taskSupport": word } });
                Some(Reply::result(sent, &json!({ "tools": [tool] })))
            });
            let mut sim = Sim::new(server);
            let handle = sim.await_call("render");
            sim.advance(20_000);
            assert_eq!(&sim.result(handle), result, "as the server sent it");
            assert_eq!(is_wrapped(&sim, handle), wrapped, "{result} {support:?}");
        }
    }
}

/// What was told of the progress, in order.
fn progress(sim: &Sim) -> Vec<(u32, Value)> {
    let told = sim.outputs.iter().filter_map(|(_, output)| match output {
        Output::Progress { handle, json } => Some((*handle, serde_json::from_str(json).unwrap())),
        _ => None,
    });
    told.collect()
}

fn step(token: &Value, n: u32) -> Value {
    note(
        "notifications/progress",
        json!({ "progressToken": token, "progress": n, "total": 3, "message": "step", "x": 1 }),
    )
}

#[test]
fn progress_finds_its_call_by_the_token_as_long_as_the_task_lives() {
    let mut sim = Sim::new(FakeServer::streaming([render(), Tool::new("other", 10_000)]));
    let (first, second) = (sim.await_call("render"), sim.await_call("other"));
    sim.advance(500);
    let calls: Vec<Sent> = sim.sent.iter().filter(|sent| sent.is("tools/call")).cloned().collect();
    let tokens: Vec<&Value> = calls.iter().map(|call| &call.param("_meta")["progressToken"]).collect();
    assert_ne!(tokens[0], tokens[1]);
    sim.push(&step(tokens[1], 1));
    sim.push(&step(tokens[0], 2));
    let said = |n: u32| json!({ "progress": n, "total": 3, "message": "step" });
    assert_eq!(progress(&sim), [(second, said(1)), (first, said(2))]);
    sim.advance(20_000);
    assert!(sim.outcome(first).is_some());
    sim.push(&step(tokens[0], 3));
    assert_eq!(progress(&sim).len(), 2, "what has ended makes no progress");
}

#[test]
fn progress_on_the_stream_of_a_plain_call_is_told_before_its_result() {
    let server = FakeServer::polled([render().support(None)]).when("tools/call", |sent| {
        let token = sent.param("_meta")["progressToken"].clone();
        let result = json!({ "jsonrpc": "2.0", "id": sent.id(), "result": { "content": [] } });
        Some(Reply::events(&[step(&token, 1), result]))
    });
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(1000);
    assert!(sim.outcome(handle).is_some());
    assert_eq!(progress(&sim).len(), 1);
}

#[test]
fn progress_with_an_unknown_token_is_ignored() {
    let mut sim = Sim::new(FakeServer::streaming([render()]));
    sim.await_call("render");
    sim.advance(500);
    let mine = sim.last("tools/call").param("_meta")["progressToken"].as_u64().unwrap();
    for token in [json!(0), json!(mine + 1), json!(mine - 1), json!(u64::MAX), json!("x"), json!(null), json!(-1)] {
        sim.push(&step(&token, 1));
    }
    sim.push(&note("notifications/progress", json!({ "progressToken": mine })));
    sim.push(&note("notifications/progress", json!(7)));
    assert_eq!((progress(&sim), sim.warnings()), (vec![], vec![]));
}

#[test]
fn two_clients_of_one_server_name_their_calls_differently() {
    let token = |seed| {
        let mut sim = Sim::new(FakeServer::polled([render()]));
        let mut config = mcp_tasks::client::Config::new("https://example.org/mcp");
        config.era = Some(mcp_tasks::client::Era::Handshake);
        sim.client = Client::new(config, seed);
        sim.await_call("render");
        sim.advance(500);
        sim.last("tools/call").param("_meta")["progressToken"].clone()
    };
    assert_ne!(token(1), token(1_000_000));
    assert!(token(u64::MAX).as_u64().unwrap() < 1 << 31, "whatever number type the server has");
}

/// What was told that the engine has no use for.
fn notified(sim: &Sim) -> Vec<(String, Value)> {
    let told = sim.outputs.iter().filter_map(|(_, output)| match output {
        Output::Notified { method, params } => Some((method.clone(), serde_json::from_str(params).unwrap())),
        _ => None,
    });
    told.collect()
}

#[test]
fn other_notifications_are_emitted_if_wanted() {
    for wanted in [false, true] {
        let server = FakeServer::streaming([render()]);
        let mut sim = Sim::with_config(server, |config| config.notifications = wanted);
        let (_, id) = sim.running("render");
        let message = json!({ "level": "info", "data": "hello" });
        sim.push(&note("notifications/message", message.clone()));
        sim.push(&json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" }));
        // These have a use.
        sim.tell_status(&id);
        sim.push(&step(&sim.last("tools/call").param("_meta")["progressToken"].clone(), 1));
        sim.push(&note("notifications/cancelled", json!({ "requestId": 9 })));
        let all =
            [("notifications/message".to_owned(), message), ("notifications/tools/list_changed".to_owned(), json!({}))];
        assert_eq!(notified(&sim), if wanted { all.to_vec() } else { vec![] });
        assert_eq!(sim.warnings(), [""; 0]);
    }
}

#[test]
fn where_every_task_is_watched_none_needs_a_watcher() {
    for all in [false, true] {
        let mut sim = Sim::with_config(FakeServer::polled([render()]).with_task("t", 0, render()), |config| {
            config.watch_all = all;
        });
        let (called, attached) = (sim.call("render"), sim.attach("t"));
        sim.advance(20_000);
        let told = if all { vec![Status::Working, Status::Completed] } else { vec![] };
        assert_eq!(sim.statuses(attached), told);
        assert_eq!(sim.statuses(called).last() == Some(&Status::Completed), all);
        assert_eq!(sim.count("tasks/result"), 0, "nobody wants the result");
        let polls = sim.count("tasks/get");
        sim.advance(60_000);
        assert_eq!(sim.count("tasks/get"), polls, "what has ended is not asked after");
    }
}

#[test]
fn f17_a_tool_that_a_proxy_refuses_to_run_as_a_task_is_called_plainly_once_and_from_then_on() {
    let server = FakeServer::polled([render()]).when("tools/call", |sent| {
        let is_task = sent.param("task").is_object();
        let text = if is_task { "Tool 'render' does not support task-augmented execution" } else { "rendered" };
        Some(Reply::result(sent, &json!({ "content": [{ "type": "text", "text": text }], "isError": is_task })))
    });
    let mut sim = Sim::new(server);
    for calls in [2, 3] {
        let handle = sim.await_call("render");
        sim.advance(1000);
        assert_eq!(sim.result(handle)["content"][0]["text"], "rendered");
        assert_eq!(sim.count("tools/call"), calls, "the refusal is remembered");
    }
    assert_eq!(sim.created(1), Some(false));
}
