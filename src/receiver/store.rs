use super::StoreError;
use crate::wire::{
    input::InputAnswer,
    request::TaskOption,
    response::TaskPage,
    snapshot::{Snapshot, Status},
};
use std::pin::Pin;

/// What a store does when asked. It does nothing before it is awaited, and stays on the thread it was made on.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + 'a>>;

/// What is to be different about a task; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskUpdate {
    /// Where the task stands now.
    pub status: Option<Status>,
    /// The words about that.
    pub status_message: Option<String>,
}

/// Where the tasks that we host are kept: [`super::InMemoryTaskStore`], or an application's own.
///
/// One store is for one server, in one authorization context: whoever may ask it for one task may ask it for all (2025-11-25,
/// Tasks: "Task Isolation and Access Control").
///
/// Every method may fail with [`StoreError::Other`], for a store that can be in trouble. What is handed out is a copy: to
/// change it changes nothing in the store. [`super::create_task_state`] and [`super::update_task_state`] hold the rules that
/// every store has to keep to.
pub trait TaskStore {
    /// Makes a task that is `working`, of this id, which has to be one that nobody can guess:
    /// [`super::generate_task_id`]. The store may keep it for another time than was asked for (2025-11-25, Tasks: "TTL and
    /// Resource Management"); what it gives back says for how long.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnusableId`], [`StoreError::TooManyTasks`].
    fn create_task(&self, task_id: String, option: TaskOption) -> StoreFuture<'_, Snapshot>;

    /// How the task stands; `None` where there is no such task.
    fn get_task<'a>(&'a self, task_id: &'a str) -> StoreFuture<'a, Option<Snapshot>>;

    /// Changes a task, as [`super::update_task_state`] says, and gives it back as it is then. Wakes everybody who waits for it
    /// where the status is another.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownTask`], [`StoreError::Terminal`].
    fn update_task<'a>(&'a self, task_id: &'a str, update: TaskUpdate) -> StoreFuture<'a, Snapshot>;

    /// Keeps what the request that became this task is to be answered with; the last one counts. To be called before the
    /// update that ends the task.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownTask`], [`StoreError::Terminal`], [`StoreError::TooLarge`], [`StoreError::NotAnObject`].
    fn store_result<'a>(&'a self, task_id: &'a str, result: InputAnswer) -> StoreFuture<'a, ()>;

    /// What was stored for the task; `None` where there is no such task, or nothing was stored. A cancelled task has no result.
    fn get_result<'a>(&'a self, task_id: &'a str) -> StoreFuture<'a, Option<InputAnswer>>;

    /// The tasks from a cursor on, or from the first one. Every task that can be got can be listed (2025-11-25, Tasks: "Task
    /// Listing").
    ///
    /// # Errors
    ///
    /// [`StoreError::InvalidCursor`].
    fn list_tasks<'a>(&'a self, cursor: Option<&'a str>) -> StoreFuture<'a, TaskPage>;

    /// Forgets a task and its result; whoever waits for it is told [`StoreError::UnknownTask`]. Whether there was such a task.
    fn delete_task<'a>(&'a self, task_id: &'a str) -> StoreFuture<'a, bool>;

    /// Waits until the status is another than `known`, and gives the task as it is then: at once where it is so already, so
    /// that no change is missed between a look at the task and the waiting. [`Self::notify_update`] ends the waiting, too. Any
    /// number may wait for one task; all are woken.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownTask`], also where the task goes while it is waited for.
    fn wait_for_update<'a>(&'a self, task_id: &'a str, known: Status) -> StoreFuture<'a, Snapshot>;

    /// Ends the waiting of everybody who waits for the task, for them to look at it again: for a change that the store did not
    /// make itself. Where there is no such task, nothing happens.
    fn notify_update(&self, task_id: &str);
}
