//! A new task is asked after once before the server's interval has passed, where that is long and no stream tells of it.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{Input, PauseReason};
use mcp_tasks::task::Outcome;
use serde_json::{Value, json};
use support::{FakeServer, Reply, Sim, Tool, greeted, task};

/// One awaited task of this duration at a server that wants to be asked at this interval.
fn polled(takes_ms: u64, interval: Value) -> (Sim, u32) {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", takes_ms)]).every(interval));
    let handle = sim.await_call("render");
    (sim, handle)
}

#[test]
fn f16_task_that_ends_at_once_settles_long_before_the_interval() {
    let (mut sim, handle) = polled(10, json!(5000));
    sim.advance(60_000);
    assert_eq!((sim.settled_at(handle), sim.times("tasks/get")), (Some(250), vec![250]));
}

#[test]
fn f16_there_is_one_early_poll_and_then_the_interval() {
    let (mut sim, handle) = polled(60_000, json!(5000));
    sim.advance(21_000);
    assert_eq!(sim.times("tasks/get"), [250, 5250, 10_250, 15_250, 20_250]);
    // Watching again asks no earlier.
    sim.unwatch(handle);
    sim.advance(100);
    sim.watch(handle);
    sim.advance(4000);
    assert_eq!(sim.count("tasks/get"), 5);
}

#[test]
fn f16_there_is_none_where_the_interval_is_short_or_not_named_or_the_option_forbids_it() {
    for interval in [json!(1000), json!(50), Value::Null] {
        let (mut sim, _) = polled(60_000, interval.clone());
        sim.advance(3000);
        assert!(!sim.times("tasks/get").contains(&250) || interval == json!(50), "{interval}");
    }
    let server = FakeServer::polled([Tool::new("render", 10)]).every(json!(5000));
    let mut sim = Sim::with_config(server, |config| config.early_poll = false);
    sim.await_call("render");
    sim.advance(20_000);
    assert_eq!(sim.times("tasks/get"), [5000]);
    // The application's own interval is not the server's.
    let server = FakeServer::polled([Tool::new("render", 10)]).every(Value::Null);
    let mut sim = Sim::with_config(server, |config| config.poll_interval_ms = 5000);
    sim.await_call("render");
    sim.advance(20_000);
    assert_eq!(sim.times("tasks/get"), [5000]);
}

#[test]
fn f16_early_poll_is_not_sent_for_a_streamed_or_unwatched_task_or_a_hidden_page() {
    let mut sim = Sim::new(FakeServer::streaming([Tool::new("render", 2000)]).every(json!(5000)));
    let handle = sim.await_call("render");
    sim.advance(4000);
    assert_eq!((sim.settled_at(handle), sim.count("tasks/get")), (Some(2000), 0));

    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 10)]).every(json!(5000)));
    sim.call("render");
    sim.advance(60_000);
    assert_eq!(sim.count("tasks/get"), 0);

    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 10)]).every(json!(5000)));
    sim.input(Input::Pause(PauseReason::Hidden));
    sim.await_call("render");
    sim.advance(14_000);
    assert_eq!(sim.count("tasks/get"), 0);
}

#[test]
fn f16_tasks_that_are_created_together_are_asked_after_together() {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 10)]).every(json!(5000)));
    for _ in 0..24 {
        sim.await_call("render");
        sim.advance(5);
    }
    sim.advance(1000);
    let times = sim.times("tasks/get");
    assert_eq!((times.len(), times[0], times[23]), (24, times[23], times[23]), "in one moment: {times:?}");
    assert!(times[0] <= 250 + 5000 / 32, "{}", times[0]);
    // Where the server lists its tasks, one list takes the place of them.
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 10)]).every(json!(5000)).listing(100));
    let handles: Vec<_> = (0..24).map(|_| sim.await_call("render")).collect();
    sim.advance(1000);
    assert!(handles.iter().all(|handle| matches!(sim.outcome(*handle), Some(Outcome::Result(_)))));
    assert!(sim.count("tasks/list") == 1 && sim.count("tasks/get") <= 1);
}

#[test]
fn f16_early_poll_that_fails_is_sent_again_after_its_wait() {
    let server = FakeServer::polled([Tool::new("render", 10)]).every(json!(5000));
    let mut sim = Sim::new(server.first(1, "tasks/get", Reply::refused()));
    let handle = sim.await_call("render");
    sim.advance(800);
    assert!(sim.settled_at(handle).is_some_and(|at| (500..=750).contains(&at)), "{:?}", sim.settled_at(handle));
}

#[test]
fn f16_task_of_a_server_without_sessions_is_asked_after_early_too() {
    let mut sim = greeted();
    let handle = sim.await_call("render");
    let more = json!({ "resultType": "task", "pollIntervalMs": 5000 });
    sim.give("tools/call", &task("t", "working", &more));
    sim.advance(249);
    assert_eq!(sim.count("tasks/get"), 0);
    sim.advance(1);
    sim.give("tasks/get", &task("t", "completed", &json!({ "result": { "content": [] } })));
    assert!(sim.outcome(handle).is_some());
}
