//! What the Python SDK's `mcp.shared.experimental.tasks` does, name by name; where that is a defect, what we do instead.
//!
//! Not covered: the helpers of that module for the server side, which this package does not offer.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that goes wrong shall stop"
)]

use mcp_tasks::receiver::{
    CancelError, ExecutionError, Limits, MODEL_IMMEDIATE_RESPONSE_KEY, RELATED_TASK_METADATA_KEY, Recorded, StoreError,
    TaskContext, TaskStore, TaskUpdate, cancel_task, create_task_state, generate_task_id, is_terminal, task_execution,
};
use mcp_tasks::wire::input::InputAnswer;
use mcp_tasks::wire::request::TaskOption;
use mcp_tasks::wire::snapshot::Status;
use std::collections::BTreeSet;
use std::rc::Rc;

#[path = "support/block_on.rs"]
mod block_on;
#[path = "support/hosting.rs"]
mod hosting;
use block_on::{Turns, block_on};
use hosting::{BEGIN, Host};

fn unknown(id: &str) -> StoreError {
    StoreError::UnknownTask { task_id: id.into() }
}

fn ended(id: &str, status: Status) -> StoreError {
    StoreError::Terminal { task_id: id.into(), status }
}

#[test]
fn helpers_model_immediate_response_key() {
    assert_eq!(MODEL_IMMEDIATE_RESPONSE_KEY, "io.modelcontextprotocol/model-immediate-response");
}

#[test]
fn helpers_related_task_metadata_key() {
    assert_eq!(RELATED_TASK_METADATA_KEY, "io.modelcontextprotocol/related-task");
}

#[test]
fn helpers_is_terminal() {
    let terminal: Vec<&str> = Status::ALL.into_iter().filter(|s| is_terminal(*s)).map(Status::as_str).collect();
    assert_eq!(terminal, ["completed", "failed", "cancelled"]);
}

#[test]
fn helpers_cancel_task() {
    let host = Host::with_task("t");
    let task = block_on(cancel_task(&*host.store, "t")).unwrap();
    assert_eq!((task.status, host.status("t")), (Status::Cancelled, Some(Status::Cancelled)));

    let again = block_on(cancel_task(&*host.store, "t")).unwrap_err();
    assert_eq!(again, CancelError::Terminal(Status::Cancelled));
    assert_eq!(
        (again.rpc().code, again.to_string().as_str()),
        (-32602, "Cannot cancel task in terminal state 'cancelled'")
    );

    let none = block_on(cancel_task(&*host.store, "a-secret-of-many-letters")).unwrap_err();
    assert_eq!(none, CancelError::NotFound(unknown("a-secret-of-many-letters")));
    assert_eq!((none.rpc().code, none.to_string().as_str()), (-32602, "Task not found: a-secret…"), "a part of the id");
}

