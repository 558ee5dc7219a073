//! What a server asks in the middle of a call or a task: who is shown it, and what becomes of the answer.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{Input, InputAnswer};
use mcp_tasks::task::TaskErrorCode;
use mcp_tasks::wire::snapshot::Status;
use serde_json::json;
use support::{End, FakeServer, Reply, Sim, Tool, about, assert_says, question};

fn render() -> Tool {
    Tool::new("render", 600_000)
}

fn serving() -> Sim {
    Sim::serving(FakeServer::streaming([render()]))
}

/// An awaited task that asks "Which?", with its name.
fn asking() -> (Sim, u32, String) {
    let mut sim = serving();
    let (handle, id) = sim.running("render");
    sim.push(&about(&id, question(0, "Which?")));
    assert_eq!(sim.asked(), [(1, Some(handle), "0".into())]);
    (sim, handle, id)
}

fn replied_well(sim: &Sim, reply: u32) -> bool {
    sim.reply(reply).is_some_and(|answer| answer.is_ok())
}

#[test]
fn only_handled_requests_are_declared() {
    for (serves, declared) in [
        ([false; 3], json!({})),
        ([true, false, false], json!({ "elicitation": { "form": {} } })),
        ([false, true, true], json!({ "sampling": {}, "roots": {} })),
    ] {
        let mut sim = Sim::with_config(FakeServer::streaming([render()]), |config| config.input_handlers = serves);
        sim.running("render");
        assert_eq!(sim.last("initialize").param("capabilities"), &declared);
    }
}

#[test]
fn unhandled_request_is_answered_with_an_error_and_not_emitted() {
    let mut sim =
        Sim::with_config(FakeServer::streaming([render()]), |config| config.input_handlers = [false, true, false]);
    sim.running("render");
    for method in ["elicitation/create", "roots/list", "tasks/get"] {
        sim.push(&json!({ "jsonrpc": "2.0", "id": method, "method": method, "params": {} }));
        let answer = sim.last("response");
        assert_eq!((answer.id(), &answer.body["error"]["code"]), (&json!(method), &json!(-32601)));
        assert!(answer.body["error"]["message"].as_str().unwrap().contains(method));
    }
    assert!(sim.asked().is_empty());
}

#[test]
fn a_mode_that_was_not_declared_is_refused() {
    let mut sim = serving();
    sim.running("render");
    let mut request = question(7, "Go there");
    request["params"]["mode"] = json!("url");
    sim.push(&request);
    assert_eq!(sim.last("response").body["error"]["code"], -32602);
    assert!(sim.asked().is_empty());
    request["params"]["mode"] = json!("form");
    sim.push(&request);
    assert_eq!(sim.asked().len(), 1);
}

#[test]
fn ping_is_answered_whatever_is_handled() {
    let mut sim = Sim::new(FakeServer::streaming([render()]));
    sim.running("render");
    sim.push(&json!({ "jsonrpc": "2.0", "id": 0, "method": "ping" }));
    assert_eq!(sim.answers(), [&json!({ "jsonrpc": "2.0", "id": 0, "result": {} })]);
}

#[test]
fn a_requests_id_comes_back_as_it_was() {
    // Not even a number and its text are the same.
    let ids = [json!(0), json!("0"), json!("task-1-0"), json!(-3), json!(9_007_199_254_740_993_u64), json!("ü\"\\")];
    let mut sim = serving();
    sim.running("render");
    for (n, id) in (1..).zip(&ids) {
        sim.push(&question(id.clone(), "Which?"));
        sim.respond(n, n);
        assert_eq!(sim.last("response").id(), id);
        assert!(replied_well(&sim, n));
    }
    assert_eq!((sim.asked().len(), sim.over()), (ids.len(), (1..=6).collect()));
}

#[test]
fn two_requests_whose_ids_differ_only_in_type_are_two() {
    let mut sim = serving();
    sim.running("render");
    sim.push(&question(7, "Which?"));
    sim.push(&question("7", "Which?"));
    assert_eq!(sim.asked().len(), 2);
}

