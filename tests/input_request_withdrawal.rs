//! Questions that nobody needs to answer any more, and those that are asked twice or too often.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{Input, InputAnswer};
use mcp_tasks::task::TaskErrorCode;
use mcp_tasks::wire::snapshot::Status;
use serde_json::json;
use support::{End, FakeServer, Reply, Sim, Tool, about, assert_says, note, question};

/// A task that asks "Which?" and is awaited or only watched, with its name.
fn asking(awaited: bool) -> (Sim, u32, String) {
    let mut sim = Sim::with_config(FakeServer::streaming([Tool::new("render", 600_000)]), |config| {
        (config.input_handlers, config.watch_all) = ([true; 3], true);
    });
    let handle = sim.call("render");
    if awaited {
        sim.watch(handle);
    }
    sim.advance(500);
    let id = sim.snapshots(handle)[0].task_id.clone();
    sim.push(&about(&id, question(0, "Which?")));
    assert_eq!(sim.asked(), [(1, Some(handle), "0".into())]);
    (sim, handle, id)
}

fn not_sent(sim: &mut Sim, input: u32, reply: u32) {
    let before = sim.answers().len();
    sim.respond(input, reply);
    assert_says(sim.reply(reply).unwrap().unwrap_err(), TaskErrorCode::Unsupported, &["no longer waits", "not sent"]);
    assert_eq!(sim.answers().len(), before);
}

#[test]
fn the_server_takes_a_question_back() {
    let (mut sim, handle, _) = asking(true);
    sim.push(&note("notifications/cancelled", json!({ "requestId": "0" })));
    assert!(sim.over().is_empty(), "that is another request");
    sim.push(&note("notifications/cancelled", json!({ "requestId": 0 })));
    assert_eq!(sim.over(), [1]);
    sim.flush();
    assert_eq!(sim.statuses(handle).last(), Some(&Status::Working), "and is asked at once how it goes on");
    not_sent(&mut sim, 1, 1);
}

#[test]
fn a_task_that_ends_takes_its_questions_with_it_whether_it_is_awaited_or_watched() {
    for awaited in [true, false] {
        let (mut sim, _, id) = asking(awaited);
        sim.push(&about("another", question(1, "Which?")));
        sim.server.put(&id, "completed");
        sim.tell_status(&id);
        sim.flush();
        assert_eq!(sim.over(), [1], "awaited: {awaited}");
        not_sent(&mut sim, 1, 1);
        sim.respond(2, 2);
        assert!(sim.reply(2).unwrap().is_ok(), "another's question stays");
    }
}

#[test]
fn a_task_that_ends_takes_its_questions_with_it_whichever_handle_is_left() {
    let (mut sim, first, id) = asking(true);
    sim.await_known(&id);
    sim.flush();
    sim.input(Input::Forget { handle: first });
    assert!(sim.over().is_empty());
    sim.server.put(&id, "completed");
    sim.tell_status(&id);
    sim.flush();
    assert_eq!(sim.over(), [1]);
}

#[test]
fn a_task_that_the_server_forgets_before_it_described_it_takes_its_questions_with_it() {
    let server = FakeServer::streaming([]);
    let mut sim = Sim::serving(server.when("tasks/get", |s| Some(Reply::error(s, -32602, "unknown").after(500))));
    let first = sim.attach("t");
    let handle = sim.await_known("t");
    sim.advance(100);
    sim.push(&about("t", question(0, "Which?")));
    assert_eq!(sim.asked(), [(1, Some(first), "0".into())]);
    sim.advance(1000);
    sim.assert_failed(handle, TaskErrorCode::TaskExpired, &["task t"]);
    assert_eq!(sim.over(), [1], "though another handle of the task is left");
}

#[test]
fn a_call_that_ends_takes_its_questions_with_it() {
    let server = FakeServer::polled([Tool::new("ask", 0).support(None)])
        .when("tools/call", |_| Some(Reply::events(&[question(0, "Which?")]).ending(End::Open)));
    let mut sim = Sim::serving(server);
    sim.await_call("ask");
    sim.advance(1000);
    let call = sim.last("tools/call").clone();
    sim.say(call.exchange, &json!({ "jsonrpc": "2.0", "id": call.id(), "result": { "content": [] } }));
    assert_eq!(sim.over(), [1]);
    not_sent(&mut sim, 1, 1);
}

