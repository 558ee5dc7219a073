use super::host::{FIRST_HOSTED, Host, OF_CALL, OF_REPLY, OF_TASK, OF_WAITING};
use crate::{
    Millis,
    client::{Client, Config, Fetch, Input, Output},
    task::Outcome,
    wire::http::RESPONSE_HEADERS,
};
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
};
use wasm_bindgen::prelude::*;

/// `setTimeout` fires at once for anything longer.
const LONGEST_WAIT_MS: u64 = i32::MAX as u64;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
    #[wasm_bindgen(js_namespace = Math)]
    fn random() -> f64;
}

/// Runs one engine: one input, its outputs, one timer.
pub(super) struct Driver {
    host: Host,
    engine: RefCell<Client>,
    /// When the host's one timer rings.
    wakes_at: Cell<Option<Millis>>,
    /// Outputs in order, until they are obeyed; whatever a callback causes comes behind what was there.
    outputs: RefCell<VecDeque<Output>>,
    obeying: Cell<bool>,
    words: RefCell<String>,
    /// What the last notification was that the host was told of.
    last_method: RefCell<String>,
}

impl Driver {
    pub(super) fn new(config: Config, host: Host) -> Self {
        // Only jitter depends on it.
        let seed = (random() * 9e15) as u64;
        Self {
            host,
            engine: RefCell::new(Client::new(config, seed)),
            wakes_at: Cell::new(None),
            outputs: RefCell::default(),
            obeying: Cell::new(false),
            words: RefCell::default(),
            last_method: RefCell::default(),
        }
    }

    /// One turn: the engine is borrowed for the input only, and JavaScript is called after the borrow has ended, so that
    /// a callback may call every method.
    pub(super) fn turn(&self, input: Input<'_>) {
        let now = performance_now() as Millis;
        if matches!(input, Input::Timeout) {
            self.wakes_at.set(None);
        }
        let wake_at = {
            let mut engine = self.engine.borrow_mut();
            engine.handle_input(now, input);
            engine.take_outputs(&mut self.outputs.borrow_mut());
            engine.poll_timeout().map(|(at, _)| at)
        };
        // Most turns change nothing here, and each call into the platform costs.
        if self.wakes_at.replace(wake_at) != wake_at {
            // One that rings early (a clamped wait) is set again by the turn it causes.
            self.host.wake(wake_at.map(|at| at.saturating_sub(now).min(LONGEST_WAIT_MS) as f64));
        }
        if self.obeying.replace(true) {
            return;
        }
        loop {
            // A statement of its own: the borrow must end before JavaScript is called.
            let next = self.outputs.borrow_mut().pop_front();
            let Some(output) = next else { break };
            self.obey(output);
        }
        self.obeying.set(false);
    }

    fn obey(&self, output: Output) {
        let host = &self.host;
        match output {
            Output::Fetch(request) => self.fetch(&request),
            Output::Abort(exchange) => host.abort(exchange),
            Output::Speaks(era) => host.speaks(era.revision()),
            Output::Session(text) => host.session(text.as_deref()),
            Output::Created { handle, task_id } => host.created(handle, task_id.as_deref()),
            Output::Changed { handle, snapshot } => {
                let mut words = self.words.take();
                host.changed(handle, &snapshot, &mut words);
                self.words.replace(words);
            }
            Output::Settled { handle, outcome, is_wrapped, is_unseen } => match outcome {
                Outcome::Result(json) => host.settled(handle, false, is_wrapped, &json),
                Outcome::ToolError(json) => host.settled(handle, true, is_wrapped, &json),
                Outcome::Failure(failure) => {
                    host.failed(if is_unseen { OF_CALL } else { OF_TASK }, handle, &failure);
                }
            },
            Output::Interrupted { handle, failure } => host.failed(OF_WAITING, handle, &failure),
            Output::Replied { reply, answer } => match answer {
                Ok(json) => host.replied(reply, &json),
                Err(failure) => host.failed(OF_REPLY, reply, &failure),
            },
            Output::Asked { input, handle, kind, key, params, id } => {
                host.asked(input, handle.unwrap_or(0), kind as u8, kind.method(), &key, &params, id.as_deref());
            }
            Output::Hosted { input, handle, hosted, params } => {
                let kind = FIRST_HOSTED + hosted as u8;
                host.asked(input, handle.unwrap_or(0), kind, hosted.method(), "", &params, None);
            }
            Output::InputOver { input } => host.input_over(input),
            Output::Progress { handle, json } => host.progress(handle, &json),
            Output::Notified { method, params } => {
                let is_new = *self.last_method.borrow() != method;
                host.notified(is_new.then_some(method.as_str()), &params);
                if is_new {
                    self.last_method.replace(method);
                }
            }
            Output::Warning { code, message } => host.warned(code, &message),
        }
    }

    fn fetch(&self, request: &Fetch) {
        let Fetch { exchange, url, method, headers, body, keepalive } = request;
        self.host.fetch(
            *exchange,
            RESPONSE_HEADERS,
            url,
            method.as_str(),
            headers.as_str(),
            body.as_deref(),
            *keepalive,
        );
    }
}
