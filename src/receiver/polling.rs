use super::is_terminal;
use crate::wire::snapshot::Snapshot;

/// The shortest time between two polls of [`poll_until_terminal`], in milliseconds, whatever is said: without it, an interval
/// of 0 would be a hot loop.
pub const SHORTEST_POLL_INTERVAL_MS: u64 = 50;

/// The polls of one task: see [`poll_until_terminal`].
pub struct Polls<G, S> {
    get_task: G,
    task_id: String,
    sleep: S,
    interval_ms: u64,
    next: Next,
}

enum Next {
    Now,
    AfterSleep,
    Never,
}

/// Asks after a task until it has ended, for a server of tasks and a requestor alike; [`Polls::next`] gives each answer.
///
/// `get_task` asks once. Between two polls `sleep` waits, for milliseconds: those that the last answer named
/// (`pollInterval`; 2025-11-25, Tasks: "Getting Tasks"), or `default_interval_ms` where no answer has named any; the Python SDK's
/// default is [`super::DEFAULT_POLL_INTERVAL_MS`]. It is never less than [`SHORTEST_POLL_INTERVAL_MS`]. A sleep may be longer
/// than it is told, or be cut short: both are the caller's, as is a limit to it all.
///
/// ```
/// use mcp_tasks::receiver::{DEFAULT_POLL_INTERVAL_MS, StoreError, TaskStore, poll_until_terminal};
/// # use mcp_tasks::wire::snapshot::Snapshot;
///
/// # async fn sleep(_: u64) {}
/// async fn watch(store: &impl TaskStore, id: &str) -> Result<Option<Snapshot>, StoreError> {
///     let get = async |id: &str| store.get_task(id).await?.ok_or(StoreError::UnknownTask { task_id: id.into() });
///     let mut polls = poll_until_terminal(get, id, DEFAULT_POLL_INTERVAL_MS, sleep);
///     let mut last = None;
///     while let Some(task) = polls.next().await {
///         last = Some(task?);
///     }
///     Ok(last)
/// }
/// ```
pub fn poll_until_terminal<G, S, E>(get_task: G, task_id: &str, default_interval_ms: u64, sleep: S) -> Polls<G, S>
where
    G: AsyncFnMut(&str) -> Result<Snapshot, E>,
    S: AsyncFnMut(u64),
{
    Polls { get_task, task_id: task_id.into(), sleep, interval_ms: default_interval_ms, next: Next::Now }
}

impl<G, S> Polls<G, S> {
    /// Sleeps, but for the first time, asks and gives the answer; `None` after a terminal one. Where it is dropped halfway,
    /// the next one begins with the sleep again.
    ///
    /// # Errors
    ///
    /// Those of `get_task`, as they are. Unlike in the Python SDK, the task is not lost with one: after another sleep it is asked
    /// after again, if the caller wants to go on.
    pub async fn next<E>(&mut self) -> Option<Result<Snapshot, E>>
    where
        G: AsyncFnMut(&str) -> Result<Snapshot, E>,
        S: AsyncFnMut(u64),
    {
        match self.next {
            Next::Now => {}
            Next::AfterSleep => (self.sleep)(self.interval_ms.max(SHORTEST_POLL_INTERVAL_MS)).await,
            Next::Never => return None,
        }
        self.next = Next::AfterSleep;
        let polled = (self.get_task)(&self.task_id).await;
        if let Ok(task) = &polled {
            self.interval_ms = task.poll_interval_ms.unwrap_or(self.interval_ms);
            if is_terminal(task.status) {
                self.next = Next::Never;
            }
        }
        Some(polled)
    }
}
