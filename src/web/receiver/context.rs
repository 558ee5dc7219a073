use super::{promise, store::JsStore, thrown, update};
use crate::receiver::{StoreError, TaskContext};
use crate::wire::snapshot::Snapshot;
use js_sys::{Error, Promise};
use std::fmt;
use wasm_bindgen::{JsCast, prelude::*};

/// What the work tells of itself with: see `TaskContext` in src/js/receiver/execution.ts.
#[wasm_bindgen]
pub struct Context(TaskContext<JsStore>);

impl Context {
    pub(super) fn new(task: TaskContext<JsStore>) -> Self {
        Self(task)
    }

    fn tell<F>(&self, act: impl FnOnce(TaskContext<JsStore>) -> F) -> Promise
    where
        F: Future<Output = Result<Snapshot, StoreError>> + 'static,
    {
        let told = act(self.0.clone());
        promise(async move { told.await.map(|task| task.to_json()).map_err(thrown) })
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

    pub fn update(&self, status: Option<String>, message: Option<String>) -> Promise {
        self.tell(async move |task| task.update(update(status, message)?).await)
    }

    pub fn complete(&self, json: String) -> Promise {
        self.tell(async move |task| task.complete(json).await)
    }

    pub fn fail(&self, words: String) -> Promise {
        self.tell(async move |task| task.fail(words).await)
    }

    #[wasm_bindgen(js_name = failWith)]
    pub fn fail_with(&self, code: f64, words: String) -> Promise {
        self.tell(async move |task| task.fail_with(code as i64, words).await)
    }
}

/// Whatever the work threw.
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
