//! The options `fetch` and `headers`: failures, unusual responses, redirects.

use crate::world::World;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn a_failed_fetch_rejects_with_its_own_message() {
    let failing = [
        "{ fetch() { throw new Error('no token') } }",
        "{ fetch: async () => { throw 'no token' } }",
        "{ fetch: async () => new Response(new ReadableStream({ start: (c) => c.error(new Error('no token')) })) }",
        "{ client: { headers() { throw new Error('no token') } } }",
        "{ client: { headers: async () => { throw new Error('no token') } } }",
    ];
    assert_rejections(&failing, "no token").await;
}

#[wasm_bindgen_test]
async fn a_fetch_without_an_unread_response_is_a_network_failure() {
    let nothing = ["{ fetch() {} }", "{ fetch: async () => 'text' }", "{ fetch: async () => ({ status: 200 }) }"];
    assert_rejections(&nothing, "gave no Response").await;
    let read = [
        "{ fetch: async () => { const response = new Response('{}'); await response.text(); return response; } }",
        "{ fetch: async () => { const response = new Response('{}'); response.body.getReader(); return response; } }",
    ];
    assert_rejections(&read, "was read already").await;
    assert_rejections(
        &["{ fetch: async () => new Response(new ReadableStream({ start: (c) => c.enqueue('text') })) }"],
        "a chunk that is not bytes",
    )
    .await;
}

/// The list of tools rejects with the code `network` and these words.
async fn assert_rejections(options: &[&str], words: &str) {
    let worlds: Vec<_> = options.iter().map(|options| World::new(options)).collect();
    for world in &worlds {
        world.ask(1, "listTools");
    }
    for (world, options) in worlds.iter().zip(options) {
        world.until("rejected 1 network").await;
        let log = world.log();
        assert!(log[0].contains(words), "{options}: {log:?}");
        world.close();
    }
}

#[wasm_bindgen_test]
async fn headers_are_sent_whether_they_are_given_now_or_later() {
    let given = "{ authorization: 'Bearer 7', 'content-type': 'text/plain' }";
    for headers in [
        given.into(),
        ["new Headers(", given, ")"].concat(),
        ["() => (", given, ")"].concat(),
        ["async () => new Headers(", given, ")"].concat(),
    ] {
        let world = World::new(&["{ client: { headers: ", &headers, " } }"].concat());
        world.ask(1, "listTools");
        world.until("replied 1").await;
        assert_eq!(world.field("tools/list", "header authorization"), "Bearer 7", "{headers}");
        assert_eq!(world.field("tools/list", "header content-type"), "application/json", "{headers}");
        assert_eq!(world.field("tools/list", "header mcp-session-id"), "session-1", "{headers}");
        world.close();
    }
}

#[wasm_bindgen_test]
async fn the_headers_function_is_called_for_each_request() {
    let world = World::new("{ client: { headers: ((n) => () => ({ 'x-number': String(++n) }))(0) } }");
    world.ask(1, "listTools");
    world.until("replied 1").await;
    let numbers = ["initialize", "notifications/initialized", "tools/list"];
    assert_eq!(world.requests(), numbers);
    assert_eq!(numbers.map(|name| world.field(name, "header x-number")), ["1", "2", "3"]);
    world.close();
}

#[wasm_bindgen_test]
async fn responses_of_mocks_and_other_realms_are_accepted() {
    // The mock is no instance of `Response`. The tests' glue asserts the types of all members that are read.
    let mock = "async (response) => {
        const bytes = new Uint8Array(await response.arrayBuffer());
        const chunks = bytes.length > 0 ? [bytes] : [];
        const read = async () => ({ value: chunks.shift() });
        const body = { locked: false, getReader: () => ({ read, cancel: async () => {} }) };
        const headers = { get: (name) => response.headers.get(name) };
        return { status: response.status, headers, body, bodyUsed: false, redirected: false };
    }";
    let world = World::new(&["{ through: ", mock, " }"].concat());
    world.watched_call(1, "{}");
    world.until("settled 1").await;
    world.calm().await;
    assert_eq!(world.requests(), super::REQUESTS);
    assert_eq!(world.log(), super::REPORTED);
}

#[wasm_bindgen_test]
async fn a_redirect_within_the_origin_is_followed() {
    let world = World::new(&redirected("http://server.invalid/elsewhere"));
    world.watched_call(1, "{}");
    world.until("settled 1").await;
    world.calm().await;
    assert_eq!(world.log(), super::REPORTED);
}

#[wasm_bindgen_test]
async fn a_response_of_another_origin_is_not_accepted() {
    let world = World::new(&redirected("https://other.invalid/login?next=a-secret"));
    world.watched_call(1, "{}");
    world.until("failed 1 protocol: ").await;
    let log = world.log();
    assert!(log.iter().any(|line| line.contains("https://other.invalid")), "{log:?}");
    assert!(!log.iter().any(|line| line.contains("a-secret")), "{log:?}");
    assert_eq!(world.requests(), ["initialize"]);
    world.close();
}

/// Every response was redirected to this URL.
fn redirected(url: &str) -> String {
    let change = "Object.defineProperties(response, { redirected: { value: true }, url: { value: '";
    ["{ through: (response) => ", change, url, "' } }) }"].concat()
}
