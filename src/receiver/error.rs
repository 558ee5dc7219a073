use crate::wire::{
    error_codes::{INTERNAL_ERROR, INVALID_PARAMS},
    jsonrpc::RpcError,
    receiver_messages,
    snapshot::{Status, short_id},
};
use std::fmt;

/// Why a store did not do what it was asked. What is not named here has not been changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// There is no such task: it was never made, was deleted, or its time to live is over.
    UnknownTask {
        /// Which.
        task_id: String,
    },
    /// A task of this id is there already, or the id is empty.
    UnusableId {
        /// Which.
        task_id: String,
    },
    /// The task has ended, and nothing about it changes any more (2025-11-25, Tasks: "Task Status Lifecycle").
    Terminal {
        /// Which task.
        task_id: String,
        /// How it ended.
        status: Status,
    },
    /// The cursor is none that this store gave.
    InvalidCursor {
        /// What came instead.
        cursor: String,
    },
    /// The store holds as many tasks as it may.
    TooManyTasks {
        /// How many that are.
        most: usize,
    },
    /// The store has no room for the result.
    TooLarge {
        /// How large the result is, in bytes.
        bytes: usize,
        /// How much room was left, in bytes.
        room: usize,
    },
    /// The result is no JSON object.
    NotAnObject {
        /// Of which task.
        task_id: String,
    },
    /// What else can go wrong in a store of the application's, in its words.
    Other(String),
}

impl StoreError {
    /// The error that a server's request is answered with: -32602 (invalid params) where the request is wrong, -32603
    /// (internal error) where the store is in trouble (2025-11-25, Tasks: "Protocol Errors").
    pub fn rpc(&self) -> RpcError {
        let code = match self {
            Self::UnknownTask { .. } | Self::Terminal { .. } | Self::InvalidCursor { .. } => INVALID_PARAMS,
            Self::UnusableId { .. }
            | Self::TooManyTasks { .. }
            | Self::TooLarge { .. }
            | Self::NotAnObject { .. }
            | Self::Other(_) => INTERNAL_ERROR,
        };
        receiver_messages::error(code, &[&self.words()])
    }

    /// A task id may be a secret, so only its beginning is told.
    fn words(&self) -> String {
        let task = |before: &str, task_id: &str, after: &str| [before, &short_id(task_id), after].concat();
        match self {
            Self::UnknownTask { task_id } => task("Task not found: ", task_id, ""),
            Self::UnusableId { task_id } if task_id.is_empty() => "A task id must not be empty".into(),
            Self::UnusableId { task_id } => task("Task ", task_id, " already exists: no task was created"),
            Self::Terminal { task_id, status } => {
                [&task("Task ", task_id, " is in terminal state '"), status.as_str(), "': it does not change"].concat()
            }
            Self::InvalidCursor { cursor } => ["Invalid cursor: ", &short_id(cursor)].concat(),
            Self::TooManyTasks { most } => {
                ["Too many tasks: ", &number(*most), " are held, and no more is taken"].concat()
            }
            Self::TooLarge { bytes, room } => {
                let parts = [
                    "The result has ",
                    &number(*bytes),
                    " bytes, with room for ",
                    &number(*room),
                    ": it was not stored",
                ];
                parts.concat()
            }
            Self::NotAnObject { task_id } => {
                task("The result of task ", task_id, " is no JSON object: it was not stored")
            }
            Self::Other(words) => words.clone(),
        }
    }
}

fn number(number: usize) -> String {
    number.to_string()
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }
}

impl std::error::Error for StoreError {}
