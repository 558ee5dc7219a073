//! The exported handle of one task.

use super::{
    abort::{AbortListener, Ended, settled, unless_aborted},
    driver::Driver,
    error,
    observers::{Awaits, Event},
    task_record::{Outcome, TaskRecord},
    types::{CallTarget, StatusName},
};
use crate::client::{Input, InputAnswer, InputId};
use js_sys::{Array, Function, JSON, JsString, Object, Promise, TypeError};
use std::rc::Rc;
use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::future_to_promise;
use web_sys::AbortSignal;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** Options of `TaskHandle.result`. */
export interface EngineWaitOptions {
  /** Ends the waiting with `signal.reason`; the task continues. */
  signal?: AbortSignal | undefined;
}
/** Options of `TaskHandle.status`. */
export interface EngineStatusOptions extends EngineWaitOptions {
  /** Queries the server. @default false */
  fresh?: boolean | undefined;
}
/** Options of `TaskHandle.wait`. */
export interface EngineWaitForOptions extends EngineWaitOptions {
  /** @default any terminal status */
  state?: Status | undefined;
  /** @default no limit */
  timeoutMs?: number | undefined;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// Options of waiting for a result.
    #[wasm_bindgen(typescript_type = "EngineWaitOptions")]
    pub type WaitOptions;
    #[wasm_bindgen(method, getter)]
    fn signal(this: &WaitOptions) -> Option<AbortSignal>;

    /// Options of a status query.
    #[wasm_bindgen(extends = WaitOptions, typescript_type = "EngineStatusOptions")]
    pub type StatusOptions;
    #[wasm_bindgen(method, getter)]
    fn fresh(this: &StatusOptions) -> Option<bool>;

    /// Options of waiting for a status.
    #[wasm_bindgen(extends = WaitOptions, typescript_type = "EngineWaitForOptions")]
    pub type WaitForOptions;
    #[wasm_bindgen(method, getter)]
    fn state(this: &WaitForOptions) -> Option<StatusName>;
    #[wasm_bindgen(method, getter, js_name = timeoutMs)]
    fn timeout_ms(this: &WaitForOptions) -> Option<f64>;
}

/// The handle of a call that may be a task. Dropping it does not cancel the task.
#[wasm_bindgen]
pub struct TaskHandle {
    driver: Rc<Driver>,
    record: Rc<TaskRecord>,
}

impl TaskHandle {
    pub(super) fn new(driver: Rc<Driver>, record: Rc<TaskRecord>) -> Self {
        Self { driver, record }
    }

    /// Waits for the outcome on behalf of `result`.
    fn result_promise(&self) -> (Option<u32>, Promise) {
        let Some(result) = self.record.result() else {
            let (id, promise) = self.driver.wait(&self.record, Awaits::Result);
            return (Some(id), promise);
        };
        self.record.is_observed.set(true);
        self.driver.outcome_observed(&self.record, &self.record.failure().unwrap_or_default());
        (None, settled_promise(result))
    }

    /// A waiting that a signal or a time limit may end early.
    fn limited(&self, id: u32, promise: Promise, signal: Option<AbortSignal>, timeout_ms: Option<f64>) -> Promise {
        let (driver, record) = (Rc::clone(&self.driver), Rc::clone(&self.record));
        future_to_promise(async move {
            let ended = settled(promise, signal.as_ref(), timeout_ms).await;
            driver.stop_waiting(&record, id);
            match ended {
                Ended::Settled(result) => result,
                Ended::Aborted(reason) => Err(reason),
                Ended::TimedOut => {
                    let ms = timeout_ms.unwrap_or_default() as u64;
                    let message = format!("{} did not get there within {ms} ms; the task goes on", record.name);
                    Err(error::error(&driver.callbacks, "timeout", &message))
                }
            }
        })
    }

    fn created_promise(&self) -> Promise {
        if self.record.is_task.get().is_some() {
            return Promise::resolve(&self.record.created_value());
        }
        match self.record.failure() {
            Some(error) => Promise::reject(&error),
            None => self.record.observers.wait(Awaits::Creation).1,
        }
    }

    fn off(&self, id: u32) -> Function {
        let (driver, record) = (Rc::clone(&self.driver), Rc::clone(&self.record));
        Closure::<dyn FnMut()>::new(move || driver.unlisten(&record, id)).into_js_value().unchecked_into()
    }
}

#[wasm_bindgen]
impl TaskHandle {
    /// The kind of request that the task answers.
    #[wasm_bindgen(getter)]
    pub fn kind(&self) -> CallTarget {
        self.record.kind.into()
    }

