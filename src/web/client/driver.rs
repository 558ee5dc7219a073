//! The driver: one engine, its outputs in order, its timer, its page events and its exchanges.

use super::{
    fetch::{self, NextStep},
    observers::{Awaits, Event, Waiter},
    options::{Callbacks, EngineOptions},
    page::{Page, is_chromium},
    task_record::TaskRecord,
    timer::{Clock, Timer},
};
use crate::{
    client::{Client, ExchangeId, Fetch, Handle, Input, InputId, Output, PauseReason, ReplyId, WarningLimit},
    task::Interest,
};
use js_sys::{Function, Promise};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    rc::{Rc, Weak},
};
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Math)]
    fn random() -> f64;
}

/// The promise of a reply.
pub(super) struct PendingReply {
    pub(super) resolve: Function,
    pub(super) reject: Function,
}

/// Runs one engine.
pub(super) struct Driver {
    pub(super) options: EngineOptions,
    pub(super) callbacks: Callbacks,
    engine: RefCell<Client>,
    timer: Timer,
    clock: Clock,
    page: RefCell<Option<Page>>,
    exchanges: RefCell<Vec<(ExchangeId, AbortController)>>,
    /// How exchanges go on that were redirected.
    next_steps: RefCell<Vec<(ExchangeId, NextStep)>>,
    /// The tasks that the engine knows, by their handles.
    pub(super) tasks: RefCell<BTreeMap<Handle, Rc<TaskRecord>>>,
    /// The pending replies: few at a time, so a list is searched. A map was measured at 1.8 KB gzip more.
    pub(super) replies: RefCell<Vec<(ReplyId, PendingReply)>>,
    /// The open input requests, each with the records that show it.
    pub(super) open_inputs: RefCell<Vec<(InputId, Vec<Rc<TaskRecord>>)>>,
    next_number: Cell<u32>,
    /// Every task of the client is observed.
    pub(super) observes_all: bool,
    pub(super) is_chromium: bool,
    /// The application answers input requests.
    pub(super) answers_input: bool,
    pub(super) warnings: RefCell<WarningLimit>,
    /// What the platform threw last in place of a response.
    pub(super) last_thrown: RefCell<JsValue>,
    /// How long the engine has worked since the page had a turn, in milliseconds.
    pub(super) busy_ms: Cell<f64>,
    pub(super) is_multiplexed: Cell<bool>,
    /// A buffer for received bytes that all exchanges share.
    pub(super) buffer: RefCell<Vec<u8>>,
    /// Outputs in order, until they are carried out. Outputs that a callback causes are appended.
    outputs: RefCell<VecDeque<Output>>,
    is_delivering: Cell<bool>,
    is_closed: Cell<bool>,
    paused: RefCell<Vec<PauseReason>>,
    /// The driver itself, while a timer is set or the engine is paused. JavaScript may have collected the client and its handles
    /// although an application awaits one of their promises; a request in flight keeps the driver already.
    kept: RefCell<Option<Rc<Self>>>,
    /// The method of the last notification, as the string that JavaScript has: most notifications repeat it.
    pub(super) last_method: RefCell<Option<(String, js_sys::JsString)>>,
}

impl Driver {
    pub(super) fn new(endpoint: &str, options: EngineOptions) -> Rc<Self> {
        let config = options.config(endpoint);
        // Only the jitter of waits depends on it.
        let seed = (random() * 9e15) as u64;
        let driver = Rc::new_cyclic(|weak: &Weak<Self>| Self {
            observes_all: config.watch_all,
            is_chromium: is_chromium(),
            answers_input: config.input_handlers.contains(&true),
            warnings: RefCell::default(),
            callbacks: Callbacks::new(&options),
            options,
            engine: RefCell::new(Client::new(config, seed)),
            timer: Timer::new(on_timer(weak.clone())),
            clock: Clock::default(),
            page: RefCell::default(),
            exchanges: RefCell::default(),
            next_steps: RefCell::default(),
            tasks: RefCell::default(),
            replies: RefCell::default(),
            open_inputs: RefCell::default(),
            next_number: Cell::new(1),
            last_thrown: RefCell::new(JsValue::UNDEFINED),
            busy_ms: Cell::default(),
            is_multiplexed: Cell::default(),
            buffer: RefCell::default(),
            outputs: RefCell::default(),
            is_delivering: Cell::default(),
            is_closed: Cell::default(),
            paused: RefCell::default(),
            kept: RefCell::default(),
            last_method: RefCell::default(),
        });
        let weak = Rc::downgrade(&driver);
        let page = Page::listen(move |input| {
            if let Some(driver) = weak.upgrade() {
                driver.turn(input);
            }
        });
        driver.page.replace(Some(page));
        driver
    }

