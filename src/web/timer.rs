use crate::Millis;
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

/// `setTimeout` fires at once for anything longer.
const LONGEST_MS: u64 = i32::MAX as u64;

#[wasm_bindgen]
extern "C" {
    // Node's timers are objects, a page's are numbers: kept as they are.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &js_sys::Function, ms: f64) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(id: &JsValue);
}

/// The one timer of a driver.
pub(super) struct Timer {
    on_time: Closure<dyn FnMut()>,
    running: RefCell<Option<(Millis, JsValue)>>,
}

impl Timer {
    pub(super) fn new(on_time: impl FnMut() + 'static) -> Self {
        Self { on_time: Closure::new(on_time), running: RefCell::default() }
    }

    /// Rings at that time, or never. One that rings early (a clamped wait) is set again by the turn it causes.
    pub(super) fn set(&self, at: Option<Millis>, now: Millis) {
        let mut running = self.running.borrow_mut();
        // Most turns change nothing here, and each call into the platform costs.
        if running.as_ref().map(|(at, _)| *at) == at {
            return;
        }
        if let Some((_, id)) = running.take() {
            clear_timeout(&id);
        }
        *running = at.map(|at| {
            let ms = at.saturating_sub(now).min(LONGEST_MS);
            (at, set_timeout(self.on_time.as_ref().unchecked_ref(), ms as f64))
        });
    }

    /// It has rung.
    pub(super) fn rang(&self) {
        self.running.borrow_mut().take();
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.set(None, 0);
    }
}
