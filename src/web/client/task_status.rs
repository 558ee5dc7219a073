//! One observation of a task as a frozen JavaScript object.

use super::types::StatusName;
use crate::wire::snapshot::{Snapshot, Status};
use js_sys::{Date, JsString, Object};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, prelude::*};

#[wasm_bindgen]
extern "C" {
    /// One immutable observation of a task: see `TaskStatus` in `src/js/types.ts`.
    #[wasm_bindgen(extends = Object, typescript_type = "TaskStatus")]
    #[derive(Clone)]
    pub type TaskStatus;
    #[wasm_bindgen(method, setter, js_name = taskId)]
    fn set_task_id(this: &TaskStatus, task_id: &JsString);
    #[wasm_bindgen(method, setter)]
    fn set_status(this: &TaskStatus, status: StatusName);
    #[wasm_bindgen(method, setter, js_name = statusMessage)]
    fn set_status_message(this: &TaskStatus, message: &str);
    #[wasm_bindgen(method, setter, js_name = createdAt)]
    fn set_created_at(this: &TaskStatus, time: &JsString);
    #[wasm_bindgen(method, setter, js_name = lastUpdatedAt)]
    fn set_last_updated_at(this: &TaskStatus, time: &str);
    #[wasm_bindgen(method, setter, js_name = ttlMs)]
    fn set_ttl_ms(this: &TaskStatus, ms: f64);
    #[wasm_bindgen(method, setter, js_name = ttlMs)]
    fn set_ttl(this: &TaskStatus, unlimited: &JsValue);
    #[wasm_bindgen(method, setter, js_name = pollIntervalMs)]
    fn set_poll_interval_ms(this: &TaskStatus, ms: f64);
    #[wasm_bindgen(method, setter, js_name = inputRequests)]
    fn set_input_requests(this: &TaskStatus, requests: &Object);
}

/// The newest snapshot of a task, made into an object when JavaScript looks at it: the same object until something changes.
#[derive(Default)]
pub(super) struct StatusCache {
    snapshot: RefCell<Option<Rc<Snapshot>>>,
    /// Behind a counter, because a copy of a JavaScript reference crosses the boundary.
    object: RefCell<Option<Rc<TaskStatus>>>,
    /// Stays the same for a task's life. A string that crosses costs Chromium about 0.6 µs, a fifth of a notification.
    created_at: RefCell<Option<(String, JsString)>>,
}

impl StatusCache {
    pub(super) fn set(&self, snapshot: Rc<Snapshot>) {
        self.snapshot.replace(Some(snapshot));
        self.invalidate();
    }

    /// The open input requests have changed.
    pub(super) fn invalidate(&self) {
        self.object.take();
    }

    /// The status of a call that the server answered without creating a task.
    pub(super) fn set_immediate(&self) {
        let now = String::from(Date::new_0().to_iso_string());
        let object: TaskStatus = Object::new().unchecked_into();
        object.set_task_id(&JsString::from(""));
        object.set_status(StatusName::Completed);
        object.set_created_at(&JsString::from(now.as_str()));
        object.set_last_updated_at(&now);
        object.set_ttl(&JsValue::NULL);
        Object::freeze(&object);
        self.object.replace(Some(Rc::new(object)));
    }

    pub(super) fn is_known(&self) -> bool {
        self.snapshot.borrow().is_some() || self.object.borrow().is_some()
    }

    pub(super) fn status(&self) -> Option<Status> {
        match &*self.snapshot.borrow() {
            Some(snapshot) => Some(snapshot.status),
            None => self.object.borrow().is_some().then_some(Status::Completed),
        }
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.status().is_some_and(Status::is_terminal)
    }

    /// The frozen object; `input_requests` gives the open requests, if there are any.
    pub(super) fn object(
        &self,
        task_id: Option<&JsString>,
        input_requests: impl FnOnce() -> Option<Object>,
    ) -> Option<Rc<TaskStatus>> {
        if let Some(object) = &*self.object.borrow() {
            return Some(Rc::clone(object));
        }
        let snapshot = self.snapshot.borrow().clone()?;
        let object = self.describe(task_id?, &snapshot);
        if !snapshot.status.is_terminal()
            && let Some(requests) = input_requests()
        {
            object.set_input_requests(&requests);
        }
        Object::freeze(&object);
        let object = Rc::new(object);
        self.object.replace(Some(Rc::clone(&object)));
        Some(object)
    }

    fn describe(&self, task_id: &JsString, snapshot: &Snapshot) -> TaskStatus {
        let object: TaskStatus = Object::new().unchecked_into();
        object.set_task_id(task_id);
        object.set_status(snapshot.status.into());
        if let Some(message) = &snapshot.status_message {
            object.set_status_message(message);
        }
        if let Some(created_at) = &snapshot.created_at {
            let mut known = self.created_at.borrow_mut();
            let known = match known.take() {
                Some(same) if same.0 == *created_at => known.insert(same),
                _ => known.insert((created_at.clone(), created_at.as_str().into())),
            };
            object.set_created_at(&known.1);
        }
        if let Some(last_updated_at) = &snapshot.last_updated_at {
            object.set_last_updated_at(last_updated_at);
        }
        match snapshot.ttl_ms {
            Some(ms) => object.set_ttl_ms(ms as f64),
            None => object.set_ttl(&JsValue::NULL),
        }
        if let Some(ms) = snapshot.poll_interval_ms {
            object.set_poll_interval_ms(ms as f64);
        }
        object
    }
}
