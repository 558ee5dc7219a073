//! Which call becomes a task: what the server offers, what the tool offers, and what the caller wants.
#![cfg(not(target_arch = "wasm32"))]

mod support;

use mcp_tasks::client::{Call, CallKind, Input, TaskMode};
use mcp_tasks::task::TaskErrorCode;
use mcp_tasks::wire::request::TaskOption;
use serde_json::{Value, json};
use support::{FakeServer, Reply, Sim, Tool, assert_says};

/// Calls the tool, and gives the `task` parameter of the call, and how often the tools were listed.
fn called(server: FakeServer, mode: TaskMode) -> (Value, usize) {
    let mut sim = Sim::new(server);
    let handle = sim.call_as("render", mode);
    sim.watch(handle);
    sim.advance(20_000);
    assert!(sim.outcome(handle).is_some(), "{:?}", sim.methods());
    (sim.last("tools/call").param("task").clone(), sim.count("tools/list"))
}

fn with_ttl(ttl_ms: Option<u64>) -> TaskMode {
    TaskMode::WhatIsOffered(TaskOption { ttl_ms })
}

fn offering(support: Option<&'static str>) -> FakeServer {
    FakeServer::polled([Tool::new("other", 1), Tool::new("render", 1500).support(support)])
}

#[test]
fn a_server_that_offers_no_tasks_is_called_plainly() {
    for capabilities in [
        json!({}),
        json!({ "tools": {} }),
        json!({ "tools": {}, "tasks": {} }),
        json!({ "tools": {}, "tasks": { "cancel": {}, "requests": {} } }),
        json!({ "tools": {}, "tasks": { "requests": { "prompts": {} } } }),
        json!({ "tools": {}, "tasks": true }),
        json!({ "tools": {}, "tasks": { "requests": { "tools": null } } }),
        json!({ "tools": {}, "experimental": { "tasks": true } }),
    ] {
        let mut server = offering(Some("optional"));
        server.capabilities = capabilities.clone();
        // Who declares no tools is not asked for them.
        let lists = usize::from(!capabilities["tools"].is_null());
        assert_eq!(called(server, with_ttl(None)), (Value::Null, lists), "{capabilities}");
    }
}

#[test]
fn a_capability_without_the_word_call_counts() {
    // Deviation 8; where FastMCP 2.14 declared it at first counts too.
    let tasks = json!({ "requests": { "tools": {} } });
    for capabilities in
        [json!({ "tools": {}, "tasks": tasks }), json!({ "tools": {}, "experimental": { "tasks": tasks } })]
    {
        let mut server = offering(Some("optional"));
        server.capabilities = capabilities;
        assert_eq!(called(server, with_ttl(None)), (json!({}), 1));
    }
}

#[test]
fn a_tool_that_forbids_tasks_or_says_nothing_is_called_plainly() {
    for support in [None, Some("forbidden"), Some("perhaps")] {
        assert_eq!(called(offering(support), with_ttl(Some(1000))), (Value::Null, 1), "{support:?}");
    }
}

#[test]
fn a_tool_that_is_not_listed_is_called_plainly() {
    let server = FakeServer::polled([Tool::new("other", 1)]);
    assert_eq!(called(server, with_ttl(None)), (Value::Null, 1));
}

#[test]
fn a_tool_that_offers_or_requires_tasks_becomes_one_with_the_callers_ttl() {
    for support in [Some("optional"), Some("required")] {
        assert_eq!(called(offering(support), with_ttl(Some(90_000))), (json!({ "ttl": 90_000 }), 1));
        assert_eq!(called(offering(support), with_ttl(Some(0))), (json!({ "ttl": 0 }), 1));
        assert_eq!(called(offering(support), with_ttl(None)), (json!({}), 1));
    }
}

#[test]
fn call_that_forbids_tasks_is_sent_without_one() {
    assert_eq!(called(offering(Some("optional")), TaskMode::Never), (Value::Null, 1));
}

#[test]
fn a_tool_that_has_to_be_a_task_and_cannot_is_not_called() {
    // Deviation 9: released servers list task tools and serve no tasks.
    let mut none = offering(Some("required"));
    none.capabilities = json!({ "tools": {} });
    for (server, mode, why) in [
        (none, with_ttl(None), "the server serves none"),
        (offering(Some("required")), TaskMode::Never, "the call forbids that"),
    ] {
        let mut sim = Sim::new(server);
        let handle = sim.call_as("render", mode);
        sim.watch(handle);
        sim.advance(5000);
        sim.assert_failed(handle, TaskErrorCode::Unsupported, &["calling tool render", why, "it was not sent"]);
        assert_eq!(sim.count("tools/call"), 0);
    }
}

