//! How a task ends for whoever waits: told once, and in the server's own words.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_tasks::client::{Handle, Input, Output};
use mcp_tasks::task::{Interest, Outcome, TaskErrorCode};
use mcp_tasks::wire::snapshot::Status;
use serde_json::{Value, json};
use support::{End, Ends, FakeServer, Reply, Sim, Tool};

/// Calls a tool that becomes a task which ends like this after 1500 ms, and waits for it.
fn ended(ends: Ends) -> (Sim, Handle) {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 1500).ending(ends)]));
    let handle = sim.await_call("render");
    sim.advance(60_000);
    (sim, handle)
}

fn settlements(sim: &Sim) -> usize {
    sim.outputs.iter().filter(|(_, o)| matches!(o, Output::Settled { .. })).count()
}

#[test]
fn a_completed_task_settles_with_its_result_as_the_server_wrote_it() {
    let exact = r#"{"content":[{"type":"text","text":"1.0 ≠ 1"}],"structuredContent":{"n":1.00,"big":12345678901234567890123},"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"x"}}}"#;
    let server = FakeServer::polled([Tool::new("render", 1500)]).when("tasks/result", move |sent| {
        let body = format!(r#"{{"jsonrpc":"2.0","id":{},"result":{exact}}}"#, sent.id());
        Some(Reply::body(200, "application/json", &body))
    });
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(10_000);
    let Some(Outcome::Result(json)) = sim.outcome(handle) else { panic!("{:?}", sim.outcome(handle)) };
    assert_eq!(json, exact);
    assert_eq!(sim.statuses(handle), [Status::Working, Status::Completed]);
    assert_eq!(sim.settled_at(handle), Some(2000), "at the poll that saw the end");
}

#[test]
fn the_result_of_a_tool_that_failed_is_a_tool_error() {
    let result = json!({ "content": [{ "type": "text", "text": "no such scene" }], "isError": true });
    for ends in [Ends::Completed(result.clone()), Ends::Failed("Task failed", Ok(result.clone()))] {
        let (sim, handle) = ended(ends);
        let Some(Outcome::ToolError(json)) = sim.outcome(handle) else { panic!("{:?}", sim.outcome(handle)) };
        assert_eq!(serde_json::from_str::<Value>(json).unwrap(), result);
    }
}

#[test]
fn an_error_flag_that_is_not_true_is_no_error() {
    for flag in [json!(false), json!(null), json!("true"), json!(1)] {
        let (sim, handle) = ended(Ends::Completed(json!({ "content": [], "isError": flag })));
        assert_eq!(sim.result(handle)["content"], json!([]), "{flag}");
    }
}

#[test]
fn a_failed_task_without_a_result_fails_with_its_status_message() {
    // Deviation 18: nothing but metadata.
    for empty in [json!({ "_meta": { "io.modelcontextprotocol/related-task": { "taskId": "x" } } }), json!({})] {
        let (sim, handle) = ended(Ends::Failed("out of paint", Ok(empty)));
        sim.assert_failed(handle, TaskErrorCode::TaskFailed, &["failed", "out of paint"]);
    }
}

#[test]
fn a_completed_task_with_a_bare_result_has_that_result() {
    let (sim, handle) = ended(Ends::Completed(json!({ "_meta": {} })));
    assert_eq!(sim.result(handle), json!({ "_meta": {} }));
}

#[test]
fn the_error_of_a_failed_task_keeps_code_words_and_data() {
    let error = (-32050, "out of paint", json!({ "colour": ["red", null] }));
    let (sim, handle) = ended(Ends::Failed("Task failed", Err(error)));
    sim.assert_failed(handle, TaskErrorCode::TaskFailed, &["out of paint"]);
    let rpc = sim.failure(handle).rpc.as_ref().unwrap();
    assert_eq!((rpc.code, rpc.message.as_str()), (-32050, "out of paint"));
    assert_eq!(rpc.data.as_ref().unwrap().to_string(), r#"{"colour":["red",null]}"#);
    assert_eq!(sim.count("tasks/result"), 1);
}

#[test]
fn a_cancelled_task_is_never_asked_for_its_result() {
    let (sim, handle) = ended(Ends::Cancelled("by the night shift"));
    sim.assert_failed(handle, TaskErrorCode::TaskCancelled, &["cancelled", "by the night shift"]);
    assert_eq!(sim.count("tasks/result"), 0);
    assert_eq!(sim.statuses(handle), [Status::Working, Status::Cancelled]);
}

#[test]
fn a_task_the_server_does_not_know_has_expired() {
    let mut sim = Sim::new(FakeServer::polled([]));
    let handle = sim.await_known("a-very-secret-task-id");
    sim.advance(10_000);
    sim.assert_failed(handle, TaskErrorCode::TaskExpired, &["does not know task a-very-s…", "Task not found"]);
    assert_eq!(sim.failure(handle).rpc.as_ref().unwrap().code, -32602);
    assert!(!sim.failure(handle).message.contains("secret-task"), "whoever holds the id may hold the task");
    assert_eq!(sim.count("tasks/get"), 1);
}

#[test]
fn a_task_that_is_purged_while_it_runs_has_expired() {
    let mut sim = Sim::new(FakeServer::polled([]).with_task("t", 0, Tool::new("render", 60_000)));
    let handle = sim.await_known("t");
    sim.advance(2500);
    sim.server.purge("t");
    sim.advance(2000);
    sim.assert_failed(handle, TaskErrorCode::TaskExpired, &["Task not found"]);
}

#[test]
fn a_task_that_is_purged_before_its_result_was_fetched_has_expired() {
    let (mut sim, handle) = (Sim::new(FakeServer::polled([]).with_task("t", 0, Tool::new("render", 500))), 1);
    sim.attach("t");
    sim.watch_status(handle);
    sim.advance(5000);
    assert_eq!(sim.statuses(handle), [Status::Working, Status::Completed]);
    sim.server.purge("t");
    sim.watch(handle);
    sim.flush();
    sim.assert_failed(handle, TaskErrorCode::TaskExpired, &[]);
}

#[test]
fn a_task_that_is_purged_after_it_was_cancelled_is_cancelled() {
    let mut sim = Sim::new(FakeServer::polled([]).with_task("t", 0, Tool::new("render", 60_000)));
    let handle = sim.await_known("t");
    sim.advance(1500);
    sim.server.rules.push(Box::new(|sent| sent.is("tasks/get").then(|| Reply::error(sent, -32602, "Task not found"))));
    sim.cancel(handle, 1);
    sim.flush();
    assert!(matches!(sim.reply(1), Some(Ok(_))));
    sim.assert_failed(handle, TaskErrorCode::TaskCancelled, &["was cancelled"]);
}

#[test]
fn an_answer_at_once_is_no_task_and_settles() {
    // Deviation 2: also where a task was asked for.
    let server = FakeServer::polled([Tool::new("render", 0)])
        .when("tools/call", |sent| Some(Reply::result(sent, &json!({ "content": [], "isError": false }))));
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(10_000);
    assert!(!sim.last("tools/call").param("task").is_null());
    assert_eq!((sim.created(handle), sim.result(handle)), (Some(false), json!({ "content": [], "isError": false })));
    let told = |what: fn(&Output) -> bool| sim.outputs.iter().position(|(_, o)| what(o));
    assert!(told(|o| matches!(o, Output::Created { .. })) < told(|o| matches!(o, Output::Settled { .. })));
    assert_eq!(sim.snapshots(handle).len(), 0);
    assert_eq!((sim.count("tasks/get"), sim.count("tasks/result")), (0, 0));
}

#[test]
fn a_call_that_the_server_refuses_fails_with_its_error() {
    let server = FakeServer::polled([Tool::new("render", 0)]).when("tools/call", |sent| {
        let error = json!({ "code": -32021, "message": "needs more", "data": { "requiredCapabilities": ["x"] } });
        Some(Reply::json(&json!({ "id": sent.id(), "error": error })))
    });
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.flush();
    sim.assert_failed(handle, TaskErrorCode::Rpc, &["calling tool render", "-32021", "needs more"]);
    let data = sim.failure(handle).rpc.as_ref().unwrap().data.as_ref().unwrap();
    assert_eq!(data.to_string(), r#"{"requiredCapabilities":["x"]}"#);
    assert_eq!(sim.created(handle), None);
}

#[test]
fn settled_is_told_once_whatever_comes_afterwards() {
    let mut server = FakeServer::streaming([Tool::new("render", 500)]);
    server.copies = 5;
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.watch(handle);
    sim.watch(handle);
    sim.advance(10_000);
    sim.watch(handle);
    sim.cancel(handle, 1);
    sim.input(Input::Refresh { handle, reply: 2 });
    sim.input(Input::Forget { handle });
    sim.advance(100_000);
    assert_eq!(settlements(&sim), 1);
    assert!(sim.reply(1).is_some_and(|r| r.is_ok()) && sim.reply(2).is_some_and(|r| r.is_ok()));
    assert_eq!(sim.client.poll_timeout(), None);
}

#[test]
fn an_answer_that_comes_twice_settles_once() {
    let server = FakeServer::polled([Tool::new("render", 500)]).when("tasks/result", |sent| {
        let answer = json!({ "id": sent.id(), "result": { "content": [] } });
        Some(Reply::events(&[answer.clone(), answer.clone(), answer]))
    });
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(10_000);
    assert_eq!((settlements(&sim), sim.result(handle)), (1, json!({ "content": [] })));
}

#[test]
fn result_is_fetched_once_for_all_waiters() {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 500)]));
    let handle = sim.await_call("render");
    (0..10).for_each(|_| sim.watch(handle));
    sim.advance(10_000);
    assert_eq!((sim.count("tasks/get"), sim.count("tasks/result")), (1, 1));
}

