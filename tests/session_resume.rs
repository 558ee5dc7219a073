//! A session that outlives its page: what one engine tells of it, and how the next goes on with it.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{Config, Era, Input, Output};
use mcp_tasks::wire::http::Method;
use mcp_tasks::wire::snapshot::Status;
use serde_json::json;
use support::{FakeServer, Reply, Sim, Tool, about, question};

const KEPT: &str = "51 2025-11-25 session-9";

fn server() -> FakeServer {
    FakeServer::streaming([Tool::new("render", 600_000)]).with_task("t", 0, Tool::new("render", 600_000))
}

fn told(sim: &Sim) -> Vec<Option<String>> {
    sim.outputs
        .iter()
        .filter_map(|(_, o)| if let Output::Session(text) = o { Some(text.clone()) } else { None })
        .collect()
}

fn going_on(text: &str, change: impl FnOnce(&mut Config)) -> Sim {
    Sim::by_hand_with(|config| {
        (config.session, config.era) = (Some(text.into()), None);
        change(config);
    })
}

#[test]
fn what_one_engine_tells_the_next_goes_on_with_without_a_handshake() {
    let mut first = Sim::with_config(server(), |config| config.keeps_session = true);
    first.running("render");
    let texts = told(&first);
    let [Some(text)] = texts.as_slice() else { panic!("{texts:?}") };
    assert!(text.ends_with(" 2025-11-25 session-1"), "{text}");

    let mut server = first.server;
    server.violations.clear();
    let mut next = Sim::with_config(server, |config| (config.session, config.era) = (Some(text.clone()), None));
    let handle = next.await_known("t");
    let called = next.call("render");
    next.advance(5000);
    assert_eq!((next.count("initialize"), next.statuses(handle)), (0, vec![Status::Working]));
    // What was agreed is known: the call is a task's.
    assert_eq!((next.created(called), next.count("tools/call")), (Some(true), 1));
    assert_eq!(next.server.violations, [""; 0]);
    for sent in &next.sent {
        assert_eq!(sent.header("mcp-session-id"), Some("session-1"), "{}", sent.method);
        assert_eq!(sent.header("mcp-protocol-version"), Some("2025-11-25"), "{}", sent.method);
    }
}

#[test]
fn the_ids_of_requests_do_not_begin_anew() {
    let mut sim = going_on(KEPT, |_| {});
    sim.await_known("t");
    let id = sim.pending().into_iter().find_map(|sent| sent.is("tasks/get").then(|| sent.id().as_u64().unwrap()));
    assert!(id.unwrap() >= 7, "the seed: {id:?}");
}

#[test]
fn a_session_that_the_server_has_forgotten_is_begun_anew_and_told() {
    let mut server = server();
    server.lose_sessions();
    let mut sim = Sim::with_config(server, |config| {
        (config.session, config.keeps_session) = (Some(KEPT.into()), true);
    });
    let handle = sim.await_known("t");
    sim.advance(20_000);
    assert_eq!((sim.count("initialize"), sim.statuses(handle)), (1, vec![Status::Working]));
    assert!(told(&sim).into_iter().flatten().any(|text| text.contains(" 2025-11-25 session-")), "{:?}", told(&sim));
}

#[test]
fn invalid_saved_session_is_not_resumed() {
    for text in [
        "",
        "51",
        "51 2025-11-25",
        "51 2025-11-25 ",
        "x 2025-11-25 s",
        "51 2026-07-28 s",
        "51 1999-01-01 s",
        "51 2025-11-25 a\nb",
    ] {
        let mut sim = going_on(text, |config| config.era = Some(Era::Handshake));
        sim.call("render");
        sim.pending_one("initialize");
    }
    let mut sim = going_on(KEPT, |config| config.era = Some(Era::Stateless));
    sim.call("render");
    sim.pending_one("server/discover");
}

#[test]
fn a_server_that_keeps_no_session_is_told_of_so() {
    let mut sim = Sim::by_hand_with(|config| config.keeps_session = true);
    sim.call("render");
    let first = sim.pending_one("initialize");
    let offer =
        json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": { "name": "s", "version": "1" } });
    sim.answer(first.exchange, Reply::result(&first, &offer));
    sim.answer(sim.pending_one("notifications/initialized").exchange, Reply::accepted());
    assert_eq!(told(&sim), [None]);
}

#[test]
fn a_session_that_is_kept_is_not_ended_with_the_client() {
    for (keeps, goodbyes) in [(true, 0), (false, 1)] {
        let mut sim = going_on(KEPT, |config| config.keeps_session = keeps);
        sim.attach("t");
        sim.input(Input::Close);
        assert_eq!(sim.sent.iter().filter(|sent| sent.is_http(Method::Delete)).count(), goodbyes);
    }
}

#[test]
fn a_question_that_was_asked_before_is_asked_again_and_answered_by_its_own_id() {
    let mut sim = Sim::serving(server());
    sim.running("render");
    sim.push(&about("t", question("q-1", "Which?")));
    let id =
        sim.outputs.iter().find_map(|(_, o)| if let Output::InputRequested { id, .. } = o { id.clone() } else { None });
    assert_eq!(id.as_deref(), Some("\"q-1\""));

    let mut next = Sim::with_config(sim.server, |config| {
        (config.session, config.input_handlers) = (Some("51 2025-11-25 session-1".into()), [true; 3]);
    });
    let handle = next.await_known("t");
    // A server that names no task: whose it is, is known.
    let message = question("q-1", "Which?").to_string();
    next.input(Input::RestoreInputRequest { handle, message: &message });
    next.input(Input::RestoreInputRequest { handle, message: &message });
    next.input(Input::RestoreInputRequest { handle: 77, message: &message });
    next.input(Input::RestoreInputRequest { handle, message: "{" });
    assert_eq!(next.asked(), [(1, Some(handle), "q-1".into())]);
    next.advance(3000);
    assert_eq!(next.statuses(handle).last(), Some(&Status::InputRequired));
    next.respond(1, 5);
    next.advance(1000);
    assert_eq!((next.last("response").id(), next.over()), (&json!("q-1"), vec![1]));
    assert!(next.reply(5).is_some_and(|answer| answer.is_ok()));
}

#[test]
fn a_question_of_a_session_that_is_lost_is_taken_back() {
    let mut server = server();
    server.lose_sessions();
    let mut sim = Sim::with_config(server, |config| {
        (config.session, config.input_handlers) = (Some(KEPT.into()), [true; 3]);
    });
    let handle = sim.await_known("t");
    let message = question(1, "Which?").to_string();
    sim.input(Input::RestoreInputRequest { handle, message: &message });
    sim.advance(20_000);
    assert_eq!((sim.asked().len(), sim.over()), (1, vec![1]));
}
