use super::{StoreError, StoreFuture, TaskPage, TaskStore, TaskUpdate, UnixMillis, stored_tasks::StoredTasks};
use crate::wire::{
    input::InputAnswer,
    request::TaskOption,
    snapshot::{Snapshot, Status},
};
use std::task::{Context, Poll, Waker};
use std::{
    cell::{Cell, RefCell},
    pin::Pin,
};

/// How much an [`InMemoryTaskStore`] holds. A server decides how many tasks it asks for and how long they are kept, so
/// something here has to limit it (2025-11-25, Tasks: "Resource Management").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How many tasks are held at most; no more are taken until one has gone. Default 1000.
    pub tasks: usize,
    /// How many bytes all the results may have together. Default 64 MiB.
    pub result_bytes: usize,
    /// The longest time to live, in milliseconds: longer ones, and those without a limit, are cut to it (2025-11-25, Tasks: "TTL
    /// and Resource Management"). Default `None`, as in the Python SDK: what is asked for is granted, and without a time to
    /// live a task is kept until it is deleted.
    pub longest_ttl_ms: Option<u64>,
    /// How many tasks are listed at a time; at least one is. Default 10, as in the Python SDK.
    pub page_size: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { tasks: 1000, result_bytes: 64 << 20, longest_ttl_ms: None, page_size: 10 }
    }
}

/// A [`TaskStore`] in memory: what it holds is gone with the page.
///
/// A task is forgotten when its time to live is over, counted from its creation and once more from its end. There is no timer:
/// that is seen to whenever the store is asked for anything, so who waits for a task that expires is told of it then.
pub struct InMemoryTaskStore {
    clock: Box<dyn Fn() -> UnixMillis>,
    latest: Cell<UnixMillis>,
    limits: Limits,
    stored: RefCell<StoredTasks>,
}

impl InMemoryTaskStore {
    /// An empty store with the default [`Limits`]. `clock` tells the time whenever it is asked; a time before one that it has
    /// told already is not believed.
    pub fn new(clock: impl Fn() -> UnixMillis + 'static) -> Self {
        Self::with_limits(clock, Limits::default())
    }

    /// An empty store.
    pub fn with_limits(clock: impl Fn() -> UnixMillis + 'static, limits: Limits) -> Self {
        Self { clock: Box::new(clock), latest: Cell::new(0), limits, stored: RefCell::default() }
    }

    /// Copies of all the tasks, in the order of their creation.
    pub fn get_all_tasks(&self) -> Vec<Snapshot> {
        self.turn(|stored, _| stored.all())
    }

    /// Forgets everything; whoever waits is told so.
    pub fn cleanup(&self) {
        self.turn(|stored, _| stored.clear());
    }

    /// Everything happens in here: first what time brings, then the act, and when nothing is borrowed any more, the wakes.
    fn turn<R>(&self, act: impl FnOnce(&mut StoredTasks, UnixMillis) -> R) -> R {
        let now = (self.clock)().max(self.latest.get());
        self.latest.set(now);
        let (result, wakes) = {
            let mut stored = self.stored.borrow_mut();
            stored.expire(now);
            (act(&mut stored, now), std::mem::take(&mut stored.wakes))
        };
        wakes.into_iter().for_each(Waker::wake);
        result
    }
}

impl TaskStore for InMemoryTaskStore {
    fn create_task(&self, task_id: String, option: TaskOption) -> StoreFuture<'_, Snapshot> {
        Box::pin(async move { self.turn(|stored, now| stored.create(task_id, option, &self.limits, now)) })
    }

    fn get_task<'a>(&'a self, task_id: &'a str) -> StoreFuture<'a, Option<Snapshot>> {
        Box::pin(async move {
            let find =
                |stored: &mut StoredTasks| stored.number(task_id).and_then(|n| Some(stored.by_number(n)?.task.clone()));
            Ok(self.turn(|stored, _| find(stored)))
        })
    }

    fn update_task<'a>(&'a self, task_id: &'a str, update: TaskUpdate) -> StoreFuture<'a, Snapshot> {
        Box::pin(async move { self.turn(|stored, now| stored.update(task_id, update, now)) })
    }

    fn store_result<'a>(&'a self, task_id: &'a str, result: InputAnswer) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.turn(|stored, _| stored.store(task_id, result, self.limits.result_bytes)) })
    }

    fn get_result<'a>(&'a self, task_id: &'a str) -> StoreFuture<'a, Option<InputAnswer>> {
        Box::pin(async move { Ok(self.turn(|stored, _| stored.result(task_id))) })
    }

    fn list_tasks<'a>(&'a self, cursor: Option<&'a str>) -> StoreFuture<'a, TaskPage> {
        Box::pin(async move { self.turn(|stored, _| stored.list(cursor, self.limits.page_size)) })
    }

    fn delete_task<'a>(&'a self, task_id: &'a str) -> StoreFuture<'a, bool> {
        Box::pin(async move { Ok(self.turn(|stored, _| stored.delete(task_id))) })
    }

    fn wait_for_update<'a>(&'a self, task_id: &'a str, known: Status) -> StoreFuture<'a, Snapshot> {
        let task = self.turn(|stored, _| {
            let number = stored.number(task_id)?;
            Some((number, stored.by_number(number)?.turns))
        });
        Box::pin(Wait { store: self, task_id, known, task, place: None })
    }

    fn notify_update(&self, task_id: &str) {
        self.turn(|stored, _| stored.notify(task_id));
    }
}

/// The waiting for a task's next status. What counts is the task that was there when it began, not one of the same id later.
struct Wait<'a> {
    store: &'a InMemoryTaskStore,
    task_id: &'a str,
    known: Status,
    /// Its number, and how often those who wait for it had been woken.
    task: Option<(u64, u64)>,
    place: Option<u64>,
}

impl Future for Wait<'_> {
    type Output = Result<Snapshot, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.store.turn(|stored, _| {
            let entry = this.task.and_then(|(number, turns)| Some((stored.by_number(number)?, turns)));
            let Some((entry, turns)) = entry else {
                return Poll::Ready(Err(StoreError::UnknownTask { task_id: this.task_id.into() }));
            };
            if entry.task.status != this.known || entry.turns != turns {
                return Poll::Ready(Ok(entry.task.clone()));
            }
            entry.waiters.wait(&mut this.place, context.waker());
            Poll::Pending
        })
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        // A waker that is dropped may drop this while the store is busy with it; then the place goes with the task.
        let (Some((number, _)), Some(place), Ok(mut stored)) =
            (self.task, self.place, self.store.stored.try_borrow_mut())
        else {
            return;
        };
        if let Some(entry) = stored.by_number(number) {
            entry.waiters.leave(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_waiter_is_not_kept() {
        let store = InMemoryTaskStore::new(|| 0);
        let mut context = Context::from_waker(Waker::noop());
        assert!(store.create_task("t".into(), TaskOption::default()).as_mut().poll(&mut context).is_ready());
        let waiting = || store.stored.borrow_mut().by_number(1).map(|entry| entry.waiters.len());
        for _ in 0..3 {
            let mut waits = [0, 1].map(|_| store.wait_for_update("t", Status::Working));
            for wait in &mut waits {
                // Polled again, it keeps its place.
                assert!((0..2).all(|_| wait.as_mut().poll(&mut context).is_pending()));
            }
            assert_eq!(waiting(), Some(2));
            drop(waits);
            assert_eq!(waiting(), Some(0));
        }
    }
}