#[test]
fn name_and_arguments_arrive_as_they_were_given() {
    let name = "ren\"der\\\u{1}\n\u{2028}🦀";
    let arguments = r#"{"n":1.00,"s":"\u0041\/","big":12345678901234567890123,"":[{}]}"#;
    let mut server = FakeServer::polled([]);
    server.capabilities = json!({});
    let mut sim = Sim::new(server);
    sim.input(Input::Call { handle: 1, call: Call::tool(name, arguments).unwrap() });
    sim.flush();
    let call = sim.last("tools/call");
    assert_eq!(call.param("name"), name);
    assert_eq!(call.param("arguments"), &serde_json::from_str::<Value>(arguments).unwrap());
}

#[test]
fn the_tools_are_listed_page_by_page_and_once() {
    let tools = (0..25).map(|_| Tool::new("other", 1)).chain([Tool::new("render", 500)]);
    let mut server = FakeServer::polled(tools);
    server.page_size = 10;
    let mut sim = Sim::new(server);
    let handles = [sim.await_call("render"), sim.await_call("render")];
    sim.advance(5000);
    let later = sim.await_call("render");
    sim.advance(5000);
    for handle in handles.into_iter().chain([later]) {
        assert_eq!(sim.created(handle), Some(true));
    }
    let cursors: Vec<Value> =
        sim.sent.iter().filter(|s| s.is("tools/list")).map(|s| s.param("cursor").clone()).collect();
    assert_eq!(cursors, [Value::Null, json!("10"), json!("20")]);
}

#[test]
fn a_cursor_is_handed_back_as_it_was_given() {
    let cursor = "a\"b\\c\n🦀/+=";
    let server = FakeServer::polled([]).when("tools/list", move |sent| {
        let first = sent.param("cursor").is_null();
        Some(Reply::result(
            sent,
            &if first { json!({ "tools": [], "nextCursor": cursor }) } else { json!({ "tools": [] }) },
        ))
    });
    let mut sim = Sim::new(server);
    sim.input(Input::List { kind: CallKind::Tool, reply: 1 });
    sim.flush();
    assert_eq!(sim.count("tools/list"), 2);
    assert_eq!(sim.last("tools/list").param("cursor"), cursor);
    assert_eq!(sim.reply(1).unwrap().unwrap(), "[]");
}

