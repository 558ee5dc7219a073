//! The wasm exports of the receiver (feature `receiver`): the layer [`crate::receiver`] for JavaScript. They make no decisions.
//!
//! Tasks, parameters and results cross the boundary as JSON text, options and failures as objects. `src/js/receiver` builds the
//! public API on the exports, and `wasm-bindgen` generates their types.
#![allow(missing_docs)] // wasm-bindgen adds an undocumented variant to every string enum.

mod context;
mod failure;
mod memory;
mod store;

use crate::{
    receiver::{self, ExecutionError, HostLimits, Recorded, StoreError, TaskUpdate},
    wire::{
        json::Json,
        receiver_messages::{self, ReceiverRequest},
        request::TaskOption,
        snapshot::Status,
    },
};
use context::{Context, Thrown};
use js_sys::{Function, Promise};
use std::{future::poll_fn, pin::pin, rc::Rc};
use store::{JsStore, StoreBridge};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A request of the server that is to become a task, and the limits of the host. */
export interface CreateTaskOptions {
    /** The time to live that the server requested, in milliseconds. */
    readonly ttlMs?: number | undefined;
    /** The length of the request's parameters as JSON text, in UTF-16 code units. */
    readonly requestLength: number;
    /** The number of tasks that the host executes at present. */
    readonly running: number;
    readonly maxConcurrent?: number | undefined;
    readonly maxTtlMs?: number | undefined;
    readonly maxRequestLength?: number | undefined;
}
"#;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(typescript_type = "CreateTaskOptions")]
    pub type CreateTaskOptions;
    #[wasm_bindgen(method, getter, js_name = ttlMs)]
    fn ttl_ms(this: &CreateTaskOptions) -> Option<f64>;
    #[wasm_bindgen(method, getter, js_name = requestLength)]
    fn request_length(this: &CreateTaskOptions) -> f64;
    #[wasm_bindgen(method, getter)]
    fn running(this: &CreateTaskOptions) -> f64;
    #[wasm_bindgen(method, getter, js_name = maxConcurrent)]
    fn max_concurrent(this: &CreateTaskOptions) -> Option<f64>;
    #[wasm_bindgen(method, getter, js_name = maxTtlMs)]
    fn max_ttl_ms(this: &CreateTaskOptions) -> Option<f64>;
    #[wasm_bindgen(method, getter, js_name = maxRequestLength)]
    fn max_request_length(this: &CreateTaskOptions) -> Option<f64>;
}

/// A request of the server about a hosted task: `tasks/get` and so on.
#[wasm_bindgen]
pub enum TaskMethod {
    Get = "get",
    Result = "result",
    List = "list",
    Cancel = "cancel",
}

/// Whether a task with this status is terminal. False for an unknown status.
#[wasm_bindgen(js_name = isTerminal)]
pub fn is_terminal(status: &str) -> bool {
    Status::parse(status).is_some_and(receiver::is_terminal)
}

/// `random`: 16 bytes of `crypto.getRandomValues`.
#[wasm_bindgen(js_name = generateTaskId)]
pub fn generate_task_id(random: &[u8]) -> String {
    receiver::generate_task_id(random.try_into().unwrap_or_default())
}

/// A new task as JSON text. `now`: `Date.now()`.
#[wasm_bindgen(js_name = createTaskState)]
pub fn create_task_state(task_id: String, ttl_ms: Option<f64>, now: f64) -> String {
    receiver::create_task_state(task_id, option(ttl_ms), now as u64).to_json()
}

/// Applies an update to a task that no store of this module contains, and returns the task as JSON text.
#[wasm_bindgen(js_name = updateTaskState)]
pub fn update_task_state(
    task: &str,
    status: Option<String>,
    message: Option<String>,
    now: f64,
) -> Result<String, JsValue> {
    let task = store::read_task(task).map_err(failure::from_store)?;
    let update = update(status, message).map_err(failure::from_store)?;
    receiver::update_task_state(&task, update, now as u64).map(|task| task.to_json()).map_err(failure::from_store)
}

/// Cancels a task and resolves with it as JSON text.
#[wasm_bindgen(js_name = cancelTask)]
pub async fn cancel_task(store: StoreBridge, task_id: String) -> Result<String, JsValue> {
    let cancelled = receiver::cancel_task(&JsStore::new(store), &task_id).await;
    cancelled.map(|task| task.to_json()).map_err(|error| failure::from_cancel(error, &task_id))
}

