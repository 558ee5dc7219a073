//! Outputs of the engine: actions are carried out, events settle promises and call the application's callbacks.

use super::{
    driver::Driver,
    error::{self, description},
    observers::{Awaits, Event},
    options::Callbacks,
    task_record::{OpenInput, Outcome, TaskRecord},
    timer::Sleep,
    types::input_kind_name,
};
use crate::{
    client::{Handle, Hosted, InputId, Output},
    task::{self, Failure, FailureCode},
};
use js_sys::{Function, JSON, JsString, Object, Promise};
use serde::Serialize;
use std::rc::Rc;
use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::{JsFuture, spawn_local};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = String, catch)]
    fn to_string(value: &JsValue) -> Result<JsString, JsValue>;
}

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

/// `Warning` in `src/js/types.ts`.
#[derive(Serialize)]
struct Warning<'a> {
    code: &'a str,
    message: &'a str,
}

/// `InputRequest` in `src/js/types.ts`.
#[derive(Serialize)]
struct InputRequest<'a> {
    method: &'a str,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    params: JsValue,
}

impl Driver {
    pub(super) fn deliver(self: &Rc<Self>, output: Output) {
        match output {
            Output::Fetch(request) => self.start(request),
            Output::Abort(exchange) => self.abort(exchange),
            Output::Speaks(era) => self.notify1(self.callbacks.on_era.as_ref(), &era.revision().into()),
            Output::Session(session) => self.notify1(self.callbacks.on_session.as_ref(), &session.into()),
            Output::Created { handle, task_id } => self.created(handle, task_id.as_deref()),
            Output::Changed { handle, snapshot } => {
                if let Some(record) = self.task(handle) {
                    record.observe(snapshot);
                    self.changed(&record);
                }
            }
            Output::Settled { handle, outcome, is_wrapped, is_unseen } => {
                self.task_settled(handle, &outcome, is_wrapped, is_unseen);
            }
            Output::Interrupted { handle, failure } => self.interrupted(handle, &failure),
            Output::Replied { reply, answer } => self.replied(reply, answer),
            Output::Asked { input, handle, kind, key, params, id } => {
                let request = id.map(|id| {
                    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{}","params":{params}}}"#, kind.method())
                });
                let method = kind.method();
                self.open_input(handle, input, &key, method, &params);
                let event = InputRequestEvent {
                    id: input,
                    kind: input_kind_name(kind),
                    method,
                    key: &key,
                    params: &params,
                    request,
                };
                self.input_requested(handle, &event);
            }
            Output::Hosted { input, handle, hosted, params } => {
                let (kind, method) = (hosted_name(hosted), hosted.method());
                let event = InputRequestEvent { id: input, kind, method, key: "", params: &params, request: None };
                self.input_requested(handle, &event);
            }
            Output::InputOver { input } => self.input_closed(input),
            Output::Progress { handle, json } => self.progressed(handle, &json),
            Output::Notified { method, params } => self.notified(method, &params),
            Output::Warning { code, message } => self.warn(code, &message),
        }
    }

    /// Trouble that no promise reports.
    pub(super) fn warn(&self, code: &str, message: &str) {
        let Some(callback) = self.callbacks.on_warning.as_ref() else { return };
        let warning = serde_wasm_bindgen::to_value(&Warning { code, message }).unwrap_or_default();
        // A callback for warnings that throws cannot be warned of.
        let _ = callback.call1(&JsValue::UNDEFINED, &warning);
    }

    fn created(self: &Rc<Self>, handle: Handle, task_id: Option<&str>) {
        let Some(record) = self.task(handle) else { return };
        let task_id = task_id.map(JsString::from);
        self.notify2(self.callbacks.on_task_created.as_ref(), &task_id.clone().into(), &record.context);
        record.created(task_id);
    }

    /// Shows the newest status to the listeners, and settles the promises that waited for it.
    fn changed(self: &Rc<Self>, record: &Rc<TaskRecord>) {
        let Callbacks { on_task_status, on_status_known, .. } = &self.callbacks;
        if record.observers.has_listeners() || on_task_status.is_some() || on_status_known.is_some() {
            let Some(status) = record.status_object() else { return };
            let status: &JsValue = (*status).as_ref();
            self.emit(record, Event::Status, status);
            self.notify2(on_task_status.as_ref(), status, &record.context);
            self.notify2(on_status_known.as_ref(), status, &record.context);
        }
        if let Some(status) = record.status.status() {
            for waiter in record.observers.take_waiters(|waiter| waiter.awaits.is_met_by(status)) {
                waiter.resolve(&record.status_value());
                self.unwatch(record, &waiter);
            }
        }
        if record.is_released.get() && self.observes_all && record.status.is_terminal() {
            self.outcome_observed(record, &JsValue::UNDEFINED);
        }
        self.release_if_unused(record);
    }