#[test]
fn two_handles_of_one_task_both_settle() {
    let mut sim = Sim::new(FakeServer::streaming([]).with_task("t", 0, Tool::new("render", 5500)));
    let handles = [sim.await_known("t"), sim.await_known("t")];
    sim.advance(20_000);
    for handle in handles {
        assert_eq!(sim.result(handle)["content"][0]["text"], "render");
    }
}

#[test]
fn a_result_that_must_be_asked_for_again_is_told_once() {
    let server = FakeServer::polled([Tool::new("render", 500)]).first(
        2,
        "tasks/result",
        Reply::json(&json!({})).ending(End::Cut("connection lost")),
    );
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(30_000);
    assert_eq!((settlements(&sim), sim.count("tasks/result")), (1, 3));
    assert!(matches!(sim.outcome(handle), Some(Outcome::Result(_))));
}

/// Of each that was settled, whether nobody saw it.
fn unseen(sim: &Sim) -> Vec<bool> {
    let unseen = |output: &Output| if let Output::Settled { is_unseen, .. } = output { Some(*is_unseen) } else { None };
    sim.outputs.iter().filter_map(|(_, output)| unseen(output)).collect()
}

#[test]
fn unwatched_failure_emits_a_warning() {
    let server = FakeServer::polled([]);
    let mut sim = Sim::new(server);
    let handle = sim.call("missing");
    sim.flush();
    sim.assert_failed(handle, TaskErrorCode::Rpc, &["Unknown tool"]);
    assert_eq!(unseen(&sim), [true]);
}

