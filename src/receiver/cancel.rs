use super::{StoreError, TaskStore, TaskUpdate};
use crate::wire::{
    error_codes::INVALID_PARAMS,
    jsonrpc::RpcError,
    receiver_messages,
    snapshot::{Snapshot, Status},
};
use std::fmt;

/// Why a task was not cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelError {
    /// There is no such task (any more).
    NotFound(StoreError),
    /// It has ended, with this status, and stays as it is.
    Terminal(Status),
    /// The store could not do it.
    Store(StoreError),
}

/// Cancels a task and gives it as it is then. It is `cancelled` before the server is answered and stays so, whatever the work
/// does; the work is told (2025-11-25, Tasks: "Task Cancellation"): [`super::TaskContext::is_cancelled`] is true from then on,
/// and what awaits [`super::TaskContext::cancelled`] wakes.
///
/// # Errors
///
/// [`CancelError::NotFound`] and [`CancelError::Terminal`], both -32602 on the wire; [`CancelError::Store`], -32603.
pub async fn cancel_task<S: TaskStore + ?Sized>(store: &S, task_id: &str) -> Result<Snapshot, CancelError> {
    // One step: what is looked at first may have ended by the time it is changed.
    let update = TaskUpdate { status: Some(Status::Cancelled), status_message: None };
    store.update_task(task_id, update).await.map_err(|error| match error {
        StoreError::UnknownTask { .. } => CancelError::NotFound(error),
        StoreError::Terminal { status, .. } => CancelError::Terminal(status),
        _ => CancelError::Store(error),
    })
}

impl CancelError {
    /// The error that `tasks/cancel` is answered with.
    pub fn rpc(&self) -> RpcError {
        match self {
            Self::NotFound(error) | Self::Store(error) => error.rpc(),
            Self::Terminal(status) => receiver_messages::error(
                INVALID_PARAMS,
                &["Cannot cancel task in terminal state '", status.as_str(), "'"],
            ),
        }
    }
}

impl fmt::Display for CancelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rpc().message)
    }
}

impl std::error::Error for CancelError {}
