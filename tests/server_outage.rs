//! A server that is away, overworked, or forgets its sessions: asked again, ever more rarely, and never in a crowd.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{CallKind, Handle, Input, PauseReason};
use mcp_tasks::task::{Outcome, TaskErrorCode};
use serde_json::json;
use std::{cell::Cell, rc::Rc};
use support::{End, FakeServer, Reply, Sim, Tool, assert_says, busiest};

/// A server that fails like this while the switch is on.
fn failing(server: FakeServer, reply: Reply) -> (FakeServer, Rc<Cell<bool>>) {
    let down = Rc::new(Cell::new(false));
    let seen = down.clone();
    let mut server = server;
    server.rules.push(Box::new(move |_| seen.get().then(|| reply.clone())));
    (server, down)
}

/// A task of ten hours, awaited, at a server that fails from 5 s on.
fn away(reply: Reply) -> (Sim, Handle, Rc<Cell<bool>>) {
    let (server, down) = failing(FakeServer::polled([Tool::new("render", 36_000_000)]), reply);
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(5000);
    down.set(true);
    (sim, handle, down)
}

fn after(times: &[u64], at: u64) -> Vec<u64> {
    times.iter().copied().filter(|t| *t > at).collect()
}

fn waits(times: &[u64]) -> Vec<u64> {
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

fn finished(sim: &Sim, handle: Handle) -> bool {
    matches!(sim.outcome(handle), Some(Outcome::Result(_)))
}

#[test]
fn waits_grow_to_a_cap_while_the_server_is_away() {
    for reply in [Reply::refused(), Reply::status(500), Reply::status(429), Reply::status(408), Reply::status(425)] {
        let (mut sim, handle, _) = away(reply);
        sim.advance(1_200_000);
        let waits = waits(&after(&sim.times("tasks/get"), 5000));
        assert!(waits.len() > 20, "it is tried again: {waits:?}");
        assert!(waits[0] <= 500 && waits[3] > 1000, "growing: {waits:?}");
        assert!(waits.iter().all(|w| (250..=30_000).contains(w)), "capped: {waits:?}");
        assert!(waits.iter().skip(8).all(|w| *w >= 15_000), "grown: {waits:?}");
        assert_eq!((sim.interruptions(handle).len(), sim.outcome(handle).is_none()), (0, true));
    }
}

#[test]
fn retry_after_is_honoured() {
    let (mut sim, _, down) = away(Reply::status(429).with_head(|h| h.retry_after = Some("90".into())));
    sim.advance(10_000);
    let asked = after(&sim.times("tasks/get"), 5000);
    assert_eq!(asked, [6000]);
    down.set(false);
    sim.advance(85_999);
    sim.advance(1);
    let asked = after(&sim.times("tasks/get"), 5000);
    assert_eq!((asked[1], asked.len()), (96_000, 7), "{asked:?}");
}

#[test]
fn excessive_retry_after_is_bounded() {
    for absurd in ["18446744073709551615", "18446744073709551", "99999999999", "31536000"] {
        let (mut sim, handle, down) = away(Reply::status(503).with_head(|h| h.retry_after = Some(absurd.into())));
        sim.advance(2000);
        down.set(false);
        sim.advance(3_700_000);
        let asked = after(&sim.times("tasks/get"), 5000);
        assert!(asked.len() > 2, "{absurd}: {asked:?}");
        assert!(sim.outcome(handle).is_none() && sim.interruptions(handle).is_empty());
    }
}

#[test]
fn a_retry_after_that_is_no_number_is_none() {
    let (mut sim, _, _) =
        away(Reply::status(503).with_head(|h| h.retry_after = Some("Fri, 31 Dec 1999 23:59:59 GMT".into())));
    sim.advance(10_000);
    assert!(after(&sim.times("tasks/get"), 5000).len() > 3);
}

#[test]
fn one_goes_ahead_when_the_wait_is_over_and_the_others_follow_when_it_was_answered() {
    let mut server = FakeServer::polled([]);
    for n in 0..20 {
        server = server.with_task(&format!("t{n}"), 0, Tool::new("render", 3_600_000));
    }
    let (mut server, down) = failing(server, Reply::status(503));
    server.latency = 50;
    let mut sim = Sim::new(server);
    for n in 0..20 {
        sim.await_known(&format!("t{n}"));
    }
    sim.advance(5000);
    down.set(true);
    sim.advance(60_000);
    let late = after(&sim.times("tasks/get"), 20_000);
    assert!(waits(&late).iter().all(|w| *w > 1000), "one at a time while it is away: {late:?}");
    down.set(false);
    sim.advance(40_000);
    let back = after(&sim.times("tasks/get"), 65_000);
    assert_eq!((back[1] - back[0], back[4] - back[1]), (50, 0), "one, then four: {back:?}");
    assert!(back.len() > 20);
}

#[test]
fn two_hundred_tasks_do_not_storm_a_server_that_is_down() {
    for reply in [Reply::refused(), Reply::status(503), Reply::never()] {
        let tasks = (0..200).map(|n| format!("t{n}"));
        let known = |server: FakeServer, id: String| server.with_task(&id, 0, Tool::new("render", 3_600_000));
        let (mut server, down) =
            failing(tasks.clone().fold(FakeServer::streaming([]), known).every(json!(5000)), reply);
        server.latency = 5;
        let mut sim = Sim::new(server);
        let handles: Vec<_> = tasks.map(|id| sim.await_known(&id)).collect();
        sim.advance(10_000);
        down.set(true);
        sim.cut_stream(End::Cut("gone"));
        let from = sim.sent.len();
        sim.advance(120_000);
        let times: Vec<u64> = sim.sent.iter().skip(from).map(|s| s.at).collect();
        // Four under way when it went away, one probe, the stream.
        assert!(busiest(&times, 1000) <= 8, "{} in the busiest second", busiest(&times, 1000));
        assert!(times.len() < 60, "{} in two minutes", times.len());
        down.set(false);
        sim.advance(60_000);
        for handle in handles {
            assert!(sim.outcome(handle).is_none(), "{:?}", sim.outcome(handle));
            assert_eq!(sim.interruptions(handle).len(), 0, "{:?}", sim.interruptions(handle));
        }
        let back = sim.sent.iter().filter(|s| s.is("tasks/get") && s.at > 130_000);
        let ids: std::collections::BTreeSet<String> = back.map(|s| s.param("taskId").to_string()).collect();
        assert_eq!(ids.len(), 200, "all of them are asked after again");
    }
}

#[test]
fn f2_one_success_ends_the_back_off() {
    let (mut sim, _, down) = away(Reply::status(500));
    sim.advance(100_000);
    down.set(false);
    sim.advance(40_000);
    down.set(true);
    let from = sim.now;
    sim.advance(20_000);
    let forgiven = waits(&after(&sim.times("tasks/get"), from));
    assert!(forgiven[0] <= 500, "{forgiven:?}");

    let (server, down) = failing(FakeServer::polled([Tool::new("render", 36_000_000)]), Reply::status(500));
    let mut sim = Sim::new(server);
    sim.await_call("render");
    sim.advance(1500);
    for _ in 0..40 {
        // One answer in two is good: a flapping server.
        down.set(!down.get());
        let asked = sim.count("tasks/get");
        while sim.count("tasks/get") == asked {
            sim.advance(10);
        }
    }
    // Twenty waits of the interval, and twenty of half a second at most.
    assert!((25_000..=31_500).contains(&sim.now), "40 polls of a flapping server took {} ms", sim.now);
}

#[test]
fn a_call_that_was_not_looked_at_is_sent_again() {
    for (reply, sent_again) in [
        (Reply::status(429), true),
        (Reply::status(503).with_head(|h| h.retry_after = Some("2".into())), true),
        (Reply::status(503), false),
        (Reply::status(500), false),
        (Reply::refused(), false),
    ] {
        let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 500)]).first(2, "tools/call", reply.clone()));
        let handle = sim.await_call("render");
        sim.advance(60_000);
        assert_eq!(sim.count("tools/call"), if sent_again { 3 } else { 1 }, "{reply:?}");
        assert_eq!(finished(&sim, handle), sent_again, "{reply:?}");
    }
}

