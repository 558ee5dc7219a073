use super::failure::Rejection;
use crate::{
    receiver::{StoreError, StoreFuture, TaskPage, TaskStore, TaskUpdate},
    wire::{
        input::InputAnswer,
        json::{self, Json},
        receiver_messages,
        request::TaskOption,
        snapshot::{Snapshot, Status},
    },
};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/**
 * A task store in JavaScript. Tasks, pages and outcomes are JSON text.
 *
 * No method throws. The reason of a rejection has the properties of a `StoreFailure`.
 */
export interface StoreBridge {
    createTask(taskId: string, ttlMs: number | undefined): Promise<string>;
    getTask(taskId: string): Promise<string | undefined>;
    updateTask(taskId: string, status: HostedTaskStatus | undefined, message: string | undefined): Promise<string>;
    storeResult(taskId: string, outcome: string): Promise<void>;
    getResult(taskId: string): Promise<string | undefined>;
    listTasks(cursor: string | undefined): Promise<string>;
    deleteTask(taskId: string): Promise<boolean>;
    waitForUpdate(taskId: string, known: HostedTaskStatus): StoreWait;
    notifyUpdate(taskId: string): void;
}

/** A pending `waitForUpdate`. `stop` is called once, when nothing waits for the promise any more. */
export interface StoreWait {
    readonly promise: Promise<string>;
    stop(): void;
}
"#;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(typescript_type = "StoreBridge")]
    pub type StoreBridge;
    #[wasm_bindgen(method, js_name = createTask)]
    fn create_task(this: &StoreBridge, task_id: &str, ttl_ms: Option<f64>) -> Promise;
    #[wasm_bindgen(method, js_name = getTask)]
    fn get_task(this: &StoreBridge, task_id: &str) -> Promise;
    #[wasm_bindgen(method, js_name = updateTask)]
    fn update_task(this: &StoreBridge, task_id: &str, status: Option<&str>, message: Option<&str>) -> Promise;
    #[wasm_bindgen(method, js_name = storeResult)]
    fn store_result(this: &StoreBridge, task_id: &str, outcome: &str) -> Promise;
    #[wasm_bindgen(method, js_name = getResult)]
    fn get_result(this: &StoreBridge, task_id: &str) -> Promise;
    #[wasm_bindgen(method, js_name = listTasks)]
    fn list_tasks(this: &StoreBridge, cursor: Option<&str>) -> Promise;
    #[wasm_bindgen(method, js_name = deleteTask)]
    fn delete_task(this: &StoreBridge, task_id: &str) -> Promise;
    #[wasm_bindgen(method, js_name = waitForUpdate)]
    fn wait_for_update(this: &StoreBridge, task_id: &str, known: &str) -> StoreWait;
    #[wasm_bindgen(method, js_name = notifyUpdate)]
    fn notify_update(this: &StoreBridge, task_id: &str);

    type StoreWait;
    #[wasm_bindgen(method, getter)]
    fn promise(this: &StoreWait) -> Promise;
    #[wasm_bindgen(method)]
    fn stop(this: &StoreWait);
}

/// A [`TaskStore`] on a store in JavaScript.
pub(super) struct JsStore(StoreBridge);

impl JsStore {
    pub(super) fn new(bridge: StoreBridge) -> Self {
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
        Box::pin(async move { text_or_none(self.0.get_task(task_id)).await?.map(|task| read_task(&task)).transpose() })
    }

    fn update_task<'a>(&'a self, task_id: &'a str, update: TaskUpdate) -> StoreFuture<'a, Snapshot> {
        Box::pin(async move {
            let (status, message) = (update.status.map(Status::as_str), update.status_message.as_deref());
            read_task(&text(self.0.update_task(task_id, status, message)).await?)
        })
    }

    fn store_result<'a>(&'a self, task_id: &'a str, result: InputAnswer) -> StoreFuture<'a, ()> {
        Box::pin(
            async move { done(self.0.store_result(task_id, &receiver_messages::outcome(&result))).await.map(drop) },
        )
    }

    fn get_result<'a>(&'a self, task_id: &'a str) -> StoreFuture<'a, Option<InputAnswer>> {
        let read = |json: String| receiver_messages::read_outcome(&json).ok_or_else(|| odd("a result"));
        Box::pin(async move { text_or_none(self.0.get_result(task_id)).await?.map(read).transpose() })
    }

    fn list_tasks<'a>(&'a self, cursor: Option<&'a str>) -> StoreFuture<'a, TaskPage> {
        Box::pin(async move {
            let page = JsFuture::from(self.0.list_tasks(cursor)).await.map_err(|error| {
                let rejection: &Rejection = error.unchecked_ref();
                match cursor {
                    Some(cursor) if rejection.reason().as_deref() == Some("invalid_cursor") => {
                        StoreError::InvalidCursor { cursor: cursor.into() }
                    }
                    _ => rejection.to_error(),
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
            let wait = StopOnDrop(self.0.wait_for_update(task_id, known.as_str()));
            read_task(&text(wait.0.promise()).await?)
        })
    }

    fn notify_update(&self, task_id: &str) {
        self.0.notify_update(task_id);
    }
}

/// Stops the wait in JavaScript when the future that polls it is dropped.
struct StopOnDrop(StoreWait);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

async fn done(promise: Promise) -> Result<JsValue, StoreError> {
    JsFuture::from(promise).await.map_err(|error| error.unchecked_ref::<Rejection>().to_error())
}

async fn text_or_none(promise: Promise) -> Result<Option<String>, StoreError> {
    done(promise).await.map(|value| value.as_string())
}

async fn text(promise: Promise) -> Result<String, StoreError> {
    text_or_none(promise).await?.ok_or_else(|| odd("anything"))
}

pub(super) fn read_task(json: &str) -> Result<Snapshot, StoreError> {
    receiver_messages::read_task(json).ok_or_else(|| odd("a task"))
}

fn read_page(json: &str) -> Option<TaskPage> {
    let [tasks, cursor] = json::fields(Json::check(json).ok()?, &["tasks", "nextCursor"])?;
    let tasks: Option<Vec<Snapshot>> =
        json::elements(tasks?)?.iter().map(|task| receiver_messages::read_task(task.get())).collect();
    Some(TaskPage { tasks: tasks?, next_cursor: json::text(cursor).map(Into::into) })
}

fn odd(what: &str) -> StoreError {
    StoreError::Other(["the store gave something that is not ", what].concat())
}
