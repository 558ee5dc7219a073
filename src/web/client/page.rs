//! Events of the page and the device that the engine takes into account.

use super::error::member;
use crate::client::{Input, PauseReason};
use js_sys::Promise;
use std::rc::Rc;
use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::JsFuture;
use web_sys::{EventTarget, MessageChannel, PerformanceResourceTiming};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = globalThis)]
    static GLOBAL: JsValue;
    #[wasm_bindgen(js_namespace = performance, js_name = getEntriesByName)]
    fn entries_by_name(url: &str, kind: &str) -> js_sys::Array;
}

fn global(name: &str) -> JsValue {
    GLOBAL.with(|global| member(global, name))
}

/// A registered listener: its target, the event, and the callback.
type Listener = (EventTarget, &'static str, Closure<dyn FnMut()>);

/// Listens to page events until it is dropped. Workers and servers lack most of these events; nothing is listened to there.
pub(super) struct Page {
    listeners: Vec<Listener>,
}

type Report = Rc<dyn Fn(Input<'static>)>;

impl Page {
    pub(super) fn listen(report: impl Fn(Input<'static>) + 'static) -> Self {
        let report: Report = Rc::new(report);
        let mut page = Self { listeners: Vec::new() };
        let document = global("document");
        let window = GLOBAL.with(JsValue::clone);
        let always = |input: fn() -> Input<'static>| {
            let report = Rc::clone(&report);
            move || report(input())
        };
        page.add(&document, "freeze", always(|| Input::Pause(PauseReason::Frozen)));
        page.add(&document, "resume", always(|| Input::Resume(PauseReason::Frozen)));
        page.add(&window, "offline", always(|| Input::Pause(PauseReason::Offline)));
        page.add(&window, "online", always(|| Input::Resume(PauseReason::Offline)));
        let visibility = {
            let (document, report) = (document.clone(), Rc::clone(&report));
            move || report(visibility(&document))
        };
        page.add(&document, "visibilitychange", visibility);
        if is_hidden(&document) {
            report(visibility_of(true));
        }
        page
    }

    fn add(&mut self, target: &JsValue, event: &'static str, callback: impl FnMut() + 'static) {
        if !member(target, "addEventListener").is_function() {
            return;
        }
        let target: EventTarget = target.clone().unchecked_into();
        let callback = Closure::new(callback);
        if target.add_event_listener_with_callback(event, callback.as_ref().unchecked_ref()).is_ok() {
            self.listeners.push((target, event, callback));
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        for (target, event, callback) in &self.listeners {
            let _ = target.remove_event_listener_with_callback(event, callback.as_ref().unchecked_ref());
        }
    }
}

fn is_hidden(document: &JsValue) -> bool {
    member(document, "hidden").is_truthy()
}

fn visibility(document: &JsValue) -> Input<'static> {
    visibility_of(is_hidden(document))
}

fn visibility_of(hidden: bool) -> Input<'static> {
    if hidden { Input::Pause(PauseReason::Hidden) } else { Input::Resume(PauseReason::Hidden) }
}

/// Whether the engine is Chromium's, by an interface that no other has.
pub(super) fn is_chromium() -> bool {
    member(&global("navigator"), "userAgentData").is_object()
}

/// The URL of the page or worker, against which a relative endpoint is resolved; `None` outside of both.
pub(super) fn base_url() -> Option<String> {
    member(&global("location"), "href").as_string()
}

/// Whether requests to this URL share one connection, so that sockets need not be counted: outside of a page, and over HTTP/2 or
/// HTTP/3 if the platform reports the protocol. It reports none for another origin without `Timing-Allow-Origin`.
pub(super) fn is_multiplexed(url: &str) -> bool {
    if !global("location").is_truthy() {
        return true;
    }
    let entries = entries_by_name(url, "resource");
    let last = entries.at(-1);
    if !last.is_object() {
        return false;
    }
    let protocol = last.unchecked_into::<PerformanceResourceTiming>().next_hop_protocol();
    matches!(protocol.as_str(), "h2" | "h3")
}

/// Gives the page a turn: reading bytes that are there already gives it none. Not by a timer, which takes a second in a hidden
/// page.
pub(super) async fn yield_to_page() -> Result<(), JsValue> {
    let channel = MessageChannel::new()?;
    let (receiver, sender) = (channel.port1(), channel.port2());
    let turn = Promise::new(&mut |resolve, _| {
        receiver.set_onmessage(Some(&resolve));
        let _ = sender.post_message(&JsValue::UNDEFINED);
    });
    JsFuture::from(turn).await?;
    receiver.close();
    Ok(())
}
