//! Whatever a server answers to whichever request: a failure that names it, or another try; and no harm to the neighbours.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::Handle;
use mcp_tasks::task::{Outcome, TaskErrorCode};
use serde_json::json;
use std::{cell::Cell, rc::Rc};
use support::{End, FakeServer, Reply, Sent, Sim, Tool, assert_says};

/// An answer that is none, and how it is to be spoken of.
struct Bad {
    name: &'static str,
    reply: fn(&Sent) -> Reply,
    code: TaskErrorCode,
    words: &'static [&'static str],
    /// The same question may well be answered later, so it is asked again for as long as it takes.
    passing: bool,
}

const LONGEST_MESSAGE: usize = 20_000;

fn answer(to: &Sent) -> Reply {
    Reply::result(to, &json!({ "taskId": "x", "status": "working", "content": [], "text": "a good deal of text" }))
}

fn not_protocol(name: &'static str, words: &'static [&'static str], reply: fn(&Sent) -> Reply) -> Bad {
    Bad { name, reply, code: TaskErrorCode::Protocol, words, passing: false }
}

fn passing(name: &'static str, code: TaskErrorCode, words: &'static [&'static str], reply: fn(&Sent) -> Reply) -> Bad {
    Bad { name, reply, code, words, passing: true }
}

fn all_bad() -> Vec<Bad> {
    use TaskErrorCode::{Http, Network};
    vec![
        not_protocol("a web page", &["HTTP 200", "text/html", "<html>"], |_| {
            Reply::body(200, "text/html", "<html>hello</html>")
        }),
        not_protocol("no content type", &["HTTP 200", "no content type"], |_| Reply::status(200)),
        not_protocol("no content", &["HTTP 204"], |_| Reply::status(204)),
        not_protocol("a web page that says it is JSON", &["not JSON: <html>"], |_| {
            Reply::body(200, "application/json", "<html>")
        }),
        not_protocol("truncated JSON", &["breaks off", "\"jsonrpc\""], |to| answer(to).half()),
        not_protocol("an empty body", &["breaks off"], |_| Reply::body(200, "application/json", "")),
        not_protocol("no UTF-8", &["not UTF-8"], |_| {
            let mut reply = Reply::body(200, "application/json", "x");
            reply.chunks = vec![b"{\"id\":1,\"result\":{\"x\":\"\xff\xfe\"}}".to_vec()];
            reply
        }),
        not_protocol("no message", &["not a JSON-RPC message"], |_| Reply::json(&json!({ "hello": "world" }))),
        not_protocol("a bare value", &["JSON", ": 7"], |_| Reply::json(&json!(7))),
        not_protocol("an empty batch", &["empty batch"], |_| Reply::json(&json!([]))),
        not_protocol("another request's id", &["another request's id", "77777"], |_| {
            Reply::json(&json!({ "jsonrpc": "2.0", "id": 77777, "result": {} }))
        }),
        not_protocol("another request's id on a stream", &["a request that was not made", "77777"], |_| {
            Reply::events(&[json!({ "jsonrpc": "2.0", "id": 77777, "result": {} })])
        }),
        not_protocol("a result that is none", &["unexpected JSON", "\"surprise\""], |to| {
            Reply::result(to, &json!("surprise"))
        }),
        not_protocol("garbage in a stream", &["not JSON", "garbage"], |_| {
            Reply::body(200, "text/event-stream", "data: \x00\n\ndata: garbage\n\n")
        }),
        not_protocol("a huge message", &["longer than", "20000"], |to| {
            Reply::result(to, &json!({ "text": "x".repeat(LONGEST_MESSAGE) })).in_pieces(1000)
        }),
        not_protocol("a huge event", &["longer than", "20000"], |to| {
            Reply::result(to, &json!({ "text": "x".repeat(LONGEST_MESSAGE) })).in_events().in_pieces(1000)
        }),
        Bad {
            name: "an error whose id matches nothing",
            // Deviation 30.
            reply: |_| Reply::json(&json!({ "id": "server-error", "error": { "code": -32600, "message": "what?" } })),
            code: TaskErrorCode::Rpc,
            words: &["-32600", "what?"],
            passing: false,
        },
        Bad {
            name: "an HTTP error that says more in its body",
            reply: |_| {
                let body = json!({ "id": "server-error", "error": { "code": -32600, "message": "what?" } });
                Reply::body(400, "application/json", &body.to_string())
            },
            code: Http,
            words: &["HTTP 400", "what?"],
            passing: false,
        },
        Bad {
            name: "a refusal",
            reply: |_| Reply::body(418, "text/plain", "no"),
            code: Http,
            words: &["HTTP 418"],
            passing: false,
        },
        passing("HTTP 500", Http, &["HTTP 500"], |_| Reply::body(500, "text/html", "<html>oops")),
        passing("HTTP 502 that never ends", Http, &["HTTP 502"], |_| Reply::status(502).ending(End::Open)),
        passing("no connection", Network, &["Failed to fetch"], |_| Reply::refused()),
        passing("a body cut short", Network, &["connection reset"], |to| {
            answer(to).half().ending(End::Cut("connection reset"))
        }),
        passing("a stream cut short", Network, &["connection reset"], |to| {
            answer(to).in_events().half().ending(End::Cut("connection reset"))
        }),
        passing("a stream without the answer", Network, &["ended before the answer"], |_| {
            Reply::body(200, "text/event-stream", "id: 1\ndata:\n\n: ping\n\n")
        }),
    ]
}

/// Nonsense that only an answer about a task can be.
fn bad_states() -> Vec<Bad> {
    fn state(to: &Sent, state: serde_json::Value) -> Reply {
        Reply::result(to, &state)
    }
    vec![
        not_protocol("an unknown status", &["unknown status", "paused"], |to| {
            state(to, json!({ "taskId": to.param("taskId"), "status": "paused" }))
        }),
        not_protocol("no status", &["without a status"], |to| state(to, json!({ "taskId": to.param("taskId") }))),
        not_protocol("no task id", &["without a task id"], |to| {
            state(to, json!({ "taskId": "", "status": "working" }))
        }),
        not_protocol("another task's state", &["another task's state", "neighbou"], |to| {
            state(to, json!({ "taskId": "neighbour-2", "status": "completed" }))
        }),
    ]
}

/// A server whose answers about the victim are bad until it is healed, and a neighbour that is served well.
struct Scene {
    sim: Sim,
    victim: Handle,
    neighbour: Handle,
    healed: Rc<Cell<bool>>,
}

fn scene(method: &'static str, reply: fn(&Sent) -> Reply) -> Scene {
    let healed = Rc::new(Cell::new(false));
    let seen = healed.clone();
    let server =
        FakeServer::polled([Tool::new("victim", 3000), Tool::new("neighbour", 8000)]).when(method, move |sent| {
            let task = sent.param("taskId").as_str().unwrap_or("");
            let about_victim = sent.param("name") == "victim" || task.starts_with("victim");
            (about_victim && !seen.get()).then(|| reply(sent))
        });
    let mut sim = Sim::with_config(server, |config| config.max_message_bytes = LONGEST_MESSAGE as u64);
    let neighbour = sim.await_call("neighbour");
    let victim = sim.await_call("victim");
    Scene { sim, victim, neighbour, healed }
}

impl Scene {
    fn assert_neighbour_unharmed(&self, bad: &Bad) {
        let (sim, at) = (&self.sim, self.sim.settled_at(self.neighbour));
        // Passing trouble makes the engine careful with the whole server for a while.
        // And it waits for others who are due within a thirty-second of its interval.
        let latest = if bad.passing { 70_000 } else { 8000 + 8 * 1000 / 32 };
        assert!(at.is_some_and(|at| at <= latest), "{}: the neighbour settled at {at:?}", bad.name);
        assert_eq!(sim.result(self.neighbour)["content"][0]["text"], "neighbour", "{}", bad.name);
        assert_eq!(sim.interruptions(self.neighbour).len(), 0, "{}", bad.name);
    }
}

#[test]
fn a_bad_answer_to_the_handshake_fails_the_call_and_the_next_call_may_succeed() {
    for bad in all_bad() {
        let healed = Rc::new(Cell::new(false));
        let (seen, reply) = (healed.clone(), bad.reply);
        let server = FakeServer::polled([Tool::new("render", 1000)])
            .when("initialize", move |sent| (!seen.get()).then(|| reply(sent)));
        let mut sim = Sim::with_config(server, |config| config.max_message_bytes = LONGEST_MESSAGE as u64);
        let handle = sim.await_call("render");
        sim.advance(60_000);
        let words =
            [bad.words, &["calling tool render was not sent", "connecting to https://example.org/mcp"]].concat();
        println!("{}", bad.name);
        sim.assert_failed(handle, bad.code, &words);
        assert_eq!(sim.count("initialize"), if bad.passing { 3 } else { 1 }, "{}", bad.name);
        assert_eq!(sim.count("tools/call"), 0, "{}", bad.name);
        healed.set(true);
        let next = sim.await_call("render");
        sim.advance(60_000);
        assert_eq!(sim.result(next)["content"][0]["text"], "render", "{}", bad.name);
    }
}

#[test]
fn a_bad_answer_to_the_call_fails_it_and_is_not_asked_for_twice() {
    for bad in all_bad() {
        let mut scene = scene("tools/call", bad.reply);
        scene.sim.advance(120_000);
        println!("{}", bad.name);
        let mut words = [bad.words, &["calling tool victim"]].concat();
        if bad.passing {
            words.push("may have executed it all the same, so it was not sent again");
        }
        scene.sim.assert_failed(scene.victim, bad.code, &words);
        let calls = scene.sim.sent.iter().filter(|s| s.param("name") == "victim").count();
        assert_eq!(calls, 1, "{}", bad.name);
        scene.assert_neighbour_unharmed(&bad);
    }
}

#[test]
fn a_bad_answer_about_a_task_is_asked_about_again_and_in_the_end_named() {
    for bad in all_bad().into_iter().chain(bad_states()) {
        let mut scene = scene("tasks/get", bad.reply);
        scene.sim.advance(400_000);
        println!("{}", bad.name);
        assert!(scene.sim.outcome(scene.victim).is_none(), "{}: the task goes on", bad.name);
        scene.assert_neighbour_unharmed(&bad);
        assert_polite(&scene, "tasks/get", &bad);
        assert_told(&mut scene, &bad);
        assert!(matches!(scene.sim.outcome(scene.victim), Some(Outcome::Result(_))), "{}", bad.name);
    }
}

#[test]
fn a_bad_answer_instead_of_the_result_is_asked_for_again_and_in_the_end_named() {
    for bad in all_bad().into_iter().filter(|bad| !bad.name.contains("huge")) {
        let mut scene = scene("tasks/result", bad.reply);
        scene.sim.advance(400_000);
        println!("{}", bad.name);
        assert!(scene.sim.outcome(scene.victim).is_none(), "{}: its result may still be had", bad.name);
        scene.assert_neighbour_unharmed(&bad);
        assert_polite(&scene, "tasks/result", &bad);
        assert_told(&mut scene, &bad);
        assert!(matches!(scene.sim.outcome(scene.victim), Some(Outcome::Result(_))), "{}", bad.name);
    }
}

#[test]
fn f6_result_that_is_too_long_settles_the_task_once_and_at_once() {
    for bad in all_bad().into_iter().filter(|bad| bad.name.contains("huge")) {
        let mut scene = scene("tasks/result", bad.reply);
        scene.sim.advance(400_000);
        let words =
            ["getting the result of task victim", "maxMessageBytes (20000 bytes)", "has ended", "was not accepted"];
        scene.sim.assert_failed(scene.victim, TaskErrorCode::Protocol, &words);
        assert!(!scene.sim.failure(scene.victim).message.contains("goes on"));
        let asked = |s: &&Sent| s.is("tasks/result") && s.param("taskId").as_str().unwrap().starts_with("victim");
        assert_eq!(scene.sim.sent.iter().filter(asked).count(), 1);
        assert_eq!(scene.sim.settled_at(scene.victim), scene.sim.sent.iter().find(asked).map(|s| s.at));
        scene.assert_neighbour_unharmed(&bad);
    }
}

/// Nonsense is warned of once and told in the end; passing trouble never ends the waiting. Then the server heals.
fn assert_told(scene: &mut Scene, bad: &Bad) {
    let interruptions = scene.sim.interruptions(scene.victim);
    if bad.passing {
        assert_eq!(interruptions.len(), 0, "{}", bad.name);
    } else {
        assert_eq!(interruptions.len(), 1, "{}", bad.name);
        assert_says(interruptions[0], bad.code, bad.words);
        assert_says(interruptions[0], bad.code, &["asking after task victim"]);
        let warnings = scene.sim.warnings();
        let first = warnings.iter().find(|w| w.starts_with("bad-answer"));
        assert!(first.is_some_and(|w| bad.words.iter().all(|word| w.contains(word))), "{}: {warnings:?}", bad.name);
    }
    scene.healed.set(true);
    if !bad.passing {
        scene.sim.watch(scene.victim);
    }
    scene.sim.advance(120_000);
}

/// Asked again, after growing waits.
fn assert_polite(scene: &Scene, method: &str, bad: &Bad) {
    let asked =
        scene.sim.sent.iter().filter(|s| s.is(method) && s.param("taskId").as_str().unwrap().starts_with("victim"));
    let times: Vec<u64> = asked.map(|s| s.at).collect();
    assert!((8..60).contains(&times.len()), "{}: {times:?}", bad.name);
}

#[test]
fn a_task_that_is_described_badly_is_still_a_task() {
    let server = FakeServer::polled([Tool::new("render", 1000)])
        .with_task("odd", 0, Tool::new("render", 1500))
        .when("tools/call", |sent| {
            Some(Reply::result(sent, &json!({ "task": { "taskId": "odd", "status": "begun" } })))
        });
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(10_000);
    assert_eq!(sim.created(handle), Some(true));
    assert!(sim.warnings()[0].contains("unknown status: begun"), "{:?}", sim.warnings());
    assert_eq!(sim.result(handle)["content"][0]["text"], "render");
}

#[test]
fn a_task_without_an_id_is_no_task() {
    for task in [json!({ "status": "working" }), json!({ "taskId": 7, "status": "working" }), json!("t"), json!([])] {
        let reply = task.clone();
        let server = FakeServer::polled([Tool::new("render", 1000)])
            .when("tools/call", move |sent| Some(Reply::result(sent, &json!({ "task": reply }))));
        let mut sim = Sim::new(server);
        let handle = sim.await_call("render");
        sim.advance(10_000);
        sim.assert_failed(handle, TaskErrorCode::Protocol, &["calling tool render", "a task"]);
    }
}

#[test]
fn an_answer_that_nests_without_end_is_refused_and_not_followed() {
    let server = FakeServer::polled([Tool::new("render", 1000)]).when("tools/call", |sent| {
        let body = format!(r#"{{"id":{},"result":{{"task":{}"#, sent.id(), "[".repeat(100_000));
        Some(Reply::body(200, "application/json", &body))
    });
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.flush();
    sim.assert_failed(handle, TaskErrorCode::Protocol, &["calling tool render"]);
}

#[test]
fn unanswered_poll_times_out_and_is_sent_again() {
    let server = FakeServer::polled([Tool::new("render", 1000)]).first(1, "tasks/get", Reply::never());
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(60_000);
    assert_eq!(sim.aborted.iter().map(|(at, _)| *at).filter(|at| *at == 31_000).count(), 1);
    assert!(sim.settled_at(handle).is_some_and(|at| at < 33_000));
}

#[test]
fn a_stream_that_stays_open_after_its_answer_is_closed_soon() {
    // A browser has six connections to an origin; each of these holds one.
    let mut server = FakeServer::polled([Tool::new("render", 600_000)]);
    server.style = support::Style::OpenEvents;
    let mut sim = Sim::new(server);
    sim.await_call("render");
    sim.advance(60_000);
    assert!(sim.count("tasks/get") > 50);
    let open = sim.pending();
    assert!(open.len() <= 6, "{} are open: {:?}", open.len(), open.iter().map(|s| &s.method).collect::<Vec<_>>());
}

#[test]
fn f10_stream_that_stays_open_is_released_with_its_answer() {
    let mut server = FakeServer::polled([Tool::new("plain", 100).support(None)]);
    (server.style, server.latency) = (support::Style::OpenEvents, 10);
    let mut sim = Sim::new(server);
    // The handshake and the list show that the server leaves its streams open.
    sim.await_call("plain");
    sim.advance(1000);
    let from = (sim.sent.len(), sim.aborted.len());
    for _ in 0..50 {
        sim.await_call("plain");
        sim.advance(120);
        assert_eq!(sim.pending().len(), 0, "each is released at once");
    }
    assert_eq!((sim.sent.len() - from.0, sim.aborted.len() - from.1), (50, 50));
}

#[test]
fn f10_stream_that_ends_with_its_answer_is_not_aborted() {
    let mut server = FakeServer::polled([Tool::new("render", 5000)]);
    (server.style, server.latency) = (support::Style::Events, 10);
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(10_000);
    assert!(sim.outcome(handle).is_some() && sim.aborted.is_empty(), "{:?}", sim.aborted);
}

#[test]
fn a_response_that_ends_before_it_began_is_trouble_with_the_network() {
    let mut sim = Sim::by_hand();
    let handle = sim.await_call("render");
    for _ in 0..3 {
        let exchange = sim.pending_one("initialize").exchange;
        sim.end(exchange, End::Whole);
        sim.advance(5000);
    }
    sim.assert_failed(handle, TaskErrorCode::Network, &["calling tool render was not sent"]);
}

#[test]
fn an_error_with_an_id_of_the_servers_own_answers_the_request_whose_stream_it_comes_on() {
    // Deviation 30.
    for id in [json!("server-error"), json!(null), json!(4711)] {
        let error = json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32600, "message": "cannot read this" } });
        let server = FakeServer::polled([Tool::new("render", 500)])
            .when("tools/call", move |_| Some(Reply::events(std::slice::from_ref(&error))));
        let mut sim = Sim::new(server);
        let handle = sim.await_call("render");
        sim.advance(5000);
        sim.assert_failed(handle, TaskErrorCode::Rpc, &["calling tool render", "-32600", "cannot read this"]);
    }
}
