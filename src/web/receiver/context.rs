use super::{failure, store::JsStore, update};
use crate::{
    receiver::{StoreError, TaskContext},
    wire::snapshot::Snapshot,
};
use js_sys::Error;
use std::fmt;
use wasm_bindgen::{JsCast, prelude::*};

/// The task that is being executed: the basis of `TaskContext` in src/js/receiver/execution.ts. A promise resolves with the
/// task as JSON text.
#[wasm_bindgen]
pub struct Context(TaskContext<JsStore>);

impl Context {
    pub(super) fn new(task: TaskContext<JsStore>) -> Self {
        Self(task)
    }
}

#[wasm_bindgen]
impl Context {
    pub fn task(&self) -> String {
        self.0.task().to_json()
    }

    #[wasm_bindgen(js_name = isCancelled)]
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    #[wasm_bindgen(js_name = requestCancellation)]
    pub fn request_cancellation(&self) {
        self.0.request_cancellation();
    }

    pub async fn update(&self, status: Option<String>, message: Option<String>) -> Result<String, JsValue> {
        let update = update(status, message).map_err(failure::from_store)?;
        json(self.0.update(update).await)
    }

    pub async fn complete(&self, result: String) -> Result<String, JsValue> {
        json(self.0.complete(result).await)
    }

    /// `code`: the code of the JSON-RPC error that the server receives, -32603 if absent.
    pub async fn fail(&self, message: String, code: Option<f64>) -> Result<String, JsValue> {
        json(match code {
            None => self.0.fail(message).await,
            Some(code) => self.0.fail_with(code as i64, message).await,
        })
    }
}

fn json(task: Result<Snapshot, StoreError>) -> Result<String, JsValue> {
    task.map(|task| task.to_json()).map_err(failure::from_store)
}

/// A value that the work threw.
pub(super) struct Thrown(pub(super) JsValue);

impl fmt::Display for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.0.dyn_ref::<Error>() {
            Some(error) => Some(error.message().into()),
            None => self.0.as_string(),
        };
        f.write_str(&words.filter(|words: &String| !words.is_empty()).unwrap_or_else(|| "unknown error".into()))
    }
}