    /// A number for a handle or a reply.
    pub(super) fn next_number(&self) -> u32 {
        let number = self.next_number.get();
        self.next_number.set(number.wrapping_add(1));
        number
    }

    /// One turn: an input and the outputs that follow. The engine is borrowed for the input only; JavaScript is called after the
    /// borrow has ended, so that a callback may call every method.
    pub(super) fn turn(self: &Rc<Self>, input: Input<'_>) {
        let now = self.clock.now();
        self.note_pause(&input);
        let wake_at = {
            let mut engine = self.engine.borrow_mut();
            engine.handle_input(now, input);
            engine.take_outputs(&mut self.outputs.borrow_mut());
            engine.poll_timeout().map(|(at, _)| at)
        };
        self.timer.set(wake_at, now);
        let is_kept = wake_at.is_some() || !self.paused.borrow().is_empty();
        self.kept.replace(is_kept.then(|| Rc::clone(self)));
        if self.is_delivering.replace(true) {
            return;
        }
        loop {
            // A statement of its own: the borrow must end before JavaScript is called.
            let next = self.outputs.borrow_mut().pop_front();
            let Some(output) = next else { break };
            self.deliver(output);
        }
        self.is_delivering.set(false);
    }

    /// Keeps the reasons to pause, of which none holds for a closed client.
    fn note_pause(&self, input: &Input<'_>) {
        let mut paused = self.paused.borrow_mut();
        match input {
            Input::Pause(reason) if !paused.contains(reason) && !self.is_closed.get() => paused.push(*reason),
            Input::Resume(reason) => paused.retain(|paused| paused != reason),
            Input::Close => paused.clear(),
            _ => {}
        }
    }

    /// Adds a task, which the engine is about to learn of.
    pub(super) fn add(&self, record: TaskRecord) -> Rc<TaskRecord> {
        let record = Rc::new(record);
        self.tasks.borrow_mut().insert(record.handle, Rc::clone(&record));
        record
    }

    pub(super) fn task(&self, handle: Handle) -> Option<Rc<TaskRecord>> {
        self.tasks.borrow().get(&handle).cloned()
    }

