//! `tasks/result` left open, for servers that tell a task's questions on its stream and nowhere else.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{Input, TaskMode};
use mcp_tasks::task::TaskErrorCode;
use mcp_tasks::wire::snapshot::Status;
use serde_json::{Value, json};
use support::{End, FakeServer, Reply, Sent, Sim, Tool, about, question};

fn render() -> Tool {
    Tool::new("render", 600_000)
}

fn holding() -> Sim {
    Sim::serving(FakeServer::streaming([render(), Tool::new("plain", 600_000).support(None)]).holding())
}

/// So many tasks in `input_required`, awaited, by their names.
fn wanting(sim: &mut Sim, tasks: usize) -> Vec<(u32, String)> {
    let tasks: Vec<_> = (0..tasks).map(|_| sim.running("render")).collect();
    for (_, id) in &tasks {
        sim.want_input(id);
    }
    tasks
}

fn ids(tasks: &[(u32, String)]) -> Vec<String> {
    tasks.iter().map(|(_, id)| id.clone()).collect()
}

/// The answer to a request that waits, on its stream.
fn answer(sim: &mut Sim, to: &Sent, result: &Value) {
    sim.say(to.exchange, &json!({ "jsonrpc": "2.0", "id": to.id(), "result": result }));
}

#[test]
fn a_request_is_held_when_a_task_wants_input_and_only_then() {
    let mut sim = holding();
    let (handle, id) = sim.running("render");
    sim.advance(30_000);
    assert_eq!(sim.count("tasks/result"), 0);
    sim.want_input(&id);
    assert_eq!(sim.held(), std::slice::from_ref(&id));
    let held = sim.held_requests()[0].exchange;
    sim.say(held, &about(&id, question(0, "Which?")));
    assert_eq!(sim.asked(), [(1, Some(handle), "0".into())]);
    sim.advance(200_000);
    assert_eq!((sim.held().len(), sim.count("tasks/result")), (1, 1), "nothing ends it");
}

#[test]
fn unwatched_task_has_no_long_poll() {
    let mut sim = holding();
    let (handle, _) = sim.wanting("render");
    let second = sim.call("render");
    sim.advance(500);
    let id = sim.snapshots(second)[0].task_id.clone();
    sim.want_input(&id);
    assert_eq!(sim.held().len(), 1);
    let held = sim.held_requests()[0].clone();
    sim.unwatch(handle);
    assert!(sim.held().is_empty());
    assert_eq!(sim.aborted.last(), Some(&(sim.now, held.exchange)));
    sim.watch_status(second);
    assert_eq!(sim.held(), [id]);
}

#[test]
fn none_is_held_where_the_question_has_come_in_another_way() {
    let mut sim = holding();
    let (_, id) = sim.running("render");
    sim.push(&about(&id, question(0, "Which?")));
    sim.want_input(&id);
    sim.advance(60_000);
    assert_eq!(sim.count("tasks/result"), 0);
    // The next one may come where it likes.
    sim.respond(1, 1);
    assert_eq!(sim.held(), [id]);
}

#[test]
fn at_most_one_is_held_for_each_task() {
    // Deviation 29: of two, the older one is never answered.
    let mut sim = holding();
    let (_, id) = sim.wanting("render");
    sim.await_known(&id);
    sim.advance(60_000);
    assert_eq!((sim.held(), sim.count("tasks/result")), (vec![id], 1));
}

#[test]
fn at_most_four_are_held_at_a_time() {
    let mut sim = holding();
    let tasks = wanting(&mut sim, 6);
    assert_eq!(sim.held(), ids(&tasks)[..4]);
    assert_eq!(sim.most_lasting, 5, "the stream is the fifth");
    let stream = sim.pending().iter().filter(|sent| sent.is("GET")).count();
    assert_eq!(stream, 1);
}

#[test]
fn where_there_is_no_stream_they_are_four_all_the_same() {
    let mut sim = Sim::serving(FakeServer::polled([render()]).holding());
    for _ in 0..6 {
        let (_, id) = sim.running("render");
        sim.server.put(&id, "input_required");
    }
    sim.advance(2000);
    assert_eq!(sim.held().len(), 4);
}

