//! The driver: runs the engine in JavaScript. It obeys and decides nothing.

mod driver;
mod fetch;
mod host;
mod timer;

pub use host::Host;

use crate::{
    client::{Call, CallKind, Config, Input, InputAnswer, PauseReason, Query, TaskMode},
    task::Interest,
    wire::v2025::TaskOption,
};
use driver::Driver;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// One client, as the JavaScript face sees it. Every method may be called from within every callback.
#[wasm_bindgen]
pub struct Core {
    driver: Rc<Driver>,
}

#[wasm_bindgen]
#[allow(missing_docs)] // Internal to the package: the public face and its documentation are src/js.
impl Core {
    /// The face has checked every number; what the user left out is absent. `client_info` is JSON text. `flags`: 1, 2 and 4
    /// elicitation, sampling and roots are served, 8 every task is watched, 16 other notifications are told, 32 no stream.
    #[wasm_bindgen(constructor)]
    pub fn new(
        host: Host,
        endpoint: &str,
        client_info: Option<String>,
        poll_interval_ms: Option<f64>,
        max_message_bytes: Option<f64>,
        flags: u32,
    ) -> Core {
        let mut config = Config::new(endpoint);
        config.client_info = client_info.unwrap_or(config.client_info);
        config.poll_interval_ms = poll_interval_ms.map_or(config.poll_interval_ms, |n| n as u64);
        config.max_message_bytes = max_message_bytes.map_or(config.max_message_bytes, |n| n as usize);
        let [has_elicitation, has_sampling, has_roots, watch_all, notifications, no_stream] =
            [1, 2, 4, 8, 16, 32].map(|flag| flags & flag != 0);
        config.serves = [has_elicitation, has_sampling, has_roots];
        (config.watch_all, config.notifications, config.stream) = (watch_all, notifications, !no_stream);
        Core { driver: Driver::new(config, host) }
    }

    /// `kind`: 0 tool, 1 prompt, 2 resource. `arguments` is JSON text. `ttl_ms`: absent for a plain call, negative for a task without a wish.
    pub fn call(&self, handle: u32, kind: u8, name: String, arguments: String, ttl_ms: Option<f64>) {
        let mode = match ttl_ms {
            None => TaskMode::Never,
            Some(ms) => TaskMode::WhatIsOffered(TaskOption { ttl_ms: (ms >= 0.0).then_some(ms as u64) }),
        };
        self.turn(Input::Call { handle, call: Call { kind: call_kind(kind), name, arguments, mode } });
    }

    pub fn attach(&self, handle: u32, task_id: String) {
        self.turn(Input::Attach { handle, task_id });
    }

    pub fn watch(&self, handle: u32, result: bool) {
        self.turn(Input::Watch { handle, interest: interest(result) });
    }

    pub fn unwatch(&self, handle: u32, result: bool) {
        self.turn(Input::Unwatch { handle, interest: interest(result) });
    }

    pub fn refresh(&self, handle: u32, reply: u32) {
        self.turn(Input::Refresh { handle, reply });
    }

    pub fn cancel(&self, handle: u32, reply: u32) {
        self.turn(Input::Cancel { handle, reply });
    }

    pub fn abandon(&self, handle: u32) {
        self.turn(Input::Abandon { handle });
    }

    pub fn forget(&self, handle: u32) {
        self.turn(Input::Forget { handle });
    }

    /// `kind` as for `call`.
    pub fn list(&self, reply: u32, kind: u8) {
        self.turn(Input::List { kind: call_kind(kind), reply });
    }

    /// `what`: 0 ping, 1 state of a task, 2 result of a task, 3 a page of the tasks, 4 cancel a task. `which`: the task, or
    /// the page's cursor.
    pub fn ask(&self, reply: u32, what: u8, which: Option<String>) {
        let task_id = which.clone().unwrap_or_default();
        let query = match what {
            0 => Query::Ping,
            1 => Query::GetTask(task_id),
            2 => Query::TaskResult(task_id),
            3 => Query::ListTasks(which),
            _ => Query::CancelTask(task_id),
        };
        self.turn(Input::Ask { reply, query });
    }

    /// `json`: the answer; absent: there is none, and `code` and `message` say why.
    pub fn respond(&self, input: u32, reply: u32, json: Option<String>, code: f64, message: String) {
        let error = || InputAnswer::Error { code: code as i64, message };
        self.turn(Input::Respond { input, answer: json.map_or_else(error, InputAnswer::Result), reply });
    }

    pub fn multiplexed(&self) {
        self.turn(Input::Multiplexed);
    }

    pub fn close(&self) {
        self.turn(Input::Close);
    }

    /// 0 hidden, 1 offline, 2 frozen.
    pub fn pause(&self, reason: u8, on: bool) {
        let reason = match reason {
            0 => PauseReason::Hidden,
            1 => PauseReason::Offline,
            _ => PauseReason::Frozen,
        };
        self.turn(if on { Input::Pause(reason) } else { Input::Resume(reason) });
    }

    fn turn(&self, input: Input<'_>) {
        self.driver.turn(input);
    }
}

fn call_kind(kind: u8) -> CallKind {
    match kind {
        0 => CallKind::Tool,
        1 => CallKind::Prompt,
        _ => CallKind::Resource,
    }
}

fn interest(result: bool) -> Interest {
    if result { Interest::Result } else { Interest::Status }
}
