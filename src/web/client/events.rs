//! Outputs of the engine: actions are carried out, events settle promises and call the application's callbacks.

use super::{
    driver::{Driver, take_by_id},
    error::{self, description, member},
    fetch::NextStep,
    observers::{Awaits, Event},
    options::Callbacks,
    task_record::{Outcome, TaskRecord},
    timer::Sleep,
};
use crate::{
    client::{Handle, Output},
    task::{self, TaskError, TaskErrorCode},
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

/// `Warning` in `src/js/types.ts`.
#[derive(Serialize)]
struct Warning<'a> {
    code: &'a str,
    message: &'a str,
}

impl Driver {
    pub(super) fn deliver(self: &Rc<Self>, output: Output) {
        match output {
            Output::Fetch(request) => self.start(request),
            Output::Abort(exchange) => self.abort(exchange),
            Output::Follow { exchange, url } => self.set_next_step(exchange, NextStep::Follow(url)),
            Output::FindRedirect(exchange) => self.set_next_step(exchange, NextStep::Find),
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
            Output::InputRequested { input, handle, kind, key, params, id } => {
                self.input_requested(handle, input, kind, &key, &params, id.as_deref());
            }
            Output::ReceiverRequested { input, handle, request, params } => {
                self.receiver_requested(handle, input, request, &params)
            }
            Output::InputOver { input } => self.input_closed(input),
            Output::Progress { handle, json } => self.progressed(handle, &json),
            Output::Notified { method, params } => self.notified(method, &params),
            Output::Warning { code, message } => self.emit_warning(code, &message),
        }
    }

    /// A problem that no promise reports.
    pub(super) fn warn(&self, code: &'static str, message: String) {
        let message = self.warnings.borrow_mut().admit(code, message);
        if let Some(message) = message {
            self.emit_warning(code, &message);
        }
    }

    fn emit_warning(&self, code: &str, message: &str) {
        let Some(callback) = self.callbacks.on_warning.as_ref() else { return };
        let warning = serde_wasm_bindgen::to_value(&Warning { code, message }).unwrap_or_default();
        // Nothing can report the failure of this callback.
        if let Ok(promise) = callback.call1(&JsValue::UNDEFINED, &warning).and_then(JsCast::dyn_into::<Promise>) {
            spawn_local(async move {
                let _ = JsFuture::from(promise).await;
            });
        }
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
        self.settle_status_waiters(record);
        if record.is_released.get() && self.observes_all && record.status.is_terminal() {
            self.outcome_observed(record, &JsValue::UNDEFINED);
        }
        self.release_if_unused(record);
    }

    /// Settles the promises that wait for the present status.
    pub(super) fn settle_status_waiters(self: &Rc<Self>, record: &Rc<TaskRecord>) {
        for waiter in record.observers.take_waiters(|waiter| record.meets(waiter.awaits, self.answers_input)) {
            waiter.resolve(&record.status_value());
            self.unwatch(record, &waiter);
        }
    }

    fn task_settled(self: &Rc<Self>, handle: Handle, outcome: &task::Outcome, is_wrapped: bool, is_unseen: bool) {
        let record = self.tasks.borrow_mut().remove(&handle);
        let Some(record) = record else { return };
        let outcome = match outcome {
            task::Outcome::Result(json) => self.result_outcome(json, is_wrapped, false),
            task::Outcome::ToolError(json) => self.result_outcome(json, is_wrapped, record.raise_on_error),
            task::Outcome::Error(failure) => {
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
            Err(error) => Outcome::Error { error, code: None },
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
    fn interrupted(self: &Rc<Self>, handle: Handle, failure: &TaskError) {
        let Some(record) = self.task(handle) else { return };
        let cause = self.cause_of(failure);
        if failure.code == TaskErrorCode::Closed {
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

    fn replied(&self, reply: u32, answer: Result<String, Box<TaskError>>) {
        let Some(pending) = take_by_id(&self.replies, reply) else { return };
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
    fn cause_of(&self, failure: &TaskError) -> JsValue {
        let thrown = self.last_thrown.borrow();
        let is_cause = failure.code == TaskErrorCode::Network
            && thrown.is_object()
            && error::message(&thrown).is_some_and(|message| failure.message.contains(&message));
        if is_cause { thrown.clone() } else { JsValue::UNDEFINED }
    }

    fn progressed(self: &Rc<Self>, handle: Handle, json: &str) {
        let Some(record) = self.task(handle) else { return };
        let Ok(progress) = JSON::parse(json) else { return };
        Object::freeze(progress.unchecked_ref::<Object>());
        record.progress.replace(progress.clone());
        self.emit(&record, Event::Progress, &progress);
        self.notify2(self.callbacks.on_progress_known.as_ref(), &progress, &record.context);
    }

    fn notified(self: &Rc<Self>, method: String, params: &str) {
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
        self.check("onNotification", description, callback.call2(&JsValue::UNDEFINED, &name, &params.into()));
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
                driver.warn("unobserved-failure", message);
            }
        });
    }

    /// Calls the listeners of the application. An error of one listener affects neither the others nor the engine.
    pub(super) fn emit(self: &Rc<Self>, record: &TaskRecord, event: Event, value: &JsValue) {
        for listener in record.observers.listeners_for(event) {
            self.check("a status listener", text, listener.callback.call1(&JsValue::UNDEFINED, value));
        }
    }

    /// Reports what a callback of the application throws, or what the promise that it returns rejects with.
    fn check(
        self: &Rc<Self>,
        callback: &'static str,
        describe: fn(&JsValue) -> String,
        returned: Result<JsValue, JsValue>,
    ) {
        match returned {
            Err(thrown) => self.callback_failed(callback, &describe(&thrown)),
            Ok(value) if value.is_undefined() => {}
            Ok(value) => {
                if member(&value, "then").is_function() {
                    let driver = Rc::clone(self);
                    spawn_local(async move {
                        if let Err(thrown) = JsFuture::from(Promise::resolve(&value)).await {
                            driver.callback_failed(callback, &describe(&thrown));
                        }
                    });
                }
            }
        }
    }

    fn callback_failed(&self, callback: &str, description: &str) {
        self.warn("listener-failed", format!("{callback} failed: {description}"));
    }

    pub(super) fn notify1(self: &Rc<Self>, callback: Option<&Function>, value: &JsValue) {
        if let Some(callback) = callback {
            self.check("a callback of the client", text, callback.call1(&JsValue::UNDEFINED, value));
        }
    }

    pub(super) fn notify2(self: &Rc<Self>, callback: Option<&Function>, first: &JsValue, second: &JsValue) {
        if let Some(callback) = callback {
            self.check("a callback of the client", text, callback.call2(&JsValue::UNDEFINED, first, second));
        }
    }
}

/// A thrown value as a string, with the class of an error. An object without a prototype cannot be converted.
fn text(thrown: &JsValue) -> String {
    to_string(thrown).map_or_else(|_| "a value without a description".into(), String::from)
}
