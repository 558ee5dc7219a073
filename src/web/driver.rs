use super::{fetch, host::Host, timer::Timer};
use crate::{
    Millis,
    client::{Client, Config, ExchangeId, Input, Output},
    task::Outcome,
};
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::{Rc, Weak},
};
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// Runs one engine: one input, its outputs, one timer.
pub(super) struct Driver {
    pub(super) host: Host,
    engine: RefCell<Client>,
    timer: Timer,
    aborts: RefCell<Vec<(ExchangeId, AbortController)>>,
    /// Outputs in order, until they are obeyed; whatever a callback causes comes behind what was there.
    outputs: RefCell<VecDeque<Output>>,
    obeying: Cell<bool>,
}

impl Driver {
    pub(super) fn new(config: Config, host: Host) -> Rc<Self> {
        // Only jitter depends on it.
        let seed = (js_sys::Math::random() * 9e15) as u64;
        Rc::new_cyclic(|me| {
            let me: Weak<Self> = me.clone();
            let on_time = move || {
                if let Some(driver) = me.upgrade() {
                    driver.timer.rang();
                    driver.turn(Input::Timeout);
                }
            };
            Self {
                host,
                engine: RefCell::new(Client::new(config, seed)),
                timer: Timer::new(on_time),
                aborts: RefCell::default(),
                outputs: RefCell::default(),
                obeying: Cell::new(false),
            }
        })
    }

    /// One turn: the engine is borrowed for the input only, and JavaScript is called after the borrow has ended, so that
    /// a callback may call every method.
    pub(super) fn turn(self: &Rc<Self>, input: Input<'_>) {
        let now = now();
        {
            let mut engine = self.engine.borrow_mut();
            engine.handle_input(now, input);
            let mut outputs = self.outputs.borrow_mut();
            while let Some(output) = engine.poll_output() {
                outputs.push_back(output);
            }
            self.timer.set(engine.poll_timeout().map(|(at, _)| at), now);
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

    /// The exchange is over: nothing to abort any more.
    pub(super) fn forget_exchange(&self, exchange: ExchangeId) -> bool {
        self.take_abort(exchange).is_some()
    }

    pub(super) fn has_exchange(&self, exchange: ExchangeId) -> bool {
        self.aborts.borrow().iter().any(|(id, _)| *id == exchange)
    }

    fn obey(self: &Rc<Self>, output: Output) {
        let host = &self.host;
        // What the face throws is its own fault and must not reach the engine.
        let _ = match output {
            Output::Fetch(request) => self.start(request),
            Output::Abort(exchange) => {
                if let Some(abort) = self.take_abort(exchange) {
                    abort.abort();
                }
                Ok(())
            }
            Output::Speaks(era) => host.speaks(era.revision()),
            Output::Created { handle, task_id } => host.created(handle, task_id.as_deref()),
            Output::Changed { handle, snapshot } => host.changed(handle, &snapshot),
            Output::Settled { handle, outcome, is_wrapped } => match outcome {
                Outcome::Result(json) => host.settled(handle, false, is_wrapped, &json),
                Outcome::ToolError(json) => host.settled(handle, true, is_wrapped, &json),
                Outcome::Failure(failure) => host.failed(handle, true, &failure),
            },
            Output::Interrupted { handle, failure } => host.failed(handle, false, &failure),
            Output::Replied { reply, answer } => match answer {
                Ok(json) => host.replied(reply, &json),
                Err(failure) => host.rejected(reply, &failure),
            },
            Output::Asked { input, handle, kind, key, params } => {
                host.asked(input, handle.unwrap_or(0), kind as u8, kind.method(), &key, &params)
            }
            Output::InputOver { input } => host.input_over(input),
            Output::Progress { handle, json } => host.progress(handle, &json),
            Output::Notified { method, params } => host.notified(&method, &params),
            Output::Warning { code, message } => host.warned(code, &message),
        };
    }

    fn take_abort(&self, exchange: ExchangeId) -> Option<AbortController> {
        let mut aborts = self.aborts.borrow_mut();
        let at = aborts.iter().position(|(id, _)| *id == exchange)?;
        Some(aborts.swap_remove(at).1)
    }

    fn start(self: &Rc<Self>, request: crate::client::Fetch) -> Result<(), JsValue> {
        let abort = AbortController::new()?;
        let signal = abort.signal();
        self.aborts.borrow_mut().push((request.exchange, abort));
        wasm_bindgen_futures::spawn_local(fetch::run(Rc::clone(self), request, signal));
        Ok(())
    }
}

/// Milliseconds on the platform's monotonic clock.
fn now() -> Millis {
    performance_now() as Millis
}
