use super::{failure, option, update};
use crate::{
    receiver::{InMemoryTaskStore, Limits, StoreError, StoreFuture, TaskPage, TaskStore},
    wire::{receiver_messages, snapshot::Status},
};
use js_sys::{Date, Promise};
use std::{
    future::poll_fn,
    pin::pin,
    task::{Context, Poll, Waker},
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** The limits of a `MemoryStore`. */
export interface MemoryStoreOptions {
    readonly maxTasks?: number | undefined;
    readonly maxResultBytes?: number | undefined;
    readonly maxTtlMs?: number | undefined;
    readonly pageSize?: number | undefined;
}
"#;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(typescript_type = "MemoryStoreOptions")]
    pub type MemoryStoreOptions;
    #[wasm_bindgen(method, getter, js_name = maxTasks)]
    fn max_tasks(this: &MemoryStoreOptions) -> Option<f64>;
    #[wasm_bindgen(method, getter, js_name = maxResultBytes)]
    fn max_result_bytes(this: &MemoryStoreOptions) -> Option<f64>;
    #[wasm_bindgen(method, getter, js_name = maxTtlMs)]
    fn max_ttl_ms(this: &MemoryStoreOptions) -> Option<f64>;
    #[wasm_bindgen(method, getter, js_name = pageSize)]
    fn page_size(this: &MemoryStoreOptions) -> Option<f64>;
}

/// The basis of `InMemoryTaskStore` in src/js/receiver/memory.ts. Tasks, pages and outcomes are JSON text.
#[wasm_bindgen]
pub struct MemoryStore(InMemoryTaskStore);

#[wasm_bindgen]
impl MemoryStore {
    #[wasm_bindgen(constructor)]
    pub fn new(options: &MemoryStoreOptions) -> MemoryStore {
        let defaults = Limits::default();
        let limits = Limits {
            tasks: options.max_tasks().map_or(defaults.tasks, |n| n as usize),
            result_bytes: options.max_result_bytes().map_or(defaults.result_bytes, |n| n as usize),
            longest_ttl_ms: options.max_ttl_ms().map(|n| n as u64),
            page_size: options.page_size().map_or(defaults.page_size, |n| n as usize),
        };
        MemoryStore(InMemoryTaskStore::with_limits(|| Date::now() as u64, limits))
    }

    #[wasm_bindgen(js_name = createTask)]
    pub fn create_task(&self, task_id: String, ttl_ms: Option<f64>) -> Result<String, JsValue> {
        at_once(self.0.create_task(task_id, option(ttl_ms))).map(|task| task.to_json())
    }

    #[wasm_bindgen(js_name = getTask)]
    pub fn get_task(&self, task_id: &str) -> Result<Option<String>, JsValue> {
        Ok(at_once(self.0.get_task(task_id))?.map(|task| task.to_json()))
    }

    #[wasm_bindgen(js_name = updateTask)]
    pub fn update_task(
        &self,
        task_id: &str,
        status: Option<String>,
        message: Option<String>,
    ) -> Result<String, JsValue> {
        let update = update(status, message).map_err(failure::from_store)?;
        at_once(self.0.update_task(task_id, update)).map(|task| task.to_json())
    }

    #[wasm_bindgen(js_name = storeResult)]
    pub fn store_result(&self, task_id: &str, outcome: &str) -> Result<(), JsValue> {
        let unread = || StoreError::NotAnObject { task_id: task_id.into() };
        let result = receiver_messages::read_outcome(outcome).ok_or_else(unread).map_err(failure::from_store)?;
        at_once(self.0.store_result(task_id, result))
    }

    #[wasm_bindgen(js_name = getResult)]
    pub fn get_result(&self, task_id: &str) -> Result<Option<String>, JsValue> {
        Ok(at_once(self.0.get_result(task_id))?.map(|result| receiver_messages::outcome(&result)))
    }

    #[wasm_bindgen(js_name = listTasks)]
    pub fn list_tasks(&self, cursor: Option<String>) -> Result<String, JsValue> {
        at_once(self.0.list_tasks(cursor.as_deref())).map(|page| page.to_json())
    }

    #[wasm_bindgen(js_name = getAllTasks)]
    pub fn get_all_tasks(&self) -> String {
        TaskPage { tasks: self.0.get_all_tasks(), next_cursor: None }.to_json()
    }

    #[wasm_bindgen(js_name = deleteTask)]
    pub fn delete_task(&self, task_id: &str) -> Result<bool, JsValue> {
        at_once(self.0.delete_task(task_id))
    }

    /// Rejects with the reason of `stop` as soon as that rejects.
    #[wasm_bindgen(js_name = waitForUpdate)]
    pub async fn wait_for_update(
        &self,
        task_id: String,
        known: String,
        #[wasm_bindgen(unchecked_param_type = "Promise<never>")] stop: Promise,
    ) -> Result<String, JsValue> {
        let wait = match Status::parse(&known) {
            Some(known) => self.0.wait_for_update(&task_id, known),
            // Every status differs from an unknown one.
            None => Box::pin(async { self.0.get_task(&task_id).await?.ok_or_else(|| unknown(&task_id)) }),
        };
        let (mut wait, mut stop) = (pin!(wait), pin!(JsFuture::from(stop)));
        poll_fn(|context| match stop.as_mut().poll(context) {
            Poll::Ready(Err(reason)) => Poll::Ready(Err(reason)),
            _ => wait.as_mut().poll(context).map_ok(|task| task.to_json()).map_err(failure::from_store),
        })
        .await
    }

    #[wasm_bindgen(js_name = notifyUpdate)]
    pub fn notify_update(&self, task_id: &str) {
        self.0.notify_update(task_id);
    }

    pub fn cleanup(&self) {
        self.0.cleanup();
    }
}

fn unknown(task_id: &str) -> StoreError {
    StoreError::UnknownTask { task_id: task_id.into() }
}

/// The result of an operation that a store in memory completes on the first poll: every one except for waiting.
fn at_once<T>(mut future: StoreFuture<'_, T>) -> Result<T, JsValue> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result.map_err(failure::from_store),
        Poll::Pending => Err(JsValue::UNDEFINED),
    }
}