    /// Asks the engine something that it answers once; `ask` makes the input from the reply's number.
    pub(super) fn ask<'a>(self: &Rc<Self>, ask: impl FnOnce(ReplyId) -> Input<'a>) -> Promise {
        let (reply, promise) = self.new_reply();
        self.turn(ask(reply));
        promise
    }

    fn new_reply(&self) -> (ReplyId, Promise) {
        let id = self.next_number();
        let promise = Promise::new(&mut |resolve, reject| {
            self.replies.borrow_mut().push((id, PendingReply { resolve, reject }));
        });
        (id, promise)
    }

    /// A promise for something about a task, and the number that ends the waiting early.
    pub(super) fn wait(self: &Rc<Self>, record: &TaskRecord, awaits: Awaits) -> (u32, Promise) {
        let (id, promise) = record.observers.wait(awaits);
        if let Some(interest) = awaits.interest() {
            self.turn(Input::Watch { handle: record.handle, interest });
        }
        (id, promise)
    }

    /// Ends a waiting early.
    pub(super) fn stop_waiting(self: &Rc<Self>, record: &TaskRecord, id: u32) {
        let stopped = record.observers.take_waiters(|waiter| waiter.id == id);
        for waiter in &stopped {
            self.unwatch(record, waiter);
            // Settled so that the callbacks registered on the promise are freed: the application does not have this promise.
            waiter.resolve(&JsValue::UNDEFINED);
        }
        self.release_if_unused(record);
    }

    /// The engine need no longer observe the task for this waiter.
    pub(super) fn unwatch(self: &Rc<Self>, record: &TaskRecord, waiter: &Waiter) {
        if let Some(interest) = waiter.awaits.interest()
            && !record.is_settled()
        {
            self.turn(Input::Unwatch { handle: record.handle, interest });
        }
    }

    pub(super) fn listen(self: &Rc<Self>, record: &TaskRecord, event: Event, callback: Function) -> u32 {
        record.is_observed.set(true);
        let id = record.observers.listen(event, callback);
        if !record.is_settled() {
            self.turn(Input::Watch { handle: record.handle, interest: Interest::Status });
        }
        id
    }

    pub(super) fn unlisten(self: &Rc<Self>, record: &TaskRecord, id: u32) {
        if !record.observers.unlisten(id) {
            return;
        }
        if !record.is_settled() {
            self.turn(Input::Unwatch { handle: record.handle, interest: Interest::Status });
        }
        self.release_if_unused(record);
    }

    /// Forgets a task whose handle was collected and that nothing observes. Where every task is observed, it is kept until it has
    /// ended.
    pub(super) fn release_if_unused(self: &Rc<Self>, record: &TaskRecord) {
        let is_kept = self.observes_all && !record.status.is_terminal() && !self.is_closed.get();
        if !record.is_released.get() || is_kept || !record.observers.is_empty() {
            return;
        }
        if self.tasks.borrow_mut().remove(&record.handle).is_some() {
            self.turn(Input::Forget { handle: record.handle });
        }
    }

    /// Ends everything on this side. Tasks go on at the server.
    pub(super) fn close(self: &Rc<Self>) {
        if self.is_closed.replace(true) {
            return;
        }
        self.page.take();
        self.turn(Input::Close);
    }

    pub(super) fn start(self: &Rc<Self>, request: Fetch) {
        let Ok(controller) = AbortController::new() else { return };
        let signal = controller.signal();
        self.exchanges.borrow_mut().push((request.exchange, controller));
        wasm_bindgen_futures::spawn_local(fetch::run(Rc::clone(self), request, signal));
    }

    pub(super) fn abort(&self, exchange: ExchangeId) {
        if let Some(controller) = self.take_exchange(exchange) {
            controller.abort();
        }
    }

    pub(super) fn set_next_step(&self, exchange: ExchangeId, step: NextStep) {
        self.next_steps.borrow_mut().push((exchange, step));
    }

    /// How an exchange goes on that was redirected; `None`: not at all.
    pub(super) fn take_next_step(&self, exchange: ExchangeId) -> Option<NextStep> {
        take_by_id(&self.next_steps, exchange)
    }

    /// Whether the exchange is open: nothing more is reported about one that is not.
    pub(super) fn is_open(&self, exchange: ExchangeId) -> bool {
        self.exchanges.borrow().iter().any(|(open, _)| *open == exchange)
    }

    pub(super) fn take_exchange(&self, exchange: ExchangeId) -> Option<AbortController> {
        take_by_id(&self.exchanges, exchange)
    }
}

/// Removes the value with this id from a list whose order does not matter.
pub(super) fn take_by_id<T>(list: &RefCell<Vec<(u32, T)>>, id: u32) -> Option<T> {
    let mut list = list.borrow_mut();
    let at = list.iter().position(|(known, _)| *known == id)?;
    Some(list.swap_remove(at).1)
}

fn on_timer(weak: Weak<Driver>) -> impl FnMut() + 'static {
    move || {
        if let Some(driver) = weak.upgrade() {
            if let Some(due) = driver.timer.fired() {
                driver.clock.reach(due);
            }
            driver.turn(Input::Timeout);
        }
    }
}