#[test]
fn calls_and_the_stream_count_too_and_room_is_left_for_an_answer() {
    for calls in 0..6 {
        let mut sim = holding();
        wanting(&mut sim, 5);
        for _ in 0..calls {
            sim.call_as("plain", TaskMode::Never);
        }
        sim.flush();
        assert_eq!((sim.count("tools/call") - 5, sim.held().len()), (calls.min(4), 4 - calls.min(4)));
        sim.advance(60_000);
        assert_eq!(sim.most_lasting, 5, "{calls} calls");
    }
}

#[test]
fn silent_long_poll_makes_room_for_a_waiting_task() {
    let mut sim = holding();
    let tasks = wanting(&mut sim, 6);
    let first = sim.held_requests();
    sim.advance(first[0].at + 4999 - sim.now);
    assert_eq!(sim.held(), ids(&tasks)[..4]);
    sim.advance(1);
    assert_eq!(sim.held().len(), 4);
    assert!(ids(&tasks)[4..].iter().all(|id| sim.held().contains(id)), "{:?}", sim.held());
    assert_eq!(sim.aborted, [(sim.now, first[0].exchange), (sim.now, first[1].exchange)]);
    sim.advance(60_000);
    for (_, id) in &tasks {
        let turns =
            sim.sent.iter().filter(|sent| sent.is("tasks/result") && sent.param("taskId") == id.as_str()).count();
        assert!((4..=6).contains(&turns), "{turns} turns of {id}: all the same");
    }
    assert_eq!(sim.aborted.len(), sim.count("tasks/result") - 4);
}

#[test]
fn f3_held_request_that_is_closed_is_not_cancelled_by_a_notification() {
    // Servers on the Python SDK 1.30 end the session if that crosses the answer.
    let mut sim = holding();
    let tasks = wanting(&mut sim, 6);
    sim.advance(20_000);
    sim.unwatch(tasks[0].0);
    sim.input(Input::Forget { handle: tasks[1].0 });
    sim.flush();
    assert!(sim.aborted.len() > 6, "they took turns: {:?}", sim.aborted);
    assert_eq!(sim.count("notifications/cancelled"), 0);
}

#[test]
fn no_long_poll_is_ended_while_no_task_waits() {
    let mut sim = holding();
    wanting(&mut sim, 4);
    sim.advance(100_000);
    assert_eq!((sim.count("tasks/result"), sim.aborted.len()), (4, 0));
}

#[test]
fn long_poll_that_brought_its_request_makes_room_at_once() {
    let mut sim = holding();
    let tasks = wanting(&mut sim, 6);
    let held = sim.held_requests();
    let at = sim.now;
    sim.say(held[2].exchange, &about(&tasks[2].1, question(0, "Which?")));
    assert_eq!((sim.now, sim.held().len()), (at, 4));
    assert_eq!(sim.held()[3], tasks[4].1);
    assert_eq!(sim.aborted, [(at, held[2].exchange)]);
}

#[test]
fn where_sockets_need_not_be_counted_every_task_has_its_own() {
    let mut sim = holding();
    let tasks = wanting(&mut sim, 6);
    sim.input(Input::Multiplexed);
    assert_eq!(sim.held(), ids(&tasks));
    for _ in 0..6 {
        sim.call_as("plain", TaskMode::Never);
    }
    sim.advance(60_000);
    assert_eq!((sim.held().len(), sim.aborted.len()), (6, 0));
}

#[test]
fn a_stream_that_is_cut_goes_on_after_its_last_event() {
    let mut sim = holding();
    let (handle, id) = sim.wanting("render");
    let held = sim.held_requests()[0].exchange;
    sim.chunk(held, b"id: 7-1\ndata:\n\n");
    sim.end(held, End::Cut("network error"));
    sim.advance(5000);
    let resumed = sim.last("GET").clone();
    assert_eq!((resumed.header("last-event-id"), sim.count("tasks/result")), (Some("7-1"), 1));
    sim.advance(100_000);
    assert!(sim.is_open(resumed.exchange), "it may take as long as it likes");
    sim.say(resumed.exchange, &about(&id, question(0, "Which?")));
    assert_eq!(sim.asked(), [(1, Some(handle), "0".into())]);
}

