//! What the Python SDK's `ExperimentalTaskHandlers` answer a server with, field by field, on the wire of 2025-11-25.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that goes wrong shall stop"
)]

use mcp_tasks::receiver::{Limits, TaskContext, TaskStore, TaskUpdate, answer, create_task};
use mcp_tasks::wire::input::{InputAnswer, InputKind};
use mcp_tasks::wire::json::Json;
use mcp_tasks::wire::jsonrpc::RpcError;
use mcp_tasks::wire::receiver_messages::{TaskCapabilities, TaskRequest};
use mcp_tasks::wire::request::TaskOption;
use mcp_tasks::wire::snapshot::Status;
use serde_json::{Value, json};

#[path = "support/block_on.rs"]
mod block_on;
#[path = "support/hosting.rs"]
mod hosting;
use block_on::{Turns, block_on};
use hosting::Host;

const NOTHING: TaskCapabilities =
    TaskCapabilities { list: false, cancel: false, sampling: false, elicitation: false, get: false, result: false };
const ALL: TaskCapabilities =
    TaskCapabilities { list: true, cancel: true, sampling: true, elicitation: true, get: true, result: true };

/// What a server is answered by a host of all this; `Err`: code and words.
fn ask(host: &Host, method: &str, params: &str) -> Result<Value, (i64, String)> {
    let request = ALL.read(method, Some(Json::check(params).unwrap())).unwrap();
    let answered = request.and_then(|request| block_on(answer(&*host.store, &request)));
    answered.map(|json| serde_json::from_str(&json).unwrap()).map_err(words)
}

fn words(error: RpcError) -> (i64, String) {
    (error.code, error.message)
}

