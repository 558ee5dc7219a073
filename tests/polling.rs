//! How often a task is asked after: as the server wants it, only while somebody watches, and never in a hot loop.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{Input, PauseReason};
use mcp_tasks::task::Outcome;
use mcp_tasks::wire::snapshot::Status;
use serde_json::{Value, json};
use support::{End, FakeServer, Reply, Sim, Tool};

/// Only the interval counts.
fn without_early_poll(server: FakeServer) -> Sim {
    Sim::with_config(server, |config| config.early_poll = false)
}

/// Runs one awaited task, and gives the times of its polls, counted from the creation.
fn polls_of(takes_ms: u64, interval: Value) -> Vec<u64> {
    let mut sim = without_early_poll(FakeServer::polled([Tool::new("render", takes_ms)]).every(interval));
    let handle = sim.await_call("render");
    sim.advance(takes_ms + 4_000_000);
    assert!(matches!(sim.outcome(handle), Some(Outcome::Result(_))), "{:?}", sim.outcome(handle));
    assert_eq!(sim.count("tasks/result"), 1);
    let created = sim.times("tools/call")[0];
    sim.times("tasks/get").iter().map(|at| at - created).collect()
}

#[test]
fn a_task_is_asked_after_at_the_interval_of_the_server_and_not_once_more() {
    for (takes, interval) in
        [(10_000, 1000), (10_000, 3000), (500, 1000), (1000, 1000), (1001, 1000), (60_000, 5000), (7000, 250)]
    {
        let expected: Vec<u64> = (1..=u64::div_ceil(takes, interval)).map(|n| n * interval).collect();
        assert_eq!(polls_of(takes, json!(interval)), expected, "{takes} ms at {interval} ms");
    }
}

#[test]
fn a_server_that_names_no_interval_is_asked_at_the_default() {
    assert_eq!(polls_of(2500, Value::Null), [1000, 2000, 3000]);
    assert_eq!(polls_of(2500, json!("soon")), [1000, 2000, 3000]);
}

#[test]
fn the_default_interval_is_the_applications() {
    let server = FakeServer::polled([Tool::new("render", 3000)]).every(Value::Null);
    let mut sim = Sim::with_config(server, |config| config.poll_interval_ms = 400);
    let handle = sim.await_call("render");
    sim.advance(5000);
    assert!(sim.outcome(handle).is_some());
    assert_eq!(sim.count("tasks/get"), 8);
}

#[test]
fn an_interval_of_zero_is_no_hot_loop() {
    for zero in [json!(0), json!(1), json!("0")] {
        assert_eq!(polls_of(1000, zero), (1..=20).map(|n| n * 50).collect::<Vec<_>>());
    }
}

#[test]
fn a_negative_interval_is_none_at_all() {
    assert_eq!(polls_of(1500, json!(-5)), [1000, 2000]);
}

#[test]
fn an_absurdly_long_interval_is_an_hour() {
    for long in [json!(u64::MAX), json!(1e30), json!("99999999999999999999999999")] {
        let polls = polls_of(1000, long.clone());
        // 1e30 is written with an exponent, which is no interval at all.
        assert_eq!(polls, if long.is_f64() { [1000] } else { [3_600_000] }, "{long}");
    }
}

#[test]
fn the_interval_of_each_answer_counts_from_then_on() {
    let mut server = FakeServer::polled([Tool::new("render", 10_000)]);
    server.interval = Box::new(|age| json!(if age < 3000 { 1000 } else { 3000 }));
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(20_000);
    assert!(sim.outcome(handle).is_some());
    assert_eq!(sim.times("tasks/get"), [1000, 2000, 3000, 6000, 9000, 12_000]);
}

#[test]
fn an_answer_without_an_interval_keeps_the_one_that_is_known() {
    let mut server = FakeServer::polled([Tool::new("render", 10_000)]);
    server.interval = Box::new(|age| if age == 0 { json!(4000) } else { Value::Null });
    let mut sim = without_early_poll(server);
    sim.await_call("render");
    sim.advance(20_000);
    assert_eq!(sim.times("tasks/get"), [4000, 8000, 12_000]);
}

#[test]
fn the_interval_counts_from_the_answer_not_from_the_question() {
    let mut server = FakeServer::polled([Tool::new("render", 60_000)]);
    server.latency = 300;
    let mut sim = Sim::new(server);
    sim.await_call("render");
    sim.advance(8000);
    let polls = sim.times("tasks/get");
    assert!(polls.len() > 3);
    assert!(polls.windows(2).all(|pair| pair[1] - pair[0] == 1300), "{polls:?}");
}

#[test]
fn unwatched_task_is_not_polled() {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 10_000)]));
    let handle = sim.call("render");
    sim.advance(30_000);
    assert_eq!(sim.created(handle), Some(true));
    assert_eq!((sim.count("tasks/get"), sim.count("tasks/result")), (0, 0));
    assert_eq!(sim.client.poll_timeout(), None, "nothing to wake up for");
}