#[test]
fn a_stream_that_is_cut_and_cannot_be_taken_up_is_opened_again_and_not_in_a_hot_loop() {
    for trouble in [Reply::events(&[]), Reply::status(503), Reply::status(500), Reply::refused()] {
        let mut sim = holding();
        let (handle, id) = sim.running("render");
        let reply = trouble.clone();
        sim.server = std::mem::take(&mut sim.server).when("tasks/result", move |_| Some(reply.clone()));
        sim.want_input(&id);
        sim.advance(60_000);
        let times = sim.count("tasks/result");
        assert!((2..=60).contains(&times), "{times} times after {trouble:?}");
        assert!(sim.count("tasks/get") <= 70, "{} polls after {trouble:?}", sim.count("tasks/get"));
        assert!(sim.interruptions(handle).is_empty());
        sim.server.rules.clear();
        sim.advance(60_000);
        assert_eq!(sim.held(), [id], "after {trouble:?}");
    }
}

#[test]
fn a_server_that_does_not_let_it_wait_is_not_asked_again_while_the_status_lasts() {
    // Deviation 17.
    let mut sim = Sim::serving(FakeServer::streaming([render()]));
    let (handle, id) = sim.wanting("render");
    sim.advance(120_000);
    assert_eq!((sim.count("tasks/result"), sim.statuses(handle).last()), (1, Some(&Status::InputRequired)));
    assert!(sim.warnings().is_empty() && sim.interruptions(handle).is_empty());
    for status in ["working", "input_required"] {
        sim.server.put(&id, status);
        sim.tell_status(&id);
        sim.flush();
    }
    assert_eq!(sim.count("tasks/result"), 2, "a new status, a new chance");
    sim.server.put(&id, "completed");
    sim.tell_status(&id);
    sim.flush();
    assert_eq!(sim.result(handle)["content"][0]["text"], "render");
}

#[test]
fn the_result_that_comes_on_it_is_the_tasks_once_the_task_has_ended() {
    let mut sim = holding();
    let (handle, id) = sim.wanting("render");
    let held = sim.held_requests()[0].clone();
    sim.server.put(&id, "working");
    answer(&mut sim, &held, &json!({ "content": [], "structuredContent": { "held": true } }));
    sim.flush();
    assert!(sim.outcome(handle).is_none(), "its status has not said so yet");
    sim.server.put(&id, "completed");
    sim.advance(60_000);
    assert_eq!(sim.result(handle)["structuredContent"]["held"], true);
    assert_eq!((sim.statuses(handle).last(), sim.count("tasks/result")), (Some(&Status::Completed), 1));
}

#[test]
fn a_task_that_ended_while_its_request_is_held_settles_by_that_without_a_second() {
    let mut sim = holding();
    let (handle, id) = sim.wanting("render");
    let held = sim.held_requests()[0].clone();
    sim.server.put(&id, "completed");
    sim.tell_status(&id);
    sim.advance(100);
    assert!(sim.outcome(handle).is_none() && sim.is_open(held.exchange));
    answer(&mut sim, &held, &json!({ "content": [] }));
    assert_eq!((sim.result(handle), sim.count("tasks/result")), (json!({ "content": [] }), 1));
    assert_eq!(sim.count("notifications/cancelled"), 0);
}

#[test]
fn f6_result_that_is_too_long_on_a_held_request_settles_the_task_at_once() {
    let mut sim = Sim::with_config(FakeServer::streaming([render()]).holding(), |config| {
        (config.input_handlers, config.max_message_bytes) = ([true; 3], 2000);
    });
    let (handle, id) = sim.wanting("render");
    let held = sim.held_requests()[0].clone();
    sim.server.put(&id, "completed");
    sim.tell_status(&id);
    sim.flush();
    answer(&mut sim, &held, &json!({ "content": [{ "type": "text", "text": "x".repeat(2000) }] }));
    sim.assert_failed(
        handle,
        TaskErrorCode::Protocol,
        &["the result of task render-3", "maxMessageBytes (2000 bytes)", "has ended"],
    );
    assert_eq!(sim.count("tasks/result"), 1);
}