#[test]
fn every_tool_is_told_as_the_server_wrote_it() {
    let tool = r#"{"name":"a","inputSchema":{"n":1.00},"title":null}"#;
    let server = FakeServer::polled([]).when("tools/list", move |sent| {
        let body =
            format!(r#"{{"id":{},"result":{{"tools":[{tool},{{"nameless":true}}],"nextCursor":""}}}}"#, sent.id());
        Some(Reply::body(200, "application/json", &body))
    });
    let mut sim = Sim::new(server);
    sim.input(Input::List { kind: CallKind::Tool, reply: 1 });
    sim.flush();
    let json = sim.reply(1).unwrap().unwrap();
    assert_eq!(json, [r#"["#, tool, r#",{"nameless":true}]"#].concat());
}

#[test]
fn a_list_that_has_changed_is_listed_again_for_the_next_call() {
    let mut sim = Sim::new(FakeServer::streaming([Tool::new("render", 60_000)]));
    let first = sim.await_call("render");
    sim.advance(100);
    sim.server.tools[0].support = None;
    sim.call("render");
    sim.flush();
    assert_eq!(sim.count("tools/list"), 1);
    sim.push(&json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" }));
    assert_eq!(sim.count("tools/list"), 1, "nobody needs it yet");
    sim.call("render");
    sim.flush();
    assert_eq!(sim.count("tools/list"), 2);
    assert!(sim.last("tools/call").param("task").is_null());
    assert_eq!(sim.created(first), Some(true));
}

#[test]
fn a_list_that_changes_while_it_is_listed_is_not_believed() {
    let mut server = FakeServer::streaming([Tool::new("other", 600_000), Tool::new("render", 500).support(None)]);
    server.page_size = 1;
    let mut sim = Sim::new(server);
    sim.await_call("other");
    sim.advance(100);
    sim.push(&json!({ "method": "notifications/tools/list_changed" }));
    sim.server.latency = 100;
    let handle = sim.await_call("render");
    sim.advance(150);
    // Both pages have been read by the server.
    assert_eq!(sim.count("tools/list"), 4);
    sim.server.tools[1].support = Some("required");
    sim.push(&json!({ "method": "notifications/tools/list_changed" }));
    sim.advance(5000);
    assert_eq!(sim.last("tools/call").param("task"), &json!({}), "{:?}", sim.outcome(handle));
}

#[test]
fn pages_without_end_are_stopped() {
    let same = |sent: &support::Sent| Some(Reply::result(sent, &json!({ "tools": [], "nextCursor": "again" })));
    let mut n = 0;
    let counting = move |sent: &support::Sent| {
        n += 1;
        Some(Reply::result(sent, &json!({ "tools": [], "nextCursor": n.to_string() })))
    };
    for (server, pages) in [
        (FakeServer::polled([]).when("tools/list", same), 2),
        (FakeServer::polled([]).when("tools/list", counting), 1000),
    ] {
        let mut sim = Sim::new(server);
        sim.input(Input::List { kind: CallKind::Tool, reply: 1 });
        sim.advance(60_000);
        assert_says(
            sim.reply(1).unwrap().unwrap_err(),
            TaskErrorCode::Protocol,
            &["listing the tools", "pages without end"],
        );
        assert_eq!(sim.count("tools/list"), pages);
    }
}

#[test]
fn a_server_that_cannot_list_its_tools_is_called_plainly() {
    let server =
        offering(Some("optional")).when("tools/list", |sent| Some(Reply::error(sent, -32601, "Method not found")));
    let mut sim = Sim::new(server);
    let handles = [sim.await_call("render"), sim.await_call("render")];
    sim.input(Input::List { kind: CallKind::Tool, reply: 1 });
    sim.advance(5000);
    for handle in handles {
        assert_eq!(
            (sim.created(handle), sim.result(handle)["content"][0]["text"].as_str()),
            (Some(false), Some("render"))
        );
    }
    assert_says(sim.reply(1).unwrap().unwrap_err(), TaskErrorCode::Rpc, &["listing the tools", "Method not found"]);
}

#[test]
fn a_list_that_meets_trouble_is_asked_for_again() {
    let server = offering(Some("optional")).first(2, "tools/list", Reply::status(502));
    let mut sim = Sim::new(server);
    let handle = sim.await_call("render");
    sim.advance(20_000);
    assert_eq!((sim.count("tools/list"), sim.created(handle)), (3, Some(true)));
    assert!(sim.outcome(handle).is_some());
}

#[test]
fn a_list_that_cannot_be_had_fails_the_call_that_needs_it_and_no_other() {
    let server = offering(Some("optional")).when("tools/list", |_| Some(Reply::status(502)));
    let busy = std::cell::Cell::new(true);
    let mut sim = Sim::new(server.when("resources/read", move |sent| {
        // The first time it is turned away: so it still waits when the list fails.
        let reply =
            if busy.replace(false) { Reply::status(429) } else { Reply::result(sent, &json!({ "contents": [] })) };
        Some(reply.with_head(|head| head.retry_after = Some("30".into())))
    }));
    let needs = sim.await_call("render");
    let resource = 9;
    let call = Call { kind: CallKind::Resource, ..Call::tool("file:///x", "{}").unwrap() };
    sim.input(Input::Call { handle: resource, call });
    sim.watch(resource);
    sim.advance(120_000);
    sim.assert_failed(
        needs,
        TaskErrorCode::Http,
        &["calling tool render was not sent", "listing the tools", "HTTP 502"],
    );
    assert!(sim.result(resource)["contents"].is_array());
}

#[test]
fn calls_are_sent_in_the_order_they_were_made() {
    let tools = ["a", "b", "c", "d"].map(|name| Tool::new(name, 1000));
    let mut sim = Sim::new(FakeServer::streaming(tools));
    for name in ["c", "a", "d", "b"] {
        sim.call(name);
    }
    sim.advance(5000);
    let names: Vec<&Value> = sim.sent.iter().filter(|s| s.is("tools/call")).map(|s| s.param("name")).collect();
    assert_eq!(names, ["c", "a", "d", "b"]);
}
