//! The wasm exports: of the client (feature `client`) and of the receiver (feature `receiver`). They make no decisions.

#[cfg(feature = "client")]
mod driver;
#[cfg(feature = "client")]
mod host;
#[cfg(feature = "receiver")]
pub mod receiver;

#[cfg(feature = "client")]
pub use host::Host;

#[cfg(feature = "client")]
use crate::{
    client::{Call, CallKind, Config, Era, Hosts, Input, InputAnswer, PauseReason, Query, TaskMode},
    task::Interest,
    wire::{ask::TaskOption, http::Head},
};
#[cfg(feature = "client")]
use driver::Driver;
#[cfg(feature = "client")]
use wasm_bindgen::prelude::*;

#[cfg(feature = "client")]
/// What [`Core::tell`] can tell. The same numbers stand in `src/js/link.ts`.
pub mod tell {
    /// Watch a task; 1: for its result, 0: for its status.
    pub const WATCH: u8 = 0;
    /// Watch it no longer; 1 and 0 as before.
    pub const UNWATCH: u8 = 1;
    /// Ask for its state now.
    pub const REFRESH: u8 = 2;
    /// Cancel it.
    pub const CANCEL: u8 = 3;
    /// The caller gave up before it was named.
    pub const ABANDON: u8 = 4;
    /// Nobody holds it any more.
    pub const FORGET: u8 = 5;
    /// List tools (0), prompts (1) or resources (2).
    pub const LIST: u8 = 6;
    /// The page is hidden (0), offline (1) or frozen (2); 1: now, 0: no more.
    pub const PAUSE: u8 = 7;
    /// The connection carries any number of requests.
    pub const MULTIPLEXED: u8 = 8;
    /// End everything.
    pub const CLOSE: u8 = 9;
    /// The timer rings.
    pub const TIMEOUT: u8 = 10;
}

#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

#[cfg(feature = "client")]
/// One client, as the JavaScript face sees it. Every method may be called from within every callback.
#[wasm_bindgen]
pub struct Core {
    driver: Driver,
}