/// Executes a task. Calls `abort` once if the task is cancelled or removed while `work` is pending.
#[wasm_bindgen(js_name = taskExecution)]
pub async fn task_execution(
    store: StoreBridge,
    task_id: String,
    #[wasm_bindgen(unchecked_param_type = "(context: Context) => Promise<void>")] work: Function,
    #[wasm_bindgen(unchecked_param_type = "() => void")] abort: Function,
) -> Result<(), JsValue> {
    let run = receiver::task_execution(Rc::new(JsStore::new(store)), &task_id, |task| async move {
        let begun = work.call1(&JsValue::UNDEFINED, &Context::new(task.clone()).into()).map_err(Thrown)?;
        let mut work = pin!(JsFuture::from(Promise::resolve(&begun)));
        let mut cancelled = pin!(task.cancelled());
        let mut is_aborted = false;
        let done = poll_fn(|context| {
            if !is_aborted && cancelled.as_mut().poll(context).is_ready() {
                is_aborted = true;
                // `AbortController.abort` does not throw.
                let _ = abort.call0(&JsValue::UNDEFINED);
            }
            work.as_mut().poll(context)
        });
        done.await.map(drop).map_err(Thrown)
    });
    run.await.map_err(|error| match error {
        ExecutionError::NotRun(error)
        | ExecutionError::Unwatched(error)
        | ExecutionError::Work { recorded: Recorded::Not(error), .. } => failure::from_store(error),
        // The same object that `work` threw.
        ExecutionError::Work { error, .. } => error.0,
        // Does not occur, because a panic aborts the module.
        ExecutionError::Panic { .. } => JsValue::UNDEFINED,
    })
}

/// Answers a request of the server about a hosted task. `params` and the result are JSON text.
#[wasm_bindgen]
pub async fn answer(store: StoreBridge, method: TaskMethod, params: String) -> Result<String, JsValue> {
    let method = match method {
        TaskMethod::Get => ReceiverRequest::Get,
        TaskMethod::Result => ReceiverRequest::Result,
        TaskMethod::List => ReceiverRequest::List,
        TaskMethod::Cancel => ReceiverRequest::Cancel,
        TaskMethod::__Invalid => {
            return Err(JsError::new("answer: the method is none of get, result, list and cancel").into());
        }
    };
    let request = method.read(Json::check(&params).ok()).map_err(failure::from_rpc)?;
    receiver::answer(&JsStore::new(store), &request).await.map_err(failure::from_rpc)
}

/// Creates a task for a request of the server, within the limits of the host. Resolves with the response as JSON text.
#[wasm_bindgen(js_name = createTask, unchecked_return_type = "Promise<string>")]
pub fn create_task(store: StoreBridge, task_id: String, options: &CreateTaskOptions) -> Promise {
    // Read before the first await, so that a later change of the object has no effect.
    let defaults = HostLimits::default();
    let limits = HostLimits {
        concurrent: options.max_concurrent().map_or(defaults.concurrent, |n| n as usize),
        longest_ttl_ms: options.max_ttl_ms().map_or(defaults.longest_ttl_ms, |n| n as u64),
        request_length: options.max_request_length().map_or(defaults.request_length, |n| n as usize),
    };
    let (running, length) = (options.running() as usize, options.request_length() as usize);
    let ttl = option(options.ttl_ms());
    future_to_promise(async move {
        let ttl = limits.admit(running, length, ttl).map_err(failure::from_rpc)?;
        let created = receiver::create_task(&JsStore::new(store), task_id, ttl, None).await;
        created.map(JsValue::from).map_err(failure::from_rpc)
    })
}

/// Calls `on_status` with each later status of a task, as the parameters of a notification, until the task is terminal.
#[wasm_bindgen]
pub async fn follow(
    store: StoreBridge,
    task_id: String,
    #[wasm_bindgen(unchecked_param_type = "(task: string) => void")] on_status: Function,
) -> Result<(), JsValue> {
    let store = JsStore::new(store);
    let followed = receiver::follow(&store, &task_id, Status::Working, |task| {
        // An exception of the callback does not end the notifications.
        let _ = on_status.call1(&JsValue::UNDEFINED, &receiver_messages::task(task).into());
    });
    followed.await.map_err(failure::from_store)
}

fn option(ttl_ms: Option<f64>) -> TaskOption {
    TaskOption { ttl_ms: ttl_ms.map(|ms| ms as u64) }
}

fn update(status: Option<String>, status_message: Option<String>) -> Result<TaskUpdate, StoreError> {
    let unknown =
        |word: &str| StoreError::Other(["there is no status '", word, "': the task was not changed"].concat());
    let status = status.map(|word| Status::parse(&word).ok_or_else(|| unknown(&word))).transpose()?;
    Ok(TaskUpdate { status, status_message })
}
