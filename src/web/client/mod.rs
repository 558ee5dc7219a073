//! The exported client of one server: runs the engine on the platform's `fetch`, timer and page events.

mod abort;
mod driver;
mod error;
mod events;
mod fetch;
mod input_requests;
mod observers;
mod options;
mod page;
mod task_handle;
mod task_record;
mod task_status;
mod timer;
mod types;
mod url;

pub use options::{CallOptions, EngineOptions, TaskRef};
pub use task_handle::{StatusOptions, TaskHandle, WaitForOptions, WaitOptions};
pub use task_status::TaskStatus;
pub use types::{CallTarget, EraName, InputKindName, PauseReasonName, StatusName};

use crate::client::{Call, CallKind, Input, InputAnswer, Query};
use driver::Driver;
use js_sys::{Promise, TypeError};
use std::rc::Rc;
use task_record::{Outcome, TaskRecord};
use wasm_bindgen::prelude::*;
use web_sys::Url;

/// A client of one MCP server. Creating it causes no I/O.
#[wasm_bindgen]
pub struct Client {
    driver: Rc<Driver>,
}

#[wasm_bindgen]
impl Client {
    /// `url` is the server's endpoint; in a page or a worker it may be relative. Throws a `TypeError` where it is not a URL.
    #[wasm_bindgen(constructor)]
    pub fn new(url: &str, options: Option<EngineOptions>) -> Result<Client, JsValue> {
        let url = match page::base_url() {
            Some(base) => Url::new_with_base(url, &base)?,
            None => Url::new(url)?,
        };
        let options = options.unwrap_or_else(EngineOptions::none);
        Ok(Client { driver: Driver::new(&url.href(), options) })
    }

    /// Calls a tool. `json` is the arguments: a JSON object as text.
    #[wasm_bindgen(js_name = callTool)]
    pub fn call_tool(&self, name: String, json: String, options: Option<CallOptions>) -> TaskHandle {
        self.call(CallKind::Tool, name, json, options)
    }

    /// Gets a prompt. `json` is the arguments: a JSON object of strings as text.
    #[wasm_bindgen(js_name = getPrompt)]
    pub fn get_prompt(&self, name: String, json: String, options: Option<CallOptions>) -> TaskHandle {
        self.call(CallKind::Prompt, name, json, options)
    }

    /// Reads a resource.
    #[wasm_bindgen(js_name = readResource)]
    pub fn read_resource(&self, uri: String, options: Option<CallOptions>) -> TaskHandle {
        self.call(CallKind::Resource, uri, "{}".into(), options)
    }

    /// The handle of a task that an earlier page or another tab created. `context` is passed to the client's callbacks.
    pub fn task(
        &self,
        task: &TaskRef,
        #[wasm_bindgen(unchecked_param_type = "unknown")] context: JsValue,
    ) -> Result<TaskHandle, JsValue> {
        let kind = task.kind().and_then(CallTarget::kind);
        let task_id = task.task_id().as_string().filter(|task_id: &String| !task_id.is_empty());
        let (Some(kind), Some(task_id)) = (kind, task_id) else {
            return Err(TypeError::new("a task reference has a taskId and a kind").into());
        };
        let handle = self.driver.next_number();
        let name = task.name().as_string().unwrap_or_default();
        let record = self.driver.add(TaskRecord::new(handle, kind, name, context, true));
        record.set_task_id(task_id.as_str().into());
        self.driver.join_open_inputs(&record);
        self.driver.turn(Input::Attach { handle, task_id });
        Ok(TaskHandle::new(Rc::clone(&self.driver), record))
    }

    /// The handle of a call that an earlier page left before the server had answered it: it has failed with the code `task_lost`.
    #[wasm_bindgen(js_name = lostTask)]
    pub fn lost_task(
        &self,
        kind: CallTarget,
        name: String,
        #[wasm_bindgen(unchecked_param_type = "unknown")] context: JsValue,
    ) -> TaskHandle {
        let message = format!(
            "the page was left before the server had answered the call of {name}: whether it runs is not known, and it was not sent again"
        );
        let kind = kind.kind().unwrap_or(CallKind::Tool);
        let record = Rc::new(TaskRecord::new(self.driver.next_number(), kind, name, context, true));
        record
            .settle(Outcome::Error { error: error::error(&self.driver.callbacks, "task_lost", &message), code: None });
        self.driver.warn_if_unobserved(Rc::clone(&record), message);
        TaskHandle::new(Rc::clone(&self.driver), record)
    }

    /// Every tool of the server, over all pages.
    #[wasm_bindgen(js_name = listTools, unchecked_return_type = "Promise<unknown[]>")]
    pub fn list_tools(&self) -> Promise {
        self.driver.ask(|reply| Input::List { kind: CallKind::Tool, reply })
    }

