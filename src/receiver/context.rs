use super::{
    StoreError, TaskStore, TaskUpdate, is_terminal,
    wait::{Place, Waiters, wake},
};
use crate::wire::{
    input::InputAnswer,
    snapshot::{Snapshot, Status},
};
use std::task::Poll;
use std::{
    cell::{Cell, RefCell},
    future::{pending, poll_fn},
    pin::pin,
    rc::Rc,
};

/// What the work on one task tells of itself with, and learns from whether it is still wanted. Clones are about the same task
/// and know the same.
pub struct TaskContext<S: ?Sized> {
    store: Rc<S>,
    known: Rc<Known>,
}

struct Known {
    task_id: String,
    task: RefCell<Snapshot>,
    cancelled: Cell<bool>,
    waiters: RefCell<Waiters>,
}

impl<S: ?Sized> Clone for TaskContext<S> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), known: self.known.clone() }
    }
}

impl<S: TaskStore + ?Sized> TaskContext<S> {
    /// For a task out of this store, as it stands there. [`super::task_execution`] makes one, and keeps it told of a
    /// cancellation; one that is made here learns of it in [`Self::cancelled`], or when it changes the task.
    pub fn new(task: Snapshot, store: Rc<S>) -> Self {
        let cancelled = Cell::new(task.status == Status::Cancelled);
        let task_id = task.task_id.clone();
        let known = Known { task_id, task: RefCell::new(task), cancelled, waiters: RefCell::default() };
        Self { store, known: Rc::new(known) }
    }

    /// The task's id, whole: it may be a secret.
    pub fn task_id(&self) -> &str {
        &self.known.task_id
    }

    /// The task as this context saw it last, a copy.
    pub fn task(&self) -> Snapshot {
        self.known.task.borrow().clone()
    }

    /// Whether the work is no longer wanted: the task was cancelled or is gone, or [`Self::request_cancellation`] was called.
    /// It never becomes false again.
    pub fn is_cancelled(&self) -> bool {
        self.known.cancelled.get()
    }

    /// Tells the work that it is no longer wanted, and wakes it where it awaits [`Self::cancelled`]. The task stays as it is:
    /// [`super::cancel_task`] is what changes that, and does this too.
    pub fn request_cancellation(&self) {
        self.known.cancelled.set(true);
        wake(&self.known.waiters);
    }

    /// Waits until the work is no longer wanted; for ever where that never happens, as after the task has ended otherwise. A
    /// store that fails meanwhile cannot tell, so then only [`Self::request_cancellation`] ends the waiting.
    pub async fn cancelled(&self) {
        let mut place = Place { waiters: &self.known.waiters, at: None };
        let mut watch = pin!(self.watch());
        let mut watching = true;
        poll_fn(|context| {
            // The watch sets the flag; after its end it must not be polled again.
            watching = watching && watch.as_mut().poll(context).is_pending();
            if self.is_cancelled() {
                return Poll::Ready(());
            }
            self.known.waiters.borrow_mut().wait(&mut place.at, context.waker());
            Poll::Pending
        })
        .await;
    }

    /// Does a part of the work, and drops it as soon as the work is no longer wanted: then this is `None`.
    pub async fn unless_cancelled<T>(&self, part: impl Future<Output = T>) -> Option<T> {
        let (mut part, mut cancelled) = (pin!(part), pin!(self.cancelled()));
        poll_fn(|context| match cancelled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => part.as_mut().poll(context).map(Some),
        })
        .await
    }

    /// Says how far the work is, in words that the requestor is shown.
    ///
    /// # Errors
    ///
    /// Those of [`TaskStore::update_task`]: [`StoreError::Terminal`] where the task has ended meanwhile.
    pub async fn update_status(&self, message: impl Into<String>) -> Result<Snapshot, StoreError> {
        self.update(TaskUpdate { status: None, status_message: Some(message.into()) }).await
    }

    /// Says that the work has to wait for somebody (`input_required`), or goes on (`working`), and in which words. To end the
    /// task there are [`Self::complete`] and [`Self::fail`].
    ///
    /// # Errors
    ///
    /// As in [`Self::update_status`].
    pub async fn update(&self, update: TaskUpdate) -> Result<Snapshot, StoreError> {
        let updated = self.store.update_task(self.task_id(), update).await;
        self.learn(updated)
    }

    /// Ends the task as `completed`, with a result: the JSON object that the request would have been answered with.
    ///
    /// # Errors
    ///
    /// Those of [`TaskStore::store_result`] and [`TaskStore::update_task`]. [`StoreError::Terminal`] where the task has ended
    /// meanwhile; then nothing was overwritten.
    pub async fn complete(&self, result: impl Into<String>) -> Result<Snapshot, StoreError> {
        self.end(Status::Completed, InputAnswer::Result(result.into()), None).await
    }

    /// Ends the task as `failed`, in words. The request is answered with a JSON-RPC error of code -32603 that says the same.
    ///
    /// # Errors
    ///
    /// Those of [`TaskStore::update_task`].
    pub async fn fail(&self, error: impl Into<String>) -> Result<Snapshot, StoreError> {
        self.update(TaskUpdate { status: Some(Status::Failed), status_message: Some(error.into()) }).await
    }

    /// Ends the task as `failed`, with this JSON-RPC error as the answer to the request: -1 where the user has rejected a
    /// sampling request (2025-11-25, Sampling: "Error Handling").
    ///
    /// # Errors
    ///
    /// Those of [`TaskStore::store_result`] and [`TaskStore::update_task`].
    pub async fn fail_with(&self, code: i64, message: impl Into<String>) -> Result<Snapshot, StoreError> {
        let message = message.into();
        let answer = InputAnswer::Error { code, message: message.clone() };
        self.end(Status::Failed, answer, Some(message)).await
    }

    async fn end(&self, status: Status, answer: InputAnswer, words: Option<String>) -> Result<Snapshot, StoreError> {
        let stored = self.store.store_result(self.task_id(), answer).await;
        self.hear(stored.as_ref().err());
        stored?;
        self.update(TaskUpdate { status: Some(status), status_message: words }).await
    }

    /// Follows the task until it is cancelled or gone, and tells so; for ever where it ends otherwise.
    pub(super) async fn watch(&self) -> Result<(), StoreError> {
        while !self.is_cancelled() {
            let known = self.known.task.borrow().status;
            let next = match is_terminal(known) {
                true => pending().await,
                false => self.store.wait_for_update(self.task_id(), known).await,
            };
            match self.learn(next) {
                Ok(_) | Err(StoreError::UnknownTask { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Keeps in mind what the store says of the task.
    fn learn(&self, answer: Result<Snapshot, StoreError>) -> Result<Snapshot, StoreError> {
        self.hear(answer.as_ref().err());
        if let Ok(task) = &answer {
            self.known.task.replace(task.clone());
            if task.status == Status::Cancelled {
                self.request_cancellation();
            }
        }
        answer
    }

    fn hear(&self, error: Option<&StoreError>) {
        // Nobody can come for the result of a task that is gone.
        if let Some(StoreError::UnknownTask { .. } | StoreError::Terminal { status: Status::Cancelled, .. }) = error {
            self.request_cancellation();
        }
    }
}
