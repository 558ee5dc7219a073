//! What a failed request delays: its own task, and in an outage every call that has not been sent.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{Input, TaskMode};
use mcp_tasks::task::{Outcome, TaskErrorCode};
use std::{cell::Cell, rc::Rc};
use support::{FakeServer, Reply, Sim, Tool};

#[test]
fn f2_retry_after_of_one_poll_delays_that_task_alone_and_by_that_time() {
    let busy = Reply::status(503).with_head(|head| head.retry_after = Some("7".into()));
    let server = FakeServer::polled([]);
    let server = ["busy", "well"].iter().fold(server, |s, id| s.with_task(id, 0, Tool::new("render", 3_600_000)));
    let mut refusals = 3;
    let mut sim = Sim::new(server.when("tasks/get", move |sent| {
        let is_refused = sent.param("taskId") == "busy" && sent.at > 2000 && refusals > 0;
        refusals -= i32::from(is_refused);
        is_refused.then(|| busy.clone())
    }));
    for id in ["busy", "well"] {
        sim.await_known(id);
    }
    sim.advance(30_000);
    let polls =
        |id: &str| sim.sent.iter().filter(|s| s.is("tasks/get") && s.param("taskId") == id).map(|s| s.at).collect();
    let (busy, well): (Vec<u64>, Vec<u64>) = (polls("busy"), polls("well"));
    assert_eq!(busy[..8], [0, 1000, 2000, 3000, 10_000, 17_000, 24_000, 25_000]);
    assert_eq!(well, (0..=30).map(|n| n * 1000).collect::<Vec<_>>());
}

/// A gateway that answers everything with 502 while the switch is on. Calls take 100 ms.
fn gateway() -> (FakeServer, Rc<Cell<bool>>) {
    let down = Rc::new(Cell::new(false));
    let seen = down.clone();
    let mut server = FakeServer::polled([Tool::new("render", 1000), Tool::new("plain", 100).support(None)]);
    server.latency = 10;
    server.rules.push(Box::new(move |_| seen.get().then(|| Reply::status(502))));
    (server, down)
}

#[test]
fn f9_calls_that_were_not_sent_wait_for_an_outage_to_pass() {
    for tasks in [false, true] {
        let (server, down) = gateway();
        let mut sim = Sim::new(server);
        if tasks {
            sim.await_call("render");
        }
        let mode = TaskMode::Never;
        let handles: Vec<_> = (0..100).map(|_| sim.call_as("plain", mode)).collect();
        handles.iter().for_each(|handle| sim.watch(*handle));
        // Some are answered. The next ones that are in flight together find the outage.
        sim.advance(250);
        down.set(true);
        let from = sim.sent.len();
        sim.advance(5000);
        let lost = sim.sent[from..].iter().filter(|sent| sent.is("tools/call")).count();
        let probes = sim.sent[from..].iter().filter(|sent| sent.is("ping") || sent.is("tasks/get")).count();
        assert!(lost <= 8 && (2..=7).contains(&probes), "{lost} calls and {probes} others were sent into the outage");
        down.set(false);
        sim.advance(30_000);
        let rejected = handles.iter().filter(|h| !matches!(sim.outcome(**h), Some(Outcome::Result(_)))).count();
        assert_eq!(rejected, lost, "only those are rejected");
        let calls = sim.sent.iter().filter(|sent| sent.is("tools/call") && sent.param("name") == "plain").count();
        assert_eq!(calls, 100, "each was sent once");
    }
}

#[test]
fn f9_calls_are_rejected_unsent_when_the_outage_lasts() {
    let (server, down) = gateway();
    let mut sim = Sim::new(server);
    let handles: Vec<_> = (0..20).map(|_| sim.call_as("plain", TaskMode::Never)).collect();
    handles.iter().for_each(|handle| sim.watch(*handle));
    sim.advance(100);
    down.set(true);
    sim.advance(29_000);
    let waiting = handles.iter().filter(|handle| sim.outcome(**handle).is_none()).count();
    assert!(waiting >= 10, "{waiting} still wait");
    sim.advance(40_000);
    let words = ["calling tool plain was not sent", "no request was answered for 30 s", "HTTP 502"];
    sim.assert_failed(*handles.last().unwrap(), TaskErrorCode::Http, &words);
    assert!(handles.iter().all(|handle| sim.outcome(*handle).is_some()), "nobody waits for ever");
    // The next call is sent as soon as the server is there again.
    down.set(false);
    let next = sim.call_as("plain", TaskMode::Never);
    sim.watch(next);
    sim.advance(40_000);
    assert!(matches!(sim.outcome(next), Some(Outcome::Result(_))));
}

#[test]
fn f9_one_failed_call_holds_the_next_one_back_until_the_server_has_answered() {
    let (server, down) = gateway();
    let mut sim = Sim::new(server);
    sim.await_call("plain");
    sim.advance(1000);
    down.set(true);
    let lost = sim.await_call("plain");
    sim.advance(1000);
    sim.assert_failed(lost, TaskErrorCode::Http, &["HTTP 502", "so it was not sent again"]);
    down.set(false);
    sim.advance(60_000);
    let next = sim.await_call("plain");
    assert_eq!(sim.methods()[sim.sent.len() - 1], "ping", "asked at once: the wait is long over");
    sim.advance(500);
    assert!(matches!(sim.outcome(next), Some(Outcome::Result(_))));
    // Without a call nothing is asked.
    sim.input(Input::Timeout);
    assert_eq!(sim.count("ping"), 1);
}
