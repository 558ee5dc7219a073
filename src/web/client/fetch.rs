//! One HTTP exchange: a request by the platform's `fetch` and its streamed body.

use super::{
    driver::Driver,
    error::description,
    page::{is_multiplexed, yield_to_page},
    timer::performance_now,
};
use crate::{
    client::{ExchangeId, Fetch, Input},
    wire::http::Head,
};
use js_sys::{ArrayBuffer, Function, Promise, Reflect, TypeError, Uint8Array};
use std::rc::Rc;
use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, ReadableStreamDefaultReader, RequestCache, RequestInit, Response};

/// The engine is given this many bytes at once; a page's `fetch` may bring megabytes.
const MAX_CHUNK_BYTES: u32 = 65_536;
/// After this much work the page gets a turn.
const MAX_BUSY_MS: f64 = 8.0;

#[wasm_bindgen]
extern "C" {
    // Looked up at each call, so that a page may wrap `fetch` at any time.
    #[wasm_bindgen(js_name = fetch, catch)]
    fn global_fetch(url: &str, init: &RequestInit) -> Result<JsValue, JsValue>;

    /// What a reader's `read()` resolves with.
    type ReadResult;
    #[wasm_bindgen(method, getter)]
    fn value(this: &ReadResult) -> JsValue;

    /// Members of `RequestInit` that web-sys does not have, or has as an enum of its own.
    type MoreInit;
    #[wasm_bindgen(method, setter)]
    fn set_keepalive(this: &MoreInit, keepalive: bool);
    #[wasm_bindgen(method, setter)]
    fn set_credentials(this: &MoreInit, credentials: &str);
}

/// Makes a request and reports what comes back, until it ends or the engine has aborted it.
pub(super) async fn run(driver: Rc<Driver>, request: Fetch, signal: AbortSignal) {
    let exchange = request.exchange;
    let ended = transfer(&driver, &request, &signal).await;
    if driver.take_exchange(exchange).is_none() {
        return;
    }
    match ended {
        Ok(()) => driver.turn(Input::End { exchange }),
        Err(thrown) => driver.turn(Input::Failed { exchange, why: &description(&thrown) }),
    }
}

async fn transfer(driver: &Rc<Driver>, request: &Fetch, signal: &AbortSignal) -> Result<(), JsValue> {
    let exchange = request.exchange;
    let response = match send(driver, request, signal).await {
        Ok(response) => response,
        Err(thrown) => {
            driver.last_thrown.replace(thrown.clone());
            return Err(thrown);
        }
    };
    if !driver.is_multiplexed.get() && is_multiplexed(&request.url) {
        driver.is_multiplexed.set(true);
        driver.turn(Input::Multiplexed);
    }
    if !driver.is_open(exchange) {
        return Ok(());
    }
    driver.turn(Input::Head { exchange, head: head(&response) });
    let Some(body) = response.body() else { return Ok(()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    while driver.is_open(exchange) {
        let read: ReadResult = JsFuture::from(reader.read()).await?.unchecked_into();
        let value = read.value();
        if value.is_undefined() {
            return Ok(());
        }
        receive(driver, exchange, &bytes(value)?).await?;
    }
    // Aborting has cancelled the body already, unless the application's own `fetch` ignores the signal.
    JsFuture::from(reader.cancel()).await?;
    Ok(())
}

fn head(response: &Response) -> Head {
    let headers = response.headers();
    let redirected_to = response.redirected().then(|| response.url());
    Head { redirected_to, ..Head::new(response.status(), |name| headers.get(name).ok().flatten()) }
}

/// A chunk of a body, if it is bytes. `instanceof` would refuse those of another realm.
fn bytes(chunk: JsValue) -> Result<Uint8Array, JsValue> {
    if ArrayBuffer::is_view(&chunk) {
        return Ok(chunk.dyn_into().unwrap_or_else(|other: JsValue| Uint8Array::new(&other)));
    }
    Err(TypeError::new("the response body has a chunk that is not bytes").into())
}

/// Hands a chunk of any size to the engine, in pieces.
async fn receive(driver: &Rc<Driver>, exchange: ExchangeId, chunk: &Uint8Array) -> Result<(), JsValue> {
    let mut start = 0;
    while start < chunk.length() && driver.is_open(exchange) {
        if driver.busy_ms.get() > MAX_BUSY_MS {
            yield_to_page().await?;
            driver.busy_ms.set(0.0);
        }
        let started = performance_now();
        if driver.is_open(exchange) {
            let piece = chunk.subarray(start, start + MAX_CHUNK_BYTES);
            let mut buffer = driver.buffer.take();
            buffer.resize(piece.length() as usize, 0);
            piece.copy_to(&mut buffer);
            driver.turn(Input::Chunk { exchange, bytes: &buffer });
            driver.buffer.replace(buffer);
        }
        driver.busy_ms.set(driver.busy_ms.get() + performance_now() - started);
        start += MAX_CHUNK_BYTES;
    }
    Ok(())
}

async fn send(driver: &Driver, request: &Fetch, signal: &AbortSignal) -> Result<Response, JsValue> {
    let headers = headers(driver, request).await?;
    let init = RequestInit::new();
    init.set_method(request.method.as_str());
    init.set_headers(&headers);
    init.set_signal(Some(signal));
    init.set_cache(RequestCache::NoStore);
    if let Some(body) = &request.body {
        init.set_body(&JsValue::from_str(body));
    }
    let more: &MoreInit = init.unchecked_ref();
    more.set_keepalive(request.keepalive);
    more.set_credentials(driver.options.credentials().as_deref().unwrap_or("same-origin"));
    let response = match driver.options.fetch() {
        Some(fetch) => fetch.call2(&JsValue::UNDEFINED, &JsValue::from_str(&request.url), &init)?,
        None => global_fetch(&request.url, &init)?,
    };
    unread_response(JsFuture::from(Promise::resolve(&response)).await?)
}

/// The application's headers, which it may give asynchronously, and above them those of the protocol: an application cannot break
/// the protocol by accident.
async fn headers(driver: &Driver, request: &Fetch) -> Result<Headers, JsValue> {
    let mut own = driver.options.headers();
    if let Some(function) = own.dyn_ref::<Function>() {
        own = function.call0(&JsValue::UNDEFINED)?;
    }
    let own = JsFuture::from(Promise::resolve(&own)).await?;
    let headers = if own.is_undefined() { Headers::new()? } else { Headers::new_with_headers(own.unchecked_ref())? };
    for (name, value) in request.headers.iter() {
        headers.set(name, value)?;
    }
    Ok(headers)
}

/// The value that a `fetch` gave, if it is a response with an unread body. Checked by its members, because `instanceof` refuses
/// mocks, polyfills and the responses of another realm.
fn unread_response(value: JsValue) -> Result<Response, JsValue> {
    let member = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).unwrap_or_default();
    let is_response =
        member(&value, "status").as_f64().is_some() && member(&member(&value, "headers"), "get").is_function();
    if !is_response {
        return Err(TypeError::new("the fetch option gave no Response").into());
    }
    let response: Response = value.unchecked_into();
    // A mock that hands out one response twice is reported here.
    if response.body_used() || response.body().is_some_and(|body| body.locked()) {
        return Err(TypeError::new("the fetch option gave a Response that was read already").into());
    }
    Ok(response)
}
