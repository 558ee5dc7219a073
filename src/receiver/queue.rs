use super::{Resolver, UnixMillis};
use crate::wire::{snapshot::short_id, text};
use std::{fmt, pin::Pin, rc::Rc};

/// A message that belongs to a task and waits to be sent: within the answer to `tasks/result`, since the requestor listens
/// there (2025-11-25, Tasks: "Input Required Status").
#[derive(Debug, Clone)]
pub struct QueuedMessage {
    /// Whether it is answered.
    pub kind: MessageKind,
    /// The JSON-RPC message, as JSON text.
    pub message: String,
    /// When it was put into the queue: there is no clock here, so whoever does that says it.
    pub timestamp: UnixMillis,
}

/// Whether a message is answered, and who is told the answer then.
#[derive(Debug, Clone)]
pub enum MessageKind {
    /// It is answered.
    Request {
        /// What the answer is given to: the result as JSON text, or the error. `None` where whoever waits for the answer cannot
        /// be reached so, as in another process.
        resolver: Option<Rc<Resolver<String>>>,
        /// The request's id for whoever asked, as JSON text, where it is sent under another one.
        original_request_id: Option<String>,
    },
    /// It is not.
    Notification,
}

/// Why a queue did not do what it was asked. What it holds has not been changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueError {
    /// As many messages wait for this task as may; this one was not taken.
    Full {
        /// Which task.
        task_id: String,
        /// How many messages that are.
        most: usize,
    },
    /// What else can go wrong in a queue of the application's, in its words.
    Other(String),
}

/// What a queue does when asked. It does nothing before it is awaited, and stays on the thread it was made on.
pub type QueueFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, QueueError>> + 'a>>;

/// The messages that wait to be sent, of each task in the order in which they came: [`super::InMemoryTaskMessageQueue`], or an
/// application's own. For a receiver that asks from within a task: its work puts a request in, with a [`Resolver`], and awaits
/// that; who serves `tasks/result` takes it out, sends it, and gives the answer to the resolver.
///
/// Every method may fail with [`QueueError::Other`], for a queue that can be in trouble.
pub trait TaskMessageQueue {
    /// Puts a message behind the others of its task, and wakes everybody who waits for one.
    ///
    /// # Errors
    ///
    /// [`QueueError::Full`].
    fn enqueue<'a>(&'a self, task_id: &'a str, message: QueuedMessage) -> QueueFuture<'a, ()>;

    /// Takes the task's first message out; `None` where there is none.
    fn dequeue<'a>(&'a self, task_id: &'a str) -> QueueFuture<'a, Option<QueuedMessage>>;

    /// A copy of the task's first message, which stays.
    fn peek<'a>(&'a self, task_id: &'a str) -> QueueFuture<'a, Option<QueuedMessage>>;

    /// Whether no message waits for this task.
    fn is_empty<'a>(&'a self, task_id: &'a str) -> QueueFuture<'a, bool> {
        Box::pin(async move { Ok(self.peek(task_id).await?.is_none()) })
    }

    /// Takes all of the task's messages out, the first one first. What is not sent then has to be told to their resolvers.
    fn clear<'a>(&'a self, task_id: &'a str) -> QueueFuture<'a, Vec<QueuedMessage>>;

    /// Waits until there is a message for the task: not at all where one is there. Any number may wait; all are woken, and the
    /// first one to look takes it, so the others find nothing and wait again. [`Self::notify_message_available`] ends the
    /// waiting, too.
    fn wait_for_message<'a>(&'a self, task_id: &'a str) -> QueueFuture<'a, ()>;

    /// Ends the waiting of everybody who waits for a message of the task, for them to look again.
    fn notify_message_available(&self, task_id: &str);
}

impl fmt::Display for QueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { task_id, most } => {
                let (short, most) = (short_id(task_id), text::decimal(*most as u64));
                f.write_str(&["Task ", &short, " has ", &most, " messages waiting: no more is taken"].concat())
            }
            Self::Other(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for QueueError {}
