//! Input requests of the server: shown by the handles of the task that asks, and passed to the application's handlers.

use super::{
    driver::{Driver, take_by_id},
    observers::Event,
    task_record::{OpenInput, TaskRecord},
    types::input_kind_name,
};
use crate::client::{Handle, InputId, InputKind, ReceiverRequest};
use js_sys::{JSON, Object};
use serde::Serialize;
use std::rc::Rc;
use wasm_bindgen::{JsCast, prelude::*};

/// `InputRequestEvent` in the generated declarations.
#[derive(Serialize)]
struct InputRequestEvent<'a> {
    id: InputId,
    kind: &'a str,
    method: &'a str,
    key: &'a str,
    params: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<String>,
}

/// `InputRequest` in `src/js/types.ts`.
#[derive(Serialize)]
struct InputRequest<'a> {
    method: &'a str,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    params: JsValue,
}

impl Driver {
    /// Adds an input request to every handle of the task that asks.
    fn open_input(self: &Rc<Self>, handle: Option<Handle>, id: InputId, key: &str, method: &str, params: &str) {
        let Some(record) = handle.and_then(|handle| self.task(handle)) else { return };
        let params = JSON::parse(params).unwrap_or_default();
        let request = serde_wasm_bindgen::to_value(&InputRequest { method, params }).unwrap_or_default();
        Object::freeze(request.unchecked_ref::<Object>());
        let records = self.records_of_same_task(&record);
        self.open_inputs.borrow_mut().push((id, records.clone()));
        for record in records {
            record.add_input(OpenInput { id, key: key.into(), request: request.clone() });
            self.status_touched(&record);
        }
    }

    /// Shows the open input requests of a task to a handle that joins it.
    pub(super) fn join_open_inputs(&self, record: &Rc<TaskRecord>) {
        for (id, records) in &mut *self.open_inputs.borrow_mut() {
            let asking = records.iter().find(|other| *other.task_id.borrow() == *record.task_id.borrow());
            let input = asking.and_then(|other| other.inputs.borrow().iter().find(|input| input.id == *id).cloned());
            if let Some(input) = input {
                record.add_input(input);
                records.push(Rc::clone(record));
            }
        }
    }

    /// This record and the others of the same task.
    pub(super) fn records_of_same_task(&self, record: &Rc<TaskRecord>) -> Vec<Rc<TaskRecord>> {
        let Some(task_id) = record.task_id.borrow().clone() else { return vec![Rc::clone(record)] };
        self.tasks.borrow().values().filter(|other| other.has_id(&task_id)).cloned().collect()
    }

    /// The open input requests of a task have changed, and with them its status.
    fn status_touched(self: &Rc<Self>, record: &Rc<TaskRecord>) {
        if !record.status.is_known() || record.status.is_terminal() {
            return;
        }
        self.emit(record, Event::Status, &record.status_value());
        self.settle_status_waiters(record);
    }

    /// A request that the application's input handlers answer.
    pub(super) fn input_requested(
        self: &Rc<Self>,
        handle: Option<Handle>,
        id: InputId,
        kind: InputKind,
        key: &str,
        params: &str,
        request_id: Option<&str>,
    ) {
        let method = kind.method();
        let request =
            request_id.map(|id| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#));
        self.open_input(handle, id, key, method, params);
        let kind = input_kind_name(kind);
        self.emit_input_request(handle, &InputRequestEvent { id, kind, method, key, params, request });
    }

    /// A request about tasks that this client hosts.
    pub(super) fn receiver_requested(
        self: &Rc<Self>,
        handle: Option<Handle>,
        id: InputId,
        request: ReceiverRequest,
        params: &str,
    ) {
        let (kind, method) = (receiver_request_name(request), request.method());
        self.emit_input_request(handle, &InputRequestEvent { id, kind, method, key: "", params, request: None });
    }

    fn emit_input_request(self: &Rc<Self>, handle: Option<Handle>, event: &InputRequestEvent<'_>) {
        let record = handle.and_then(|handle| self.task(handle));
        let context = record.map_or(JsValue::UNDEFINED, |record| record.context.clone());
        let event = serde_wasm_bindgen::to_value(event).unwrap_or_default();
        self.notify2(self.callbacks.on_input_request.as_ref(), &event, &context);
    }

    pub(super) fn input_closed(self: &Rc<Self>, id: InputId) {
        self.notify1(self.callbacks.on_input_closed.as_ref(), &id.into());
        let Some(records) = take_by_id(&self.open_inputs, id) else { return };
        for record in records.into_iter().filter(|record| record.remove_input(id)) {
            self.status_touched(&record);
        }
    }
}

/// The name of a handler of hosted tasks: `HostedRequest` in the generated declarations.
fn receiver_request_name(request: ReceiverRequest) -> &'static str {
    match request {
        ReceiverRequest::Elicitation => "augmentedElicitation",
        ReceiverRequest::Sampling => "augmentedSampling",
        ReceiverRequest::Get => "getTask",
        ReceiverRequest::Result => "getTaskResult",
        ReceiverRequest::List => "listTasks",
        ReceiverRequest::Cancel => "cancelTask",
    }
}
