//! What a server says of its own accord, and what that does to questions of ours, to the clock and to when we ask.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_tasks::{
    client::{Handle, Input},
    task::Interest,
};
use serde_json::{Value, json};
use support::{End, FakeServer, Reply, Sent, Sim, Tool, iso};

fn state(status: &str, message: &str, at: u64) -> Value {
    json!({ "taskId": "t", "status": status, "statusMessage": message, "createdAt": iso(0), "lastUpdatedAt": iso(at), "ttl": null })
}

fn push(sim: &mut Sim, params: &Value) {
    sim.push(&json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status", "params": params }));
}

/// A server that has a stream, and says this of the task whenever it is asked.
fn saying(answer: impl Fn(&Sent) -> Reply + 'static) -> FakeServer {
    FakeServer::streaming([]).when("tasks/get", move |sent| (sent.param("taskId") == "t").then(|| answer(sent)))
}

/// The task is known, and all sockets are taken by questions about others that take this long to answer.
fn crowded(answers_after_ms: u64) -> (Sim, Handle) {
    let server = saying(|sent| Reply::result(sent, &state("working", "begun", 5000)));
    let mut sim = Sim::new(server.when("tasks/get", move |sent| {
        let other = json!({ "taskId": sent.param("taskId"), "status": "working", "ttl": null });
        (sent.param("taskId") != "t").then(|| Reply::result(sent, &other).after(answers_after_ms))
    }));
    let handle = sim.attach("t");
    sim.watch_status(handle);
    sim.advance(100);
    assert_eq!(sim.story(handle), ["begun"]);
    for n in 0..4 {
        sim.await_known(&format!("other{n}"));
    }
    (sim, handle)
}

fn questions(sim: &Sim) -> usize {
    sim.sent.iter().filter(|s| s.is("tasks/get") && s.param("taskId") == "t").count()
}

#[test]
fn refresh_is_answered_by_an_end_before_the_poll_is_sent() {
    let (mut sim, handle) = crowded(20_000);
    sim.input(Input::Refresh { handle, reply: 1 });
    sim.advance(100);
    assert!(sim.reply(1).is_none());
    push(&mut sim, &state("completed", "done", 6000));
    assert!(matches!(sim.reply(1), Some(Ok(_))));
    sim.advance(60_000);
    assert_eq!((sim.story(handle).last().unwrap().as_str(), questions(&sim)), ("done", 1));
}

#[test]
fn refresh_is_answered_by_an_end_that_overtakes_a_failing_poll() {
    let mut sim = Sim::new(saying(|_| Reply::status(503).after(1000)));
    let handle = sim.attach("t");
    sim.watch_status(handle);
    sim.input(Input::Refresh { handle, reply: 1 });
    sim.advance(500);
    push(&mut sim, &state("completed", "done", 1000));
    assert!(matches!(sim.reply(1), Some(Ok(_))));
    sim.advance(3_600_000);
    assert_eq!(questions(&sim), 1);
}

#[test]
fn refresh_is_answered_by_a_new_status_and_not_by_a_stale_one() {
    let mut sim = Sim::new(saying(|sent| match sent.at {
        0 => Reply::result(sent, &state("working", "begun", 5000)),
        _ => Reply::never(),
    }));
    let handle = sim.attach("t");
    sim.watch_status(handle);
    sim.advance(100);
    sim.input(Input::Refresh { handle, reply: 1 });
    push(&mut sim, &state("working", "before", 4000));
    assert!(sim.reply(1).is_none());
    push(&mut sim, &state("working", "half", 6000));
    assert!(matches!(sim.reply(1), Some(Ok(_))));
    assert_eq!(sim.story(handle), ["begun", "half"]);
    sim.input(Input::Refresh { handle, reply: 2 });
    push(&mut sim, &state("working", "half", 6000));
    assert!(matches!(sim.reply(2), Some(Ok(_))), "the same once more is as good");
}

#[test]
fn a_push_does_not_swallow_a_question_that_waits() {
    for (at, answered) in [(4000, false), (6000, true)] {
        let (mut sim, handle) = crowded(1000);
        sim.input(Input::Refresh { handle, reply: 1 });
        push(&mut sim, &state("working", "pushed", at));
        assert_eq!((sim.reply(1).is_some(), questions(&sim)), (answered, 1));
        sim.advance(1000);
        assert_eq!(questions(&sim), 2, "as soon as there is room");
        assert!(matches!(sim.reply(1), Some(Ok(_))));
        sim.advance(900);
        assert_eq!(questions(&sim), 2, "and once");
    }
}

#[test]
fn notification_after_the_end_does_not_hasten_the_result() {
    let server = FakeServer::streaming([]).with_task("t", 0, Tool::new("render", 5));
    let mut sim = Sim::new(server.when("tasks/result", |sent| Some(Reply::result(sent, &json!(7)))));
    sim.await_known("t");
    sim.advance(100);
    for _ in 0..100 {
        push(&mut sim, &state("completed", "done", 50));
        push(&mut sim, &state("working", "late", 60));
        sim.advance(100);
    }
    let asked = sim.times("tasks/result");
    let waits: Vec<u64> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(waits, [2000, 4000], "{asked:?}");
}

#[test]
fn what_carries_no_time_does_not_turn_the_clock_back() {
    let mut sim = Sim::new(saying(|sent| Reply::result(sent, &state("input_required", "name?", 5000))));
    let handle = sim.attach("t");
    sim.watch_status(handle);
    sim.advance(100);
    for (message, time) in [("still", Value::Null), ("please", json!("yesterday"))] {
        let mut undated = state("input_required", message, 0);
        undated["lastUpdatedAt"] = time;
        push(&mut sim, &undated);
        push(&mut sim, &state("working", "before it asked", 4000));
    }
    assert_eq!(sim.story(handle), ["name?", "still", "please"]);
    assert!(sim.snapshots(handle).iter().all(|s| s.last_updated_at == Some(iso(5000))));
    push(&mut sim, &state("working", "on", 6000));
    assert_eq!(sim.story(handle).last().unwrap(), "on");
}

#[test]
fn stale_status_does_not_change_the_interval() {
    let slow = |mut state: Value| {
        state["pollInterval"] = json!(600_000);
        state
    };
    let mut first = state("working", "begun", 5000);
    first["pollInterval"] = json!(500);
    let mut sim = Sim::new(saying(move |sent| match sent.at {
        0 => Reply::result(sent, &first),
        _ => Reply::result(sent, &slow(state("working", "another worker", 4000))),
    }));
    let handle = sim.attach("t");
    sim.watch_status(handle);
    sim.advance(100);
    push(&mut sim, &slow(state("working", "replayed", 3000)));
    sim.advance(100);
    // A stream that has told nothing new speaks for no task.
    assert_eq!(sim.times("tasks/get"), [0]);
    sim.server.offers_stream = false;
    sim.cut_stream(End::Cut("gone"));
    sim.advance(2000);
    assert_eq!(sim.times("tasks/get"), [0, 500, 1000, 1500, 2000]);
    assert_eq!(sim.story(handle), ["begun"]);
}

/// When each of these tasks is asked after within two minutes once all were told of, in one go or one after the other.
fn asked_after(at_once: bool) -> Vec<(u64, String)> {
    let known = |sent: &Sent| json!({ "taskId": sent.param("taskId"), "status": "working", "ttl": null });
    let mut sim = Sim::new(FakeServer::streaming([]).when("tasks/get", move |s| Some(Reply::result(s, &known(s)))));
    let handles: Vec<Handle> = (0..40)
        .map(|n| {
            let handle = sim.attach(&format!("t{n}"));
            sim.watch_status(handle);
            sim.advance(10);
            handle
        })
        .collect();
    // Others than were told of last, and some twice: their rows lie anywhere.
    if let Some(&handle) = handles.get(7) {
        sim.input(Input::Unwatch { handle, interest: Interest::Status });
    }
    let told: Vec<Value> = [3_usize, 31, 7, 12, 0, 39, 12, 25, 18, 4, 33, 9, 21, 3, 28]
        .iter()
        .map(|n| {
            let status = if n % 9 == 0 { "completed" } else { "working" };
            let interval = 1000 + 700 * (n % 5);
            let params = json!({ "taskId": format!("t{n}"), "status": status, "ttl": null, "pollInterval": interval });
            json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status", "params": params })
        })
        .collect();
    let before = sim.sent.len();
    if at_once {
        sim.push(&Value::Array(told));
    } else {
        told.iter().for_each(|message| sim.push(message));
    }
    sim.advance(120_000);
    let polls = sim.sent.iter().skip(before).filter(|sent| sent.is("tasks/get"));
    polls.map(|sent| (sent.at, sent.param("taskId").to_string())).collect()
}

#[test]
fn tasks_that_are_told_of_together_are_asked_after_as_if_they_had_been_told_of_one_by_one() {
    let asked = asked_after(true);
    assert_eq!(asked, asked_after(false));
    assert!(asked.len() > 100, "{}", asked.len());
    // Told of, and thus spoken for by the stream: rarely; the others at their interval.
    let of = |task: &str| asked.iter().filter(|(_, id)| *id == format!("\"{task}\"")).count();
    assert!(of("t12") < of("t11"), "{} {}", of("t12"), of("t11"));
    assert_eq!((of("t7"), of("t9")), (0, 0));
}
