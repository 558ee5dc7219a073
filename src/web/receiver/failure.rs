//! Failures at the boundary: the errors that the exports throw, and the rejections of a store in JavaScript.

use crate::{
    receiver::{CancelError, StoreError},
    wire::{jsonrpc::RpcError, snapshot::Status},
};
use js_sys::{Error, Object};
use serde::Serialize;
use wasm_bindgen::{JsCast, prelude::*};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
export type HostedTaskStatus = "working" | "input_required" | "completed" | "failed" | "cancelled";

export type StoreFailureReason =
    | "unknown"
    | "unusable_id"
    | "terminal"
    | "invalid_cursor"
    | "too_many_tasks"
    | "too_large"
    | "not_an_object"
    | "rpc"
    | "other";

/** The error that an export throws, or that its promise rejects with. Nothing was changed. */
export interface StoreFailure extends Error {
    readonly name: "StoreFailure";
    readonly reason: StoreFailureReason;
    /** The code of the JSON-RPC error that the server receives. */
    readonly rpcCode: number;
    readonly taskId?: string;
    /** The terminal status of the task, if that is the reason. */
    readonly status?: HostedTaskStatus;
}
"#;

/// The properties of a `StoreFailure`, except for the message.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StoreFailure<'a> {
    name: &'static str,
    reason: Reason,
    rpc_code: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Reason {
    Unknown,
    UnusableId,
    Terminal,
    InvalidCursor,
    TooManyTasks,
    TooLarge,
    NotAnObject,
    Rpc,
    Other,
}

/// The error to throw if a store operation failed.
pub(super) fn from_store(error: StoreError) -> JsValue {
    let (reason, task_id, status) = match &error {
        StoreError::UnknownTask { task_id } => (Reason::Unknown, Some(task_id), None),
        StoreError::UnusableId { task_id } => (Reason::UnusableId, Some(task_id), None),
        StoreError::Terminal { task_id, status } => (Reason::Terminal, Some(task_id), Some(*status)),
        StoreError::InvalidCursor { .. } => (Reason::InvalidCursor, None, None),
        StoreError::TooManyTasks { .. } => (Reason::TooManyTasks, None, None),
        StoreError::TooLarge { .. } => (Reason::TooLarge, None, None),
        StoreError::NotAnObject { task_id } => (Reason::NotAnObject, Some(task_id), None),
        StoreError::Other(_) => (Reason::Other, None, None),
    };
    failure(reason, &error.rpc(), task_id.map(String::as_str), status)
}

/// The error to throw if a task was not cancelled.
pub(super) fn from_cancel(error: CancelError, task_id: &str) -> JsValue {
    let rpc = error.rpc();
    match error {
        CancelError::NotFound(error) | CancelError::Store(error) => from_store(error),
        CancelError::Terminal(status) => failure(Reason::Terminal, &rpc, Some(task_id), Some(status)),
    }
}

/// The error to throw if the server receives this JSON-RPC error.
pub(super) fn from_rpc(error: RpcError) -> JsValue {
    failure(Reason::Rpc, &error, None, None)
}

fn failure(reason: Reason, rpc: &RpcError, task_id: Option<&str>, status: Option<Status>) -> JsValue {
    let failure = StoreFailure {
        name: "StoreFailure",
        reason,
        rpc_code: rpc.code as f64,
        task_id,
        status: status.map(Status::as_str),
    };
    match serde_wasm_bindgen::to_value(&failure) {
        // An `Error` and not a plain object, so that an uncaught failure is reported with its message and stack.
        Ok(properties) => Object::assign(&Error::new(&rpc.message), properties.unchecked_ref()).into(),
        Err(error) => error.into(),
    }
}

#[wasm_bindgen]
extern "C" {
    /// The reason of a rejected promise of a store: a `TaskStoreError` in src/js/receiver/errors.ts.
    pub(super) type Rejection;
    #[wasm_bindgen(method, getter)]
    pub(super) fn reason(this: &Rejection) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn message(this: &Rejection) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = taskId)]
    fn task_id(this: &Rejection) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Rejection) -> Option<String>;
}

impl Rejection {
    pub(super) fn to_error(&self) -> StoreError {
        let task_id = self.task_id().unwrap_or_default();
        match (self.reason().as_deref(), self.status().as_deref().and_then(Status::parse)) {
            (Some("unknown"), _) => StoreError::UnknownTask { task_id },
            (Some("unusable_id"), _) => StoreError::UnusableId { task_id },
            (Some("terminal"), Some(status)) => StoreError::Terminal { task_id, status },
            (Some("not_an_object"), _) => StoreError::NotAnObject { task_id },
            _ => StoreError::Other(self.message().unwrap_or_default()),
        }
    }
}