#[test]
fn an_answer_names_the_task_where_the_request_did() {
    let (mut sim, _, id) = asking();
    let answer = InputAnswer::Result(r#"{"action":"decline","_meta":{"mine":1}}"#.into());
    sim.input(Input::Respond { input: 1, answer, reply: 1 });
    let meta = json!({ "mine": 1, "io.modelcontextprotocol/related-task": { "taskId": id } });
    let result = json!({ "action": "decline", "_meta": meta });
    assert_eq!(sim.answers(), [&json!({ "jsonrpc": "2.0", "id": 0, "result": result })]);

    sim.push(&question(1, "Which?"));
    sim.respond(2, 2);
    assert_eq!(sim.last("response").body["result"], json!({ "action": "accept", "content": {} }));
}

#[test]
fn an_error_is_an_answer_too() {
    let (mut sim, ..) = asking();
    sim.input(Input::Respond { input: 1, answer: InputAnswer::Error { code: -1, message: "no".into() }, reply: 1 });
    sim.flush();
    assert_eq!(sim.last("response").body["error"], json!({ "code": -1, "message": "no" }));
    assert!(replied_well(&sim, 1));
}

#[test]
fn a_question_on_the_stream_of_a_plain_call_is_the_calls() {
    let mut server = FakeServer::polled([Tool::new("other", 600_000), Tool::new("ask", 600_000).support(None)]);
    server = server.when("tools/call", |sent| {
        (sent.param("name") == "ask").then(|| Reply::events(&[question(0, "Which?")]).ending(End::Open))
    });
    let mut sim = Sim::serving(server);
    sim.running("other");
    let handle = sim.await_call("ask");
    sim.advance(1000);
    assert_eq!(sim.asked(), [(1, Some(handle), "0".into())]);
    sim.respond(1, 1);
    let call = sim.last("tools/call").clone();
    sim.say(call.exchange, &json!({ "jsonrpc": "2.0", "id": call.id(), "result": { "content": [] } }));
    assert_eq!(sim.result(handle), json!({ "content": [] }));
}

#[test]
fn a_question_that_says_nothing_of_a_task_is_the_announced_ones_by_its_words_then_by_order() {
    // Deviation 23.
    let mut sim = serving();
    let (first, first_id) = sim.running("render");
    let (second, second_id) = sim.running("render");
    let (third, third_id) = sim.running("render");
    for (id, words) in [(&third_id, "Where?"), (&first_id, "Who?"), (&second_id, "When?")] {
        sim.announce(id, words);
    }
    for (n, words) in [(0, "Who?"), (1, "Why?"), (2, "How?"), (3, "What?")] {
        sim.push(&question(n, words));
    }
    let whose: Vec<_> = sim.asked().into_iter().map(|(_, handle, _)| handle).collect();
    assert_eq!(whose, [Some(first), Some(third), Some(second), None]);
    sim.respond(1, 1);
    assert_eq!(sim.last("response").body["result"].get("_meta"), None);
}

#[test]
fn a_question_that_comes_before_its_task_is_named_waits_for_the_name() {
    for announced in [false, true] {
        let mut server = FakeServer::streaming([render()]);
        server.notifies = false;
        server.latency = 100;
        let mut sim = Sim::serving(server);
        let handle = sim.await_call("render");
        while sim.count("tools/call") == 0 {
            sim.advance(10);
        }
        let id = format!("render-{}", sim.last("tools/call").id());
        if announced {
            sim.announce(&id, "Which?");
            sim.push(&question(0, "Which?"));
        } else {
            sim.push(&about(&id, question(0, "Which?")));
        }
        assert!(sim.asked().is_empty());
        sim.advance(100);
        assert_eq!(sim.asked(), [(1, Some(handle), "0".into())], "announced: {announced}");
        assert_eq!(sim.statuses(handle).last(), Some(&Status::InputRequired));
    }
}

#[test]
fn request_about_an_unknown_task_is_emitted_without_a_handle() {
    let mut sim = serving();
    sim.running("render");
    sim.push(&about("another", question(0, "Which?")));
    assert_eq!(sim.asked(), [(1, None, "0".into())]);
    sim.respond(1, 1);
    let meta = &sim.last("response").body["result"]["_meta"];
    assert_eq!(meta["io.modelcontextprotocol/related-task"]["taskId"], "another");
}

#[test]
fn every_handle_of_a_task_waits_and_goes_on_with_it() {
    let mut sim = serving();
    let (first, id) = sim.running("render");
    let second = sim.await_known(&id);
    sim.flush();
    sim.push(&about(&id, question(0, "Which?")));
    assert_eq!(sim.asked().len(), 1);
    for handle in [first, second] {
        assert_eq!(sim.statuses(handle), [Status::Working, Status::InputRequired]);
    }
    let before = sim.count("tasks/get");
    sim.advance(14_000);
    assert_eq!(sim.count("tasks/get"), before);
    sim.respond(1, 1);
    for handle in [first, second] {
        assert_eq!(sim.statuses(handle).last(), Some(&Status::Working));
    }
}

#[test]
fn input_required_stands_as_long_as_the_question_does() {
    // Deviations 10 and 12: `working` is pushed right after, and `tasks/get` never says anything else.
    let (mut sim, handle, id) = asking();
    sim.tell_status(&id);
    sim.advance(100_000);
    assert!(sim.count("tasks/get") > 0);
    assert_eq!(sim.statuses(handle), [Status::Working, Status::InputRequired]);
    sim.respond(1, 1);
    assert_eq!(sim.statuses(handle), [Status::Working, Status::InputRequired, Status::Working]);
}

#[test]
fn task_that_awaits_input_is_polled_rarely_and_at_once_after_the_answer() {
    let mut sim = Sim::serving(FakeServer::polled([render()]).every(json!(1000)).holding());
    let (_, id) = sim.wanting("render");
    sim.advance(1000);
    let held = sim.held_requests()[0].exchange;
    sim.say(held, &about(&id, question(0, "Which?")));
    let before = sim.count("tasks/get");
    sim.advance(60_000);
    assert_eq!(sim.count("tasks/get"), before + 4, "every 15 s");
    sim.server.put(&id, "working");
    // Sooner after the last time than the interval allows.
    let soon = sim.times("tasks/get").last().unwrap() + 15_100;
    sim.advance(soon - sim.now);
    sim.respond(1, 1);
    let times = sim.times("tasks/get");
    assert_eq!(times.last(), Some(&sim.now));
    sim.advance(3000);
    assert_eq!(sim.count("tasks/get"), times.len() + 3, "at the server's interval again");
}

#[test]
fn an_answer_survives_trouble() {
    for trouble in [Reply::status(503), Reply::refused(), Reply::never()] {
        let (mut sim, ..) = asking();
        sim.server = std::mem::take(&mut sim.server).first(2, "response", trouble);
        sim.respond(1, 1);
        sim.advance(100_000);
        let answers = sim.answers();
        assert_eq!(answers.len(), 3);
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        assert!(replied_well(&sim, 1));
        assert_eq!(sim.over(), [1]);
    }
}

#[test]
fn an_answer_that_meets_nothing_but_trouble_fails_in_the_end_and_says_what_did_not_happen() {
    let (mut sim, ..) = asking();
    sim.server = std::mem::take(&mut sim.server).when("response", |_| Some(Reply::refused()));
    sim.respond(1, 1);
    sim.advance(300_000);
    assert_eq!((sim.answers().len(), sim.over()), (5, vec![1]));
    let words = ["answering the server", "Failed to fetch", "it has not got the answer"];
    assert_says(sim.reply(1).unwrap().unwrap_err(), TaskErrorCode::Network, &words);
}

#[test]
fn an_answer_that_is_refused_is_not_sent_again() {
    let (mut sim, ..) = asking();
    sim.server = std::mem::take(&mut sim.server).when("response", |_| Some(Reply::status(413)));
    sim.respond(1, 1);
    sim.advance(100_000);
    assert_eq!(sim.answers().len(), 1);
    assert_says(sim.reply(1).unwrap().unwrap_err(), TaskErrorCode::Http, &["413", "it has not got the answer"]);
}

#[test]
fn a_question_is_answered_once() {
    let (mut sim, ..) = asking();
    sim.input(Input::Respond { input: 1, answer: InputAnswer::Result("{}".into()), reply: 1 });
    sim.respond(1, 2);
    sim.respond(9, 3);
    assert!(replied_well(&sim, 1));
    for reply in [2, 3] {
        assert_says(sim.reply(reply).unwrap().unwrap_err(), TaskErrorCode::Unsupported, &["it was not sent"]);
    }
    assert_eq!(sim.answers().len(), 1);
}

#[test]
fn a_second_question_with_an_id_that_was_used_has_a_key_of_its_own() {
    let (mut sim, handle, id) = asking();
    sim.respond(1, 1);
    assert!(replied_well(&sim, 1));
    sim.push(&about(&id, question(0, "And which then?")));
    assert_eq!(sim.asked()[1..], [(2, Some(handle), "0#2".into())]);
    sim.respond(2, 2);
    assert!(replied_well(&sim, 2));
    assert_eq!(sim.answers()[1]["id"], json!(0), "the answer bears the id as the server sent it");
}