#[test]
fn a_held_request_that_is_never_answered_does_not_keep_the_result() {
    // Also after a cut: who takes the stream up again need not hear of it any more.
    for cut in [false, true] {
        let mut sim = holding();
        let (handle, id) = sim.wanting("render");
        if cut {
            let held = sim.held_requests()[0].exchange;
            sim.chunk(held, b"id: 7-1\ndata:\n\n");
            sim.end(held, End::Cut("network error"));
        }
        sim.server.put(&id, "completed");
        sim.tell_status(&id);
        sim.advance(20_000);
        assert!(sim.outcome(handle).is_some(), "cut: {cut}");
        assert_eq!(sim.count("tasks/result"), 2);
    }
}

#[test]
fn a_held_request_that_makes_room_does_not_take_the_result_along() {
    let mut sim = holding();
    let tasks = wanting(&mut sim, 5);
    let (handle, id) = &tasks[1];
    sim.server.put(id, "completed");
    sim.tell_status(id);
    sim.advance(1000);
    assert_eq!(sim.result(*handle)["content"][0]["text"], "render");
    assert_eq!(sim.held().len(), 4);
}

#[test]
fn a_task_that_fails_while_its_request_is_held_fails_in_the_servers_words() {
    let ends = support::Ends::Failed("out of paint", Err((-32000, "no paint", Value::Null)));
    let mut sim = Sim::serving(FakeServer::streaming([Tool::new("render", 20_000).ending(ends)]).holding());
    let (handle, id) = sim.running("render");
    let mut snapshot = sim.server.snapshot(&id, sim.now);
    snapshot["status"] = json!("input_required");
    sim.push(&support::note("notifications/tasks/status", snapshot));
    let held = sim.held_requests()[0].clone();
    sim.advance(20_000);
    let error = json!({ "code": -32000, "message": "no paint" });
    sim.say(held.exchange, &json!({ "jsonrpc": "2.0", "id": held.id(), "error": error }));
    sim.advance(1000);
    sim.assert_failed(handle, TaskErrorCode::TaskFailed, &["no paint"]);
}

#[test]
fn a_lost_session_takes_it_along_and_the_next_one_opens_it_anew() {
    let mut sim = holding();
    let (_, id) = sim.wanting("render");
    sim.server.lose_sessions();
    sim.call_as("plain", TaskMode::Never);
    sim.advance(5000);
    assert_eq!((sim.count("initialize"), sim.held(), sim.count("tasks/result")), (2, vec![id], 2));
    assert_eq!(sim.count("notifications/cancelled"), 0, "the old session is gone");
}

#[test]
fn f1_session_lost_between_the_completed_notification_and_the_result() {
    let mut sim = holding();
    let (handle, id) = sim.wanting("render");
    let long_poll = sim.held_requests()[0].exchange;
    sim.server.put(&id, "completed");
    sim.tell_status(&id);
    sim.advance(150);
    assert!(sim.is_open(long_poll), "it is to bring the result");
    // Another request finds the session lost. The next session knows the task.
    sim.server.lose_sessions();
    sim.call_as("plain", TaskMode::Never);
    sim.advance(1000);
    assert_eq!(sim.result(handle)["content"][0]["text"], "render");
    assert_eq!((sim.count("initialize"), sim.count("tasks/result")), (2, 2));
}

#[test]
fn twelve_tasks_whose_questions_come_nowhere_else_all_finish() {
    for multiplexed in [false, true] {
        let mut sim = Sim::serving(FakeServer::streaming([render()]).asking_on_results());
        if multiplexed {
            sim.input(Input::Multiplexed);
        }
        let tasks: Vec<_> = (0..12).map(|_| sim.await_call("render")).collect();
        let mut answered = 0;
        for _ in 0..120 {
            sim.advance(500);
            // One after another, as a person answers.
            if let Some((input, ..)) = sim.asked().get(answered).cloned() {
                answered += 1;
                sim.respond(input, 1000 + input);
            }
        }
        for handle in &tasks {
            assert_eq!(sim.result(*handle)["content"][0]["text"], "render");
        }
        assert_eq!((answered, sim.asked().len(), sim.over().len(), sim.answers().len()), (12, 12, 12, 12));
        assert!(multiplexed || sim.most_lasting <= 5, "{} at once", sim.most_lasting);
    }
}
