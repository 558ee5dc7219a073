//! The module behind `mcp-tasks/receiver`, a build of its own (feature `receiver`): the layer [`crate::receiver`] for
//! JavaScript. It decides nothing: what crosses is text, and `src/js/receiver` makes objects of it.
#![allow(missing_docs)] // Internal to the package: the public face and its documentation are src/js/receiver.

mod context;
mod memory;
mod store;

use crate::{
    receiver::{self, CancelError, ExecutionError, HostLimits, Recorded, StoreError, TaskUpdate},
    wire::{
        ask::TaskOption,
        hosted::{self, Hosted},
        json::Json,
        jsonrpc::RpcError,
        snapshot::Status,
    },
};
use context::{Context, Thrown};
use js_sys::{Function, Promise};
use std::{future::poll_fn, pin::pin, rc::Rc};
use store::{Bridge, JsStore};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

#[wasm_bindgen(module = "#js/receiver/errors")]
extern "C" {
    /// The error that JavaScript is told with. `reason`: see `StoreReason` there.
    fn refusal(reason: &str, message: &str, rpc_code: f64, task_id: Option<&str>, status: Option<&str>) -> JsValue;
}

#[wasm_bindgen(js_name = isTerminal)]
pub fn is_terminal(status: &str) -> bool {
    Status::parse(status).is_some_and(receiver::is_terminal)
}

/// `random`: 16 bytes of `crypto.getRandomValues`.
#[wasm_bindgen(js_name = generateTaskId)]
pub fn generate_task_id(random: &[u8]) -> String {
    receiver::generate_task_id(random.try_into().unwrap_or_default())
}

#[wasm_bindgen(js_name = createTaskState)]
pub fn create_task_state(task_id: String, ttl_ms: Option<f64>, now: f64) -> String {
    receiver::create_task_state(task_id, option(ttl_ms), now as u64).to_json()
}

/// What becomes of a task that is in no store of this module's: the rules of a task's life for a store in JavaScript.
#[wasm_bindgen(js_name = updateTaskState)]
pub fn update_task_state(
    task: &str,
    status: Option<String>,
    message: Option<String>,
    now: f64,
) -> Result<String, JsValue> {
    let task = store::read_task(task).map_err(thrown)?;
    let update = update(status, message).map_err(thrown)?;
    receiver::update_task_state(&task, update, now as u64).map(|task| task.to_json()).map_err(thrown)
}

#[wasm_bindgen(js_name = cancelTask)]
pub fn cancel_task(bridge: Bridge, task_id: String) -> Promise {
    promise(async move {
        let cancelled = receiver::cancel_task(&JsStore::new(bridge), &task_id).await;
        cancelled.map(|task| task.to_json()).map_err(|error| {
            let rpc = error.rpc();
            match error {
                CancelError::NotFound(error) | CancelError::Store(error) => thrown(error),
                CancelError::Terminal(status) => {
                    refusal("terminal", &rpc.message, rpc.code as f64, Some(&task_id), Some(status.as_str()))
                }
            }
        })
    })
}

/// Does the work on a task: `work` is called with a `Context` and gives a promise, `abort` once when it is no longer wanted.
#[wasm_bindgen(js_name = taskExecution)]
pub fn task_execution(bridge: Bridge, task_id: String, work: Function, abort: Function) -> Promise {
    future_to_promise(async move {
        let run = receiver::task_execution(Rc::new(JsStore::new(bridge)), &task_id, |task| async move {
            let begun = work.call1(&JsValue::UNDEFINED, &Context::new(task.clone()).into()).map_err(Thrown)?;
            let mut work = pin!(JsFuture::from(Promise::resolve(&begun)));
            let mut cancelled = pin!(task.cancelled());
            let mut is_told = false;
            let done = poll_fn(|context| {
                if !is_told && cancelled.as_mut().poll(context).is_ready() {
                    is_told = true;
                    // An AbortController's: it cannot fail.
                    let _ = abort.call0(&JsValue::UNDEFINED);
                }
                work.as_mut().poll(context)
            });
            done.await.map(drop).map_err(Thrown)
        });
        match run.await {
            Ok(()) => Ok(JsValue::UNDEFINED),
            Err(ExecutionError::Work { recorded: Recorded::Not(error), .. } | ExecutionError::NotRun(error)) => {
                Err(thrown(error))
            }
            // The very thing that the work threw.
            Err(ExecutionError::Work { error, .. }) => Err(error.0),
            Err(ExecutionError::Unwatched(error)) => Err(thrown(error)),
            // Panics abort here.
            Err(ExecutionError::Panic { .. }) => Err(JsValue::UNDEFINED),
        }
    })
}