#[test]
fn a_watcher_that_comes_late_is_served_at_once() {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 10_000)]));
    let handle = sim.call("render");
    sim.advance(30_000);
    sim.watch(handle);
    sim.advance(1);
    assert_eq!(sim.times("tasks/get"), [30_000]);
    assert_eq!(sim.settled_at(handle), Some(30_000));
}

#[test]
fn a_watcher_that_comes_before_the_interval_is_over_waits_for_the_rest_of_it() {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 10_000)]));
    let handle = sim.call("render");
    sim.advance(400);
    sim.watch(handle);
    sim.advance(1000);
    assert_eq!(sim.times("tasks/get"), [1000]);
}

#[test]
fn a_task_known_by_its_id_alone_is_asked_after_at_once() {
    let mut sim = Sim::new(FakeServer::polled([]).with_task("old", 0, Tool::new("render", 1500)));
    let handle = sim.attach("old");
    sim.advance(100);
    assert_eq!(sim.sent.len(), 0, "nobody watches yet");
    sim.watch(handle);
    sim.advance(5000);
    assert_eq!(sim.times("tasks/get"), [100, 1100, 2100]);
    assert_eq!(sim.result(handle)["content"][0]["text"], "render");
}

#[test]
fn unwatching_stops_the_polls() {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 60_000)]));
    let handle = sim.await_call("render");
    sim.watch_status(handle);
    sim.advance(2500);
    sim.unwatch(handle);
    sim.advance(2000);
    assert_eq!(sim.count("tasks/get"), 4, "one still watches the status");
    sim.input(Input::Unwatch { handle, interest: mcp_tasks::task::Interest::Status });
    sim.advance(60_000);
    assert_eq!(sim.count("tasks/get"), 4);
}

#[test]
fn status_interest_does_not_request_the_result() {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 1500)]));
    let handle = sim.call("render");
    sim.watch_status(handle);
    sim.advance(20_000);
    assert_eq!(sim.statuses(handle), [Status::Working, Status::Completed]);
    assert_eq!((sim.count("tasks/get"), sim.count("tasks/result")), (2, 0));
    sim.watch(handle);
    sim.flush();
    assert_eq!(sim.settled_at(handle), Some(20_000));
}

#[test]
fn a_hidden_page_asks_rarely() {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 600_000)]));
    let handle = sim.await_call("render");
    sim.advance(5500);
    sim.input(Input::Pause(PauseReason::Hidden));
    sim.advance(60_000);
    let hidden: Vec<u64> = sim.times("tasks/get").into_iter().filter(|at| *at > 5500).collect();
    assert_eq!(hidden, [20_000, 35_000, 50_000, 65_000], "fifteen seconds after it was last heard of");
    assert!(sim.outcome(handle).is_none());
}

#[test]
fn a_page_that_is_shown_again_asks_at_once() {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 600_000)]));
    sim.await_call("render");
    sim.input(Input::Pause(PauseReason::Hidden));
    sim.advance(10_000);
    let before = sim.count("tasks/get");
    sim.input(Input::Resume(PauseReason::Hidden));
    sim.flush();
    assert_eq!(sim.count("tasks/get"), before + 1);
    assert_eq!(sim.last("tasks/get").at, 10_000);
}

#[test]
fn an_offline_or_frozen_page_asks_not_at_all_and_at_once_when_it_is_back() {
    for reason in [PauseReason::Offline, PauseReason::Frozen] {
        let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 600_000)]));
        sim.await_call("render");
        sim.advance(2500);
        sim.input(Input::Pause(reason));
        sim.advance(100_000);
        assert_eq!(sim.times("tasks/get"), [1000, 2000], "{reason:?}");
        sim.input(Input::Resume(reason));
        sim.flush();
        assert_eq!(sim.times("tasks/get"), [1000, 2000, 102_500], "{reason:?}");
    }
}

#[test]
fn one_reason_to_hold_still_does_not_end_another() {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 600_000)]));
    sim.await_call("render");
    sim.input(Input::Pause(PauseReason::Offline));
    sim.input(Input::Pause(PauseReason::Hidden));
    sim.input(Input::Pause(PauseReason::Hidden));
    sim.advance(50_000);
    sim.input(Input::Resume(PauseReason::Hidden));
    sim.advance(50_000);
    assert_eq!(sim.count("tasks/get"), 0);
    sim.input(Input::Resume(PauseReason::Offline));
    sim.advance(5000);
    assert_eq!(sim.count("tasks/get"), 6);
}

#[test]
fn an_offline_page_does_not_connect_for_a_task_that_is_watched() {
    let mut sim = Sim::new(FakeServer::polled([]).with_task("old", 0, Tool::new("render", 1500)));
    sim.input(Input::Pause(PauseReason::Offline));
    let handle = sim.await_known("old");
    sim.advance(60_000);
    assert_eq!(sim.methods(), [""; 0]);
    sim.input(Input::Resume(PauseReason::Offline));
    sim.advance(5000);
    assert!(sim.outcome(handle).is_some());
}