#[test]
fn helpers_generate_task_id() {
    let bytes = [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF];
    assert_eq!(generate_task_id(bytes), "00112233-4455-4677-8899-aabbccddeeff");
    assert_eq!(generate_task_id([0; 16]), "00000000-0000-4000-8000-000000000000");
    assert_eq!(generate_task_id([0xFF; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    // Each of the 122 random bits makes another id; the six fixed ones do not.
    let with_bit = |bit: u32| generate_task_id((1_u128 << bit).to_be_bytes());
    assert_eq!((0..128).map(with_bit).chain([generate_task_id([0; 16])]).collect::<BTreeSet<_>>().len(), 123);
}

#[test]
fn helpers_create_task_state() {
    let task = create_task_state("t".into(), TaskOption { ttl_ms: Some(60_000) }, BEGIN);
    assert_eq!((task.task_id.as_str(), task.status, task.status_message), ("t", Status::Working, None));
    assert_eq!((task.ttl_ms, task.poll_interval_ms), (Some(60_000), Some(500)));
    assert_eq!(task.created_at.as_deref(), Some("2026-11-21T01:55:06.733Z"));
    assert_eq!(task.last_updated_at, task.created_at);
    assert_eq!(create_task_state("t".into(), TaskOption::default(), 0).ttl_ms, None);
}

#[test]
fn helpers_task_execution() {
    let host = Host::with_task("t");
    let run = |id: &str, how: &'static str| {
        block_on(task_execution(host.store.clone(), id, async |task| match how {
            "completes" => task.complete("{}").await.map(drop).map_err(|e| e.to_string()),
            "panics" => panic!("it {how}"),
            "fails late" => {
                task.fail("on its own").await.unwrap();
                Err("too late".to_owned())
            }
            error => Err(error.to_owned()),
        }))
    };
    run("t", "completes").unwrap();
    assert_eq!(host.status("t"), Some(Status::Completed));

    // An error is recorded, and unlike in Python not swallowed.
    host.create("e", None).unwrap();
    let error = run("e", "out of ink").unwrap_err();
    assert_eq!(error.to_string(), "the work failed: out of ink");
    assert!(matches!(error, ExecutionError::Work { error, recorded: Recorded::Failed } if error == "out of ink"));
    let task = host.get("e").unwrap();
    assert_eq!((task.status, task.status_message.as_deref()), (Status::Failed, Some("out of ink")));

    host.create("p", None).unwrap();
    let panic = run("p", "panics").unwrap_err();
    assert!(
        matches!(&panic, ExecutionError::Panic { payload, .. } if *payload.downcast_ref::<String>().unwrap() == "it panics")
    );
    assert_eq!(host.get("p").unwrap().status_message.as_deref(), Some("the work panicked: it panics"));

    // Terminal stays.
    host.create("l", None).unwrap();
    let late = run("l", "fails late").unwrap_err();
    assert!(matches!(late, ExecutionError::Work { recorded: Recorded::HadEnded(Status::Failed), .. }));
    assert_eq!(host.get("l").unwrap().status_message.as_deref(), Some("on its own"));

    assert!(matches!(run("none", "completes"), Err(ExecutionError::NotRun(error)) if error == unknown("none")));
    assert!(matches!(run("l", "completes"), Err(ExecutionError::NotRun(error)) if error == ended("l", Status::Failed)));
}

#[test]
fn store_task_store() {
    let host = Host::with_task("t");
    // As an abstract class is used: by what it can do.
    let store: Rc<dyn TaskStore> = host.store.clone();
    let duplicate = block_on(store.create_task("t".into(), TaskOption::default())).unwrap_err();
    assert_eq!(duplicate, StoreError::UnusableId { task_id: "t".into() });
    assert!(host.create("", None).is_err(), "no id");

    assert_eq!(host.set("none", Status::Failed), Err(unknown("none")));
    assert_eq!(host.keep("none", "{}"), Err(unknown("none")));
    assert_eq!(block_on(store.wait_for_update("none", Status::Working)), Err(unknown("none")));
    assert_eq!((host.get("none"), host.result("none")), (None, None));
    assert!(!block_on(store.delete_task("none")).unwrap());
    store.notify_update("none");

    let message = TaskUpdate { status: None, status_message: Some("half".into()) };
    let task = block_on(store.update_task("t", message)).unwrap();
    assert_eq!((task.status, task.status_message.as_deref()), (Status::Working, Some("half")));
    host.keep("t", r#"{"a":1}"#).unwrap();
    let task = host.set("t", Status::Completed).unwrap();
    assert_eq!(task.status_message.as_deref(), Some("half"), "what is not said stays");
    assert_eq!(host.result("t"), Some(InputAnswer::Result(r#"{"a":1}"#.into())));
    assert_eq!(host.set("t", Status::Working), Err(ended("t", Status::Completed)));

    assert!(block_on(store.delete_task("t")).unwrap());
    assert_eq!((host.get("t"), host.result("t"), host.listed()), (None, None, vec![]));
    block_on(task_execution(store, "none", async |_| Ok::<(), String>(()))).unwrap_err();
}

#[test]
fn in_memory_task_store() {
    let host = Host::new(Limits::default());
    for n in 0..25 {
        host.create(&format!("t{n}"), None).unwrap();
    }
    // Pages of ten, told by a cursor that outlives the task it was told with.
    let first = block_on(host.store.list_tasks(None)).unwrap();
    assert_eq!((first.tasks.len(), first.tasks[9].task_id.as_str()), (10, "t9"));
    assert!(block_on(host.store.delete_task("t9")).unwrap());
    let cursor = first.next_cursor.unwrap();
    let second = block_on(host.store.list_tasks(Some(&cursor))).unwrap();
    assert_eq!(second.tasks[0].task_id, "t10");
    let last = block_on(host.store.list_tasks(second.next_cursor.as_deref())).unwrap();
    assert_eq!((last.tasks.len(), last.next_cursor), (5, None));
    for cursor in ["", "t9", "0", "010", "+1", "26", "99999999999999999999"] {
        let error = block_on(host.store.list_tasks(Some(cursor))).unwrap_err();
        assert_eq!(error, StoreError::InvalidCursor { cursor: cursor.into() });
    }

    // Copies out.
    host.get("t1").unwrap().status = Status::Failed;
    assert_eq!(host.status("t1"), Some(Status::Working));
    assert_eq!(host.store.get_all_tasks().len(), 24);
    host.store.cleanup();
    assert_eq!(host.store.get_all_tasks(), []);

    // A time to live, once more from the end on; without one for ever.
    host.create("short", Some(1000)).unwrap();
    host.create("long", None).unwrap();
    host.pass(999);
    host.set("short", Status::Completed).unwrap();
    host.pass(999);
    assert_eq!(host.listed(), ["short", "long"]);
    host.pass(1);
    assert_eq!((host.listed(), host.get("short"), host.result("short")), (vec!["long".to_owned()], None, None));
    assert_eq!(host.set("short", Status::Completed), Err(unknown("short")), "unlike in Python, for every method");
    host.pass(u64::from(u32::MAX));
    assert_eq!(host.listed(), ["long"]);

    // Both who wait are woken; in Python only the later one.
    let wait = || Turns::begin(host.store.wait_for_update("long", Status::Working));
    let (mut one, mut other) = (wait(), wait());
    host.set("long", Status::InputRequired).unwrap();
    assert_eq!(one.woken().unwrap().status, Status::InputRequired);
    assert_eq!(other.woken().unwrap().status, Status::InputRequired);
}

#[test]
fn context_task_context() {
    let host = Host::with_task("t");
    let task = TaskContext::new(host.get("t").unwrap(), host.store.clone());
    assert_eq!((task.task_id(), task.task().status, task.is_cancelled()), ("t", Status::Working, false));
    assert_eq!(block_on(task.update_status("half")).unwrap().status, Status::Working);
    assert_eq!(task.task().status_message.as_deref(), Some("half"));
    let asks = TaskUpdate { status: Some(Status::InputRequired), status_message: None };
    assert_eq!(block_on(task.update(asks)).unwrap().status, Status::InputRequired);

    let clone = task.clone();
    clone.request_cancellation();
    assert!(task.is_cancelled(), "it is asked for");
    assert_eq!(host.status("t"), Some(Status::InputRequired), "and not done");
    let done = block_on(task.complete(r#"{"action":"accept"}"#)).unwrap();
    assert_eq!((done.status, clone.task().status), (Status::Completed, Status::Completed));
    assert_eq!(host.result("t"), Some(InputAnswer::Result(r#"{"action":"accept"}"#.into())));

    host.create("f", None).unwrap();
    let failing = TaskContext::new(host.get("f").unwrap(), host.store.clone());
    assert_eq!(block_on(failing.fail("no ink")).unwrap().status_message.as_deref(), Some("no ink"));
    assert_eq!((host.status("f"), host.result("f")), (Some(Status::Failed), None));

    // After a cancellation from outside, Python stores the result and raises.
    host.create("c", None).unwrap();
    let late = TaskContext::new(host.get("c").unwrap(), host.store.clone());
    block_on(cancel_task(&*host.store, "c")).unwrap();
    assert_eq!(block_on(late.complete("{}")), Err(ended("c", Status::Cancelled)));
    assert_eq!((host.status("c"), host.result("c"), late.is_cancelled()), (Some(Status::Cancelled), None, true));
}