/// The result of a request about our tasks, as JSON text; `what`: 0 get, 1 result, 2 list, 3 cancel. Which are served was decided
/// before.
#[wasm_bindgen]
pub fn answer(bridge: Bridge, what: u8, params: String) -> Promise {
    let what = match what {
        0 => Hosted::Get,
        1 => Hosted::Result,
        2 => Hosted::List,
        _ => Hosted::Cancel,
    };
    promise(async move {
        let request = what.read(Json::check(&params).ok()).map_err(told)?;
        receiver::answer(&JsStore::new(bridge), &request).await.map_err(told)
    })
}

/// Makes a task of a server's request, within these limits: the result that the request is answered with.
#[wasm_bindgen(js_name = createTask)]
#[allow(clippy::too_many_arguments)]
pub fn create_task(
    bridge: Bridge,
    task_id: String,
    ttl_ms: Option<f64>,
    length: f64,
    running: f64,
    concurrent: Option<f64>,
    longest_ttl_ms: Option<f64>,
    request_length: Option<f64>,
) -> Promise {
    let defaults = HostLimits::default();
    let limits = HostLimits {
        concurrent: concurrent.map_or(defaults.concurrent, |n| n as usize),
        longest_ttl_ms: longest_ttl_ms.map_or(defaults.longest_ttl_ms, |n| n as u64),
        request_length: request_length.map_or(defaults.request_length, |n| n as usize),
    };
    promise(async move {
        let option = limits.admit(running as usize, length as usize, option(ttl_ms)).map_err(told)?;
        receiver::create_task(&JsStore::new(bridge), task_id, option, None).await.map_err(told)
    })
}

/// Tells each status that a task of ours comes to, as the parameters of a notification, until it has ended.
#[wasm_bindgen]
pub fn follow(bridge: Bridge, task_id: String, tell: Function) -> Promise {
    promise(async move {
        let store = JsStore::new(bridge);
        let told = receiver::follow(&store, &task_id, Status::Working, |task| {
            // It catches what it throws.
            let _ = tell.call1(&JsValue::UNDEFINED, &hosted::task(task).into());
        });
        told.await.map(|()| String::new()).map_err(thrown)
    })
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

fn promise(work: impl Future<Output = Result<String, JsValue>> + 'static) -> Promise {
    future_to_promise(async move { work.await.map(Into::into) })
}

/// An error of a store's, as JavaScript throws it.
fn thrown(error: StoreError) -> JsValue {
    let RpcError { code, message, .. } = error.rpc();
    let (reason, task_id, status) = match error {
        StoreError::UnknownTask { task_id } => ("unknown", Some(task_id), None),
        StoreError::UnusableId { task_id } => ("unusable_id", Some(task_id), None),
        StoreError::Terminal { task_id, status } => ("terminal", Some(task_id), Some(status.as_str())),
        StoreError::InvalidCursor { .. } => ("invalid_cursor", None, None),
        StoreError::TooManyTasks { .. } => ("too_many_tasks", None, None),
        StoreError::TooLarge { .. } => ("too_large", None, None),
        StoreError::NotAnObject { task_id } => ("not_an_object", Some(task_id), None),
        StoreError::Other(_) => ("other", None, None),
    };
    refusal(reason, &message, code as f64, task_id.as_deref(), status)
}

/// An error that a server is to be answered with.
fn told(error: RpcError) -> JsValue {
    refusal("rpc", &error.message, error.code as f64, None, None)
}