/// What is answered where nothing is hosted.
fn refused(method: &str) -> (i64, String) {
    words(NOTHING.read(method, Some(Json::check(r#"{"taskId":"t"}"#).unwrap())).unwrap().unwrap_err())
}

#[test]
fn host_get_task() {
    assert_eq!(refused("tasks/get"), (-32601, "this client does not serve tasks/get".into()));
    let host = Host::with_task("t");
    // The parameter counts, whatever `_meta` says.
    let other = r#"{"taskId":"t","_meta":{"io.modelcontextprotocol/related-task":{"taskId":"other"}}}"#;
    let task = json!({
        "taskId": "t", "status": "working", "createdAt": "2026-11-21T01:55:06.733Z",
        "lastUpdatedAt": "2026-11-21T01:55:06.733Z", "ttl": null, "pollInterval": 500,
    });
    assert_eq!(ask(&host, "tasks/get", other), Ok(task));
    host.create("m", Some(60_000)).unwrap();
    host.pass(1);
    let update = TaskUpdate { status: Some(Status::InputRequired), status_message: Some("a \"word\"".into()) };
    block_on(host.store.update_task("m", update)).unwrap();
    let task = ask(&host, "tasks/get", r#"{"taskId":"m"}"#).unwrap();
    assert_eq!((&task["status"], &task["statusMessage"]), (&json!("input_required"), &json!("a \"word\"")));
    assert_eq!((&task["ttl"], &task["lastUpdatedAt"]), (&json!(60_000), &json!("2026-11-21T01:55:06.734Z")));

    assert_eq!(ask(&host, "tasks/get", r#"{"taskId":"x"}"#), Err((-32602, "Task not found: x".into())));
    for params in ["{}", r#"{"taskId":7}"#, r#"{"taskId":null}"#, "[]"] {
        assert_eq!(ask(&host, "tasks/get", params).unwrap_err().0, -32602, "{params}");
    }
    host.pass(60_000);
    assert_eq!(ask(&host, "tasks/get", r#"{"taskId":"m"}"#), Err((-32602, "Task not found: m".into())), "expired");
}

#[test]
fn host_get_task_result() {
    assert_eq!(refused("tasks/result"), (-32601, "this client does not serve tasks/result".into()));
    let host = Host::with_task("t");
    let request = TaskRequest::Result("t".into());
    // It waits through every status that is not the end.
    let mut waiting = Turns::begin(answer(&*host.store, &request));
    host.set("t", Status::InputRequired).unwrap();
    assert!(waiting.wakes() == 1 && waiting.poll().is_none());
    let work = TaskContext::new(host.get("t").unwrap(), host.store.clone());
    block_on(work.complete(r#"{"action":"accept","_meta":{"a":1}}"#)).unwrap();
    let result: Value = serde_json::from_str(&waiting.woken().unwrap()).unwrap();
    let meta = json!({"a": 1, "io.modelcontextprotocol/related-task": {"taskId": "t"}});
    assert_eq!(result, json!({"action": "accept", "_meta": meta}));
    assert_eq!(ask(&host, "tasks/result", r#"{"taskId":"t"}"#), Ok(result), "once more");

    // What the request would have been answered with may be an error.
    for (id, fails, want) in
        [("u", Some(-1), (-1, "the user rejected it")), ("w", None, (-32603, "the user rejected it"))]
    {
        host.create(id, None).unwrap();
        let work = TaskContext::new(host.get(id).unwrap(), host.store.clone());
        match fails {
            Some(code) => block_on(work.fail_with(code, want.1)).unwrap(),
            None => block_on(work.fail(want.1)).unwrap(),
        };
        let params = json!({"taskId": id}).to_string();
        assert_eq!(ask(&host, "tasks/result", &params), Err((want.0, want.1.into())));
        assert_eq!(ask(&host, "tasks/get", &params).unwrap()["statusMessage"], want.1);
    }
    // A result may also say itself that it failed.
    host.create("f", None).unwrap();
    host.keep("f", r#"{"isError":true}"#).unwrap();
    host.set("f", Status::Failed).unwrap();
    assert_eq!(ask(&host, "tasks/result", r#"{"taskId":"f"}"#).unwrap()["isError"], true);

    host.create("c", None).unwrap();
    host.set("c", Status::Cancelled).unwrap();
    let none = "Task c is in terminal state 'cancelled': it has no result";
    assert_eq!(ask(&host, "tasks/result", r#"{"taskId":"c"}"#), Err((-32602, none.into())));
    host.create("e", None).unwrap();
    host.set("e", Status::Completed).unwrap();
    let none = "Task e has ended and has no result stored";
    assert_eq!(ask(&host, "tasks/result", r#"{"taskId":"e"}"#), Err((-32603, none.into())));

    // A task that goes while it is waited for is told.
    host.create("g", None).unwrap();
    let request = TaskRequest::Result("g".into());
    let mut waiting = Turns::begin(answer(&*host.store, &request));
    assert!(block_on(host.store.delete_task("g")).unwrap());
    assert_eq!(waiting.woken().map_err(words), Err((-32602, "Task not found: g".into())));
}

#[test]
fn host_list_tasks() {
    assert_eq!(refused("tasks/list"), (-32601, "this client does not serve tasks/list".into()));
    let host = Host::new(Limits { page_size: 2, ..Limits::default() });
    assert_eq!(ask(&host, "tasks/list", "{}"), Ok(json!({"tasks": []})));
    for id in ["a", "b", "c"] {
        host.create(id, None).unwrap();
    }
    let first = ask(&host, "tasks/list", r#"{"cursor":null}"#).unwrap();
    assert_eq!((&first["tasks"][0]["taskId"], &first["tasks"][1]["taskId"]), (&json!("a"), &json!("b")));
    assert_eq!(first["tasks"][1], ask(&host, "tasks/get", r#"{"taskId":"b"}"#).unwrap());
    let rest = ask(&host, "tasks/list", &json!({"cursor": first["nextCursor"]}).to_string()).unwrap();
    assert_eq!((rest["tasks"].as_array().unwrap().len(), rest.get("nextCursor")), (1, None));
    assert_eq!(ALL.read("tasks/list", None).unwrap().ok(), Some(TaskRequest::List(None)), "without parameters");
    assert_eq!(ask(&host, "tasks/list", r#"{"cursor":"no"}"#), Err((-32602, "Invalid cursor: no".into())));
    assert_eq!(ask(&host, "tasks/list", r#"{"cursor":1}"#).unwrap_err().0, -32602);
}

#[test]
fn host_cancel_task() {
    assert_eq!(refused("tasks/cancel"), (-32601, "this client does not serve tasks/cancel".into()));
    let host = Host::with_task("t");
    let task = ask(&host, "tasks/cancel", r#"{"taskId":"t"}"#).unwrap();
    assert_eq!((&task["taskId"], &task["status"], task.get("_meta")), (&json!("t"), &json!("cancelled"), None));
    let again = "Cannot cancel task in terminal state 'cancelled'";
    assert_eq!(ask(&host, "tasks/cancel", r#"{"taskId":"t"}"#), Err((-32602, again.into())));
    assert_eq!(ask(&host, "tasks/cancel", r#"{"taskId":"x"}"#), Err((-32602, "Task not found: x".into())));
}

/// Where one kind is not hosted, Python answers -32600. The specification has the request answered as any other.
fn augmented(kind: InputKind, hosts: TaskCapabilities) {
    let params = Json::check(r#"{"message":"?","task":{"ttl":60000}}"#).unwrap();
    assert_eq!(hosts.wanted(kind, Some(params)), Some(TaskOption { ttl_ms: Some(60_000) }));
    assert_eq!(NOTHING.wanted(kind, Some(params)), None, "as if nothing had been said of a task");
    assert_eq!(hosts.wanted(InputKind::Roots, Some(params)), None);
    for (params, want) in [
        (r#"{"task":{}}"#, Some(TaskOption::default())),
        (r#"{"task":{"ttl":null}}"#, Some(TaskOption::default())),
        (r#"{"task":{"ttl":-1}}"#, Some(TaskOption::default())),
        ("{}", None),
        (r#"{"task":7}"#, None),
    ] {
        assert_eq!(hosts.wanted(kind, Some(Json::check(params).unwrap())), want, "{params}");
    }

    let host = Host::new(Limits { tasks: 2, ..Limits::default() });
    let create =
        |id: &str, words| block_on(create_task(&*host.store, id.into(), TaskOption { ttl_ms: Some(1) }, words));
    let created: Value = serde_json::from_str(&create("t", None).unwrap()).unwrap();
    assert_eq!(created, json!({"task": ask(&host, "tasks/get", r#"{"taskId":"t"}"#).unwrap()}));
    let created: Value = serde_json::from_str(&create("u", Some("wait")).unwrap()).unwrap();
    assert_eq!(created["_meta"], json!({"io.modelcontextprotocol/model-immediate-response": "wait"}));
    let full = "Too many tasks: 2 are held, and no more is taken";
    assert_eq!(create("v", None).map_err(words), Err((-32603, full.into())));
}

#[test]
fn host_augmented_sampling() {
    augmented(InputKind::Sampling, TaskCapabilities { sampling: true, ..NOTHING });
}

#[test]
fn host_augmented_elicitation() {
    augmented(InputKind::Elicitation, TaskCapabilities { elicitation: true, ..NOTHING });
}

#[test]
fn host_build_capability() {
    let capability =
        |hosts: TaskCapabilities| hosts.capability().map(|json| serde_json::from_str::<Value>(&json).unwrap());
    assert_eq!(capability(NOTHING), None);
    let requests = json!({"sampling": {"createMessage": {}}, "elicitation": {"create": {}}});
    assert_eq!(capability(ALL), Some(json!({"list": {}, "cancel": {}, "requests": requests})));
    for (hosts, want) in [
        (TaskCapabilities { list: true, ..NOTHING }, json!({"list": {}})),
        (TaskCapabilities { cancel: true, ..NOTHING }, json!({"cancel": {}})),
        (TaskCapabilities { sampling: true, ..NOTHING }, json!({"requests": {"sampling": {"createMessage": {}}}})),
        (TaskCapabilities { elicitation: true, ..NOTHING }, json!({"requests": {"elicitation": {"create": {}}}})),
    ] {
        assert_eq!(capability(hosts), Some(want));
    }
    // F12: each request is served on its own, whatever else is.
    let params = Json::check(r#"{"taskId":"t"}"#).unwrap();
    let read = |hosts: TaskCapabilities, method| hosts.read(method, Some(params)).unwrap().is_ok();
    assert!(read(TaskCapabilities { get: true, ..NOTHING }, "tasks/get"));
    assert!(read(TaskCapabilities { result: true, ..NOTHING }, "tasks/result"));
    assert!(!read(TaskCapabilities { get: true, ..NOTHING }, "tasks/result"));
    assert!(!read(TaskCapabilities { sampling: true, ..NOTHING }, "tasks/get"));
    assert_eq!(
        capability(TaskCapabilities { get: true, result: true, ..NOTHING }),
        None,
        "there is no capability for these"
    );
    // Of a client that declares one kind, a server may expect both.
    let declared =
        TaskCapabilities::declared(Json::check(r#"{"tasks":{"requests":{"sampling":{"createMessage":{}}}}}"#).unwrap());
    assert!(["tasks/get", "tasks/result"].iter().all(|method| read(declared, method)));
    assert!(!read(declared, "tasks/cancel"));
}

#[test]
fn host_handles_request() {
    for method in ["tasks/get", "tasks/result", "tasks/list", "tasks/cancel"] {
        assert!(NOTHING.read(method, None).is_some() && ALL.read(method, None).is_some(), "{method}");
    }
    for method in ["ping", "elicitation/create", "sampling/createMessage", "roots/list", "tasks/update", "tasks/", ""] {
        assert!(ALL.read(method, None).is_none(), "{method}");
    }
}

#[test]
fn only_an_object_is_a_result() {
    let host = Host::with_task("t");
    assert!(host.keep("t", "[1]").is_err() && host.keep("t", "{").is_err());
    let error = InputAnswer::Error { code: -1, message: "\"no\"\n".into() };
    block_on(host.store.store_result("t", error)).unwrap();
    host.set("t", Status::Failed).unwrap();
    assert_eq!(ask(&host, "tasks/result", r#"{"taskId":"t"}"#), Err((-1, "\"no\"\n".into())));
}
