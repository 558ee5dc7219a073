use crate::{task::Failure, wire::snapshot::Snapshot};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

#[wasm_bindgen]
extern "C" {
    /// What the JavaScript face offers to the driver. No method may throw; one that does is not asked why.
    pub type Host;

    /// A promise of the response. `headers`: names and values, one a line; the host adds the application's own.
    #[wasm_bindgen(method, catch)]
    pub(super) fn fetch(
        this: &Host,
        url: &str,
        method: &str,
        headers: &str,
        body: Option<&str>,
        keepalive: bool,
        signal: &AbortSignal,
    ) -> Result<Promise, JsValue>;
    /// The platform's words for an error, whatever was thrown.
    #[wasm_bindgen(method)]
    pub(super) fn words(this: &Host, error: &JsValue) -> String;
    #[wasm_bindgen(method, catch)]
    pub(super) fn speaks(this: &Host, revision: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(super) fn created(this: &Host, handle: u32, task_id: Option<&str>) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = changed)]
    #[allow(clippy::too_many_arguments)]
    fn changed_with(
        this: &Host,
        handle: u32,
        task_id: &str,
        status: &str,
        status_message: Option<&str>,
        created_at: Option<&str>,
        last_updated_at: Option<&str>,
        ttl_ms: Option<f64>,
        poll_interval_ms: Option<f64>,
    ) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(super) fn settled(
        this: &Host,
        handle: u32,
        is_error: bool,
        is_wrapped: bool,
        json: &str,
    ) -> Result<(), JsValue>;
    /// `handle`: 0 where that is not known; `kind`: 0 elicitation, 1 sampling, 2 roots.
    #[wasm_bindgen(method, catch)]
    pub(super) fn asked(
        this: &Host,
        input: u32,
        handle: u32,
        kind: u8,
        method: &str,
        key: &str,
        params: &str,
    ) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = inputOver)]
    pub(super) fn input_over(this: &Host, input: u32) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(super) fn progress(this: &Host, handle: u32, json: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(super) fn notified(this: &Host, method: &str, params: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = failed)]
    fn failed_with(this: &Host, handle: u32, is_final: bool, error: JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(super) fn replied(this: &Host, reply: u32, json: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = rejected)]
    fn rejected_with(this: &Host, reply: u32, error: JsValue) -> Result<(), JsValue>;
    /// Makes the typed error; `rpc_data` is JSON text.
    #[wasm_bindgen(method, catch, js_name = error)]
    #[allow(clippy::too_many_arguments)]
    fn error_with(
        this: &Host,
        code: &str,
        message: &str,
        http_status: Option<u16>,
        retry_after_ms: Option<f64>,
        challenge: Option<&str>,
        rpc_code: Option<f64>,
        rpc_message: Option<&str>,
        rpc_data: Option<&str>,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(super) fn warned(this: &Host, code: &str, message: &str) -> Result<(), JsValue>;
}

impl Host {
    pub(super) fn changed(&self, handle: u32, s: &Snapshot) -> Result<(), JsValue> {
        self.changed_with(
            handle,
            &s.task_id,
            s.status.as_str(),
            s.status_message.as_deref(),
            s.created_at.as_deref(),
            s.last_updated_at.as_deref(),
            s.ttl_ms.map(|n| n as f64),
            s.poll_interval_ms.map(|n| n as f64),
        )
    }

    pub(super) fn failed(&self, handle: u32, is_final: bool, failure: &Failure) -> Result<(), JsValue> {
        self.failed_with(handle, is_final, self.error(failure)?)
    }

    pub(super) fn rejected(&self, reply: u32, failure: &Failure) -> Result<(), JsValue> {
        self.rejected_with(reply, self.error(failure)?)
    }

    fn error(&self, failure: &Failure) -> Result<JsValue, JsValue> {
        let rpc = failure.rpc.as_ref();
        self.error_with(
            failure.code.as_str(),
            &failure.message,
            failure.http_status,
            failure.retry_after_ms.map(|n| n as f64),
            failure.challenge.as_deref(),
            rpc.map(|e| e.code as f64),
            rpc.map(|e| e.message.as_str()),
            rpc.and_then(|e| e.data.as_deref()),
        )
    }
}
