use crate::{
    task::Failure,
    wire::{snapshot::Snapshot, text},
};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// What the JavaScript face offers to the driver. No method may throw: the engine would be left within a turn.
    pub type Host;

    /// Makes a request and reports by [`Core::head`](super::Core::head) and what comes behind it. `wanted`: the names of the
    /// response headers to report, one a line; `headers`: names and values, one a line; the host adds the application's own.
    #[wasm_bindgen(method)]
    #[allow(clippy::too_many_arguments)]
    pub(super) fn fetch(
        this: &Host,
        exchange: u32,
        wanted: &str,
        url: &str,
        method: &str,
        headers: &str,
        body: Option<&str>,
        keepalive: bool,
    );
    /// Breaks off an exchange; nothing more is to be reported about it.
    #[wasm_bindgen(method)]
    pub(super) fn abort(this: &Host, exchange: u32);
    /// Sets the one timer: [`tell::TIMEOUT`](super::tell::TIMEOUT) after so many milliseconds, absent: never.
    #[wasm_bindgen(method)]
    pub(super) fn wake(this: &Host, ms: Option<f64>);
    #[wasm_bindgen(method)]
    pub(super) fn speaks(this: &Host, revision: &str);
    /// What [`Config::session`](crate::client::Config::session) takes.
    #[wasm_bindgen(method)]
    pub(super) fn session(this: &Host, text: Option<&str>);
    #[wasm_bindgen(method)]
    pub(super) fn created(this: &Host, handle: u32, task_id: Option<&str>);
    /// `status`: its place in [`Status::ALL`](crate::wire::snapshot::Status::ALL); `words`: when the task was created, when it
    /// was changed, and the status message if there is one, each behind a line break: one text crosses quicker than three.
    #[wasm_bindgen(method, js_name = changed)]
    fn changed_with(
        this: &Host,
        handle: u32,
        status: u8,
        words: &str,
        ttl_ms: Option<f64>,
        poll_interval_ms: Option<f64>,
    );
    #[wasm_bindgen(method)]
    pub(super) fn settled(this: &Host, handle: u32, is_error: bool, is_wrapped: bool, json: &str);
    /// `handle`: 0 where that is not known; `kind`: 0 elicitation, 1 sampling, 2 roots, [`FIRST_HOSTED`] and up: for whoever hosts tasks.
    #[wasm_bindgen(method)]
    #[allow(clippy::too_many_arguments)]
    pub(super) fn asked(
        this: &Host,
        input: u32,
        handle: u32,
        kind: u8,
        method: &str,
        key: &str,
        params: &str,
        id: Option<&str>,
    );
    #[wasm_bindgen(method, js_name = inputOver)]
    pub(super) fn input_over(this: &Host, input: u32);
    #[wasm_bindgen(method)]
    pub(super) fn progress(this: &Host, handle: u32, json: &str);
    /// `method`: absent, if it is the one of the last time: a short text costs as much to hand over as a long one.
    #[wasm_bindgen(method)]
    pub(super) fn notified(this: &Host, method: Option<&str>, params: &str);
    #[wasm_bindgen(method)]
    pub(super) fn replied(this: &Host, reply: u32, json: &str);
    /// `what`: see [`OF_WAITING`] and its neighbours; `number`: the handle, or the reply; `rpc_data` is JSON text.
    #[wasm_bindgen(method, js_name = failed)]
    #[allow(clippy::too_many_arguments)]
    fn failed_with(
        this: &Host,
        what: u8,
        number: u32,
        code: &str,
        message: &str,
        http_status: Option<u16>,
        retry_after_ms: Option<f64>,
        challenge: Option<&str>,
        rpc_code: Option<f64>,
        rpc_message: Option<&str>,
        rpc_data: Option<&str>,
    );
    #[wasm_bindgen(method)]
    pub(super) fn warned(this: &Host, code: &str, message: &str);
}

/// What is asked of whoever hosts tasks: this and a [`Hosted`](crate::client::Hosted).
pub(super) const FIRST_HOSTED: u8 = 3;

/// What has failed is the waiting for a task, which goes on.
pub(super) const OF_WAITING: u8 = 0;
/// The task itself.
pub(super) const OF_TASK: u8 = 1;
/// The answer to a question.
pub(super) const OF_REPLY: u8 = 2;
/// A call that nobody waits for: it fails, and that is told even if nobody ever looks.
pub(super) const OF_CALL: u8 = 3;

impl Host {
    /// `words`: room for them, which thousands of calls share.
    pub(super) fn changed(&self, handle: u32, s: &Snapshot, words: &mut String) {
        words.clear();
        words.push_str(time(&s.created_at));
        words.push('\n');
        words.push_str(time(&s.last_updated_at));
        if let Some(message) = &s.status_message {
            words.push('\n');
            words.push_str(message);
        }
        let (ttl_ms, poll_interval_ms) = (s.ttl_ms.map(|n| n as f64), s.poll_interval_ms.map(|n| n as f64));
        self.changed_with(handle, s.status as u8, words, ttl_ms, poll_interval_ms);
    }

    pub(super) fn failed(&self, what: u8, number: u32, failure: &Failure) {
        let rpc = failure.rpc.as_ref();
        self.failed_with(
            what,
            number,
            failure.code.as_str(),
            &failure.message,
            failure.http_status,
            failure.retry_after_ms.map(|n| n as f64),
            failure.challenge.as_deref(),
            rpc.map(|e| e.code as f64),
            rpc.map(|e| e.message.as_str()),
            rpc.and_then(|e| e.data.as_deref()),
        );
    }
}

/// A time that is told; of several lines it is none.
fn time(said: &Option<String>) -> &str {
    said.as_deref().filter(|said| text::find(said.as_bytes(), b'\n', b'\n').is_none()).unwrap_or_default()
}
