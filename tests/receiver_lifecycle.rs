//! The life of a task that we host: every operation in every status, and random lives against a model of them.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that goes wrong shall stop"
)]

use mcp_tasks::receiver::{Limits, StoreError, TaskContext, TaskStore, TaskUpdate, cancel_task};
use mcp_tasks::wire::input::InputAnswer;
use mcp_tasks::wire::snapshot::Status;
use proptest::prelude::*;
use std::fmt::Debug;

#[path = "support/block_on.rs"]
mod block_on;
#[path = "support/hosted_model.rs"]
mod hosted_model;
#[path = "support/hosting.rs"]
mod hosting;
use block_on::{Turns, block_on};
use hosted_model::{Model, Step};
use hosting::Host;

/// Everything that changes a task.
#[derive(Debug, Clone, Copy)]
enum Operation {
    Update(Option<Status>, Option<&'static str>),
    StoreResult,
    Cancel,
    UpdateStatus,
    Complete,
    Fail,
    FailWith,
    RequestCancellation,
    Notify,
}

impl Operation {
    fn all() -> Vec<Self> {
        let mut all = vec![Self::StoreResult, Self::Cancel, Self::UpdateStatus, Self::Complete, Self::Fail];
        all.extend([Self::FailWith, Self::RequestCancellation, Self::Notify]);
        let statuses = Status::ALL.map(Some).into_iter().chain([None]);
        all.extend(statuses.flat_map(|status| [None, Some("words")].map(|words| Self::Update(status, words))));
        all
    }

    /// The status after it, where it began in one that is not terminal.
    fn leads_to(self, from: Status) -> Status {
        match self {
            Self::Update(to, _) => to.unwrap_or(from),
            Self::Cancel => Status::Cancelled,
            Self::Complete => Status::Completed,
            Self::Fail | Self::FailWith => Status::Failed,
            Self::StoreResult | Self::UpdateStatus | Self::RequestCancellation | Self::Notify => from,
        }
    }

