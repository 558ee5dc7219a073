//! Redirects: followed within the endpoint's origin, where the platform shows them. A response that a `fetch` option has got from
//! another origin is not accepted.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_tasks::client::{CallKind, ExchangeId, Input, Output, Redirect};
use mcp_tasks::task::TaskErrorCode;
use mcp_tasks::wire::http::Method;
use support::{FakeServer, Reply, Sim, Tool, assert_says};

const EVIL: &str = "https://evil.test:8443/login?next=a-secret";
const WORDS: [&str; 2] = ["redirect to another origin, from which nothing was accepted", ": https://evil.test:8443"];

fn from(url: &'static str, reply: Reply) -> Reply {
    reply.with_head(|head| head.redirected_to = Some(url.into()))
}

/// A server whose answers to this method come from elsewhere.
fn straying(method: &'static str, url: &'static str) -> Sim {
    let mut elsewhere = FakeServer::streaming([Tool::new("render", 1500)]);
    elsewhere.session = None;
    let mut server = FakeServer::streaming([Tool::new("render", 1500)]);
    server.session = None;
    let server = server.when(method, move |sent| Some(from(url, elsewhere.serve(sent)?.1)));
    Sim::new(server)
}

#[test]
fn the_same_origin_is_as_good_as_the_endpoint() {
    for url in ["https://example.org/mcp/", "https://example.org:443/other?x", "https://EXAMPLE.org/"] {
        for method in ["initialize", "notifications/initialized", "tools/list", "tools/call"] {
            let mut sim = straying(method, url);
            let handle = sim.await_call("render");
            sim.advance(1000);
            assert_eq!((sim.created(handle), sim.warnings().len()), (Some(true), 0), "{method}");
        }
    }
}

#[test]
fn f11_method_that_is_not_allowed_after_a_redirect_names_the_redirect() {
    let url = "https://example.org/elsewhere/?key=a-secret";
    for method in ["initialize", "tools/call"] {
        let server = FakeServer::polled([Tool::new("render", 1500)]);
        let mut sim = Sim::new(server.when(method, move |_| Some(from(url, Reply::status(405)))));
        let handle = sim.await_call("render");
        sim.advance(1000);
        let words = ["HTTP 405 after a redirect to https://example.org/elsewhere/"];
        sim.assert_failed(handle, TaskErrorCode::Http, &words);
        assert!(!sim.failure(handle).message.contains("a-secret"));
    }
}

#[test]
fn a_handshake_that_another_origin_answers_is_none() {
    for method in ["initialize", "notifications/initialized"] {
        let mut sim = straying(method, EVIL);
        let handle = sim.await_call("render");
        sim.advance(60_000);
        sim.assert_failed(handle, TaskErrorCode::Protocol, &["was not sent", WORDS[0], WORDS[1]]);
        assert!(!sim.failure(handle).message.contains("a-secret"));
        assert_eq!((sim.last(method).at, sim.count(method), sim.aborted.len()), (0, 1, 1), "{method}");
    }
}

#[test]
fn an_answer_from_another_origin_is_not_believed() {
    let mut sim = straying("tools/call", EVIL);
    let handle = sim.await_call("render");
    sim.advance(60_000);
    sim.assert_failed(
        handle,
        TaskErrorCode::Protocol,
        &["calling tool render", WORDS[0], WORDS[1], "was not sent again"],
    );
    assert_eq!((sim.created(handle), sim.count("tools/call"), sim.aborted.is_empty()), (None, 1, false));
    for url in
        ["http://example.org/mcp", "https://example.org:8443/mcp", "https://example.org.evil.test/", "blob:x", ""]
    {
        let mut sim = straying("tools/list", url);
        sim.input(Input::List { kind: CallKind::Tool, reply: 1 });
        sim.advance(60_000);
        assert_says(sim.reply(1).unwrap().unwrap_err(), TaskErrorCode::Protocol, &[WORDS[0]]);
    }
}

#[test]
fn an_error_status_from_another_origin_counts_for_nothing() {
    for status in [401, 404, 503] {
        let reply = Reply::status(status).with_head(|h| h.www_authenticate = Some("Bearer".into()));
        let reply = from(EVIL, reply);
        let server = FakeServer::polled([]).when("initialize", move |_| Some(reply.clone()));
        let mut sim = Sim::new(server);
        let handle = sim.await_call("render");
        sim.advance(60_000);
        sim.assert_failed(handle, TaskErrorCode::Protocol, &WORDS);
        assert_eq!((sim.failure(handle).challenge.as_deref(), sim.sent.len()), (None, 1));
    }
}

#[test]
fn a_poll_that_another_origin_answers_is_sent_again() {
    let mut times = 0;
    let server = FakeServer::polled([Tool::new("render", 3000)]).when("tasks/get", move |_| {
        times += 1;
        (times == 1).then(|| from(EVIL, Reply::body(200, "application/json", "{}")))
    });
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(60_000);
    assert!(sim.result(handle)["content"].is_array());
    assert!(sim.warnings()[0].contains(WORDS[0]), "{:?}", sim.warnings());
}

