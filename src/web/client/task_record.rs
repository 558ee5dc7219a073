//! What this side knows of one task. The driver and the task's handle share it.

use super::{
    abort::AbortListener,
    error,
    observers::{Awaits, Observers},
    options::Callbacks,
    task_status::{StatusCache, TaskStatus},
};
use crate::{
    client::{CallKind, Handle, InputId},
    task::{TaskError, TaskErrorCode},
    wire::snapshot::{Snapshot, Status},
};
use js_sys::{JsString, Object, Reflect};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::prelude::*;

/// How a task ended.
#[derive(Clone)]
pub(super) enum Outcome {
    /// With a result.
    Result(JsValue),
    /// With a result that says that the tool failed: the error that promises of the result reject with.
    ToolError(JsValue),
    /// Without a result; `code` is absent for a value that the application gave, such as an abort reason.
    Error { error: JsValue, code: Option<TaskErrorCode> },
}

/// An input request that is not answered yet.
#[derive(Clone)]
pub(super) struct OpenInput {
    pub(super) id: InputId,
    pub(super) key: String,
    /// Method and parameters, frozen.
    pub(super) request: JsValue,
}

pub(super) struct TaskRecord {
    pub(super) handle: Handle,
    pub(super) kind: CallKind,
    pub(super) name: String,
    /// Passed to the client's callbacks about this task.
    pub(super) context: JsValue,
    pub(super) raise_on_error: bool,
    pub(super) observers: Observers,
    pub(super) status: StatusCache,
    /// As JavaScript's string, which every status object of the task shares.
    pub(super) task_id: RefCell<Option<JsString>>,
    /// Whether the server created a task; `None` until it has answered the call.
    pub(super) is_task: Cell<Option<bool>>,
    pub(super) progress: RefCell<JsValue>,
    pub(super) inputs: RefCell<Vec<OpenInput>>,
    pub(super) outcome: RefCell<Option<Outcome>>,
    /// The application listens, or has asked for the creation or the outcome.
    pub(super) is_observed: Cell<bool>,
    /// The handle was collected.
    pub(super) is_released: Cell<bool>,
    /// Registered while the server has not answered the call.
    pub(super) abandon_on: RefCell<Option<AbortListener>>,
}

impl TaskRecord {
    pub(super) fn new(handle: Handle, kind: CallKind, name: String, context: JsValue, raise_on_error: bool) -> Self {
        Self {
            handle,
            kind,
            name,
            context,
            raise_on_error,
            observers: Observers::default(),
            status: StatusCache::default(),
            task_id: RefCell::default(),
            is_task: Cell::default(),
            progress: RefCell::new(JsValue::UNDEFINED),
            inputs: RefCell::default(),
            outcome: RefCell::default(),
            is_observed: Cell::default(),
            is_released: Cell::default(),
            abandon_on: RefCell::default(),
        }
    }

    /// The newest status: the same frozen object until something changes.
    pub(super) fn status_object(&self) -> Option<Rc<TaskStatus>> {
        self.status.object(self.task_id.borrow().as_ref(), || self.open_requests())
    }

    /// The open input requests by their keys, as a frozen object; `None`: there are none.
    fn open_requests(&self) -> Option<Object> {
        let inputs = self.inputs.borrow();
        (!inputs.is_empty()).then(|| {
            let requests = Object::new();
            for input in &*inputs {
                let _ = Reflect::set(&requests, &JsString::from(input.key.as_str()), &input.request);
            }
            Object::freeze(&requests)
        })
    }

    /// The open input requests by their keys.
    pub(super) fn input_requests(&self) -> Object {
        self.open_requests().unwrap_or_else(|| Object::freeze(&Object::new()))
    }

    pub(super) fn set_task_id(&self, task_id: JsString) {
        self.task_id.replace(Some(task_id));
        self.is_task.set(Some(true));
    }

    pub(super) fn has_id(&self, task_id: &JsString) -> bool {
        self.task_id.borrow().as_ref() == Some(task_id)
    }

