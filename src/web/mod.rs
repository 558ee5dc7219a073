//! The driver: runs the engine in JavaScript. It obeys and decides nothing.

mod driver;
mod fetch;
mod host;
mod panic;
mod timer;

pub use host::Host;

use crate::{
    client::{Call, CallKind, Config, Input, PauseReason, Query, TaskMode},
    task::Interest,
    wire::v2025::TaskOption,
};
use driver::Driver;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// One client, as the JavaScript face sees it. Every method may be called from within every callback.
#[wasm_bindgen]
pub struct Core {
    driver: Rc<Driver>,
}

#[wasm_bindgen]
#[allow(missing_docs)] // Internal to the package: the public face and its documentation are src/js.
impl Core {
    /// The face has checked every number; what the user left out is absent.
    #[wasm_bindgen(constructor)]
    pub fn new(
        host: Host,
        endpoint: &str,
        client_info: Option<String>,
        poll_interval_ms: Option<f64>,
        max_message_bytes: Option<f64>,
        stream: Option<bool>,
    ) -> Result<Core, JsValue> {
        panic::watch(&host)?;
        let mut config = Config::new(endpoint);
        config.client_info = client_info.unwrap_or(config.client_info);
        config.poll_interval_ms = poll_interval_ms.map_or(config.poll_interval_ms, |n| n as u64);
        config.max_message_bytes = max_message_bytes.map_or(config.max_message_bytes, |n| n as usize);
        config.stream = stream.unwrap_or(config.stream);
        Ok(Core { driver: Driver::new(config, host) })
    }

    /// `arguments` is JSON text, `client_info` too: the platform has just written them. `ttl_ms`: absent for a plain call, negative for a task without a wish.
    #[wasm_bindgen(js_name = callTool)]
    pub fn call_tool(&self, handle: u32, name: String, arguments: String, ttl_ms: Option<f64>) -> Result<(), JsValue> {
        self.call(handle, CallKind::Tool, name, arguments, ttl_ms)
    }

    #[wasm_bindgen(js_name = getPrompt)]
    pub fn get_prompt(&self, handle: u32, name: String, arguments: String, ttl_ms: Option<f64>) -> Result<(), JsValue> {
        self.call(handle, CallKind::Prompt, name, arguments, ttl_ms)
    }

    #[wasm_bindgen(js_name = readResource)]
    pub fn read_resource(&self, handle: u32, uri: String, ttl_ms: Option<f64>) -> Result<(), JsValue> {
        self.call(handle, CallKind::Resource, uri, "{}".into(), ttl_ms)
    }

    fn call(
        &self,
        handle: u32,
        kind: CallKind,
        name: String,
        arguments: String,
        ttl_ms: Option<f64>,
    ) -> Result<(), JsValue> {
        let mode = match ttl_ms {
            None => TaskMode::Never,
            Some(ms) => TaskMode::WhatIsOffered(TaskOption { ttl_ms: (ms >= 0.0).then_some(ms as u64) }),
        };
        self.turn(Input::Call { handle, call: Call { kind, name, arguments, mode } })
    }

    pub fn attach(&self, handle: u32, task_id: String) -> Result<(), JsValue> {
        self.turn(Input::Attach { handle, task_id })
    }

    pub fn watch(&self, handle: u32, result: bool) -> Result<(), JsValue> {
        self.turn(Input::Watch { handle, interest: interest(result) })
    }

    pub fn unwatch(&self, handle: u32, result: bool) -> Result<(), JsValue> {
        self.turn(Input::Unwatch { handle, interest: interest(result) })
    }

    pub fn refresh(&self, handle: u32, reply: u32) -> Result<(), JsValue> {
        self.turn(Input::Refresh { handle, reply })
    }

    pub fn cancel(&self, handle: u32, reply: u32) -> Result<(), JsValue> {
        self.turn(Input::Cancel { handle, reply })
    }

    pub fn abandon(&self, handle: u32) -> Result<(), JsValue> {
        self.turn(Input::Abandon { handle })
    }

    pub fn forget(&self, handle: u32) -> Result<(), JsValue> {
        self.turn(Input::Forget { handle })
    }

    #[wasm_bindgen(js_name = listTools)]
    pub fn list_tools(&self, reply: u32) -> Result<(), JsValue> {
        self.turn(Input::List { kind: CallKind::Tool, reply })
    }

    #[wasm_bindgen(js_name = listPrompts)]
    pub fn list_prompts(&self, reply: u32) -> Result<(), JsValue> {
        self.turn(Input::List { kind: CallKind::Prompt, reply })
    }

    #[wasm_bindgen(js_name = listResources)]
    pub fn list_resources(&self, reply: u32) -> Result<(), JsValue> {
        self.turn(Input::List { kind: CallKind::Resource, reply })
    }

    /// `what`: 0 ping, 1 state of a task, 2 result of a task, 3 a page of the tasks, 4 cancel a task. `which`: the task, or
    /// the page's cursor.
    pub fn ask(&self, reply: u32, what: u8, which: Option<String>) -> Result<(), JsValue> {
        let task_id = which.clone().unwrap_or_default();
        let query = match what {
            0 => Query::Ping,
            1 => Query::GetTask(task_id),
            2 => Query::TaskResult(task_id),
            3 => Query::ListTasks(which),
            _ => Query::CancelTask(task_id),
        };
        self.turn(Input::Ask { reply, query })
    }

    pub fn close(&self) -> Result<(), JsValue> {
        self.turn(Input::Close)
    }

    /// 0 hidden, 1 offline, 2 frozen.
    pub fn pause(&self, reason: u8, on: bool) -> Result<(), JsValue> {
        let reason = match reason {
            0 => PauseReason::Hidden,
            1 => PauseReason::Offline,
            _ => PauseReason::Frozen,
        };
        self.turn(if on { Input::Pause(reason) } else { Input::Resume(reason) })
    }

    fn turn(&self, input: Input<'_>) -> Result<(), JsValue> {
        panic::check()?;
        self.driver.turn(input);
        Ok(())
    }
}

fn interest(result: bool) -> Interest {
    if result { Interest::Result } else { Interest::Status }
}
