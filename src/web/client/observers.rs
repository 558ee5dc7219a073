//! The callbacks and the pending promises of one task.

use crate::{task::Interest, wire::snapshot::Status};
use js_sys::{Function, Promise};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::prelude::*;

/// What a callback is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// Each change of status.
    Status,
    /// Each progress notification.
    Progress,
    /// The outcome is known, or waiting for it was interrupted.
    Settled,
    /// All of these.
    Any,
}

/// What a pending promise waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaits {
    /// The server's answer to the call.
    Creation,
    /// The result.
    Result,
    /// This status; `None`: any terminal one.
    Status(Option<Status>),
}

impl Awaits {
    /// What the engine observes the task for on behalf of the promise.
    pub(super) fn interest(self) -> Option<Interest> {
        match self {
            Self::Creation => None,
            Self::Result => Some(Interest::Result),
            Self::Status(_) => Some(Interest::Status),
        }
    }

    /// Whether a status ends the waiting. A terminal status ends waiting for any other, too, because none follows it.
    pub(super) fn is_met_by(self, status: Status) -> bool {
        matches!(self, Self::Status(wanted) if wanted == Some(status) || status.is_terminal())
    }
}

/// A registered callback.
pub(super) struct Listener {
    id: u32,
    event: Event,
    pub(super) callback: Function,
}

impl Listener {
    fn is_called_for(&self, event: Event) -> bool {
        self.event == event || self.event == Event::Any
    }
}

/// A pending promise.
pub(super) struct Waiter {
    pub(super) id: u32,
    pub(super) awaits: Awaits,
    resolve: Function,
    reject: Function,
}

impl Waiter {
    pub(super) fn resolve(&self, value: &JsValue) {
        // The platform's own functions do not throw.
        let _ = self.resolve.call1(&JsValue::UNDEFINED, value);
    }

    pub(super) fn reject(&self, error: &JsValue) {
        let _ = self.reject.call1(&JsValue::UNDEFINED, error);
    }
}

/// The listeners and waiters of a task. Most tasks have one listener or one waiter.
#[derive(Default)]
pub(super) struct Observers {
    listeners: RefCell<Vec<Rc<Listener>>>,
    waiters: RefCell<Vec<Waiter>>,
    next_id: Cell<u32>,
}

impl Observers {
    fn new_id(&self) -> u32 {
        let id = self.next_id.get();
        self.next_id.set(id.wrapping_add(1));
        id
    }

    pub(super) fn is_empty(&self) -> bool {
        self.listeners.borrow().is_empty() && self.waiters.borrow().is_empty()
    }

    pub(super) fn has_listeners(&self) -> bool {
        !self.listeners.borrow().is_empty()
    }

    pub(super) fn listen(&self, event: Event, callback: Function) -> u32 {
        let id = self.new_id();
        let mut listeners = self.listeners.borrow_mut();
        listeners.reserve_exact(1);
        listeners.push(Rc::new(Listener { id, event, callback }));
        id
    }

    /// Whether the listener was registered.
    pub(super) fn unlisten(&self, id: u32) -> bool {
        let mut listeners = self.listeners.borrow_mut();
        let before = listeners.len();
        listeners.retain(|listener| listener.id != id);
        listeners.len() < before
    }

    /// The listeners for an event. A copy, because a callback may register or unregister others.
    pub(super) fn listeners_for(&self, event: Event) -> Vec<Rc<Listener>> {
        self.listeners.borrow().iter().filter(|listener| listener.is_called_for(event)).cloned().collect()
    }

    /// Drops the listeners of a task that has ended: nothing calls them any more, and they may reference its handle.
    pub(super) fn drop_listeners(&self) {
        self.listeners.take();
    }

    /// A promise that is pending until its waiter is taken.
    pub(super) fn wait(&self, awaits: Awaits) -> (u32, Promise) {
        let id = self.new_id();
        let promise = Promise::new(&mut |resolve, reject| {
            let mut waiters = self.waiters.borrow_mut();
            // Thousands of tasks have one waiter each: a vector that grows by itself reserves room for four.
            waiters.reserve_exact(1);
            waiters.push(Waiter { id, awaits, resolve, reject });
        });
        (id, promise)
    }

    /// Takes the waiters that `is_met` says are done.
    pub(super) fn take_waiters(&self, mut is_met: impl FnMut(&Waiter) -> bool) -> Vec<Waiter> {
        let mut waiters = self.waiters.borrow_mut();
        if waiters.is_empty() {
            return Vec::new();
        }
        let (taken, left) = std::mem::take(&mut *waiters).into_iter().partition(|waiter| is_met(waiter));
        *waiters = left;
        taken
    }
}
