//! A panic traps the whole module: what was borrowed stays borrowed, nothing can be trusted. So every client of the
//! module is told once, and every later call is refused, in place of undefined behaviour.

use super::host::Host;
use std::cell::RefCell;
use wasm_bindgen::{JsCast, prelude::*};

thread_local! {
    static HOSTS: RefCell<Vec<JsValue>> = const { RefCell::new(Vec::new()) };
    static PANICKED: RefCell<Option<String>> = const { RefCell::new(None) };
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = WeakRef)]
    type WeakRef;
    #[wasm_bindgen(constructor, js_class = "WeakRef")]
    fn new(target: &JsValue) -> WeakRef;
    #[wasm_bindgen(method)]
    fn deref(this: &WeakRef) -> Option<Host>;
}

/// Tells this host if anything in the module panics. Does not keep it alive.
pub(super) fn watch(host: &Host) -> Result<(), JsValue> {
    check()?;
    HOSTS.with_borrow_mut(|hosts| {
        if hosts.is_empty() {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                report(&info.to_string());
                before(info);
            }));
        }
        hosts.retain(|h| h.unchecked_ref::<WeakRef>().deref().is_some());
        hosts.push(WeakRef::new(host).into());
    });
    Ok(())
}

/// Fails once anything in the module has panicked.
pub(super) fn check() -> Result<(), JsValue> {
    PANICKED.with_borrow(|panicked| match panicked {
        None => Ok(()),
        Some(message) => Err(JsError::new(message).into()),
    })
}

fn report(message: &str) {
    let first = PANICKED.with_borrow_mut(|panicked| {
        let first = panicked.is_none();
        panicked.get_or_insert_with(|| message.into());
        first
    });
    let hosts = if first { HOSTS.take() } else { Vec::new() };
    for host in hosts.iter().filter_map(|h| h.unchecked_ref::<WeakRef>().deref()) {
        let _ = host.panicked(message);
    }
}