    /// The tool's or prompt's name, or the resource's URI.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.record.name.clone()
    }

    /// The server's id of the task; undefined until the server has created one.
    #[wasm_bindgen(getter, js_name = taskId)]
    pub fn task_id(&self) -> Option<JsString> {
        self.record.task_id.borrow().clone()
    }

    /// Whether the server answered the call without creating a task. False until it has answered.
    #[wasm_bindgen(getter, js_name = returnedImmediately)]
    pub fn returned_immediately(&self) -> bool {
        self.record.is_task.get() == Some(false)
    }

    /// The newest status: the same frozen object until something changes.
    #[wasm_bindgen(getter, unchecked_return_type = "TaskStatus | undefined")]
    pub fn snapshot(&self) -> JsValue {
        self.record.status_value()
    }

    /// The newest progress notification.
    #[wasm_bindgen(getter, unchecked_return_type = "Progress | undefined")]
    pub fn progress(&self) -> JsValue {
        self.record.progress.borrow().clone()
    }

    /// The open input requests by their keys.
    #[wasm_bindgen(getter, js_name = inputRequests, unchecked_return_type = "{ readonly [key: string]: InputRequest }")]
    pub fn input_requests(&self) -> Object {
        self.record.input_requests()
    }

    /// Whether the outcome is known.
    #[wasm_bindgen(getter, js_name = isSettled)]
    pub fn is_settled(&self) -> bool {
        self.record.is_settled()
    }

    /// The error that the task ended with; undefined while it runs and where it has a result.
    #[wasm_bindgen(getter, unchecked_return_type = "unknown")]
    pub fn failure(&self) -> JsValue {
        self.record.failure().unwrap_or_default()
    }

    /// Resolves with the task id when the server has answered the call; with undefined where it created no task.
    #[wasm_bindgen(unchecked_return_type = "Promise<string | undefined>")]
    pub fn created(&self) -> Promise {
        self.record.is_observed.set(true);
        self.created_promise()
    }

    /// Resolves with the result. Without a signal and without an end of the task there is no limit of time.
    #[wasm_bindgen(unchecked_return_type = "Promise<unknown>")]
    pub fn result(&self, options: Option<WaitOptions>) -> Promise {
        let Some(signal) = options.and_then(|options| options.signal()) else { return self.result_promise().1 };
        if signal.aborted() {
            return Promise::reject(&signal.reason());
        }
        let (id, promise) = self.result_promise();
        id.map_or_else(|| promise.clone(), |id| self.limited(id, promise.clone(), Some(signal), None))
    }

    /// Resolves with the newest status, after the server has answered the call; with `fresh`, or when no status is known, after a
    /// query to the server.
    #[wasm_bindgen(unchecked_return_type = "Promise<TaskStatus>")]
    pub fn status(&self, options: Option<StatusOptions>) -> Promise {
        let signal = options.as_ref().and_then(|options| options.signal());
        let is_fresh = options.is_some_and(|options| options.fresh().unwrap_or(false));
        let created = self.created();
        let (driver, record) = (Rc::clone(&self.driver), Rc::clone(&self.record));
        future_to_promise(async move {
            unless_aborted(created, signal.as_ref()).await?;
            if !record.is_settled() && (is_fresh || !record.status.is_known()) {
                let refreshed = driver.ask(|reply| Input::Refresh { handle: record.handle, reply });
                unless_aborted(refreshed, signal.as_ref()).await?;
            }
            let is_current = !is_fresh || !record.is_settled() || record.status.is_terminal();
            if record.status.is_known() && is_current {
                return Ok(record.status_value());
            }
            // The task was never described, or can no longer be queried: its failure says why.
            Err(record.failure().unwrap_or_default())
        })
    }

    /// Resolves with the first status that is the wanted one or terminal.
    #[wasm_bindgen(unchecked_return_type = "Promise<TaskStatus>")]
    pub fn wait(&self, options: Option<WaitForOptions>) -> Promise {
        let signal = options.as_ref().and_then(|options| options.signal());
        let timeout_ms = options.as_ref().and_then(WaitForOptions::timeout_ms);
        let wanted = options.and_then(|options| options.state()).and_then(StatusName::status);
        let awaits = Awaits::Status(wanted);
        if let Some(signal) = signal.as_ref().filter(|signal| signal.aborted()) {
            return Promise::reject(&signal.reason());
        }
        let record = &self.record;
        if record.meets(awaits, self.driver.answers_input) {
            return Promise::resolve(&record.status_value());
        }
        if record.is_settled() {
            return record.failure().map_or_else(|| self.status(None), |error| Promise::reject(&error));
        }
        record.is_observed.set(true);
        let (id, promise) = self.driver.wait(record, awaits);
        if signal.is_none() && timeout_ms.is_none() {
            return promise;
        }
        self.limited(id, promise, signal, timeout_ms)
    }

    /// Requests the cancellation of the task. Resolves when the server has acknowledged it and the status is known again, or where
    /// there is nothing to cancel.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn cancel(&self) -> Promise {
        if !self.record.is_settled() {
            return self.driver.ask(|reply| Input::Cancel { handle: self.record.handle, reply });
        }
        match self.record.why_not_cancellable() {
            Some(error) => Promise::reject(&error),
            None => Promise::resolve(&JsValue::UNDEFINED),
        }
    }

    /// Answers open input requests by their keys. Resolves when the server has taken the answers. Rejects with a `TypeError` for a
    /// key that is not open and for an answer that is not an object; nothing is sent then.
    #[wasm_bindgen(unchecked_return_type = "Promise<unknown>")]
    pub fn respond(
        &self,
        #[wasm_bindgen(unchecked_param_type = "{ [key: string]: object }")] answers: &Object,
    ) -> Promise {
        let answers = match self.answers(answers) {
            Ok(answers) => answers,
            Err(error) => return Promise::reject(&error),
        };
        let sent: Array = answers
            .into_iter()
            .map(|(input, json)| {
                let answer = InputAnswer::Result(json);
                JsValue::from(self.driver.ask(|reply| Input::Respond { input, answer, reply }))
            })
            .collect();
        Promise::all(&sent)
    }

    /// Stops observing the task, also where the client observes every task. Pending promises of this handle stay pending.
    pub fn forget(&self) {
        if self.driver.tasks.borrow_mut().remove(&self.record.handle).is_some() {
            self.driver.turn(Input::Forget { handle: self.record.handle });
        }
    }

    /// Calls back on each change of status from now on. The task is polled or streamed while a callback is registered.
    #[wasm_bindgen(js_name = onStatusChange, unchecked_return_type = "() => void")]
    pub fn on_status_change(
        &self,
        #[wasm_bindgen(unchecked_param_type = "(status: TaskStatus) => unknown")] callback: Function,
    ) -> Function {
        self.off(self.driver.listen(&self.record, Event::Status, callback))
    }

    /// Calls back on each progress notification from now on.
    #[wasm_bindgen(js_name = onProgress, unchecked_return_type = "() => void")]
    pub fn on_progress(
        &self,
        #[wasm_bindgen(unchecked_param_type = "(progress: Progress) => unknown")] callback: Function,
    ) -> Function {
        self.off(self.driver.listen(&self.record, Event::Progress, callback))
    }

    /// Calls back at every change: of the status, the progress or the outcome.
    #[wasm_bindgen(js_name = onChange, unchecked_return_type = "() => void")]
    pub fn on_change(&self, #[wasm_bindgen(unchecked_param_type = "() => unknown")] callback: Function) -> Function {
        self.off(self.driver.listen(&self.record, Event::Any, callback))
    }

    /// Calls back when the outcome is known, and when waiting for it was interrupted. The argument is the error, if there is one.
    #[wasm_bindgen(js_name = onSettled, unchecked_return_type = "() => void")]
    pub fn on_settled(
        &self,
        #[wasm_bindgen(unchecked_param_type = "(error: unknown) => unknown")] callback: Function,
    ) -> Function {
        self.off(self.driver.listen(&self.record, Event::Settled, callback))
    }
}