    /// Every prompt of the server, over all pages.
    #[wasm_bindgen(js_name = listPrompts, unchecked_return_type = "Promise<unknown[]>")]
    pub fn list_prompts(&self) -> Promise {
        self.driver.ask(|reply| Input::List { kind: CallKind::Prompt, reply })
    }

    /// Every resource of the server, over all pages.
    #[wasm_bindgen(js_name = listResources, unchecked_return_type = "Promise<unknown[]>")]
    pub fn list_resources(&self) -> Promise {
        self.driver.ask(|reply| Input::List { kind: CallKind::Resource, reply })
    }

    /// Resolves when the server has answered.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn ping(&self) -> Promise {
        self.query(Query::Ping)
    }

    /// The status of a task, by its id.
    #[wasm_bindgen(js_name = getTaskStatus, unchecked_return_type = "Promise<TaskStatus>")]
    pub fn get_task_status(&self, task_id: String) -> Promise {
        self.query(Query::GetTask(task_id))
    }

    /// The result of a task, by its id.
    #[wasm_bindgen(js_name = getTaskResult, unchecked_return_type = "Promise<unknown>")]
    pub fn get_task_result(&self, task_id: String) -> Promise {
        self.query(Query::TaskResult(task_id))
    }

    /// One page of the tasks that the server lists.
    #[wasm_bindgen(js_name = listTasks, unchecked_return_type = "Promise<{ tasks: TaskStatus[]; nextCursor?: string }>")]
    pub fn list_tasks(&self, cursor: Option<String>) -> Promise {
        self.query(Query::ListTasks(cursor))
    }

    /// Asks the server to cancel a task, by its id.
    #[wasm_bindgen(js_name = cancelTask, unchecked_return_type = "Promise<TaskStatus>")]
    pub fn cancel_task(&self, task_id: String) -> Promise {
        self.query(Query::CancelTask(task_id))
    }

    /// Answers an input request, by the `id` of its event. `answer` is a JSON object as text.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn respond(&self, id: u32, answer: String) -> Promise {
        self.answer(id, InputAnswer::Result(answer))
    }

    /// Answers an input request with a JSON-RPC error.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn refuse(&self, id: u32, code: f64, message: String) -> Promise {
        self.answer(id, InputAnswer::Error { code: code as i64, message })
    }

    /// Sends the server the status of a task that this client hosts. `task` is JSON text.
    #[wasm_bindgen(js_name = notifyTaskStatus)]
    pub fn notify_task_status(&self, task: String) {
        self.driver.turn(Input::NotifyTaskStatus { task });
    }

    /// Shows an input request that an earlier page of the same session left open. `request` is the JSON-RPC request as text.
    #[wasm_bindgen(js_name = restoreInputRequest)]
    pub fn restore_input_request(&self, task: &TaskHandle, request: &str) {
        self.driver.turn(Input::RestoreInputRequest { handle: task.number(), message: request });
    }

    /// Reports a reason to poll rarely or not at all, for a client in a worker, which has no page events.
    pub fn pause(&self, reason: PauseReasonName) {
        if let Some(reason) = reason.reason() {
            self.driver.turn(Input::Pause(reason));
        }
    }

    /// The reason has ended.
    pub fn resume(&self, reason: PauseReasonName) {
        if let Some(reason) = reason.reason() {
            self.driver.turn(Input::Resume(reason));
        }
    }

    /// Ends everything on this side: pending promises reject, streams and timers end. Tasks continue at the server.
    pub fn close(&self) {
        self.driver.close();
    }
}

impl Client {
    fn query(&self, query: Query) -> Promise {
        self.driver.ask(|reply| Input::Query { reply, query })
    }

    fn answer(&self, input: u32, answer: InputAnswer) -> Promise {
        self.driver.ask(|reply| Input::Respond { input, answer, reply })
    }

    fn call(&self, kind: CallKind, name: String, arguments: String, options: Option<CallOptions>) -> TaskHandle {
        let options = options.unwrap_or_else(CallOptions::none);
        let handle = self.driver.next_number();
        let raise_on_error = options.raise_on_error().unwrap_or(true);
        let record = TaskRecord::new(handle, kind, name.clone(), options.context(), raise_on_error);
        let record = self.driver.add(record);
        let task = TaskHandle::new(Rc::clone(&self.driver), Rc::clone(&record));
        let signal = options.signal();
        if let Some(signal) = signal.as_ref().filter(|signal| signal.aborted()) {
            self.driver.tasks.borrow_mut().remove(&handle);
            self.driver.settled(&record, Outcome::Error { error: signal.reason(), code: None });
            return task;
        }
        self.driver.turn(Input::Call { handle, call: Call { kind, name, arguments, mode: options.mode() } });
        if let Some(signal) = signal {
            task.abandon_on(&signal);
        }
        task
    }
}