#[test]
fn a_stream_from_another_origin_is_not_listened_to() {
    let mut sim = straying("GET", EVIL);
    let handle = sim.await_call("render");
    sim.advance(60_000);
    assert!(sim.result(handle)["content"].is_array());
    assert!(sim.warnings()[0].contains(WORDS[0]) && sim.count("GET") == 1, "{:?}", sim.warnings());
}

const ENDPOINT: &str = "https://example.org/mcp?key=secret";

/// An engine whose handshake waits for an answer, with the exchange.
fn greeting() -> (Sim, ExchangeId) {
    let mut sim = Sim::by_hand();
    sim.await_call("render");
    let exchange = sim.last("initialize").exchange;
    (sim, exchange)
}

fn redirect(sim: &mut Sim, exchange: ExchangeId, status: Option<u16>, location: Option<&str>) {
    let redirect = Redirect { from: ENDPOINT, method: Method::Post, status, location };
    sim.input(Input::Redirected { exchange, redirect });
}

fn followed(sim: &Sim) -> Vec<&str> {
    let urls = sim.outputs.iter().filter_map(|(_, output)| match output {
        Output::Follow { url, .. } => Some(url.as_str()),
        _ => None,
    });
    urls.collect()
}

#[test]
fn a_redirect_within_the_origin_is_followed_with_the_same_request() {
    for (location, url) in [
        ("/mcp/?key=secret", "https://example.org/mcp/?key=secret"),
        ("other", "https://example.org/other"),
        ("https://EXAMPLE.org:443/x", "https://example.org/x"),
    ] {
        let (mut sim, exchange) = greeting();
        redirect(&mut sim, exchange, Some(307), Some(location));
        assert_eq!(followed(&sim), [url]);
        assert!(sim.aborted.is_empty());
    }
}

/// M1: headers, session id and body stay within the origin.
#[test]
fn a_redirect_to_another_origin_is_not_followed() {
    for status in [Some(301), Some(302), Some(303), Some(307), Some(308), None] {
        for location in [EVIL, "//evil.test:8443", "https://example.org@evil.test:8443/"] {
            let (mut sim, exchange) = greeting();
            redirect(&mut sim, exchange, status, Some(location));
            assert!(followed(&sim).is_empty());
            assert_eq!(sim.aborted, [(0, exchange)]);
            let words = ["redirect to another origin, to which nothing was sent", ": https://evil.test:8443"];
            sim.assert_failed(1, TaskErrorCode::Protocol, &words);
        }
    }
    let (mut sim, exchange) = greeting();
    redirect(&mut sim, exchange, Some(307), Some("https://user@example.org/"));
    assert!(followed(&sim).is_empty());
}

/// F11: the error names the redirect.
#[test]
fn a_redirect_that_makes_a_post_a_get_is_not_followed() {
    for status in [301, 302, 303] {
        let (mut sim, exchange) = greeting();
        redirect(&mut sim, exchange, Some(status), Some("/login"));
        assert!(followed(&sim).is_empty());
        let words = [&format!("the redirect {status}, which would make this POST a GET"), "it was not followed"];
        sim.assert_failed(1, TaskErrorCode::Protocol, &words.map(|word: &str| word));
    }
}

#[test]
fn redirects_without_end_are_given_up() {
    let (mut sim, exchange) = greeting();
    for n in 0..10 {
        redirect(&mut sim, exchange, Some(308), Some(&format!("/{n}")));
    }
    assert_eq!(followed(&sim).len(), 5);
    sim.assert_failed(1, TaskErrorCode::Protocol, &["the redirect 308, after 5 others"]);
}

/// A page does not see the location: it is found by a bare request, once.
#[test]
fn a_hidden_redirect_is_found_and_remembered() {
    let (mut sim, exchange) = greeting();
    redirect(&mut sim, exchange, None, None);
    let finds = |sim: &Sim| sim.outputs.iter().filter(|(_, o)| matches!(o, Output::FindRedirect(_))).count();
    assert_eq!((finds(&sim), followed(&sim).len()), (1, 0));
    redirect(&mut sim, exchange, None, Some("https://example.org/mcp/"));
    assert_eq!(followed(&sim), ["https://example.org/mcp/"]);
    let initialize = sim.waiting("initialize");
    let result = serde_json::json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {} });
    sim.answer(initialize.exchange, Reply::result(&initialize, &result));
    assert_eq!(sim.last("notifications/initialized").url, "https://example.org/mcp/");
    // What fails may have moved again.
    sim.input(Input::Failed { exchange: sim.last("notifications/initialized").exchange, why: "connection refused" });
    sim.advance(60_000);
    assert_eq!(sim.last("initialize").url, ENDPOINT);
}

#[test]
fn a_hidden_redirect_to_the_same_address_is_not_followed() {
    let (mut sim, exchange) = greeting();
    redirect(&mut sim, exchange, None, Some(""));
    assert!(followed(&sim).is_empty());
    sim.assert_failed(1, TaskErrorCode::Protocol, &["a page cannot see", "it was not followed"]);
}
