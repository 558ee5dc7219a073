//! What real servers do otherwise and no other test is about. The numbers are those of coverage.json.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::InputAnswer;
use mcp_tasks::client::{Handle, Input, Output};
use mcp_tasks::wire::snapshot::Status;
use serde_json::{Value, json};
use std::cell::Cell;
use std::rc::Rc;
use support::{End, FakeServer, Reply, Sim, Tool, iso};

/// A task of ten minutes, watched with the stream open, of a client that answers elicitation.
fn running() -> (Sim, Handle) {
    let server = FakeServer::streaming([]).with_task("t", 0, Tool::new("render", 600_000));
    let mut sim = Sim::with_config(server, |config| config.input_handlers = [true, false, false]);
    let handle = sim.await_known("t");
    sim.advance(100);
    assert!(sim.server.stream.is_some());
    (sim, handle)
}

fn told(status: &str, created: u64, updated: u64) -> Value {
    let params = json!({
        "taskId": "t", "status": status, "statusMessage": "name?", "ttl": null,
        "createdAt": iso(created), "lastUpdatedAt": iso(updated),
    });
    json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status", "params": params })
}

fn say(sim: &mut Sim, text: &str) {
    let stream = sim.server.stream.unwrap();
    sim.chunk(stream, text.as_bytes());
}

#[test]
fn a_task_that_is_named_in_the_metadata_of_an_empty_result_is_a_task() {
    // Deviation 1: and one that was declined there is an answer at once.
    for (declined, created) in [(json!(null), true), (json!(false), true), (json!(true), false)] {
        let server = FakeServer::polled([Tool::new("render", 2500)]).with_task("t", 0, Tool::new("render", 2500)).when(
            "tools/call",
            move |sent| {
                let stub = json!({ "taskId": "t", "status": "submitted", "returned_immediately": declined });
                let result = json!({ "content": [], "_meta": { "modelcontextprotocol.io/task": stub } });
                Some(Reply::result(sent, &result))
            },
        );
        let mut sim = Sim::new(server);
        let handle = sim.await_call("render");
        sim.advance(10_000);
        assert_eq!(sim.created(handle), Some(created));
        let text = if created { json!([{ "type": "text", "text": "render" }]) } else { json!([]) };
        assert_eq!(sim.result(handle)["content"], text, "{:?}", sim.methods());
        assert_eq!(sim.warnings(), Vec::<String>::new());
    }
}

#[test]
fn the_time_of_a_question_is_not_the_creation_of_its_task() {
    // Deviation 13.
    let (mut sim, handle) = running();
    sim.push(&told("input_required", 5000, 5000));
    let last = sim.snapshots(handle).last().copied().unwrap();
    assert_eq!((last.status, last.created_at.as_deref()), (Status::InputRequired, Some(iso(0).as_str())));
}

#[test]
fn a_stream_that_says_nothing_is_not_complained_of_and_its_id_counts() {
    // Deviation 16: comments that keep it alive, an event with an id and no data that opens it.
    let (mut sim, handle) = running();
    say(&mut sim, "id: 7\ndata:\n\n: ping - 2026-11-01 10:00:00\n\n");
    assert_eq!((sim.warnings(), sim.story(handle)), (vec![], vec!["working".to_owned()]));
    sim.cut_stream(End::Cut("network error"));
    sim.advance(5000);
    assert_eq!(sim.last("GET").header("last-event-id"), Some("7"));
}

#[test]
fn a_question_that_is_to_be_a_task_is_answered_as_a_question() {
    // Deviation 26: without the capability the wish for a task is ignored (2025-11-25, Tasks: "Task Support and Handling").
    let (mut sim, handle) = running();
    let params = json!({ "message": "name?", "requestedSchema": {}, "task": { "ttl": 60_000 },
        "_meta": { "io.modelcontextprotocol/related-task": { "taskId": "t" } } });
    sim.push(&json!({ "jsonrpc": "2.0", "id": "task-t-1", "method": "elicitation/create", "params": params }));
    let asked = sim.outputs.iter().find_map(|(_, output)| match output {
        Output::InputRequested { input, handle, .. } => Some((*input, *handle)),
        _ => None,
    });
    let (input, whose) = asked.unwrap();
    assert_eq!(whose, Some(handle));
    let answer = InputAnswer::Result(r#"{"action":"decline"}"#.into());
    sim.input(Input::Respond { input, reply: 1, answer });
    let result = &sim.last("response").body["result"];
    assert_eq!((&result["action"], &result["task"]), (&json!("decline"), &Value::Null));
    // There is no task of ours that could be asked after.
    sim.push(&json!({ "jsonrpc": "2.0", "id": 9, "method": "tasks/get", "params": { "taskId": "x" } }));
    let refusal = sim.last("response");
    assert_eq!((refusal.id(), &refusal.body["error"]["code"]), (&json!(9), &json!(-32601)));
}

/// A server whose task `t` asks until it has ended, and whose first `tasks/result` is never answered.
fn asking() -> (FakeServer, Rc<Cell<bool>>) {
    let ended = Rc::new(Cell::new(false));
    let is_over = Rc::clone(&ended);
    let server = FakeServer::polled([])
        .first(1, "tasks/result", Reply::never())
        .when("tasks/get", move |sent| {
            let status = if is_over.get() { "completed" } else { "input_required" };
            Some(Reply::result(sent, &json!({ "taskId": "t", "status": status, "ttl": null, "pollInterval": 1000 })))
        })
        .when("tasks/result", |sent| Some(Reply::result(sent, &json!({ "content": [] }))));
    (server, ended)
}

fn answering(server: FakeServer) -> Sim {
    let mut sim = Sim::with_config(server, |config| config.input_handlers = [true, false, false]);
    sim.input(Input::Multiplexed);
    sim
}

#[test]
fn a_held_request_that_is_never_answered_gives_way_to_another_when_the_task_has_ended() {
    // Deviation 29: of two that are held the older is never answered.
    let (server, ended) = asking();
    let mut sim = answering(server);
    let handle = sim.await_known("t");
    sim.advance(60_000);
    assert_eq!(sim.count("tasks/result"), 1, "one is held, and no second beside it");
    let held = sim.pending_one("tasks/result").exchange;
    ended.set(true);
    sim.advance(60_000);
    assert_eq!(sim.result(handle), json!({ "content": [] }));
    assert_eq!((sim.count("tasks/result"), sim.is_open(held)), (2, false));
}

#[test]
fn two_handles_of_a_task_that_asks_hold_one_request() {
    // Deviation 29.
    let (server, _) = asking();
    let mut sim = answering(server.when("tasks/result", |_| Some(Reply::never())));
    for _ in 0..2 {
        sim.await_known("t");
    }
    sim.advance(30_000);
    assert_eq!(sim.count("tasks/result"), 1);
}