    /// `Err`: how it says that the task had ended; `None`: it has nothing to say.
    fn run(self, host: &Host) -> Result<(), Option<Status>> {
        fn status<T: Debug>(result: Result<T, StoreError>) -> Result<(), Option<Status>> {
            match result {
                Err(StoreError::Terminal { status, .. }) => Err(Some(status)),
                other => other.map(drop).map_err(|error| panic!("{error}")),
            }
        }
        let task = || TaskContext::new(host.get("t").unwrap(), host.store.clone());
        match self {
            Self::Update(to, words) => {
                let update = TaskUpdate { status: to, status_message: words.map(Into::into) };
                status(block_on(host.store.update_task("t", update)))
            }
            Self::StoreResult => status(host.keep("t", r#"{"new":1}"#)),
            Self::Cancel => block_on(cancel_task(&*host.store, "t")).map(drop).map_err(|error| {
                let words = error.rpc().message;
                Status::ALL.into_iter().find(|s| words.ends_with(&format!("'{}'", s.as_str())))
            }),
            Self::UpdateStatus => status(block_on(task().update_status("half"))),
            Self::Complete => status(block_on(task().complete(r#"{"done":1}"#))),
            Self::Fail => status(block_on(task().fail("no"))),
            Self::FailWith => status(block_on(task().fail_with(-1, "no"))),
            Self::RequestCancellation => {
                task().request_cancellation();
                Err(None)
            }
            Self::Notify => {
                host.store.notify_update("t");
                Err(None)
            }
        }
    }
}

#[test]
fn every_operation_does_in_every_status_what_it_may() {
    for from in Status::ALL {
        for operation in Operation::all() {
            for stored in [false, true] {
                let story = format!("{operation:?} of a task that is {from:?}, with a result: {stored}");
                let host = Host::with_task("t");
                if stored {
                    host.keep("t", r#"{"old":1}"#).unwrap();
                }
                if from != Status::Working {
                    host.set("t", from).unwrap();
                }
                let (before, result) = (host.get("t").unwrap(), host.result("t"));
                assert_eq!(result.is_some(), stored && from != Status::Cancelled, "{story}");
                let mut waits: Vec<_> = (0..2).map(|_| Turns::begin(host.store.wait_for_update("t", from))).collect();
                host.pass(10);
                let done = operation.run(&host);
                let (after, result_after) = (host.get("t").unwrap(), host.result("t"));

                if from.is_terminal() {
                    assert!(done == Err(Some(from)) || done == Err(None), "{story}: {done:?}");
                    assert_eq!((&after, &result_after), (&before, &result), "{story}");
                } else {
                    assert!(done == Ok(()) || done == Err(None), "{story}: {done:?}");
                    assert_eq!(after.status, operation.leads_to(from), "{story}");
                    assert_eq!(after.created_at, before.created_at, "{story}");
                    assert!(after.last_updated_at >= before.last_updated_at, "{story}");
                }
                if after.status == Status::Cancelled {
                    assert_eq!(result_after, None, "{story}");
                }
                let woken = after.status != from || matches!(operation, Operation::Notify);
                for wait in &mut waits {
                    assert_eq!((wait.wakes() > 0, wait.poll().is_some()), (woken, woken), "{story}");
                }
                assert_eq!(host.listed(), ["t"], "{story}: what can be got can be listed");
            }
        }
    }
}

#[test]
fn the_last_update_never_goes_back() {
    let host = Host::with_task("t");
    let at = || host.get("t").unwrap().last_updated_at.unwrap();
    host.pass(5000);
    host.set("t", Status::InputRequired).unwrap();
    let latest = at();
    host.now.set(0);
    host.set("t", Status::Working).unwrap();
    assert_eq!(at(), latest);
    host.create("u", Some(1000)).unwrap();
    assert_eq!(host.get("u").unwrap().created_at, Some(latest), "nor does it for what is new");
    // A store of the application's has the same rule, whatever its clock.
    let task = host.get("t").unwrap();
    let update = TaskUpdate { status: Some(Status::Failed), status_message: None };
    let later = mcp_tasks::receiver::update_task_state(&task, update, 1).unwrap();
    assert_eq!((later.status, later.last_updated_at), (Status::Failed, task.last_updated_at));
}

#[test]
fn waiter_misses_no_change() {
    let host = Host::with_task("t");
    // Looked at before the change, waited for after it.
    let known = host.status("t").unwrap();
    host.set("t", Status::InputRequired).unwrap();
    assert_eq!(block_on(host.store.wait_for_update("t", known)).unwrap().status, Status::InputRequired);
    // There and back.
    let mut wait = Turns::begin(host.store.wait_for_update("t", Status::InputRequired));
    host.set("t", Status::Working).unwrap();
    host.set("t", Status::InputRequired).unwrap();
    assert_eq!(wait.woken().unwrap().status, Status::InputRequired);
    // Another task of the same id is not the one that was waited for.
    let mut wait = Turns::begin(host.store.wait_for_update("t", Status::InputRequired));
    assert!(block_on(host.store.delete_task("t")).unwrap());
    host.create("t", None).unwrap();
    assert_eq!(wait.woken(), Err(StoreError::UnknownTask { task_id: "t".into() }));
    // What expires is told of when the store is asked for anything next.
    host.create("short", Some(10)).unwrap();
    let mut wait = Turns::begin(host.store.wait_for_update("short", Status::Working));
    host.pass(10);
    assert_eq!((wait.wakes(), host.listed().as_slice(), wait.wakes()), (0, ["t".to_owned()].as_slice(), 1));
    assert!(wait.woken().is_err());
}

#[test]
fn the_bounds_hold() {
    let limits = Limits { tasks: 2, result_bytes: 20, longest_ttl_ms: Some(1000), page_size: 0 };
    let host = Host::new(limits);
    assert_eq!(host.create("a", None).unwrap().ttl_ms, Some(1000));
    assert_eq!(host.create("b", Some(2000)).unwrap().ttl_ms, Some(1000));
    assert_eq!(host.create("c", None), Err(StoreError::TooManyTasks { most: 2 }));
    assert_eq!(host.listed(), ["a", "b"], "pages of none would have no end");

    host.keep("a", r#"{"a":12345678}"#).unwrap();
    assert_eq!(host.keep("b", r#"{"b":1}"#), Err(StoreError::TooLarge { bytes: 7, room: 6 }));
    assert_eq!(host.keep("a", r#"{"a":123456789012345}"#), Err(StoreError::TooLarge { bytes: 21, room: 20 }));
    assert_eq!(host.result("a"), Some(InputAnswer::Result(r#"{"a":12345678}"#.into())), "as it was");
    host.set("a", Status::Cancelled).unwrap();
    host.keep("b", r#"{"b":12345678901234}"#).unwrap();
    host.pass(1000);
    assert!(host.listed().is_empty());
    host.create("c", Some(0)).unwrap();
    assert_eq!(host.get("c"), None, "no time to live");
    host.create("d", Some(5)).unwrap();
    host.keep("d", r#"{"b":12345678901234}"#).unwrap();
    host.store.cleanup();
    host.create("d", Some(5)).unwrap();
    host.keep("d", r#"{"b":12345678901234}"#).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_store_is_what_its_past_makes_of_it(page_size in 1..4_usize, steps in prop::collection::vec(Step::any(), 1..80)) {
        let limits = Limits { tasks: 3, result_bytes: 30, longest_ttl_ms: Some(5000), page_size };
        let (host, mut model) = (Host::new(limits.clone()), Model::new(limits));
        // Before the clock can go back.
        model.check(&host);
        let mut waits = Vec::new();
        for step in steps {
            let (was, should) = (step.run(&host, &mut waits), model.step(&step));
            prop_assert_eq!(was, should, "{:?}", step);
            model.check(&host);
            model.check_waits(&mut waits);
        }
    }
}