#[test]
fn notifications_take_the_place_of_polls() {
    let tool = Tool::new("render", 40_000).saying(&[(1000, "a"), (10_000, "b"), (20_000, "c")]);
    let mut sim = Sim::new(FakeServer::streaming([tool]));
    let handle = sim.await_call("render");
    sim.advance(60_000);
    assert_eq!(sim.story(handle), ["working", "a", "b", "c", "completed"]);
    // The stream says nothing between 20 s and 40 s: one look whether it is still true.
    assert_eq!(sim.times("tasks/get"), [35_000]);
    assert_eq!(sim.settled_at(handle), Some(40_000));
}

#[test]
fn safety_check_finds_an_end_without_a_notification() {
    let mut sim = Sim::new(FakeServer::streaming([]).with_task("old", 0, Tool::new("render", 16_000)));
    let handle = sim.await_known("old");
    sim.advance(500);
    sim.push(&json!({ "method": "notifications/tasks/status", "params": sim.server.snapshot("old", 500) }));
    sim.advance(40_000);
    assert_eq!(sim.times("tasks/get"), [0, 15_500, 30_500]);
    assert_eq!(sim.settled_at(handle), Some(30_500));
}

#[test]
fn a_stream_that_is_silent_about_a_task_does_not_slow_its_polls() {
    let mut server = FakeServer::streaming([Tool::new("render", 10_000)]);
    server.notifies = false;
    let mut sim = Sim::new(server);
    sim.await_call("render");
    sim.advance(20_000);
    assert_eq!(sim.count("tasks/get"), 10);
}

#[test]
fn polls_go_back_to_the_interval_when_the_stream_is_lost() {
    let mut sim = Sim::new(FakeServer::streaming([Tool::new("render", 600_000).saying(&[(1000, "a"), (5000, "b")])]));
    let handle = sim.await_call("render");
    sim.advance(5300);
    assert_eq!(sim.count("tasks/get"), 0);
    sim.server.offers_stream = false;
    sim.cut_stream(End::Cut("connection lost"));
    sim.advance(3000);
    assert_eq!(sim.times("tasks/get"), [6000, 7000, 8000]);
    assert_eq!(sim.story(handle), ["working", "a", "b"]);
}

#[test]
fn fifty_tasks_that_are_due_at_once_are_asked_after_four_at_a_time_and_all_are_served() {
    let mut server = FakeServer::polled([]);
    server.latency = 10;
    for n in 0..50 {
        server = server.with_task(&format!("task-{n}"), 0, Tool::new("render", 100));
    }
    let mut sim = Sim::new(server);
    sim.advance(200);
    let handles: Vec<_> = (0..50).map(|n| sim.await_known(&format!("task-{n}"))).collect();
    let mut most = 0;
    for _ in 0..500 {
        let pending = sim.pending().iter().filter(|s| s.method.starts_with("tasks/")).count();
        most = most.max(pending);
        sim.advance(1);
    }
    assert_eq!(most, 4);
    assert!(handles.iter().all(|h| sim.outcome(*h).is_some()), "{:?}", sim.pending());
    assert_eq!((sim.count("tasks/get"), sim.count("tasks/result")), (50, 50));
}

#[test]
fn a_slow_answer_is_not_asked_for_twice() {
    let server = FakeServer::polled([Tool::new("render", 60_000)]).when("tasks/get", |_| Some(Reply::never()));
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.watch(handle);
    sim.watch_status(handle);
    sim.advance(29_000);
    assert_eq!(sim.count("tasks/get"), 1);
}

#[test]
fn the_state_can_be_asked_for_at_any_time() {
    let tool = Tool::new("render", 60_000).saying(&[(100, "begun")]);
    let mut sim = Sim::new(FakeServer::polled([tool]).every(json!(30_000)));
    let handle = sim.call("render");
    sim.advance(5000);
    sim.input(Input::Refresh { handle, reply: 1 });
    sim.flush();
    assert!(matches!(sim.reply(1), Some(Ok(_))));
    assert_eq!(sim.story(handle), ["working", "begun"]);
    sim.advance(60_000);
    assert_eq!(sim.count("tasks/get"), 1, "asking once is not watching");
}

#[test]
fn refresh_of_an_unnamed_task_does_not_wait_for_an_interval() {
    let mut server = FakeServer::polled([Tool::new("render", 60_000)]).every(json!(30_000));
    server.latency = 10;
    let mut sim = Sim::new(server);
    let handle = sim.call("render");
    sim.input(Input::Refresh { handle, reply: 1 });
    sim.advance(1000);
    assert_eq!(sim.created(handle), Some(true));
    assert!(matches!(sim.reply(1), Some(Ok(_))), "{:?}", sim.methods());
}

#[test]
fn a_long_task_is_asked_after_steadily_to_its_end() {
    const HOURS: u64 = 12 * 3_600_000;
    let mut sim = without_early_poll(FakeServer::polled([Tool::new("render", HOURS)]).every(json!(10_000)));
    let handle = sim.await_call("render");
    sim.advance(HOURS);
    let polls = sim.times("tasks/get");
    assert_eq!(polls.len() as u64, HOURS / 10_000);
    assert!(polls.windows(2).all(|pair| pair[1] - pair[0] == 10_000));
    assert_eq!(sim.settled_at(handle), Some(HOURS));
}