#[test]
fn a_call_that_is_never_looked_at_fails_and_says_that_it_was_not_executed() {
    let busy = Reply::status(429).with_head(|h| h.retry_after = Some("3".into()));
    let mut sim =
        Sim::new(FakeServer::polled([Tool::new("render", 500)]).when("tools/call", move |_| Some(busy.clone())));
    let handle = sim.await_call("render");
    sim.advance(600_000);
    sim.assert_failed(handle, TaskErrorCode::Http, &["HTTP 429", "it was not executed"]);
    assert_eq!((sim.count("tools/call"), sim.failure(handle).retry_after_ms), (5, Some(3000)));
    assert!(waits(&sim.times("tools/call")).iter().all(|w| *w >= 3000));
}

#[test]
fn a_lost_session_is_opened_again_once_and_the_poll_is_redone() {
    // Deviations 28, 30 and 37.
    for loss in [(404, -32600), (404, -32001), (400, -32000)] {
        let mut server = FakeServer::streaming([Tool::new("render", 20_000)]);
        (server.loss, server.notifies, server.latency) = (loss, false, 10);
        let mut sim = Sim::new(server);
        let handles = [sim.await_call("render"), sim.await_call("render"), sim.await_call("render")];
        sim.advance(5000);
        sim.server.lose_sessions();
        sim.advance(60_000);
        assert_eq!(sim.count("initialize"), 2, "{loss:?}");
        assert!(handles.iter().all(|h| finished(&sim, *h)), "{loss:?}");
        assert_eq!(sim.last("tasks/get").header("mcp-session-id"), Some("session-2"));
        assert_eq!((sim.warnings(), sim.server.violations.len()), (vec![], 0), "{loss:?}");
        assert!(sim.last("GET").at > 5000, "the stream is opened again");
        assert_eq!(sim.last("GET").header("last-event-id"), None);
    }
}