#[cfg(feature = "client")]
#[wasm_bindgen]
#[allow(missing_docs)] // Internal to the package: the public face and its documentation are src/js.
impl Core {
    /// The face has checked every number; what the user left out is absent. `client_info` is JSON text. `flags`: 1, 2 and 4
    /// elicitation, sampling and roots are served, 8 every task is watched, 16 other notifications are told, 32 no stream; 64 and 128
    /// only sessions and only requests that stand alone are spoken, 256 and 512 they were spoken before; 1024, 2048, 4096 and 8192 our
    /// own tasks may be listed and cancelled, and sampling and elicitation may become such; 16384 the session
    /// is kept. `session`: the one to go on with.
    #[wasm_bindgen(constructor)]
    pub fn new(
        host: Host,
        endpoint: &str,
        client_info: Option<String>,
        poll_interval_ms: Option<f64>,
        max_message_bytes: Option<f64>,
        flags: u32,
        session: Option<String>,
    ) -> Core {
        let mut config = Config::new(endpoint);
        config.client_info = client_info.unwrap_or(config.client_info);
        config.poll_interval_ms = poll_interval_ms.map_or(config.poll_interval_ms, |n| n as u64);
        config.max_message_bytes = max_message_bytes.map_or(config.max_message_bytes, |n| n as usize);
        let [has_elicitation, has_sampling, has_roots, watch_all, notifications, no_stream] =
            [1, 2, 4, 8, 16, 32].map(|flag| flags & flag != 0);
        config.serves = [has_elicitation, has_sampling, has_roots];
        (config.watch_all, config.notifications, config.stream) = (watch_all, notifications, !no_stream);
        let [list, cancel, sampling, elicitation] = [1024, 2048, 4096, 8192].map(|flag| flags & flag != 0);
        config.hosts = Hosts { list, cancel, sampling, elicitation };
        let era = |bits: u32| match bits & 3 {
            0 => None,
            1 => Some(Era::Handshake),
            _ => Some(Era::Stateless),
        };
        (config.era, config.spoken) = (era(flags >> 6), era(flags >> 8));
        (config.session, config.keeps_session) = (session, flags & 16384 != 0);
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

    /// What needs no more than numbers, in one export: each costs every page some bytes. `what` is one of [`tell`];
    /// `which` is the handle, or what is named there; `more` is the number of the reply, or 0 and 1.
    pub fn tell(&self, what: u8, which: u32, more: u32) {
        let (handle, reply, yes) = (which, more, more == 1);
        self.turn(match what {
            tell::WATCH => Input::Watch { handle, interest: interest(yes) },
            tell::UNWATCH => Input::Unwatch { handle, interest: interest(yes) },
            tell::REFRESH => Input::Refresh { handle, reply },
            tell::CANCEL => Input::Cancel { handle, reply },
            tell::ABANDON => Input::Abandon { handle },
            tell::FORGET => Input::Forget { handle },
            tell::LIST => Input::List { kind: call_kind(which as u8), reply },
            tell::PAUSE if yes => Input::Pause(pause_reason(which)),
            tell::PAUSE => Input::Resume(pause_reason(which)),
            tell::MULTIPLEXED => Input::Multiplexed,
            tell::TIMEOUT => Input::Timeout,
            _ => Input::Close,
        });
    }

    /// `what`: 0 ping, 1 state of a task, 2 result of a task, 3 a page of the tasks, 4 cancel a task, 5 nothing: tell of a
    /// task of ours. `which`: the task, the page's cursor, or how our task stands. 6: the task of the handle
    /// `reply` was asked `which` before.
    pub fn ask(&self, reply: u32, what: u8, which: Option<String>) {
        let task_id = which.clone().unwrap_or_default();
        let query = match what {
            0 => Query::Ping,
            1 => Query::GetTask(task_id),
            2 => Query::TaskResult(task_id),
            3 => Query::ListTasks(which),
            5 => return self.turn(Input::Tell { task: task_id }),
            6 => return self.turn(Input::AskedBefore { handle: reply, message: &task_id }),
            _ => Query::CancelTask(task_id),
        };
        self.turn(Input::Ask { reply, query });
    }

    /// `json`: the answer; absent: there is none, and `code` and `message` say why.
    pub fn respond(&self, input: u32, reply: u32, json: Option<String>, code: f64, message: String) {
        let error = || InputAnswer::Error { code: code as i64, message };
        self.turn(Input::Respond { input, answer: json.map_or_else(error, InputAnswer::Result), reply });
    }

    /// A response began. `headers`: the values that were wanted, one a line; `redirected_to`: where it came from, if not
    /// from where it was asked for.
    pub fn head(&self, exchange: u32, status: u16, headers: &str, redirected_to: Option<String>) {
        let head = Head { redirected_to, ..Head::from_lines(status, headers) };
        self.turn(Input::Head { exchange, head });
    }

    /// A part of its body came.
    pub fn chunk(&self, exchange: u32, bytes: &[u8]) {
        self.turn(Input::Chunk { exchange, bytes });
    }

    /// It has ended; `why`: it broke, in the platform's words.
    pub fn over(&self, exchange: u32, why: Option<String>) {
        self.turn(match &why {
            None => Input::End { exchange },
            Some(why) => Input::Failed { exchange, why },
        });
    }

    fn turn(&self, input: Input<'_>) {
        self.driver.turn(input);
    }
}

#[cfg(feature = "client")]
fn call_kind(kind: u8) -> CallKind {
    match kind {
        0 => CallKind::Tool,
        1 => CallKind::Prompt,
        _ => CallKind::Resource,
    }
}

#[cfg(feature = "client")]
fn pause_reason(reason: u32) -> PauseReason {
    match reason {
        0 => PauseReason::Hidden,
        1 => PauseReason::Offline,
        _ => PauseReason::Frozen,
    }
}

#[cfg(feature = "client")]
fn interest(result: bool) -> Interest {
    if result { Interest::Result } else { Interest::Status }
}
