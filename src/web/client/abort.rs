//! Waiting that an `AbortSignal` or a time limit ends.

use super::timer::Sleep;
use js_sys::Promise;
use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    rc::Rc,
    task::{Poll, Waker},
};
use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

/// Why waiting for a promise is over.
pub(super) enum Ended {
    /// The promise has settled.
    Settled(Result<JsValue, JsValue>),
    /// The signal was aborted, for this reason.
    Aborted(JsValue),
    /// The time limit has passed.
    TimedOut,
}

/// Waits for a promise, at most `timeout_ms` milliseconds, and no longer than the signal allows.
pub(super) async fn settled(promise: Promise, signal: Option<&AbortSignal>, timeout_ms: Option<f64>) -> Ended {
    let aborted = signal.map(Aborted::listen);
    let mut limit = timeout_ms.map(Sleep::new);
    let mut settled = pin!(JsFuture::from(promise));
    poll_fn(|context| {
        if let Poll::Ready(result) = settled.as_mut().poll(context) {
            return Poll::Ready(Ended::Settled(result));
        }
        if let Some(reason) = aborted.as_ref().and_then(|aborted| aborted.poll(context.waker())) {
            return Poll::Ready(Ended::Aborted(reason));
        }
        let has_passed = limit.as_mut().is_some_and(|limit| Pin::new(limit).poll(context).is_ready());
        if has_passed { Poll::Ready(Ended::TimedOut) } else { Poll::Pending }
    })
    .await
}

/// The promise's outcome, or the signal's own reason as the error.
pub(super) async fn unless_aborted(promise: Promise, signal: Option<&AbortSignal>) -> Result<JsValue, JsValue> {
    match settled(promise, signal, None).await {
        Ended::Settled(result) => result,
        Ended::Aborted(reason) => Err(reason),
        // There is no limit.
        Ended::TimedOut => Ok(JsValue::UNDEFINED),
    }
}

/// Calls back when a signal is aborted, until it is dropped: a signal that many calls share keeps none of them.
pub(super) struct AbortListener {
    signal: AbortSignal,
    callback: Closure<dyn FnMut()>,
}

impl AbortListener {
    pub(super) fn new(signal: &AbortSignal, callback: impl FnMut() + 'static) -> Self {
        let callback = Closure::new(callback);
        let _ = signal.add_event_listener_with_callback("abort", callback.as_ref().unchecked_ref());
        Self { signal: signal.clone(), callback }
    }
}

impl Drop for AbortListener {
    fn drop(&mut self) {
        let _ = self.signal.remove_event_listener_with_callback("abort", self.callback.as_ref().unchecked_ref());
    }
}

/// A signal as part of a future.
struct Aborted {
    listener: AbortListener,
    waker: Rc<RefCell<Option<Waker>>>,
}

impl Aborted {
    fn listen(signal: &AbortSignal) -> Self {
        let waker: Rc<RefCell<Option<Waker>>> = Rc::default();
        let woken = Rc::clone(&waker);
        let wake = move || {
            if let Some(waker) = woken.take() {
                waker.wake();
            }
        };
        Self { listener: AbortListener::new(signal, wake), waker }
    }

    /// The reason, once the signal is aborted.
    fn poll(&self, waker: &Waker) -> Option<JsValue> {
        if self.listener.signal.aborted() {
            return Some(self.listener.signal.reason());
        }
        self.waker.replace(Some(waker.clone()));
        None
    }
}
