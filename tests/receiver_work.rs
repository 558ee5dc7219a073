//! The work on a task that we host: what it learns of a cancellation, and what comes too late.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that goes wrong shall stop"
)]

use mcp_tasks::receiver::{
    ExecutionError, InMemoryTaskStore, Recorded, StoreError, StoreFuture, TaskContext, TaskPage, TaskStore, TaskUpdate,
    cancel_task, task_execution,
};
use mcp_tasks::wire::input::InputAnswer;
use mcp_tasks::wire::request::TaskOption;
use mcp_tasks::wire::snapshot::{Snapshot, Status};
use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

#[path = "support/block_on.rs"]
mod block_on;
#[path = "support/hosting.rs"]
mod hosting;
use block_on::{Turns, block_on};
use hosting::Host;

type Work = Result<(), ExecutionError<StoreError>>;

fn cancel(host: &Host) {
    assert_eq!(block_on(cancel_task(&*host.store, "t")).unwrap().status, Status::Cancelled);
}

#[test]
fn a_cancellation_wakes_the_work_and_the_work_ends() {
    let host = Host::with_task("t");
    let tidied = Cell::new(false);
    let mut work: Turns<'_, Work> = Turns::begin(task_execution(host.store.clone(), "t", async |task| {
        assert!(!task.is_cancelled());
        task.cancelled().await;
        assert!(task.is_cancelled());
        tidied.set(true);
        Ok(())
    }));
    assert_eq!(work.wakes(), 0);
    cancel(&host);
    work.woken().unwrap();
    assert!(tidied.get());
    assert_eq!(host.status("t"), Some(Status::Cancelled));
}

#[test]
fn work_that_awaits_something_else_is_told_too() {
    let host = Host::with_task("t");
    let polls = RefCell::new(Vec::new());
    let mut work: Turns<'_, Work> = Turns::begin(task_execution(host.store.clone(), "t", async |task| {
        poll_fn(|_| {
            polls.borrow_mut().push(task.is_cancelled());
            if task.is_cancelled() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        Ok(())
    }));
    // Other changes are no cancellation.
    host.set("t", Status::InputRequired).unwrap();
    assert!(work.wakes() > 0 && work.poll().is_none());
    cancel(&host);
    work.woken().unwrap();
    assert_eq!(*polls.borrow(), [false, false, true]);
}

#[test]
fn a_part_of_the_work_is_dropped_by_a_cancellation() {
    let host = Host::with_task("t");
    let part = Rc::new(());
    let inside = part.clone();
    let mut work: Turns<'_, Work> = Turns::begin(task_execution(host.store.clone(), "t", async move |task| {
        assert_eq!(task.unless_cancelled(async { 7 }).await, Some(7));
        let never = async move {
            pending::<()>().await;
            drop(inside);
        };
        assert_eq!(task.unless_cancelled(never).await, None);
        Ok(())
    }));
    assert_eq!(Rc::strong_count(&part), 2);
    cancel(&host);
    work.woken().unwrap();
    assert_eq!(Rc::strong_count(&part), 1);
}

#[test]
fn what_completes_after_a_cancellation_is_refused_and_told() {
    let host = Host::with_task("t");
    let mut work: Turns<'_, Work> = Turns::begin(task_execution(host.store.clone(), "t", async |task| {
        task.cancelled().await;
        task.complete("{}").await?;
        Ok(())
    }));
    cancel(&host);
    let before = host.get("t");
    let error = work.woken().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the work failed: Task t is in terminal state 'cancelled': it does not change; its task was cancelled before"
    );
    let ExecutionError::Work { recorded, .. } = error else { panic!("{error}") };
    assert_eq!(recorded, Recorded::HadEnded(Status::Cancelled));
    assert_eq!((host.get("t"), host.result("t")), (before, None));
}

#[test]
fn a_cancellation_between_the_result_and_the_end_wins() {
    let host = Host::with_task("t");
    let slow = Rc::new(Between { store: host.store.clone(), cancels: Cell::new(true), fails: Cell::new(false) });
    let work = block_on(task_execution(slow, "t", async |task| task.complete("{}").await.map(drop)));
    assert!(matches!(work, Err(ExecutionError::Work { recorded: Recorded::HadEnded(Status::Cancelled), .. })));
    assert_eq!((host.status("t"), host.result("t")), (Some(Status::Cancelled), None));
}

#[test]
fn work_on_a_task_that_is_gone_is_told() {
    for expires in [false, true] {
        let host = Host::with_task("other");
        host.create("t", Some(10)).unwrap();
        let mut work: Turns<'_, Work> = Turns::begin(task_execution(host.store.clone(), "t", async |task| {
            task.cancelled().await;
            task.complete("{}").await.map(drop)
        }));
        if expires {
            host.pass(10);
            assert_eq!(host.listed(), ["other"]);
        } else {
            assert!(block_on(host.store.delete_task("t")).unwrap());
        }
        let error = work.woken().unwrap_err();
        let gone = StoreError::UnknownTask { task_id: "t".into() };
        assert!(
            matches!(error, ExecutionError::Work { error, recorded: Recorded::Not(why) } if error == gone && why == gone)
        );
    }
}

