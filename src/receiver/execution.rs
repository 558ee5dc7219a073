use super::{StoreError, TaskContext, TaskStore, is_terminal};
use crate::wire::snapshot::Status;
use std::task::Poll;
use std::{
    any::Any,
    fmt,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    rc::Rc,
};

/// What escaped from the execution of a task. The task itself says no more than its words.
#[derive(Debug)]
pub enum ExecutionError<E> {
    /// The work was not begun: the task is unknown or has ended, or the store could not say.
    NotRun(StoreError),
    /// The work ended with this error.
    Work {
        /// What the work gave.
        error: E,
        /// What became of the task.
        recorded: Recorded,
    },
    /// The work panicked. Where panics abort, as in the module for browsers, nobody is told that.
    Panic {
        /// What it panicked with; `std::panic::resume_unwind` goes on with it.
        payload: Box<dyn Any + Send>,
        /// What became of the task.
        recorded: Recorded,
    },
    /// The work ended well; but the store failed while it was asked for changes, so that a cancellation after that would not
    /// have reached the work.
    Unwatched(StoreError),
}

/// What became of a task whose work ended badly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It has failed, and says why.
    Failed,
    /// It had ended before, like this, and stays so.
    HadEnded(Status),
    /// The store refused: the task says nothing of it.
    Not(StoreError),
}

/// Does the work on a task of this store, and is over when the work is. An error or a panic of the work makes the task `failed`,
/// with the error's words, unless it has ended before. A work that ends well has to have ended its task, by
/// [`TaskContext::complete`] or [`TaskContext::fail`]; otherwise somebody else must do that.
///
/// While it goes on, the task is watched: where it is cancelled, expires or is deleted, the context says so
/// ([`TaskContext::is_cancelled`]), and what awaits [`TaskContext::cancelled`] or [`TaskContext::unless_cancelled`] wakes. The
/// work is not dropped for that: it may have something to tidy up. To drop this future drops the work, and leaves the task.
///
/// # Errors
///
/// What escapes from the work is recorded *and* given to the caller: see [`ExecutionError`].
pub async fn task_execution<S, W, F, E>(store: Rc<S>, task_id: &str, work: W) -> Result<(), ExecutionError<E>>
where
    S: TaskStore + ?Sized,
    W: FnOnce(TaskContext<S>) -> F,
    F: Future<Output = Result<(), E>>,
    E: fmt::Display,
{
    let task = store.get_task(task_id).await.map_err(ExecutionError::NotRun)?;
    let unknown = || ExecutionError::NotRun(StoreError::UnknownTask { task_id: task_id.into() });
    let task = task.ok_or_else(unknown)?;
    if is_terminal(task.status) {
        return Err(ExecutionError::NotRun(StoreError::Terminal { task_id: task.task_id, status: task.status }));
    }
    let task = TaskContext::new(task, store);

    let mut watch = pin!(task.watch());
    let mut watched = None;
    let given = task.clone();
    // The call is a part of the work: it may panic, too.
    let mut work = pin!(async move { work(given).await });
    let ended = poll_fn(|context| {
        // First, so that the work knows when it is polled.
        if watched.is_none()
            && let Poll::Ready(end) = watch.as_mut().poll(context)
        {
            watched = Some(end);
        }
        // Unwind safe: after a panic the work is only dropped, and what it shares with us is whole between two of its steps.
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(payload) => Poll::Ready(Err(payload)),
        }
    })
    .await;

    match ended {
        Ok(Ok(())) => watched.unwrap_or(Ok(())).map_err(ExecutionError::Unwatched),
        Ok(Err(error)) => {
            let recorded = record(&task, error.to_string()).await;
            Err(ExecutionError::Work { error, recorded })
        }
        Err(payload) => {
            let recorded = record(&task, ["the work panicked: ", panic_words(&*payload)].concat()).await;
            Err(ExecutionError::Panic { payload, recorded })
        }
    }
}

async fn record<S: TaskStore + ?Sized>(task: &TaskContext<S>, words: String) -> Recorded {
    match task.fail(words).await {
        Ok(_) => Recorded::Failed,
        Err(StoreError::Terminal { status, .. }) => Recorded::HadEnded(status),
        Err(error) => Recorded::Not(error),
    }
}

fn panic_words(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}

impl<E: fmt::Display> fmt::Display for ExecutionError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, recorded) = match self {
            Self::NotRun(error) => return f.write_str(&["the work was not begun: ", &error.to_string()].concat()),
            Self::Unwatched(error) => {
                return f
                    .write_str(&["the work could not be watched for a cancellation: ", &error.to_string()].concat());
            }
            Self::Work { error, recorded } => (["the work failed: ", &error.to_string()].concat(), recorded),
            Self::Panic { payload, recorded } => (["the work panicked: ", panic_words(&**payload)].concat(), recorded),
        };
        f.write_str(&words)?;
        match recorded {
            Recorded::Failed => Ok(()),
            Recorded::HadEnded(status) => f.write_str(&["; its task was ", status.as_str(), " before"].concat()),
            Recorded::Not(error) => f.write_str(&["; its task does not say so: ", &error.to_string()].concat()),
        }
    }
}

impl<E: fmt::Display + fmt::Debug> std::error::Error for ExecutionError<E> {}
