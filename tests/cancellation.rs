//! Taking back what was asked for: cancelling a task, and giving up a call before its task has a name.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_tasks::client::{Handle, Input, Query, TaskMode};
use mcp_tasks::task::TaskErrorCode;
use mcp_tasks::wire::snapshot::Status;
use serde_json::json;
use support::{End, FakeServer, Reply, Sim, Tool, assert_says};

fn render() -> Tool {
    Tool::new("render", 60_000)
}

fn replied_well(sim: &Sim, reply: u32) -> bool {
    sim.reply(reply).is_some_and(|answer| answer.is_ok())
}

/// An awaited task that runs, known by its name.
fn running(server: FakeServer) -> (Sim, Handle) {
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(500);
    assert_eq!(sim.created(handle), Some(true));
    (sim, handle)
}

#[test]
fn a_task_that_runs_is_cancelled_and_the_servers_word_settles_it() {
    let (mut sim, handle) = running(FakeServer::polled([render()]));
    sim.cancel(handle, 1);
    sim.flush();
    assert_eq!(sim.last("tasks/cancel").param("taskId").as_str(), Some(sim.snapshots(handle)[0].task_id.as_str()));
    assert!(replied_well(&sim, 1));
    sim.assert_failed(handle, TaskErrorCode::TaskCancelled, &["The task was cancelled by request."]);
    assert_eq!(sim.statuses(handle), [Status::Working, Status::Cancelled]);
    assert_eq!((sim.settled_at(handle), sim.count("notifications/cancelled")), (Some(500), 0));
}

#[test]
fn f15_an_unobserved_task_shows_its_cancellation_and_is_not_polled_further() {
    let mut sim = Sim::new(FakeServer::polled([render()]));
    let handle = sim.call("render");
    sim.advance(500);
    sim.cancel(handle, 1);
    sim.flush();
    assert!(replied_well(&sim, 1));
    assert_eq!(sim.statuses(handle), [Status::Working, Status::Cancelled]);
    sim.advance(60_000);
    assert_eq!((sim.count("tasks/cancel"), sim.count("tasks/get")), (1, 1));
}

#[test]
fn f15_a_cancellation_is_acknowledged_although_the_status_cannot_be_queried_any_more() {
    let unknown = |sent: &support::Sent| Some(Reply::error(sent, -32602, "task not found"));
    let mut sim = Sim::new(FakeServer::polled([render()]).when("tasks/get", unknown));
    let handle = sim.call("render");
    sim.advance(500);
    sim.cancel(handle, 1);
    sim.flush();
    assert!(replied_well(&sim, 1));
}

#[test]
fn f8_a_cancellation_by_id_moves_the_handles_of_the_task() {
    let mut sim = Sim::new(FakeServer::polled([render()]));
    let (observed, unobserved) = (sim.await_call("render"), sim.call("render"));
    sim.advance(500);
    for (reply, handle) in [(1, observed), (2, unobserved)] {
        let task_id = sim.snapshots(handle)[0].task_id.clone();
        sim.input(Input::Query { reply, query: Query::CancelTask(task_id) });
        sim.flush();
        assert!(replied_well(&sim, reply));
        assert_eq!(sim.statuses(handle), [Status::Working, Status::Cancelled]);
    }
}

#[test]
fn what_counts_is_what_the_server_says_when_asked_not_its_answer_to_the_cancellation() {
    // Deviation 27: "cancelled" in answer to the cancellation of a task that had completed.
    let server = FakeServer::polled([render()])
        .with_task("t", 0, Tool::new("render", 100))
        .when("tasks/cancel", |sent| Some(Reply::result(sent, &json!({ "taskId": "t", "status": "cancelled" }))));
    let mut sim = Sim::new(server);
    sim.advance(500);
    let handle = sim.attach("t");
    sim.cancel(handle, 1);
    sim.flush();
    sim.watch(handle);
    sim.advance(5000);
    assert!(replied_well(&sim, 1));
    assert_eq!(sim.result(handle)["content"][0]["text"], "render");
}

#[test]
fn a_task_without_a_name_is_cancelled_as_soon_as_it_has_one() {
    let mut server = FakeServer::polled([render()]);
    server.latency = 100;
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.cancel(handle, 1);
    sim.cancel(handle, 2);
    sim.advance(10_000);
    let call = sim.times("tools/call");
    assert_eq!((call.len(), sim.times("tasks/cancel")), (1, vec![call[0] + 100]));
    assert!(replied_well(&sim, 1) && replied_well(&sim, 2));
    sim.assert_failed(handle, TaskErrorCode::TaskCancelled, &[]);
}

#[test]
fn cancelling_twice_asks_once() {
    let mut server = FakeServer::polled([render()]);
    server.latency = 100;
    let (mut sim, handle) = (Sim::new(server), 1);
    sim.await_call("render");
    sim.advance(2000);
    sim.cancel(handle, 1);
    sim.cancel(handle, 2);
    sim.advance(50);
    sim.cancel(handle, 3);
    sim.advance(5000);
    assert_eq!(sim.count("tasks/cancel"), 1);
    assert!((1..=3).all(|reply| replied_well(&sim, reply)));
}

