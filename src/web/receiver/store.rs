use crate::{
    receiver::{StoreError, StoreFuture, TaskPage, TaskStore, TaskUpdate},
    wire::{
        ask::TaskOption,
        hosted,
        input::InputAnswer,
        json::{self, Json},
        snapshot::{Snapshot, Status},
    },
};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// A store in JavaScript, text in and text out: `bridge` in src/js/receiver/bridge.ts. No method throws, and what a promise
    /// rejects with is always a [`Refusal`].
    pub type Bridge;
    #[wasm_bindgen(method, js_name = createTask)]
    fn create_task(this: &Bridge, task_id: &str, ttl_ms: Option<f64>) -> Promise;
    #[wasm_bindgen(method, js_name = getTask)]
    fn get_task(this: &Bridge, task_id: &str) -> Promise;
    #[wasm_bindgen(method, js_name = updateTask)]
    fn update_task(this: &Bridge, task_id: &str, status: Option<&str>, message: Option<&str>) -> Promise;
    #[wasm_bindgen(method, js_name = storeResult)]
    fn store_result(this: &Bridge, task_id: &str, outcome: &str) -> Promise;
    #[wasm_bindgen(method, js_name = getResult)]
    fn get_result(this: &Bridge, task_id: &str) -> Promise;
    #[wasm_bindgen(method, js_name = listTasks)]
    fn list_tasks(this: &Bridge, cursor: Option<&str>) -> Promise;
    #[wasm_bindgen(method, js_name = deleteTask)]
    fn delete_task(this: &Bridge, task_id: &str) -> Promise;
    #[wasm_bindgen(method, js_name = waitForUpdate)]
    fn wait_for_update(this: &Bridge, task_id: &str, known: &str) -> Waiting;
    #[wasm_bindgen(method, js_name = notifyUpdate)]
    fn notify_update(this: &Bridge, task_id: &str);

    /// A waiting that can be given up.
    type Waiting;
    #[wasm_bindgen(method, getter)]
    fn promise(this: &Waiting) -> Promise;
    #[wasm_bindgen(method)]
    fn stop(this: &Waiting);

    /// `TaskStoreError` in src/js/receiver/errors.ts.
    type Refusal;
    #[wasm_bindgen(method, getter)]
    fn reason(this: &Refusal) -> String;
    #[wasm_bindgen(method, getter)]
    fn message(this: &Refusal) -> String;
    #[wasm_bindgen(method, getter, js_name = taskId)]
    fn task_id(this: &Refusal) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Refusal) -> Option<String>;
}

/// A store of the application's as the layer below knows stores.
pub(super) struct JsStore(Bridge);

impl JsStore {
    pub(super) fn new(bridge: Bridge) -> Self {
        Self(bridge)
    }
}

impl TaskStore for JsStore {
    fn create_task(&self, task_id: String, option: TaskOption) -> StoreFuture<'_, Snapshot> {
        Box::pin(
            async move { read_task(&text(self.0.create_task(&task_id, option.ttl_ms.map(|ms| ms as f64))).await?) },
        )
    }

    fn get_task<'a>(&'a self, task_id: &'a str) -> StoreFuture<'a, Option<Snapshot>> {
        Box::pin(async move { given(self.0.get_task(task_id)).await?.map(|task| read_task(&task)).transpose() })
    }

    fn update_task<'a>(&'a self, task_id: &'a str, update: TaskUpdate) -> StoreFuture<'a, Snapshot> {
        Box::pin(async move {
            let (status, message) = (update.status.map(Status::as_str), update.status_message.as_deref());
            read_task(&text(self.0.update_task(task_id, status, message)).await?)
        })
    }

    fn store_result<'a>(&'a self, task_id: &'a str, result: InputAnswer) -> StoreFuture<'a, ()> {
        Box::pin(async move { done(self.0.store_result(task_id, &hosted::outcome(&result))).await.map(drop) })
    }

    fn get_result<'a>(&'a self, task_id: &'a str) -> StoreFuture<'a, Option<InputAnswer>> {
        let read = |json: String| hosted::read_outcome(&json).ok_or_else(|| odd("a result"));
        Box::pin(async move { given(self.0.get_result(task_id)).await?.map(read).transpose() })
    }

    fn list_tasks<'a>(&'a self, cursor: Option<&'a str>) -> StoreFuture<'a, TaskPage> {
        Box::pin(async move {
            let page = JsFuture::from(self.0.list_tasks(cursor)).await.map_err(|error| {
                let error: &Refusal = error.unchecked_ref();
                match cursor {
                    Some(cursor) if error.reason() == "invalid_cursor" => {
                        StoreError::InvalidCursor { cursor: cursor.into() }
                    }
                    _ => read_error(error),
                }
            })?;
            page.as_string().and_then(|page| read_page(&page)).ok_or_else(|| odd("a page of tasks"))
        })
    }

    fn delete_task<'a>(&'a self, task_id: &'a str) -> StoreFuture<'a, bool> {
        Box::pin(async move { Ok(done(self.0.delete_task(task_id)).await?.is_truthy()) })
    }

    fn wait_for_update<'a>(&'a self, task_id: &'a str, known: Status) -> StoreFuture<'a, Snapshot> {
        Box::pin(async move {
            let waiting = Stopping(self.0.wait_for_update(task_id, known.as_str()));
            read_task(&text(waiting.0.promise()).await?)
        })
    }

    fn notify_update(&self, task_id: &str) {
        self.0.notify_update(task_id);
    }
}

/// A waiting that nobody wants any more is given up.
struct Stopping(Waiting);

impl Drop for Stopping {
    fn drop(&mut self) {
        self.0.stop();
    }
}

async fn done(promise: Promise) -> Result<JsValue, StoreError> {
    JsFuture::from(promise).await.map_err(|error| read_error(error.unchecked_ref()))
}

async fn given(promise: Promise) -> Result<Option<String>, StoreError> {
    done(promise).await.map(|value| value.as_string())
}

async fn text(promise: Promise) -> Result<String, StoreError> {
    given(promise).await?.ok_or_else(|| odd("anything"))
}

pub(super) fn read_task(json: &str) -> Result<Snapshot, StoreError> {
    hosted::read_task(json).ok_or_else(|| odd("a task"))
}

fn read_page(json: &str) -> Option<TaskPage> {
    let [tasks, cursor] = json::fields(Json::check(json).ok()?, &["tasks", "nextCursor"])?;
    let tasks: Option<Vec<Snapshot>> =
        json::elements(tasks?)?.iter().map(|task| hosted::read_task(task.get())).collect();
    Some(TaskPage { tasks: tasks?, next_cursor: json::text(cursor).map(Into::into) })
}

fn odd(what: &str) -> StoreError {
    StoreError::Other(["the store gave something that is not ", what].concat())
}

fn read_error(error: &Refusal) -> StoreError {
    let task_id = error.task_id().unwrap_or_default();
    match (error.reason().as_str(), error.status().as_deref().and_then(Status::parse)) {
        ("unknown", _) => StoreError::UnknownTask { task_id },
        ("unusable_id", _) => StoreError::UnusableId { task_id },
        ("terminal", Some(status)) => StoreError::Terminal { task_id, status },
        ("not_an_object", _) => StoreError::NotAnObject { task_id },
        _ => StoreError::Other(error.message()),
    }
}