#[test]
fn a_call_that_finds_its_session_lost_is_sent_in_the_next() {
    for loss in [(404, -32600), (400, -32000)] {
        let mut server = FakeServer::polled([Tool::new("render", 500)]);
        server.loss = loss;
        let mut sim = Sim::new(server);
        let first = sim.await_call("render");
        sim.advance(5000);
        sim.server.lose_sessions();
        let second = sim.await_call("render");
        sim.advance(5000);
        assert!(finished(&sim, first) && finished(&sim, second));
        assert_eq!((sim.count("initialize"), sim.count("tools/call")), (2, 3));
    }
}

#[test]
fn a_cancellation_that_finds_its_session_lost_is_sent_in_the_next() {
    let mut sim = Sim::new(FakeServer::polled([Tool::new("render", 60_000)]));
    let handle = sim.call("render");
    sim.advance(5000);
    sim.server.lose_sessions();
    sim.cancel(handle, 1);
    sim.advance(5000);
    assert_eq!((sim.count("tasks/cancel"), sim.reply(1).is_some_and(|r| r.is_ok())), (2, true));
}

#[test]
fn a_list_that_finds_its_session_lost_begins_again_at_the_first_page() {
    let mut server = FakeServer::polled((0..5).map(|_| Tool::new("render", 100)));
    (server.page_size, server.latency) = (2, 100);
    let mut sim = Sim::new(server);
    sim.input(Input::List { kind: CallKind::Tool, reply: 1 });
    while sim.count("tools/list") < 2 {
        sim.advance(1);
    }
    // The second page has been read; the third finds no session.
    sim.server.lose_sessions();
    sim.advance(5000);
    let lists: Vec<_> = sim.sent.iter().filter(|s| s.is("tools/list")).collect();
    let first = lists.iter().find(|s| s.header("mcp-session-id") == Some("session-2")).unwrap();
    assert!(first.param("cursor").is_null(), "a cursor belongs to the session that gave it: {}", first.body);
    let json: serde_json::Value = serde_json::from_str(sim.reply(1).unwrap().unwrap()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 5, "every tool once");
}

#[test]
fn a_task_that_belonged_to_the_lost_session_has_expired() {
    // Deviation 32.
    let mut sim = Sim::new(FakeServer::polled([]).with_task("t", 0, Tool::new("render", 60_000)));
    let handle = sim.await_known("t");
    sim.advance(1500);
    sim.server.lose_sessions();
    sim.server.purge("t");
    sim.advance(5000);
    sim.assert_failed(handle, TaskErrorCode::TaskExpired, &["Task not found"]);
}