#[test]
fn there_is_nothing_to_cancel_in_a_task_that_has_settled_or_ended() {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 100)]));
    let settled = sim.await_call("render");
    let ended = sim.call("render");
    sim.watch_status(ended);
    sim.advance(5000);
    assert!(sim.outcome(settled).is_some() && sim.outcome(ended).is_none());
    sim.cancel(settled, 1);
    sim.cancel(ended, 2);
    sim.cancel(99, 3);
    sim.flush();
    assert!((1..=3).all(|reply| replied_well(&sim, reply)));
    assert_eq!(sim.count("tasks/cancel"), 0);
}

#[test]
fn a_call_that_is_answered_at_once_answers_its_cancellation_too() {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 100).support(None)]));
    let handle = sim.await_call("render");
    sim.cancel(handle, 1);
    sim.advance(1000);
    assert!(replied_well(&sim, 1) && sim.outcome(handle).is_some());
    assert_eq!(sim.count("tasks/cancel"), 0);
}

#[test]
fn a_server_that_does_not_cancel_is_not_asked_to() {
    let mut server = FakeServer::polled([render()]);
    server.capabilities = json!({ "tools": {}, "tasks": { "requests": { "tools": { "call": {} } } } });
    let (mut sim, handle) = running(server);
    sim.cancel(handle, 1);
    sim.flush();
    let failure = sim.reply(1).unwrap().unwrap_err();
    assert_says(failure, TaskErrorCode::Unsupported, &["cancelling task render", "the task goes on"]);
    assert_eq!(sim.count("tasks/cancel"), 0);
    sim.advance(70_000);
    assert_eq!(sim.result(handle)["content"][0]["text"], "render");
}

#[test]
fn a_refused_cancellation_of_a_task_that_has_ended_is_no_failure() {
    // The end was not seen yet: asking tells.
    let mut server = FakeServer::polled([Tool::new("render", 5000)]);
    server.interval = Box::new(|_| json!(60_000));
    let (mut sim, handle) = running(server);
    sim.advance(10_000);
    sim.cancel(handle, 1);
    sim.flush();
    assert!(replied_well(&sim, 1), "{:?}", sim.reply(1));
    assert_eq!(sim.result(handle)["content"][0]["text"], "render");
}

#[test]
fn a_refused_cancellation_of_a_task_that_lives_is_a_failure() {
    let server = FakeServer::polled([render()])
        .when("tasks/cancel", |sent| Some(Reply::error(sent, -32602, "not while it runs")));
    let (mut sim, handle) = running(server);
    sim.cancel(handle, 1);
    sim.flush();
    assert_says(sim.reply(1).unwrap().unwrap_err(), TaskErrorCode::Rpc, &["cancelling", "-32602", "not while it runs"]);
    assert!(sim.outcome(handle).is_none());
}

#[test]
fn a_push_that_was_on_its_way_when_a_cancellation_was_refused_does_not_prove_that_the_task_lives() {
    let server = FakeServer::streaming([]).with_task("t", 0, Tool::new("render", 5000));
    let server = server.when("tasks/get", |sent| (sent.at > 0).then(Reply::never));
    let mut sim = Sim::new(server);
    let handle = sim.await_known("t");
    sim.advance(10_000);
    sim.cancel(handle, 1);
    sim.flush();
    let mut push = |status: &str| {
        let params = json!({ "taskId": "t", "status": status, "statusMessage": "99 %" });
        sim.push(&json!({ "method": "notifications/tasks/status", "params": params }));
        sim.reply(1).map(|answer| answer.is_ok())
    };
    assert_eq!([push("working"), push("completed")], [None, Some(true)]);
}

#[test]
fn refused_cancellation_of_an_unknown_task_reports_that_it_expired() {
    let mut sim = Sim::new(FakeServer::polled([]));
    let handle = sim.attach("t");
    sim.cancel(handle, 1);
    sim.flush();
    assert_says(sim.reply(1).unwrap().unwrap_err(), TaskErrorCode::TaskExpired, &["Task not found"]);
}

#[test]
fn another_error_in_answer_to_a_cancellation_is_told() {
    let server = FakeServer::polled([render()]).when("tasks/cancel", |sent| Some(Reply::error(sent, -32603, "jammed")));
    let (mut sim, handle) = running(server);
    sim.cancel(handle, 1);
    sim.flush();
    assert_says(sim.reply(1).unwrap().unwrap_err(), TaskErrorCode::Rpc, &["cancelling", "-32603", "jammed"]);
    sim.cancel(handle, 2);
    sim.flush();
    assert_eq!(sim.count("tasks/cancel"), 2, "it may be tried again");
}

#[test]
fn a_cancellation_that_meets_trouble_is_sent_again() {
    for trouble in [Reply::refused(), Reply::status(503), Reply::status(500).ending(End::Open)] {
        let (mut sim, handle) = running(FakeServer::polled([render()]).first(2, "tasks/cancel", trouble));
        sim.cancel(handle, 1);
        sim.advance(30_000);
        assert_eq!(sim.count("tasks/cancel"), 3);
        assert!(replied_well(&sim, 1));
        sim.assert_failed(handle, TaskErrorCode::TaskCancelled, &[]);
    }
}

