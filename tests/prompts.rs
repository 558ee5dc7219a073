//! Prompts and resources: by a task where the server offers that (FastMCP's extension), plainly where it does not, and
//! plainly after all where one of them may not be a task (deviation 3).
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::{
    client::{Call, CallKind, Handle, Input},
    task::{Outcome, TaskErrorCode},
};
use serde_json::{Value, json};
use support::{FakeServer, Reply, Sent, Sim, Tool};

const HANDLE: Handle = 1;

fn offering(calls: &Value) -> FakeServer {
    let mut server = FakeServer::polled([]).with_task("t", 0, Tool::new("x", 2500));
    server.capabilities = json!({ "tasks": { "cancel": {}, "requests": calls } });
    server
}

fn call(sim: &mut Sim, kind: CallKind, name: &str) {
    let call = Call { kind, ..Call::tool(name, r#"{"doc":"7"}"#).unwrap() };
    sim.input(Input::Call { handle: HANDLE, call });
    sim.watch(HANDLE);
    sim.advance(10_000);
}

fn task(sent: &Sent) -> Option<Reply> {
    Some(Reply::result(
        sent,
        &json!({ "task": { "taskId": "t", "status": "working", "ttl": null, "pollInterval": 1000 } }),
    ))
}

#[test]
fn a_prompt_is_made_by_a_task_where_the_server_offers_it() {
    let mut sim = Sim::new(offering(&json!({ "prompts": { "get": {} } })).when("prompts/get", task));
    call(&mut sim, CallKind::Prompt, "summarise");
    let sent = sim.last("prompts/get");
    assert_eq!((sent.param("name"), sent.param("arguments")), (&json!("summarise"), &json!({ "doc": "7" })));
    assert_eq!((sent.param("task"), sim.count("tools/list")), (&json!({}), 0));
    assert_eq!(sim.created(HANDLE), Some(true));
    assert!(matches!(sim.outcome(HANDLE), Some(Outcome::Result(_))), "{:?}", sim.methods());
}

#[test]
fn a_resource_is_read_plainly_where_the_server_offers_no_tasks_for_them() {
    let contents = json!({ "contents": [{ "uri": "file:///a", "text": "b" }] });
    let answer = contents.clone();
    let server = offering(&json!({ "tools": { "call": {} } }))
        .when("resources/read", move |sent| Some(Reply::result(sent, &answer)));
    let mut sim = Sim::new(server);
    call(&mut sim, CallKind::Resource, "file:///a");
    let sent = sim.last("resources/read");
    assert_eq!((sent.param("uri"), sent.param("task")), (&json!("file:///a"), &Value::Null));
    assert_eq!((sim.created(HANDLE), sim.result(HANDLE)), (Some(false), contents));
}

#[test]
fn one_that_may_not_be_a_task_is_called_plainly_after_all() {
    let server = offering(&json!({ "prompts": {}, "resources": { "read": {} } })).when("prompts/get", |sent| {
        Some(if sent.param("task").is_null() {
            Reply::result(sent, &json!({ "messages": [] }))
        } else {
            Reply::error(sent, -32601, "Prompt 'summarise' does not support task-augmented execution")
        })
    });
    let mut sim = Sim::new(server);
    call(&mut sim, CallKind::Prompt, "summarise");
    assert_eq!((sim.count("prompts/get"), sim.result(HANDLE)), (2, json!({ "messages": [] })));
}

#[test]
fn one_that_does_not_exist_is_an_error_however_it_is_called() {
    let server = offering(&json!({ "prompts": { "get": {} } }))
        .when("prompts/get", |sent| Some(Reply::error(sent, -32601, "no such prompt")));
    let mut sim = Sim::new(server);
    call(&mut sim, CallKind::Prompt, "nothing");
    assert_eq!(sim.count("prompts/get"), 2);
    sim.assert_failed(HANDLE, TaskErrorCode::Rpc, &["getting prompt nothing", "-32601", "no such prompt"]);
}

#[test]
fn a_prompt_task_that_fails_with_an_error_shaped_result_rejects() {
    let server =
        offering(&json!({ "prompts": { "get": {} } })).when("prompts/get", task).when("tasks/result", |sent| {
            Some(Reply::result(sent, &json!({ "content": [{ "type": "text", "text": "no ink" }], "isError": true })))
        });
    let mut sim = Sim::new(server);
    call(&mut sim, CallKind::Prompt, "summarise");
    assert!(matches!(sim.outcome(HANDLE), Some(Outcome::ToolError(json)) if json.contains("no ink")));
}

#[test]
fn prompts_and_resources_are_listed_over_all_pages() {
    let pages = |key: &'static str| {
        move |sent: &Sent| {
            let last = !sent.param("cursor").is_null();
            let mut page = json!({ key: [{ "name": if last { "b" } else { "a" } }] });
            if !last {
                page["nextCursor"] = json!("2");
            }
            Some(Reply::result(sent, &page))
        }
    };
    let server =
        FakeServer::polled([]).when("prompts/list", pages("prompts")).when("resources/list", pages("resources"));
    let mut sim = Sim::new(server);
    sim.input(Input::List { kind: CallKind::Prompt, reply: 1 });
    sim.input(Input::List { kind: CallKind::Resource, reply: 2 });
    sim.advance(1000);
    for reply in [1, 2] {
        assert_eq!(sim.reply(reply).unwrap().unwrap(), r#"[{"name":"a"},{"name":"b"}]"#);
    }
    assert_eq!((sim.count("prompts/list"), sim.count("resources/list"), sim.count("tools/list")), (2, 2, 0));
}
