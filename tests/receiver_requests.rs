//! Tasks that we host, as the engine hands them on: what is declared, what goes to whoever hosts them, and what does not.
//! Specification 2025-11-25, basic/utilities/tasks: checklist R2 of the lines that are the engine's.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{Handle, Input, InputAnswer, InputId, Output, ReceiverRequest, TaskCapabilities};
use serde_json::{Value, json};
use support::{End, FakeServer, Reply, Sim, Tool, about, question};

const ALL: TaskCapabilities =
    TaskCapabilities { list: true, cancel: true, sampling: true, elicitation: true, get: true, result: true };
const TASK: &str = r#"{"taskId":"t","status":"working","ttl":null}"#;

fn hosting(server: FakeServer, serves: [bool; 3], hosts: TaskCapabilities) -> Sim {
    Sim::with_config(server, |config| (config.input_handlers, config.task_capabilities) = (serves, hosts))
}

/// A host of everything, with a session.
fn host() -> Sim {
    let mut sim = hosting(FakeServer::streaming([Tool::new("render", 600_000)]), [true; 3], ALL);
    sim.running("render");
    sim
}

fn augmented(mut request: Value) -> Value {
    request["params"]["task"] = json!({ "ttl": 60_000 });
    request
}

fn request(id: u32, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

fn hosted(sim: &Sim) -> Vec<(InputId, Option<Handle>, ReceiverRequest)> {
    let hosted = sim.outputs.iter().filter_map(|(_, output)| match output {
        Output::ReceiverRequested { input, handle, request, .. } => Some((*input, *handle, *request)),
        _ => None,
    });
    hosted.collect()
}

fn answer(sim: &mut Sim, input: InputId, json: &str) {
    sim.input(Input::Respond { input, answer: InputAnswer::Result(json.into()), reply: input });
    sim.flush();
}

#[test]
fn only_hosted_requests_are_declared() {
    for (hosts, declared) in [
        (TaskCapabilities::default(), Value::Null),
        (
            ALL,
            json!({ "list": {}, "cancel": {}, "requests": { "sampling": { "createMessage": {} }, "elicitation": { "create": {} } } }),
        ),
        (
            TaskCapabilities { elicitation: true, ..TaskCapabilities::default() },
            json!({ "requests": { "elicitation": { "create": {} } } }),
        ),
        (TaskCapabilities { get: true, result: true, ..TaskCapabilities::default() }, Value::Null),
    ] {
        let mut sim = hosting(FakeServer::streaming([Tool::new("render", 600_000)]), [true; 3], hosts);
        sim.running("render");
        assert_eq!(sim.last("initialize").param("capabilities")["tasks"], declared);
    }
}

#[test]
fn task_augmented_request_goes_to_the_receiver_and_a_plain_one_to_the_input_handler() {
    let mut sim = host();
    sim.push(&augmented(question(0, "Which?")));
    sim.push(&augmented(request(1, "sampling/createMessage", json!({ "messages": [] }))));
    assert_eq!(hosted(&sim), [(1, None, ReceiverRequest::Elicitation), (2, None, ReceiverRequest::Sampling)]);
    assert!(sim.asked().is_empty());
    sim.push(&question(2, "Which?"));
    assert_eq!((hosted(&sim).len(), sim.asked().len()), (2, 1));

    answer(&mut sim, 1, r#"{"task":{"taskId":"t"}}"#);
    assert_eq!(sim.answers(), [&json!({ "jsonrpc": "2.0", "id": 0, "result": { "task": { "taskId": "t" } } })]);
    assert_eq!(sim.over(), [1]);
}

#[test]
fn a_kind_that_was_not_declared_is_served_as_if_nothing_had_been_said_of_tasks() {
    // checklist R2.2
    for hosts in [TaskCapabilities::default(), TaskCapabilities { elicitation: false, ..ALL }] {
        let mut sim = hosting(FakeServer::streaming([Tool::new("render", 600_000)]), [true; 3], hosts);
        sim.running("render");
        sim.push(&augmented(question(0, "Which?")));
        assert_eq!((hosted(&sim).len(), sim.asked().len()), (0, 1));
    }
    // Nobody answers it at all, as a task or otherwise.
    let mut sim = hosting(FakeServer::streaming([Tool::new("render", 600_000)]), [false; 3], ALL);
    sim.running("render");
    sim.push(&augmented(question(0, "Which?")));
    assert_eq!(sim.last("response").body["error"]["code"], -32601);
}

#[test]
fn a_mode_that_was_not_declared_does_not_become_a_task() {
    // checklist R2.16
    let mut sim = host();
    let mut url = augmented(question(0, "Go there"));
    url["params"]["mode"] = json!("url");
    sim.push(&url);
    assert_eq!(sim.last("response").body["error"]["code"], -32602);
    assert!(hosted(&sim).is_empty());
}

#[test]
fn requests_about_our_tasks_are_handed_on_as_they_are_declared() {
    let methods = ["tasks/get", "tasks/result", "tasks/list", "tasks/cancel", "tasks/update"];
    for (hosts, served) in [
        (ALL, [true, true, true, true, false]),
        (TaskCapabilities { list: false, ..ALL }, [true, true, false, true, false]),
        (TaskCapabilities { cancel: false, sampling: false, ..ALL }, [true, true, true, false, false]),
        // F12: each is served where it is given, alone too.
        (TaskCapabilities { get: true, ..TaskCapabilities::default() }, [true, false, false, false, false]),
        (TaskCapabilities { result: true, ..TaskCapabilities::default() }, [false, true, false, false, false]),
        (
            TaskCapabilities { list: true, cancel: true, get: true, result: true, ..TaskCapabilities::default() },
            [true, true, true, true, false],
        ),
        (TaskCapabilities::default(), [false; 5]),
    ] {
        let mut sim = hosting(FakeServer::streaming([Tool::new("render", 600_000)]), [true; 3], hosts);
        sim.running("render");
        for (id, method) in (0..).zip(methods) {
            let (before, refused) = (hosted(&sim).len(), sim.answers().len());
            sim.push(&request(id, method, json!({ "taskId": "t" })));
            let served = served[id as usize];
            assert_eq!(hosted(&sim).len(), before + usize::from(served), "{method} of {hosts:?}");
            assert_eq!(sim.answers().len(), refused + usize::from(!served), "{method} of {hosts:?}");
            if !served {
                assert_eq!(sim.last("response").body["error"]["code"], -32601);
            }
        }
    }
}

#[test]
fn a_call_that_waits_for_the_hosted_task_does_not_keep_the_server_from_asking_after_it() {
    // As server-everything does it: a plain call that is answered when the task has ended, asked after on the call's stream.
    let mut server = FakeServer::polled([Tool::new("ask", 600_000).support(None)]);
    server = server.when("tools/call", |_| Some(Reply::events(&[augmented(question(0, "Which?"))]).ending(End::Open)));
    let mut sim = hosting(server, [true; 3], ALL);
    let handle = sim.await_call("ask");
    sim.advance(1000);
    assert_eq!(hosted(&sim), [(1, Some(handle), ReceiverRequest::Elicitation)], "and it is known which call asks");
    answer(&mut sim, 1, r#"{"task":{}}"#);
    let call = sim.pending().into_iter().find(|sent| sent.is("tools/call")).unwrap().exchange;
    sim.say(call, &request(1, "tasks/get", json!({ "taskId": "t" })));
    assert_eq!(hosted(&sim)[1], (2, Some(handle), ReceiverRequest::Get));
}

#[test]
fn the_stream_stays_where_tasks_are_hosted() {
    let server = || FakeServer::streaming([Tool::new("quick", 0).support(None)]);
    let get = TaskCapabilities { get: true, ..TaskCapabilities::default() };
    for (hosts, stays) in [(TaskCapabilities::default(), false), (ALL, true), (get, true)] {
        let mut sim = hosting(server(), [false, false, false], hosts);
        sim.await_call("quick");
        sim.advance(60_000);
        assert_eq!(sim.pending().iter().any(|sent| sent.is("GET")), stays, "{hosts:?}");
    }
}

#[test]
fn an_answer_about_a_hosted_task_does_not_name_the_task_that_a_forged_request_names() {
    let mut sim = host();
    let forged = about("another", request(5, "tasks/get", json!({ "taskId": "t" })));
    sim.push(&forged);
    answer(&mut sim, 1, TASK);
    assert_eq!(sim.last("response").body["result"], serde_json::from_str::<Value>(TASK).unwrap());
}

#[test]
fn what_changes_is_told_within_a_session_and_only_there() {
    let mut sim = host();
    sim.input(Input::NotifyTaskStatus { task: TASK.into() });
    sim.flush();
    let told = sim.last("notifications/tasks/status");
    assert_eq!(told.body["params"], serde_json::from_str::<Value>(TASK).unwrap());

    let mut early = hosting(FakeServer::streaming([Tool::new("render", 600_000)]), [true; 3], ALL);
    early.input(Input::NotifyTaskStatus { task: TASK.into() });
    early.flush();
    assert!(early.sent.is_empty(), "{:?}", early.sent);
}

#[test]
fn endless_requests_are_refused_and_do_not_delay_others() {
    let mut sim = host();
    for id in 0..1000 {
        sim.push(&augmented(question(id, "Which?")));
        // The server takes each response at once; otherwise most of them would be discarded.
        sim.flush();
    }
    let refused = sim.answers().iter().filter(|answer| answer["error"]["code"] == -32603).count();
    assert_eq!((hosted(&sim).len(), refused), (256, 744));
    for input in 1..=256 {
        answer(&mut sim, input, "{}");
    }
    sim.push(&augmented(question(2000, "Which?")));
    assert_eq!(hosted(&sim).len(), 257);
}

#[test]
fn a_request_that_the_server_takes_back_is_over() {
    let mut sim = host();
    sim.push(&request(3, "tasks/result", json!({ "taskId": "t" })));
    sim.push(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 3 } }));
    assert_eq!(sim.over(), [1]);
}