#[test]
fn watched_failure_emits_no_warning() {
    let mut sim = Sim::new(FakeServer::polled([]));
    let handle = sim.await_call("missing");
    sim.flush();
    sim.assert_failed(handle, TaskErrorCode::Rpc, &[]);
    assert_eq!(unseen(&sim), [false]);
}

#[test]
fn a_handle_that_is_forgotten_is_not_asked_after() {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 60_000)]));
    let handle = sim.await_call("render");
    sim.advance(1500);
    sim.input(Input::Forget { handle });
    sim.advance(60_000);
    assert_eq!(sim.count("tasks/get"), 1);
    assert!(sim.outcome(handle).is_none());
}

#[test]
fn a_task_whose_id_is_odd_is_asked_after_by_that_very_id() {
    // Deviation 7.
    for id in ["a\"b\\c", "-_x", "hex:uuid", "ünïcødé🦀", "a\u{1}\nb", "</script>", "\u{7f}\u{2028}"] {
        let mut sim = Sim::new(FakeServer::polled([]).with_task(id, 0, Tool::new("render", 500)));
        let handle = sim.await_known(id);
        sim.advance(5000);
        assert_eq!(sim.last("tasks/result").param("taskId"), id);
        assert!(matches!(sim.outcome(handle), Some(Outcome::Result(_))), "{id}");
    }
}

#[test]
fn a_result_that_is_told_before_the_server_forgets_its_task_tells_how_it_has_ended() {
    // On a request that is held for the task's questions; the task is purged with its result.
    for (is_error, status) in [(false, Status::Completed), (true, Status::Failed)] {
        let required = json!({ "taskId": "t", "status": "input_required", "statusMessage": "name?", "ttl": null });
        let server = FakeServer::polled([])
            .when("tasks/get", move |sent| {
                let forgotten = || Reply::error(sent, -32602, "Task not found").after(300);
                Some(if sent.at == 0 { Reply::result(sent, &required) } else { forgotten() })
            })
            .when("tasks/result", move |sent| {
                Some(Reply::result(sent, &json!({ "content": [], "isError": is_error })).after(500))
            });
        let mut sim = Sim::new(server);
        let handle = sim.await_known("t");
        sim.input(Input::Watch { handle, interest: Interest::Status });
        sim.advance(400);
        sim.input(Input::Refresh { handle, reply: 1 });
        sim.advance(10_000);
        assert_eq!(sim.statuses(handle), [Status::InputRequired, status]);
        assert_eq!(sim.story(handle), ["name?", status.as_str()], "its words were about the question");
        let is_tool_error = matches!(sim.outcome(handle), Some(Outcome::ToolError(_)));
        assert_eq!((is_tool_error, settlements(&sim)), (is_error, 1));
        assert!(matches!(sim.reply(1), Some(Ok(_))));
    }
}