#[test]
fn every_waiter_wakes_on_cancellation() {
    let host = Host::with_task("t");
    // Made by hand: nobody watches the task for it but who awaits the cancellation.
    let task = TaskContext::new(host.get("t").unwrap(), host.store.clone());
    let mut waits = [0, 1, 2].map(|_| Turns::begin(task.cancelled()));
    let gone = Turns::begin(task.cancelled());
    drop(gone);
    cancel(&host);
    waits.iter_mut().for_each(Turns::woken);
    block_on(task.cancelled());

    host.create("u", None).unwrap();
    let task = TaskContext::new(host.get("u").unwrap(), host.store.clone());
    let mut waits = [0, 1].map(|_| Turns::begin(task.cancelled()));
    task.clone().request_cancellation();
    waits.iter_mut().for_each(Turns::woken);
    assert_eq!(host.status("u"), Some(Status::Working));
}

#[test]
fn a_task_that_ends_otherwise_is_not_cancelled() {
    let host = Host::with_task("t");
    let task = TaskContext::new(host.get("t").unwrap(), host.store.clone());
    let mut wait = Turns::begin(task.cancelled());
    block_on(task.complete("{}")).unwrap();
    assert!(wait.poll().is_none() && !task.is_cancelled());
    assert_eq!(task.task().status, Status::Completed);
    host.store.cleanup();
    assert!(wait.poll().is_none(), "nor later");
}

#[test]
fn a_store_that_fails_is_told_of() {
    let host = Host::with_task("t");
    let slow = Rc::new(Between { store: host.store.clone(), cancels: Cell::new(false), fails: Cell::new(true) });
    let work = block_on(task_execution(slow.clone(), "t", async |task| task.complete("{}").await.map(drop)));
    let error = work.unwrap_err();
    assert!(matches!(&error, ExecutionError::Unwatched(StoreError::Other(_))));
    assert_eq!(error.to_string(), "the work could not be watched for a cancellation: the disk is full");
    assert_eq!(host.status("t"), Some(Status::Completed), "the work was done all the same");

    let error = block_on(task_execution(slow, "none", async |_| Ok::<(), StoreError>(()))).unwrap_err();
    assert_eq!(error.to_string(), "the work was not begun: Task not found: none");
}

#[test]
fn dropped_work_leaves_the_task_and_no_waiter() {
    let host = Host::with_task("t");
    let store = Rc::downgrade(&host.store);
    let work: Turns<'_, Work> = Turns::begin(task_execution(host.store.clone(), "t", async |task| {
        task.cancelled().await;
        Ok(())
    }));
    drop(work);
    assert_eq!((host.status("t"), store.strong_count()), (Some(Status::Working), 1));
}

/// Some executors run what they wake at once.
#[test]
fn woken_waiter_may_use_the_store_at_once() {
    thread_local! {
        static STORE: RefCell<Option<Rc<InMemoryTaskStore>>> = const { RefCell::new(None) };
        static SEEN: RefCell<Vec<Option<Status>>> = const { RefCell::new(Vec::new()) };
    }
    struct Looks;
    impl Wake for Looks {
        fn wake(self: Arc<Self>) {
            let tasks = STORE.with_borrow(|store| store.as_ref().unwrap().get_all_tasks());
            SEEN.with_borrow_mut(|seen| seen.push(tasks.first().map(|task| task.status)));
        }
    }
    let host = Host::with_task("t");
    STORE.set(Some(host.store.clone()));
    let wait = |known| {
        let mut wait = host.store.wait_for_update("t", known);
        assert!(wait.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::new(Looks)))).is_pending());
        wait
    };
    let _changed = wait(Status::Working);
    host.set("t", Status::InputRequired).unwrap();
    let _gone = wait(Status::InputRequired);
    host.store.cleanup();
    assert_eq!(SEEN.take(), [Some(Status::InputRequired), None]);
}

/// A store in which something happens just before an update: a cancellation from elsewhere; or which cannot watch.
struct Between {
    store: Rc<InMemoryTaskStore>,
    cancels: Cell<bool>,
    fails: Cell<bool>,
}

impl TaskStore for Between {
    fn create_task(&self, task_id: String, option: TaskOption) -> StoreFuture<'_, Snapshot> {
        self.store.create_task(task_id, option)
    }

    fn get_task<'a>(&'a self, task_id: &'a str) -> StoreFuture<'a, Option<Snapshot>> {
        self.store.get_task(task_id)
    }

    fn update_task<'a>(&'a self, task_id: &'a str, update: TaskUpdate) -> StoreFuture<'a, Snapshot> {
        Box::pin(async move {
            if self.cancels.take() {
                cancel_task(&*self.store, task_id).await.unwrap();
            }
            self.store.update_task(task_id, update).await
        })
    }

    fn store_result<'a>(&'a self, task_id: &'a str, result: InputAnswer) -> StoreFuture<'a, ()> {
        self.store.store_result(task_id, result)
    }

    fn get_result<'a>(&'a self, task_id: &'a str) -> StoreFuture<'a, Option<InputAnswer>> {
        self.store.get_result(task_id)
    }

    fn list_tasks<'a>(&'a self, cursor: Option<&'a str>) -> StoreFuture<'a, TaskPage> {
        self.store.list_tasks(cursor)
    }

    fn delete_task<'a>(&'a self, task_id: &'a str) -> StoreFuture<'a, bool> {
        self.store.delete_task(task_id)
    }

    fn wait_for_update<'a>(&'a self, task_id: &'a str, known: Status) -> StoreFuture<'a, Snapshot> {
        if self.fails.get() {
            return Box::pin(async { Err(StoreError::Other("the disk is full".into())) });
        }
        self.store.wait_for_update(task_id, known)
    }

    fn notify_update(&self, task_id: &str) {
        self.store.notify_update(task_id);
    }
}
