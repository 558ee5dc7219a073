//! What a server asks within its answers: in a task's state (extension for tasks, "Input Requests"), and in answer to a call
//! (2026-07-28, Multi Round-Trip Requests).
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{Input, InputAnswer, TaskMode};
use mcp_tasks::task::TaskErrorCode;
use mcp_tasks::wire::snapshot::Status;
use serde_json::{Value, json};
use support::{Reply, Sim, assert_says, forms, greeted, greeted_with, task};

fn accept() -> InputAnswer {
    InputAnswer::Result(r#"{"action":"accept","content":{}}"#.into())
}

fn asks(keys: &[&str], state: Option<&str>) -> Value {
    let mut result = json!({ "resultType": "input_required", "inputRequests": forms(keys) });
    if let Some(state) = state {
        result["requestState"] = json!(state);
    }
    result
}

fn done() -> Value {
    json!({ "resultType": "complete", "content": [] })
}

fn keys(sim: &Sim) -> Vec<String> {
    sim.asked().into_iter().map(|(.., key)| key).collect()
}

#[test]
fn a_key_is_shown_once_however_often_it_is_told() {
    let mut sim = greeted();
    let handle = sim.running_alone("t");
    for _ in 0..3 {
        sim.polled("t", "input_required", &json!({ "inputRequests": forms(&["a"]) }));
    }
    assert_eq!(sim.asked(), [(1, Some(handle), "a".into())]);
    assert_eq!(sim.statuses(handle), [Status::Working, Status::InputRequired]);
}

#[test]
fn answers_of_one_moment_go_together_and_the_rest_stays_open() {
    let mut sim = greeted();
    let handle = sim.running_alone("t");
    sim.polled("t", "input_required", &json!({ "inputRequests": forms(&["a", "b", "c"]) }));
    sim.respond_with(1, accept(), 1);
    let first = sim.waiting("tasks/update");
    assert_eq!(first.param("taskId"), "t");
    assert_eq!(first.header("mcp-name"), Some("t"));
    assert_eq!(first.param("inputResponses"), &json!({ "a": { "action": "accept", "content": {} } }));
    assert!(sim.reply(1).is_none(), "the server has not taken it yet");
    sim.give("tasks/update", &json!({ "resultType": "complete" }));
    assert!(sim.reply(1).unwrap().is_ok());
    assert_eq!(sim.over(), [1]);
    // What the server still tells of it is old.
    sim.polled("t", "input_required", &json!({ "inputRequests": forms(&["a", "b", "c"]) }));
    assert_eq!(keys(&sim), ["a", "b", "c"]);
    sim.respond_with(2, accept(), 2);
    sim.give("tasks/update", &json!({}));
    sim.respond_with(3, accept(), 3);
    sim.give("tasks/update", &json!({}));
    sim.polled("t", "completed", &json!({ "result": { "content": [] } }));
    assert_eq!(sim.result(handle), json!({ "content": [] }));
    assert_eq!(sim.count("tasks/update"), 3);
}

#[test]
fn request_that_is_no_longer_listed_is_withdrawn() {
    let mut sim = greeted();
    sim.running_alone("t");
    sim.polled("t", "input_required", &json!({ "inputRequests": forms(&["a", "b"]) }));
    sim.polled("t", "input_required", &json!({ "inputRequests": forms(&["b"]) }));
    assert_eq!(sim.over(), [1]);
    sim.polled("t", "working", &json!({}));
    assert_eq!(sim.over(), [1, 2]);
    sim.respond_with(2, accept(), 1);
    assert_says(
        sim.reply(1).unwrap().unwrap_err(),
        TaskErrorCode::Unsupported,
        &["no longer waits", "it was not sent"],
    );
}

#[test]
fn an_update_survives_trouble_and_a_refused_one_can_be_answered_anew() {
    let mut sim = greeted();
    sim.running_alone("t");
    sim.polled("t", "input_required", &json!({ "inputRequests": forms(&["a"]) }));
    sim.respond_with(1, accept(), 1);
    let lost = sim.waiting("tasks/update");
    sim.answer(lost.exchange, Reply::refused());
    sim.advance(1000);
    assert!(sim.reply(1).is_none());
    sim.refuse("tasks/update", 400, -32602, &json!({}));
    assert_says(sim.reply(1).unwrap().unwrap_err(), TaskErrorCode::Rpc, &["answering the server", "no"]);
    assert!(sim.over().is_empty(), "the task still asks");
    sim.polled("t", "input_required", &json!({ "inputRequests": forms(&["a"]) }));
    sim.respond_with(1, accept(), 2);
    sim.give("tasks/update", &json!({}));
    assert!(sim.reply(2).unwrap().is_ok());
    assert_eq!(keys(&sim), ["a"]);
}

#[test]
fn a_handler_that_fails_cancels_a_form_and_nothing_else_can_be_refused() {
    let failed = || InputAnswer::Error { code: -1, message: "the user is out".into() };
    let mut sim = greeted();
    let handle = sim.running_alone("t");
    sim.polled("t", "input_required", &json!({ "inputRequests": forms(&["a"]) }));
    sim.respond_with(1, failed(), 1);
    assert_eq!(sim.waiting("tasks/update").param("inputResponses"), &json!({ "a": { "action": "cancel" } }));
    sim.give("tasks/update", &json!({}));
    let sampling = json!({ "b": { "method": "sampling/createMessage", "params": {} } });
    sim.polled("t", "input_required", &json!({ "inputRequests": sampling }));
    sim.respond_with(2, failed(), 2);
    let told = sim.interruptions(handle);
    assert_says(
        told[0],
        TaskErrorCode::Unsupported,
        &["sampling/createMessage", "the user is out", "the task continues"],
    );
    assert!(sim.outcome(handle).is_none() && sim.over() == [1], "it may still be answered");
}

#[test]
fn unhandled_request_interrupts_the_waiters_and_the_task_continues() {
    let mut sim = greeted_with(&json!([]), |config| config.input_handlers = [true, false, false]);
    let handle = sim.running_alone("t");
    let url = json!({ "method": "elicitation/create", "params": { "mode": "url", "url": "https://example.org" } });
    let asked = json!({ "r": { "method": "roots/list" }, "u": url, "x": { "method": "x/y" } });
    sim.polled("t", "input_required", &json!({ "inputRequests": asked }));
    assert!(sim.asked().is_empty());
    let told: Vec<String> = sim.interruptions(handle).iter().map(|f| f.message.clone()).collect();
    assert_eq!(told.len(), 1);
    for words in ["roots/list", "elicitation/create", "x/y", "the task continues"] {
        assert!(told[0].contains(words), "{}", told[0]);
    }
    sim.watch(handle);
    sim.polled("t", "completed", &json!({ "result": { "content": [] } }));
    assert_eq!(sim.result(handle), json!({ "content": [] }));
}

#[test]
fn a_call_that_is_answered_with_questions_is_sent_again_with_all_answers_and_the_servers_note() {
    for state in [Some("v1.\"é\\n\" {}"), None] {
        let mut sim = greeted();
        let handle = sim.await_call("render");
        let first = sim.waiting("tools/call");
        sim.give("tools/call", &asks(&["a", "b"], state));
        assert_eq!(keys(&sim), ["a", "b"]);
        sim.respond_with(2, accept(), 1);
        assert!(sim.reply(1).unwrap().is_ok(), "kept until the other is there");
        assert_eq!(sim.over(), [2], "nobody is asked that any more");
        assert!(sim.pending().is_empty());
        // Another call has nothing of it.
        sim.call("render");
        let other = sim.waiting("tools/call");
        assert_eq!((other.param("inputResponses"), other.param("requestState")), (&Value::Null, &Value::Null));
        sim.give("tools/call", &done());
        sim.respond_with(1, accept(), 2);
        assert_eq!(sim.over(), [2, 1]);
        let again = sim.waiting("tools/call");
        assert_ne!(again.id(), first.id());
        assert_eq!((again.param("name"), again.param("arguments")), (first.param("name"), first.param("arguments")));
        let accepted = json!({ "action": "accept", "content": {} });
        assert_eq!(again.param("inputResponses"), &json!({ "a": accepted, "b": accepted }));
        assert_eq!(again.param("requestState"), &state.map_or(Value::Null, |state| json!(state)));
        assert_eq!(again.body["params"].get("requestState").is_some(), state.is_some(), "absent stays absent");
        sim.give("tools/call", &task("t", "working", &json!({ "resultType": "task" })));
        sim.polled("t", "completed", &json!({ "result": { "content": [] } }));
        assert_eq!(sim.result(handle), json!({ "content": [] }));
    }
}

#[test]
fn a_note_without_a_question_is_given_back_after_a_while() {
    let mut sim = greeted();
    let handle = sim.await_call("render");
    sim.give("tools/call", &json!({ "resultType": "input_required", "requestState": "later" }));
    assert!(sim.pending().is_empty(), "not in a hot loop");
    sim.advance(1000);
    let again = sim.waiting("tools/call");
    assert_eq!(again.param("requestState"), "later");
    assert!(again.body["params"].get("inputResponses").is_none());
    sim.give("tools/call", &done());
    assert!(sim.outcome(handle).is_some());
}

#[test]
fn questions_without_end_come_to_an_end() {
    let mut sim = greeted();
    let handle = sim.await_call("render");
    for _ in 0..1000 {
        if sim.outcome(handle).is_some() {
            break;
        }
        sim.give("tools/call", &json!({ "resultType": "input_required", "requestState": "again" }));
        sim.advance(1000);
    }
    sim.assert_failed(handle, TaskErrorCode::Protocol, &["questions without end", "it was not sent again"]);
    assert_eq!(sim.count("tools/call"), 65);
}

#[test]
fn unhandled_request_in_a_call_response_fails_the_call() {
    let mut sim = greeted_with(&json!([]), |config| config.input_handlers = [false, true, false]);
    let handle = sim.await_call("render");
    sim.give("tools/call", &asks(&["a"], None));
    sim.assert_failed(handle, TaskErrorCode::Unsupported, &["elicitation/create", "it was not sent again"]);

    let second = sim.await_call("render");
    let asked = json!({ "s": { "method": "sampling/createMessage", "params": {} } });
    sim.give("tools/call", &json!({ "resultType": "input_required", "inputRequests": asked }));
    sim.respond_with(1, InputAnswer::Error { code: -1, message: "no model".into() }, 1);
    sim.assert_failed(
        second,
        TaskErrorCode::Unsupported,
        &["sampling/createMessage", "no model", "it was not sent again"],
    );
    assert_eq!(sim.over(), [1]);
}

#[test]
fn a_call_that_waits_for_us_can_be_cancelled_and_given_up() {
    let mut sim = greeted();
    let cancelled = sim.await_call("render");
    sim.give("tools/call", &asks(&["a"], None));
    sim.cancel(cancelled, 1);
    assert!(sim.reply(1).unwrap().is_ok());
    sim.assert_failed(cancelled, TaskErrorCode::TaskCancelled, &["while the server waited for answers"]);
    let abandoned = sim.call("render");
    sim.give("tools/call", &asks(&["b"], None));
    sim.input(Input::Abandon { handle: abandoned });
    assert_eq!(sim.over(), [1, 2]);
    sim.advance(10_000);
    assert_eq!(sim.count("tools/call"), 2, "nothing more is sent");
}

#[test]
fn a_call_that_is_given_up_is_broken_off_and_nothing_is_said() {
    let mut sim = greeted();
    let handle = sim.call("render");
    let call = sim.waiting("tools/call");
    sim.input(Input::Abandon { handle });
    assert_eq!(sim.aborted.iter().map(|(_, exchange)| *exchange).collect::<Vec<_>>(), [call.exchange]);
    sim.advance(10_000);
    assert_eq!(sim.methods().last().unwrap(), "tools/call");
}

#[test]
fn unrequested_task_is_rejected() {
    let mut sim = greeted();
    let handle = sim.call_as("render", TaskMode::Never);
    sim.watch(handle);
    let call = sim.waiting("tools/call");
    let declared = &call.param("_meta")["io.modelcontextprotocol/clientCapabilities"];
    assert!(declared.get("extensions").is_none() && declared["roots"].is_object(), "{declared}");
    sim.give("tools/call", &task("t", "working", &json!({ "resultType": "task" })));
    sim.assert_failed(handle, TaskErrorCode::Protocol, &["a task in answer to a call that may not be one"]);
    sim.advance(20_000);
    assert_eq!(sim.count("tasks/get"), 0, "its id is not asked after");
}