#[test]
fn a_server_that_loses_every_session_is_not_asked_for_ever() {
    for loss in [(404, -32600), (400, -32000)] {
        let mut server =
            FakeServer::streaming([Tool::new("render", 500)]).with_task("t", 0, Tool::new("render", 60_000));
        server.loss = loss;
        server.rules.push(Box::new(move |sent| {
            let kept = sent.is("initialize") || sent.is("notifications/initialized");
            let error = json!({ "error": { "code": loss.1, "message": "Session not found" } });
            (!kept).then(|| Reply::body(loss.0, "application/json", &error.to_string()))
        }));
        let mut sim = Sim::new(server);
        let call = sim.await_call("render");
        let known = sim.await_known("t");
        sim.advance(600_000);
        // Once more than so many sessions may be lost in a row; after a while of none, as often again.
        let handshakes: Vec<_> = sim.sent.iter().filter(|s| s.is("initialize")).map(|s| s.at).collect();
        assert!(busiest(&handshakes, 60_000) <= 4 && handshakes.len() <= 20, "{handshakes:?}");
        assert!(sim.sent.len() < 120, "{} requests", sim.sent.len());
        sim.assert_failed(call, TaskErrorCode::Http, &["Session not found"]);
        assert_says(sim.interruptions(known)[0], TaskErrorCode::Http, &["asking after", "Session not found"]);
    }
}

#[test]
fn a_server_without_sessions_that_says_404_has_lost_none() {
    let mut server = FakeServer::polled([]).when("tasks/get", |_| Some(Reply::body(404, "text/html", "not here")));
    server.session = None;
    let mut sim = Sim::new(server);
    let handle = sim.await_known("t");
    sim.advance(600_000);
    assert_eq!(sim.count("initialize"), 1);
    assert_says(sim.interruptions(handle)[0], TaskErrorCode::Http, &["HTTP 404"]);
}

#[test]
fn a_get_that_says_404_does_not_cost_the_session_for_ever() {
    let server = FakeServer::polled([Tool::new("render", 5000)]).when("GET", |_| Some(Reply::status(404)));
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(600_000);
    assert!(finished(&sim, handle));
    assert!(sim.count("initialize") <= 4, "{} handshakes", sim.count("initialize"));
}

#[test]
fn lost_authorization_is_reported_at_once_and_may_be_retried() {
    let server = FakeServer::polled([Tool::new("render", 5000)]).first(
        1,
        "tasks/get",
        Reply::status(401).with_head(|h| h.www_authenticate = Some("Bearer".into())),
    );
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(20_000);
    let failure = sim.interruptions(handle)[0];
    assert_says(
        failure,
        TaskErrorCode::AuthorizationRequired,
        &["asking after task render", "HTTP 401", "the task goes on"],
    );
    assert_eq!(failure.challenge.as_deref(), Some("Bearer"));
    assert_eq!(sim.count("tasks/get"), 1, "nobody waits any more");
    sim.watch(handle);
    sim.advance(20_000);
    assert!(finished(&sim, handle));
}

#[test]
fn a_network_that_is_back_is_tried_at_once() {
    let (mut sim, _, down) = away(Reply::refused());
    sim.advance(300_000);
    let asked = sim.count("tasks/get");
    while sim.count("tasks/get") == asked {
        sim.advance(1);
    }
    // It has just failed, so that the next try is many seconds away.
    sim.input(Input::Pause(PauseReason::Offline));
    sim.advance(100);
    down.set(false);
    sim.input(Input::Resume(PauseReason::Offline));
    sim.flush();
    assert_eq!(sim.times("tasks/get")[asked + 1..], [sim.now]);
}

#[test]
fn one_task_that_the_server_cannot_look_at_does_not_slow_the_others() {
    let ill = |sent: &support::Sent| sent.param("taskId") == "ill";
    let server = FakeServer::polled([])
        .with_task("ill", 0, Tool::new("render", 3_600_000))
        .with_task("well", 0, Tool::new("render", 600_500))
        .when("tasks/get", move |sent| ill(sent).then(|| Reply::status(500)));
    let mut sim = Sim::new(server);
    let (ill_handle, well) = (sim.await_known("ill"), sim.await_known("well"));
    sim.advance(700_000);
    let asked = |id: &str| sim.sent.iter().filter(|s| s.is("tasks/get") && s.param("taskId") == id).count();
    assert!(finished(&sim, well) && sim.outcome(ill_handle).is_none());
    assert!(asked("well") >= 595, "once a second: {}", asked("well"));
    assert!(asked("ill") <= 40, "more and more slowly: {}", asked("ill"));
}
