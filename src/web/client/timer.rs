//! The one timer of a driver, and waits of a future.

use crate::Millis;
use js_sys::Function;
use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};
use wasm_bindgen::prelude::*;

/// `setTimeout` fires at once for a longer wait.
const MAX_WAIT_MS: f64 = i32::MAX as f64;

#[wasm_bindgen]
extern "C" {
    // Looked up at each call: tests and pages replace them.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, ms: f64) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(id: &JsValue);
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// Milliseconds on the platform's monotonic clock, with fractions.
pub(super) fn performance_now() -> f64 {
    now()
}

/// The driver's time: the platform's, which never goes back and always goes on.
#[derive(Default)]
pub(super) struct Clock {
    /// The last time of the platform.
    platform: Cell<f64>,
    /// What is added to it.
    offset: Cell<f64>,
}

impl Clock {
    pub(super) fn now(&self) -> Millis {
        let (platform, last) = (performance_now(), self.platform.get());
        let platform = if platform.is_finite() { platform } else { last };
        if platform < last {
            self.offset.set(self.offset.get() + last - platform);
        }
        self.platform.set(platform);
        (platform + self.offset.get()) as Millis
    }

    /// A timer for this time has fired: its time has come, even if the platform's clock stands still or has been set back.
    pub(super) fn reach(&self, time: Millis) {
        let missing = time.saturating_sub(self.now());
        self.offset.set(self.offset.get() + missing as f64);
    }
}

/// One `setTimeout` that calls back at a time of the platform's clock.
pub(super) struct Timer {
    callback: Closure<dyn FnMut()>,
    id: RefCell<Option<JsValue>>,
    /// When the timer fires; `None`: it is not set.
    due: Cell<Option<Millis>>,
    /// `setTimeout` does not take the whole wait.
    is_clamped: Cell<bool>,
}

impl Timer {
    pub(super) fn new(callback: impl FnMut() + 'static) -> Self {
        Self {
            callback: Closure::new(callback),
            id: RefCell::default(),
            due: Cell::default(),
            is_clamped: Cell::default(),
        }
    }

    /// Sets the timer to fire at `due`, in place of the time before. A wait longer than `setTimeout` takes fires early; the turn
    /// that this causes sets the timer again.
    pub(super) fn set(&self, due: Option<Millis>, now: Millis) {
        // Most turns leave the time as it was.
        if self.due.replace(due) == due {
            return;
        }
        if let Some(id) = self.id.take() {
            clear_timeout(&id);
        }
        if let Some(due) = due {
            let wait = due.saturating_sub(now) as f64;
            self.is_clamped.set(wait > MAX_WAIT_MS);
            let wait = wait.min(MAX_WAIT_MS);
            self.id.replace(Some(set_timeout(self.callback.as_ref().unchecked_ref(), wait)));
        }
    }

    /// The timer has fired: the next [`Self::set`] starts it again even for the same time. Returns the time that has come; `None`
    /// after a part of a wait.
    pub(super) fn fired(&self) -> Option<Millis> {
        self.id.take();
        self.due.take().filter(|_| !self.is_clamped.get())
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.set(None, 0);
    }
}

/// A wait of a future, which stops its timer when it is dropped. It holds the timer's callback itself: the callbacks of a
/// `JsFuture` that is dropped early are freed only when its promise settles.
pub(super) struct Sleep {
    state: Rc<SleepState>,
    callback: Closure<dyn FnMut()>,
    id: JsValue,
    left_ms: f64,
}

#[derive(Default)]
struct SleepState {
    has_fired: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Sleep {
    pub(super) fn new(ms: f64) -> Self {
        let state: Rc<SleepState> = Rc::default();
        let fired = Rc::clone(&state);
        let callback = Closure::new(move || {
            fired.has_fired.set(true);
            if let Some(waker) = fired.waker.take() {
                waker.wake();
            }
        });
        let mut sleep = Self { state, callback, id: JsValue::UNDEFINED, left_ms: ms };
        sleep.start();
        sleep
    }

    fn start(&mut self) {
        let wait = self.left_ms.min(MAX_WAIT_MS);
        self.left_ms -= wait;
        self.id = set_timeout(self.callback.as_ref().unchecked_ref(), wait);
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.state.has_fired.take() {
            if self.left_ms <= 0.0 {
                return Poll::Ready(());
            }
            self.start();
        }
        self.state.waker.replace(Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        clear_timeout(&self.id);
    }
}