    fn task_settled(self: &Rc<Self>, handle: Handle, outcome: &task::Outcome, is_wrapped: bool, is_unseen: bool) {
        let record = self.tasks.borrow_mut().remove(&handle);
        let Some(record) = record else { return };
        let outcome = match outcome {
            task::Outcome::Result(json) => self.result_outcome(json, is_wrapped, false),
            task::Outcome::ToolError(json) => self.result_outcome(json, is_wrapped, record.raise_on_error),
            task::Outcome::Failure(failure) => {
                if is_unseen {
                    self.warn_if_unobserved(Rc::clone(&record), failure.message.clone());
                }
                TaskRecord::failed(&self.callbacks, failure, self.cause_of(failure))
            }
        };
        self.settled(&record, outcome);
    }

    fn result_outcome(&self, json: &str, is_wrapped: bool, is_raised: bool) -> Outcome {
        let created = match &self.callbacks.create_result {
            Some(hook) => hook.call2(&JsValue::UNDEFINED, &json.into(), &is_wrapped.into()),
            None => JSON::parse(json),
        };
        match created {
            Ok(result) if is_raised => Outcome::ToolError(error::tool_error(&self.callbacks, result)),
            Ok(result) => Outcome::Result(result),
            Err(error) => Outcome::Failure { error, code: None },
        }
    }

    /// Records the outcome and settles every promise that waits.
    pub(super) fn settled(self: &Rc<Self>, record: &TaskRecord, outcome: Outcome) {
        if !record.settle(outcome) {
            return;
        }
        let waiters = record.observers.take_waiters(|_| true);
        let awaits_result = waiters.iter().any(|waiter| waiter.awaits == Awaits::Result);
        let failure = record.failure();
        if record.is_task.get() != Some(true) || record.observers.has_listeners() || awaits_result {
            self.outcome_observed(record, &failure.clone().unwrap_or_default());
        }
        for waiter in waiters {
            match (waiter.awaits, record.result()) {
                (Awaits::Result, Some(Ok(result))) => waiter.resolve(&result),
                (Awaits::Result, Some(Err(error))) => waiter.reject(&error),
                (Awaits::Creation, _) => match &failure {
                    Some(error) => waiter.reject(error),
                    None => waiter.resolve(&record.created_value()),
                },
                (Awaits::Status(_), _) => match &failure {
                    Some(error) if !record.status.is_terminal() => waiter.reject(error),
                    _ => waiter.resolve(&record.status_value()),
                },
                (Awaits::Result, None) => {}
            }
        }
        self.emit(record, Event::Settled, &failure.unwrap_or_default());
        record.observers.drop_listeners();
    }

    /// Waiting for the task makes no sense now, but the task goes on. After `close` nothing goes on here.
    fn interrupted(self: &Rc<Self>, handle: Handle, failure: &Failure) {
        let Some(record) = self.task(handle) else { return };
        let cause = self.cause_of(failure);
        if failure.code == FailureCode::Closed {
            self.tasks.borrow_mut().remove(&handle);
            return self.settled(&record, TaskRecord::failed(&self.callbacks, failure, cause));
        }
        let error = error::failed(&self.callbacks, failure, cause);
        for waiter in record.observers.take_waiters(|_| true) {
            waiter.reject(&error);
            // The engine has ended its own waiting for the result already.
            if waiter.awaits != Awaits::Result {
                self.unwatch(&record, &waiter);
            }
        }
        self.emit(&record, Event::Settled, &error);
        self.release_if_unused(&record);
    }

    fn replied(&self, reply: u32, answer: Result<String, Box<Failure>>) {
        let pending = {
            let mut replies = self.replies.borrow_mut();
            let at = replies.iter().position(|pending| pending.id == reply);
            at.map(|at| replies.swap_remove(at))
        };
        let Some(pending) = pending else { return };
        let result = match answer {
            // The engine's text for "nothing to report".
            Ok(json) if json == "null" => Ok(JsValue::UNDEFINED),
            Ok(json) => JSON::parse(&json),
            Err(failure) => Err(error::failed(&self.callbacks, &failure, self.cause_of(&failure))),
        };
        let _ = match result {
            Ok(value) => pending.resolve.call1(&JsValue::UNDEFINED, &value),
            Err(error) => pending.reject.call1(&JsValue::UNDEFINED, &error),
        };
    }

