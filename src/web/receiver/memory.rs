use super::{option, thrown, update};
use crate::{
    receiver::{InMemoryTaskStore, Limits, StoreError, StoreFuture, TaskPage, TaskStore},
    wire::{hosted, snapshot::Status},
};
use js_sys::{Date, Promise};
use std::{
    future::poll_fn,
    pin::pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

/// `InMemoryTaskStore` for JavaScript: see src/js/receiver/memory.ts.
#[wasm_bindgen]
pub struct MemoryStore(Rc<InMemoryTaskStore>);

#[wasm_bindgen]
impl MemoryStore {
    #[wasm_bindgen(constructor)]
    pub fn new(
        tasks: Option<f64>,
        result_bytes: Option<f64>,
        longest_ttl_ms: Option<f64>,
        page_size: Option<f64>,
    ) -> MemoryStore {
        let defaults = Limits::default();
        let limits = Limits {
            tasks: tasks.map_or(defaults.tasks, |n| n as usize),
            result_bytes: result_bytes.map_or(defaults.result_bytes, |n| n as usize),
            longest_ttl_ms: longest_ttl_ms.map(|n| n as u64),
            page_size: page_size.map_or(defaults.page_size, |n| n as usize),
        };
        MemoryStore(Rc::new(InMemoryTaskStore::with_limits(|| Date::now() as u64, limits)))
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
        let update = update(status, message).map_err(thrown)?;
        at_once(self.0.update_task(task_id, update)).map(|task| task.to_json())
    }

    #[wasm_bindgen(js_name = storeResult)]
    pub fn store_result(&self, task_id: &str, outcome: &str) -> Result<(), JsValue> {
        let unread = || StoreError::NotAnObject { task_id: task_id.into() };
        let result = hosted::read_outcome(outcome).ok_or_else(unread).map_err(thrown)?;
        at_once(self.0.store_result(task_id, result))
    }

    #[wasm_bindgen(js_name = getResult)]
    pub fn get_result(&self, task_id: &str) -> Result<Option<String>, JsValue> {
        Ok(at_once(self.0.get_result(task_id))?.map(|result| hosted::outcome(&result)))
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

    /// `stop` rejects when the waiting is no longer wanted; then so does this, with the same.
    #[wasm_bindgen(js_name = waitForUpdate)]
    pub fn wait_for_update(&self, task_id: String, known: &str, stop: Promise) -> Promise {
        let store = self.0.clone();
        let known = Status::parse(known);
        future_to_promise(async move {
            // A status that there is none of is another than any.
            let wait = match known {
                Some(known) => store.wait_for_update(&task_id, known),
                None => Box::pin(async { store.get_task(&task_id).await?.ok_or_else(|| unknown(&task_id)) }),
            };
            let (mut wait, mut stop) = (pin!(wait), pin!(JsFuture::from(stop)));
            poll_fn(|context| match stop.as_mut().poll(context) {
                Poll::Ready(Err(why)) => Poll::Ready(Err(why)),
                _ => wait.as_mut().poll(context).map_ok(|task| task.to_json().into()).map_err(thrown),
            })
            .await
        })
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

/// What a store in memory is asked for it has at once, the waiting aside.
fn at_once<T>(mut future: StoreFuture<'_, T>) -> Result<T, JsValue> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result.map_err(thrown),
        Poll::Pending => Err(JsValue::UNDEFINED),
    }
}