    pub(super) fn is_settled(&self) -> bool {
        self.outcome.borrow().is_some()
    }

    /// The error that the task ended with, unless it has a result.
    pub(super) fn failure(&self) -> Option<JsValue> {
        match &*self.outcome.borrow() {
            Some(Outcome::Error { error, .. }) => Some(error.clone()),
            _ => None,
        }
    }

    /// The server has answered the call; `task_id` is absent where it created no task.
    pub(super) fn created(&self, task_id: Option<JsString>) {
        self.abandon_on.take();
        match task_id {
            Some(task_id) => self.set_task_id(task_id),
            None => self.is_task.set(Some(false)),
        }
        let value = self.created_value();
        for waiter in self.observers.take_waiters(|waiter| waiter.awaits == Awaits::Creation) {
            waiter.resolve(&value);
        }
    }

    /// What `created` resolves with: the task id, or undefined.
    pub(super) fn created_value(&self) -> JsValue {
        self.task_id.borrow().clone().into()
    }

    /// The server described the task anew.
    pub(super) fn observe(&self, snapshot: Rc<Snapshot>) {
        if self.task_id.borrow().is_none() {
            self.set_task_id(snapshot.task_id.as_str().into());
        }
        self.status.set(snapshot);
    }

    pub(super) fn add_input(&self, input: OpenInput) {
        self.inputs.borrow_mut().push(input);
        self.status.invalidate();
    }

    /// Whether the request was open.
    pub(super) fn remove_input(&self, id: InputId) -> bool {
        let mut inputs = self.inputs.borrow_mut();
        let before = inputs.len();
        inputs.retain(|input| input.id != id);
        let is_changed = inputs.len() < before;
        if is_changed && !self.status.is_terminal() {
            self.status.invalidate();
        }
        is_changed
    }

    /// What a promise of the result settles with.
    pub(super) fn result(&self) -> Option<Result<JsValue, JsValue>> {
        match self.outcome.borrow().clone()? {
            Outcome::Result(result) => Some(Ok(result)),
            Outcome::ToolError(error) | Outcome::Error { error, .. } => Some(Err(error)),
        }
    }

    /// Records the outcome. Returns whether it is the first.
    pub(super) fn settle(&self, outcome: Outcome) -> bool {
        if self.is_settled() {
            return false;
        }
        if self.is_task.get() == Some(false) && !matches!(outcome, Outcome::Error { .. }) {
            self.status.set_immediate();
        }
        self.outcome.replace(Some(outcome));
        self.abandon_on.take();
        true
    }

    /// The outcome for a failure.
    pub(super) fn failed(callbacks: &Callbacks, failure: &TaskError, cause: JsValue) -> Outcome {
        Outcome::Error { error: error::failed(callbacks, failure, cause), code: Some(failure.code) }
    }

    /// The error with which `cancel` rejects, because the task may go on although nothing more is known of it here.
    pub(super) fn why_not_cancellable(&self) -> Option<JsValue> {
        let Some(Outcome::Error { error, code }) = self.outcome.borrow().clone() else { return None };
        let goes_on = !self.status.is_terminal() && code != Some(TaskErrorCode::TaskExpired);
        let may_run = self.is_task.get() == Some(true) || code == Some(TaskErrorCode::Closed);
        (goes_on && may_run).then_some(error)
    }

    /// Whether the present status ends a waiting. Where the application `answers_input`, waiting for `input_required` ends when the
    /// input requests are there: some servers send them after the status.
    pub(super) fn meets(&self, awaits: Awaits, answers_input: bool) -> bool {
        let Some(status) = self.status.status() else { return false };
        let is_incomplete = status == Status::InputRequired && answers_input && self.inputs.borrow().is_empty();
        awaits.is_met_by(status) && !is_incomplete
    }

    /// The newest status as a value of JavaScript; undefined where none is known.
    pub(super) fn status_value(&self) -> JsValue {
        self.status_object().map_or(JsValue::UNDEFINED, |status| JsValue::from(&*status))
    }
}