    /// The platform's own error, where it is the one that the failure's message reports.
    fn cause_of(&self, failure: &Failure) -> JsValue {
        let thrown = self.last_thrown.borrow();
        let is_cause = failure.code == FailureCode::Network
            && thrown
                .dyn_ref::<js_sys::Error>()
                .is_some_and(|error| failure.message.contains(&String::from(error.message())));
        if is_cause { thrown.clone() } else { JsValue::UNDEFINED }
    }

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
    }

    fn input_requested(self: &Rc<Self>, handle: Option<Handle>, event: &InputRequestEvent<'_>) {
        let context =
            handle.and_then(|handle| self.task(handle)).map_or(JsValue::UNDEFINED, |record| record.context.clone());
        let event = serde_wasm_bindgen::to_value(event).unwrap_or_default();
        self.notify2(self.callbacks.on_input_request.as_ref(), &event, &context);
    }

    fn input_closed(self: &Rc<Self>, id: InputId) {
        self.notify1(self.callbacks.on_input_closed.as_ref(), &id.into());
        let closed = {
            let mut open = self.open_inputs.borrow_mut();
            let at = open.iter().position(|(open, _)| *open == id);
            at.map(|at| open.swap_remove(at))
        };
        let Some((_, records)) = closed else { return };
        for record in records.into_iter().filter(|record| record.remove_input(id)) {
            self.status_touched(&record);
        }
    }

    fn progressed(self: &Rc<Self>, handle: Handle, json: &str) {
        let Some(record) = self.task(handle) else { return };
        let Ok(progress) = JSON::parse(json) else { return };
        Object::freeze(progress.unchecked_ref::<Object>());
        record.progress.replace(progress.clone());
        self.emit(&record, Event::Progress, &progress);
        self.notify2(self.callbacks.on_progress_known.as_ref(), &progress, &record.context);
    }

    fn notified(&self, method: String, params: &str) {
        let Some(callback) = self.callbacks.on_notification.as_ref() else { return };
        let mut last = self.last_method.borrow_mut();
        let name = match last.take() {
            Some(same) if same.0 == method => last.insert(same).1.clone(),
            _ => {
                let name = JsString::from(method.as_str());
                last.insert((method, name)).1.clone()
            }
        };
        drop(last);
        if let Err(thrown) = callback.call2(&JsValue::UNDEFINED, &name, &params.into()) {
            self.warn("listener-failed", &format!("onNotification failed: {}", description(&thrown)));
        }
    }

    /// The outcome has reached the application: it need not be found after a reload.
    pub(super) fn outcome_observed(self: &Rc<Self>, record: &TaskRecord, error: &JsValue) {
        self.notify2(self.callbacks.on_outcome_observed.as_ref(), error, &record.context);
    }

    /// A call failed before the application waited for it. An application that awaits the call does so only after the call has
    /// returned: the warning waits for that.
    pub(super) fn warn_if_unobserved(self: &Rc<Self>, record: Rc<TaskRecord>, message: String) {
        let driver = Rc::clone(self);
        spawn_local(async move {
            Sleep::new(0.0).await;
            if !record.is_observed.get() {
                driver.warn("unobserved-failure", &message);
            }
        });
    }

    /// Calls the listeners of the application. An error of one listener affects neither the others nor the engine.
    fn emit(self: &Rc<Self>, record: &TaskRecord, event: Event, value: &JsValue) {
        for listener in record.observers.listeners_for(event) {
            self.check(listener.callback.call1(&JsValue::UNDEFINED, value));
        }
    }

    fn check(self: &Rc<Self>, returned: Result<JsValue, JsValue>) {
        match returned {
            Err(thrown) => self.listener_failed(&thrown),
            Ok(value) if value.is_undefined() => {}
            Ok(value) => {
                if let Ok(promise) = value.dyn_into::<Promise>() {
                    let driver = Rc::clone(self);
                    spawn_local(async move {
                        if let Err(thrown) = JsFuture::from(promise).await {
                            driver.listener_failed(&thrown);
                        }
                    });
                }
            }
        }
    }

    fn listener_failed(&self, thrown: &JsValue) {
        // An object without a prototype cannot be converted.
        let text = to_string(thrown).map_or_else(|_| "a value without a description".into(), String::from);
        self.warn("listener-failed", &format!("a status listener failed: {text}"));
    }

    fn notify1(self: &Rc<Self>, callback: Option<&Function>, value: &JsValue) {
        if let Some(callback) = callback {
            self.check(callback.call1(&JsValue::UNDEFINED, value));
        }
    }

    fn notify2(self: &Rc<Self>, callback: Option<&Function>, first: &JsValue, second: &JsValue) {
        if let Some(callback) = callback {
            self.check(callback.call2(&JsValue::UNDEFINED, first, second));
        }
    }
}

/// The name of a handler of hosted tasks: `HostedRequest` in the generated declarations.
fn hosted_name(hosted: Hosted) -> &'static str {
    match hosted {
        Hosted::Elicitation => "augmentedElicitation",
        Hosted::Sampling => "augmentedSampling",
        Hosted::Get => "getTask",
        Hosted::Result => "getTaskResult",
        Hosted::List => "listTasks",
        Hosted::Cancel => "cancelTask",
    }
}