impl TaskHandle {
    /// The engine's number of the task.
    pub(super) fn number(&self) -> u32 {
        self.record.handle
    }

    /// The ids and the JSON texts of answers, all checked before one is sent.
    fn answers(&self, answers: &Object) -> Result<Vec<(InputId, String)>, JsValue> {
        let inputs = self.record.inputs.borrow();
        Object::entries(answers)
            .iter()
            .map(|entry| {
                let entry: Array = entry.unchecked_into();
                let key = entry.get(0).as_string().unwrap_or_default();
                let Some(open) = inputs.iter().find(|input| input.key == key) else {
                    let keys: Vec<&str> = inputs.iter().map(|input| input.key.as_str()).collect();
                    let keys = if keys.is_empty() { "none".into() } else { keys.join(", ") };
                    let name = &self.record.name;
                    let message = format!("{name} waits for no answer to {key} (open: {keys}); nothing was sent");
                    return Err(TypeError::new(&message).into());
                };
                Ok((open.id, answer_json(&entry.get(1))?))
            })
            .collect()
    }

    /// Leaves no task behind when the signal is aborted before the server has created one. Later the signal has no effect.
    pub(super) fn abandon_on(&self, signal: &AbortSignal) {
        if self.record.is_settled() {
            return;
        }
        // The record owns the listener, and the listener must not keep the record.
        let (driver, record) = (Rc::downgrade(&self.driver), Rc::downgrade(&self.record));
        let aborted = signal.clone();
        let listener = AbortListener::new(signal, move || {
            if let (Some(driver), Some(record)) = (driver.upgrade(), record.upgrade()) {
                driver.settled(&record, Outcome::Error { error: aborted.reason(), code: None });
                driver.turn(Input::Abandon { handle: record.handle });
            }
        });
        self.record.abandon_on.replace(Some(listener));
    }
}

impl Drop for TaskHandle {
    fn drop(&mut self) {
        self.record.is_released.set(true);
        self.driver.release_if_unused(&self.record);
    }
}

fn settled_promise(result: Result<JsValue, JsValue>) -> Promise {
    match result {
        Ok(value) => Promise::resolve(&value),
        Err(error) => Promise::reject(&error),
    }
}

/// An answer to an input request as JSON text, if it is an object.
fn answer_json(answer: &JsValue) -> Result<String, JsValue> {
    let json = JSON::stringify(answer)?.as_string();
    json.filter(|json| json.starts_with('{')).ok_or_else(|| {
        let text = JSON::stringify(answer).ok().and_then(|text| text.as_string()).unwrap_or_else(|| "undefined".into());
        TypeError::new(&format!("an answer must be an object, not {text}")).into()
    })
}