#[test]
fn a_call_that_is_given_up_takes_its_questions_with_it() {
    let server = FakeServer::polled([Tool::new("ask", 0).support(None)])
        .when("tools/call", |_| Some(Reply::events(&[question(0, "Which?")]).ending(End::Open)));
    let mut sim = Sim::serving(server);
    let handle = sim.call("ask");
    sim.advance(1000);
    assert_eq!(sim.asked().len(), 1);
    sim.input(Input::Abandon { handle });
    assert_eq!(sim.over(), [1]);
    not_sent(&mut sim, 1, 1);
}

#[test]
fn an_answer_on_its_way_while_the_task_ends_is_taken_or_not_by_what_the_server_says() {
    let (mut sim, handle, id) = asking(true);
    sim.server = std::mem::take(&mut sim.server).first(1, "response", Reply::accepted().after(300));
    sim.respond(1, 1);
    sim.server.put(&id, "completed");
    sim.tell_status(&id);
    sim.flush();
    assert!(sim.outcome(handle).is_some() && sim.reply(1).is_none());
    sim.advance(1000);
    assert!(sim.reply(1).unwrap().is_ok(), "{:?}", sim.reply(1));
    assert_eq!((sim.answers().len(), sim.over()), (1, vec![1]));
}

#[test]
fn a_lost_session_takes_every_question_with_it() {
    let (mut sim, handle, _) = asking(true);
    sim.push(&question(1, "And?"));
    sim.server.lose_sessions();
    sim.respond(1, 1);
    assert_eq!(sim.over(), [1, 2]);
    assert_says(sim.reply(1).unwrap().unwrap_err(), TaskErrorCode::Unsupported, &["no longer waits"]);
    not_sent(&mut sim, 2, 2);
    sim.advance(5000);
    assert_eq!((sim.count("initialize"), sim.statuses(handle).last()), (2, Some(&Status::Working)));
    // Ids begin anew in a new session.
    sim.push(&question(0, "Which?"));
    assert_eq!(sim.asked().len(), 3);
}

#[test]
fn closing_ends_all_input_requests_and_fails_their_answers() {
    let (mut sim, ..) = asking(true);
    sim.push(&question(1, "And?"));
    sim.input(Input::Respond { input: 1, answer: InputAnswer::Result("{}".into()), reply: 1 });
    sim.input(Input::Close);
    assert_eq!(sim.over(), [1, 2]);
    assert_says(sim.reply(1).unwrap().unwrap_err(), TaskErrorCode::Closed, &["the client was closed"]);
    sim.respond(2, 2);
    assert_says(sim.reply(2).unwrap().unwrap_err(), TaskErrorCode::Closed, &["nothing was sent"]);
}

#[test]
fn a_request_that_is_told_again_is_asked_once() {
    let (mut sim, _, id) = asking(true);
    sim.cut_stream(End::Whole);
    sim.advance(2000);
    assert_eq!(sim.count("GET"), 2);
    sim.push(&about(&id, question(0, "Which?")));
    assert_eq!((sim.asked().len(), sim.answers().len()), (1, 0));
    sim.respond(1, 1);
    // The id is free again: servers count anew.
    sim.push(&about(&id, question(0, "And now?")));
    assert_eq!(sim.asked().len(), 2);
}

#[test]
fn of_two_questions_the_task_waits_for_the_last() {
    let (mut sim, handle, id) = asking(true);
    sim.push(&about(&id, question(1, "And?")));
    sim.respond(1, 1);
    sim.advance(20_000);
    assert_eq!(sim.statuses(handle).last(), Some(&Status::InputRequired));
    sim.respond(2, 2);
    assert_eq!(sim.statuses(handle).last(), Some(&Status::Working));
}

#[test]
fn so_many_questions_may_be_open_and_no_more() {
    let (mut sim, ..) = asking(true);
    for n in 1..256 {
        sim.push(&question(n, "Which?"));
    }
    assert_eq!((sim.asked().len(), sim.answers().len()), (256, 0));
    sim.push(&question(256, "Which?"));
    assert_eq!(sim.asked().len(), 256);
    let refusal = sim.last("response");
    assert_eq!((refusal.id(), &refusal.body["error"]["code"]), (&json!(256), &json!(-32603)));
    sim.respond(1, 1);
    sim.push(&question(256, "Which?"));
    assert_eq!(sim.asked().len(), 257, "an answer makes room");
}
