//! One HTTP exchange: a request by the platform's `fetch` and its streamed body.

use super::{
    driver::Driver,
    error::{description, member},
    page::{is_multiplexed, yield_to_page},
    timer::performance_now,
};
use crate::{
    client::{ExchangeId, Fetch, Input, Redirect},
    wire::http::{Head, Method},
};
use js_sys::{ArrayBuffer, Function, Promise, TypeError, Uint8Array};
use std::rc::Rc;
use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestCache, RequestInit, RequestRedirect};

/// The engine is given this many bytes at once; a page's `fetch` may bring megabytes.
const MAX_CHUNK_BYTES: u32 = 65_536;
/// After this much work the page gets a turn.
const MAX_BUSY_MS: f64 = 8.0;

#[wasm_bindgen]
extern "C" {
    // Looked up at each call, so that a page may wrap `fetch` at any time.
    #[wasm_bindgen(js_name = fetch, catch)]
    fn global_fetch(url: &str, init: &RequestInit) -> Result<JsValue, JsValue>;

    // The members of a body and its reader, each caught: the application's `fetch` may give anything, and what an import throws
    // without being caught is a trap.
    type Body;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn get_reader(this: &Body) -> Result<Reader, JsValue>;
    type Reader;
    #[wasm_bindgen(method, catch)]
    fn read(this: &Reader) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn cancel(this: &Reader) -> Result<JsValue, JsValue>;

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
    let response = match follow(driver, request, signal).await {
        Ok(Some(response)) => response,
        Ok(None) => return Ok(()),
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
    driver.turn(Input::Head { exchange, head: head(&response)? });
    let body = member(&response, "body");
    if !body.is_object() {
        return Ok(());
    }
    let reader = body.unchecked_into::<Body>().get_reader()?;
    while driver.is_open(exchange) {
        let read = JsFuture::from(Promise::resolve(&reader.read()?)).await?;
        let value = member(&read, "value");
        if value.is_undefined() {
            return Ok(());
        }
        receive(driver, exchange, &bytes(value)?).await?;
    }
    // Aborting has cancelled the body already, unless the application's own `fetch` ignores the signal.
    JsFuture::from(Promise::resolve(&reader.cancel()?)).await?;
    Ok(())
}

/// How an exchange goes on that was redirected.
pub(super) enum NextStep {
    /// The same request, to this URL.
    Follow(String),
    /// A bare request that shows where the redirect leads.
    Find,
}

/// Sends the request, to each URL that the engine follows a redirect to. `None`: the engine has ended the exchange.
async fn follow(driver: &Rc<Driver>, request: &Fetch, signal: &AbortSignal) -> Result<Option<JsValue>, JsValue> {
    let (exchange, method) = (request.exchange, request.method);
    let mut url = request.url.clone();
    loop {
        let response = send(driver, request, &url, signal).await?;
        let is_hidden = member(&response, "type") == "opaqueredirect";
        let status = status(&response);
        let location = header(&response, "location").filter(|_| matches!(status, 301 | 302 | 303 | 307 | 308));
        if !is_hidden && location.is_none() {
            return Ok(Some(response));
        }
        discard(&response).await;
        let (status, location) = ((!is_hidden).then_some(status), location.as_deref());
        let redirect = Redirect { from: &url, method, status, location };
        driver.turn(Input::Redirected { exchange, redirect });
        let mut step = driver.take_next_step(exchange);
        if let Some(NextStep::Find) = step {
            // A target that the page must not see is reported as the same address.
            let target = find_target(driver, &url, signal).await.unwrap_or_default();
            let redirect = Redirect { location: Some(&target), ..redirect };
            driver.turn(Input::Redirected { exchange, redirect });
            step = driver.take_next_step(exchange);
        }
        let Some(NextStep::Follow(target)) = step else { return Ok(None) };
        url = target;
    }
}

/// Where a request to this URL is redirected to, found without headers, body and credentials.
async fn find_target(driver: &Driver, url: &str, signal: &AbortSignal) -> Result<String, JsValue> {
    let init = RequestInit::new();
    init.set_signal(Some(signal));
    init.set_cache(RequestCache::NoStore);
    let more: &MoreInit = init.unchecked_ref();
    more.set_credentials("omit");
    let response = fetch(driver, url, &init).await?;
    discard(&response).await;
    Ok(member(&response, "url").as_string().unwrap_or_default())
}

/// Cancels a body that is not read, so that its connection is free again.
async fn discard(response: &JsValue) {
    let body = member(response, "body");
    if let Ok(cancel) = member(&body, "cancel").dyn_into::<Function>()
        && let Ok(cancelled) = cancel.call0(&body)
    {
        let _ = JsFuture::from(Promise::resolve(&cancelled)).await;
    }
}

/// Status, headers and address of a response, of which the application's `fetch` may have given any value.
fn head(response: &JsValue) -> Result<Head, JsValue> {
    let redirected_to = if member(response, "redirected").is_truthy() {
        let url = member(response, "url").as_string();
        Some(url.ok_or_else(|| TypeError::new("the response was redirected and has a url that is not a string"))?)
    } else {
        None
    };
    Ok(Head { redirected_to, ..Head::new(status(response), |name| header(response, name)) })
}

fn status(response: &JsValue) -> u16 {
    member(response, "status").as_f64().unwrap_or_default() as u16
}

fn header(response: &JsValue, name: &str) -> Option<String> {
    let headers = member(response, "headers");
    let get: Function = member(&headers, "get").dyn_into().ok()?;
    get.call1(&headers, &name.into()).ok()?.as_string()
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

async fn send(driver: &Driver, request: &Fetch, url: &str, signal: &AbortSignal) -> Result<JsValue, JsValue> {
    let headers = headers(driver, request).await?;
    let init = RequestInit::new();
    init.set_method(request.method.as_str());
    init.set_headers(&headers);
    init.set_signal(Some(signal));
    // No response is cached. POST never is, and with this mode Chromium preflights each request anew (F4). Firefox lets requests
    // to one URL wait for a POST that stays open, unless it has this mode.
    if request.method == Method::Get || !driver.is_chromium {
        init.set_cache(RequestCache::NoStore);
    }
    if let Some(body) = &request.body {
        init.set_body(&JsValue::from_str(body));
    }
    let more: &MoreInit = init.unchecked_ref();
    more.set_keepalive(request.keepalive);
    more.set_credentials(driver.options.credentials().as_deref().unwrap_or("same-origin"));
    init.set_redirect(RequestRedirect::Manual);
    fetch(driver, url, &init).await
}

async fn fetch(driver: &Driver, url: &str, init: &RequestInit) -> Result<JsValue, JsValue> {
    let response = match driver.options.fetch() {
        Some(fetch) => fetch.call2(&JsValue::UNDEFINED, &JsValue::from_str(url), init)?,
        None => global_fetch(url, init)?,
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
fn unread_response(response: JsValue) -> Result<JsValue, JsValue> {
    let has_status = member(&response, "status").as_f64().is_some();
    if !has_status || !member(&member(&response, "headers"), "get").is_function() {
        return Err(TypeError::new("the fetch option gave no Response").into());
    }
    // A mock that hands out one response twice is reported here.
    if member(&response, "bodyUsed").is_truthy() || member(&member(&response, "body"), "locked").is_truthy() {
        return Err(TypeError::new("the fetch option gave a Response that was read already").into());
    }
    Ok(response)
}
