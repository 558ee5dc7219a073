use super::{StoreError, TaskStore, cancel_task, is_terminal};
use crate::wire::{
    error_codes::{INTERNAL_ERROR, INVALID_PARAMS},
    input::InputAnswer,
    jsonrpc::RpcError,
    receiver_messages::{self, TaskRequest},
    request::TaskOption,
    snapshot::{Snapshot, Status, short_id},
};

/// Makes a task of a server's request, and the result that the request is answered with at once, as JSON text (2025-11-25, Tasks:
/// "Creating Tasks"). `words` are for the server's model to be told meanwhile: [`super::MODEL_IMMEDIATE_RESPONSE_KEY`].
///
/// What shall become a task is told by [`receiver_messages::TaskCapabilities::wanted`]; the work on it is for the caller to begin, with
/// [`super::task_execution`].
///
/// # Errors
///
/// The error to answer with, where the store takes no task.
pub async fn create_task<S: TaskStore + ?Sized>(
    store: &S,
    task_id: String,
    option: TaskOption,
    words: Option<&str>,
) -> Result<String, RpcError> {
    let task = store.create_task(task_id, option).await.map_err(|error| error.rpc())?;
    Ok(receiver_messages::created(&task, words))
}

/// Answers a request about our tasks: the result as JSON text. `tasks/result` waits until its task has ended (2025-11-25, Tasks:
/// "Result Retrieval"), so requests have to be answered side by side. [`receiver_messages::TaskCapabilities::read`] reads them.
///
/// # Errors
///
/// The error to answer with: -32602 for an unknown task or cursor, and for the cancelling of a task that has ended (2025-11-25,
/// Tasks: "Protocol Errors"); for the result of a task that failed, the error that the request itself would have got.
pub async fn answer<S: TaskStore + ?Sized>(store: &S, request: &TaskRequest<'_>) -> Result<String, RpcError> {
    match request {
        TaskRequest::Get(task_id) => {
            let task = store.get_task(task_id).await;
            let task = task.and_then(|task| task.ok_or_else(|| unknown(task_id))).map_err(|error| error.rpc())?;
            Ok(receiver_messages::task(&task))
        }
        TaskRequest::Result(task_id) => result(store, task_id).await,
        TaskRequest::List(cursor) => {
            let page = store.list_tasks(cursor.as_deref()).await.map_err(|error| error.rpc())?;
            Ok(receiver_messages::page(&page))
        }
        TaskRequest::Cancel(task_id) => match cancel_task(store, task_id).await {
            Ok(task) => Ok(receiver_messages::task(&task)),
            Err(error) => Err(error.rpc()),
        },
    }
}

/// Follows a task from the status that is `known` to its end, and tells each status that it comes to: for whoever wants to
/// notify the requestor (2025-11-25, Tasks: "Task Status Notification").
///
/// # Errors
///
/// [`StoreError::UnknownTask`] where the task goes before it has ended, and the store's own trouble.
pub async fn follow<S: TaskStore + ?Sized>(
    store: &S,
    task_id: &str,
    known: Status,
    mut tell: impl FnMut(&Snapshot),
) -> Result<(), StoreError> {
    let mut known = known;
    while !is_terminal(known) {
        let task = store.wait_for_update(task_id, known).await?;
        if task.status != known {
            tell(&task);
        }
        known = task.status;
    }
    Ok(())
}

async fn result<S: TaskStore + ?Sized>(store: &S, task_id: &str) -> Result<String, RpcError> {
    let task = ended(store, task_id).await.map_err(|error| error.rpc())?;
    if task.status == Status::Cancelled {
        // Whatever else the store may hold: the work may have been about to complete.
        let short = short_id(task_id);
        let words = ["Task ", &short, " is in terminal state 'cancelled': it has no result"];
        return Err(receiver_messages::error(INVALID_PARAMS, &words));
    }
    let stored = store.get_result(task_id).await.map_err(|error| error.rpc())?;
    match (stored, task.status_message) {
        (Some(InputAnswer::Error { code, message }), _) => Err(receiver_messages::error(code, &[&message])),
        (Some(InputAnswer::Result(json)), _) => receiver_messages::result(&json, task_id)
            .ok_or_else(|| receiver_messages::error(INTERNAL_ERROR, &["the result is not JSON"])),
        (None, Some(words)) if task.status == Status::Failed => {
            Err(receiver_messages::error(INTERNAL_ERROR, &[&words]))
        }
        (None, _) => Err(receiver_messages::error(
            INTERNAL_ERROR,
            &["Task ", &short_id(task_id), " has ended and has no result stored"],
        )),
    }
}

async fn ended<S: TaskStore + ?Sized>(store: &S, task_id: &str) -> Result<Snapshot, StoreError> {
    let mut task = store.get_task(task_id).await?.ok_or_else(|| unknown(task_id))?;
    while !is_terminal(task.status) {
        task = store.wait_for_update(task_id, task.status).await?;
    }
    Ok(task)
}

fn unknown(task_id: &str) -> StoreError {
    StoreError::UnknownTask { task_id: task_id.into() }
}