#[test]
fn cancellation_fails_after_repeated_errors_and_says_that_the_state_is_unknown() {
    let (mut sim, handle) = running(FakeServer::polled([render()]).when("tasks/cancel", |_| Some(Reply::refused())));
    sim.cancel(handle, 1);
    sim.advance(30_000);
    let words = ["cancelling task render", "Failed to fetch", "whether it is cancelled is not known"];
    assert_says(sim.reply(1).unwrap().unwrap_err(), TaskErrorCode::Network, &words);
    assert_eq!(sim.count("tasks/cancel"), 3);
    sim.advance(60_000);
    assert_eq!(sim.result(handle)["content"][0]["text"], "render");
}

#[test]
fn a_call_that_is_given_up_before_it_was_sent_is_never_sent() {
    let mut server = FakeServer::polled([render()]);
    server.latency = 100;
    let mut sim = Sim::new(server);
    let handle = sim.call("render");
    sim.advance(150);
    sim.input(Input::Abandon { handle });
    sim.advance(60_000);
    assert_eq!((sim.count("tools/call"), sim.count("tasks/cancel"), sim.count("notifications/cancelled")), (0, 0, 0));
    assert!(sim.outcome(handle).is_none() && sim.warnings().is_empty());
}

#[test]
fn a_plain_call_that_is_given_up_is_told_off_once_and_broken_off() {
    let mut server = FakeServer::polled([Tool::new("render", 60_000).support(None)]);
    server.latency = 100;
    let mut sim = Sim::new(server);
    let handle = sim.call_as("render", TaskMode::Never);
    sim.advance(5000);
    let call = sim.last("tools/call").clone();
    sim.input(Input::Abandon { handle });
    sim.input(Input::Abandon { handle });
    assert_eq!(sim.aborted, [(5000, call.exchange)]);
    assert_eq!(sim.last("notifications/cancelled").param("requestId"), call.id());
    assert!(sim.last("notifications/cancelled").id().is_null());
    sim.advance(100_000);
    assert_eq!((sim.count("notifications/cancelled"), sim.count("tasks/cancel")), (1, 0));
    assert!(sim.outcome(handle).is_none());
}

#[test]
fn a_task_that_is_given_up_before_it_has_a_name_is_cancelled_by_its_name() {
    let mut server = FakeServer::polled([render()]);
    server.latency = 100;
    let mut sim = Sim::new(server);
    let handle = sim.call("render");
    let call = loop {
        sim.advance(1);
        if let Some(call) = sim.times("tools/call").first() {
            break *call;
        }
    };
    sim.advance(50);
    sim.input(Input::Abandon { handle });
    assert_eq!(sim.aborted, [], "the answer has the name");
    sim.advance(60_000);
    assert_eq!((sim.count("notifications/cancelled"), sim.times("tasks/cancel")), (0, vec![call + 100]));
    assert_eq!(sim.warnings(), [""; 0]);
    sim.input(Input::Close);
    assert_eq!(sim.interruptions(handle).len(), 0, "nothing is left of it");
}

#[test]
fn nothing_is_left_of_a_task_that_was_given_up_at_a_server_that_does_not_cancel() {
    let mut server = FakeServer::polled([render()]);
    server.latency = 100;
    server.capabilities = json!({ "tools": {}, "tasks": { "requests": { "tools": { "call": {} } } } });
    let mut sim = Sim::new(server);
    let handle = sim.call("render");
    while sim.count("tools/call") == 0 {
        sim.advance(1);
    }
    sim.input(Input::Abandon { handle });
    sim.advance(60_000);
    assert_eq!((sim.count("tasks/cancel"), sim.count("tasks/get")), (0, 0));
    sim.input(Input::Close);
    assert_eq!(sim.interruptions(handle).len(), 0, "nothing is left of it");
}

#[test]
fn cancellation_of_a_call_that_is_then_abandoned_gets_a_reply() {
    // Before the call is sent, while a plain call is under way, and while a task is being created.
    for (mode, wait) in [(true, 0), (false, 5000), (true, 350)] {
        let mut server = FakeServer::polled([Tool::new("render", 60_000)]);
        server.latency = 100;
        let mut sim = Sim::new(server);
        let what = TaskMode::WhatIsOffered(Default::default());
        let handle = sim.call_as("render", if mode { what } else { TaskMode::Never });
        sim.advance(wait);
        sim.cancel(handle, 1);
        sim.input(Input::Abandon { handle });
        sim.advance(100_000);
        assert!(sim.reply(1).is_some(), "after {wait} ms: {:?}", sim.methods());
    }
}

#[test]
fn giving_up_a_task_that_has_a_name_changes_nothing() {
    let (mut sim, handle) = running(FakeServer::polled([render()]));
    sim.input(Input::Abandon { handle });
    sim.advance(70_000);
    assert_eq!(sim.count("tasks/cancel"), 0);
    assert_eq!(sim.result(handle)["content"][0]["text"], "render");
}
