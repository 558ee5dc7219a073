use super::{driver::Driver, panic};
use crate::{
    client::{Fetch, Input},
    wire::http::{Head, RESPONSE_HEADERS},
};
use js_sys::{Object, Promise, Reflect, Uint8Array};
use std::rc::Rc;
use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, ReadableStreamDefaultReader, RequestCache, RequestInit, Response};

/// Makes one request and reports what comes back, until it ends or the engine has dropped it.
pub(super) async fn run(driver: Rc<Driver>, request: Fetch, signal: AbortSignal) {
    let exchange = request.exchange;
    if let Err(error) = exchange_bytes(&driver, request, &signal).await
        && driver.forget_exchange(exchange)
    {
        driver.turn(Input::Failed { exchange, why: &words(&error) });
    }
}

async fn exchange_bytes(driver: &Rc<Driver>, request: Fetch, signal: &AbortSignal) -> Result<(), JsValue> {
    let exchange = request.exchange;
    let init = prepare(driver, &request, signal).await?;
    if !driver.has_exchange(exchange) {
        return Ok(());
    }
    let response: Response = settle(driver.host.fetch(&request.url, &init)?).await?.unchecked_into();
    if !driver.has_exchange(exchange) {
        return Ok(());
    }
    let headers = response.headers();
    let values = RESPONSE_HEADERS.map(|name| headers.get(name).ok().flatten());
    driver.turn(Input::Head { exchange, head: Head::from_values(response.status(), values) });
    if let Some(body) = response.body() {
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        loop {
            let part = JsFuture::from(reader.read()).await?;
            if panic::check().is_err() || !driver.has_exchange(exchange) {
                return Ok(());
            }
            if Reflect::get(&part, &"done".into())?.is_truthy() {
                break;
            }
            let chunk: Uint8Array = Reflect::get(&part, &"value".into())?.unchecked_into();
            driver.turn(Input::Chunk { exchange, bytes: &chunk.to_vec() });
        }
    }
    if driver.forget_exchange(exchange) {
        driver.turn(Input::End { exchange });
    }
    Ok(())
}

async fn prepare(driver: &Driver, request: &Fetch, signal: &AbortSignal) -> Result<RequestInit, JsValue> {
    let headers = Headers::new()?;
    let own = settle(driver.host.headers()?).await?;
    if let Some(own) = own.dyn_ref::<Object>() {
        for pair in Object::entries(own) {
            let name = Reflect::get_u32(&pair, 0)?.as_string().unwrap_or_default();
            let value = Reflect::get_u32(&pair, 1)?.as_string().unwrap_or_default();
            headers.set(&name, &value)?;
        }
    }
    // Last, so that an application cannot break the protocol by accident.
    for (name, value) in &request.headers {
        headers.set(name, value)?;
    }
    let init = RequestInit::new();
    init.set_method(request.method.as_str());
    init.set_headers(&headers);
    init.set_signal(Some(signal));
    init.set_cache(RequestCache::NoStore);
    if let Some(body) = &request.body {
        init.set_body(&body.as_str().into());
    }
    if request.keepalive {
        Reflect::set(&init, &"keepalive".into(), &JsValue::TRUE)?;
    }
    Ok(init)
}

/// A value, or what the promise of one resolves with.
async fn settle(value: JsValue) -> Result<JsValue, JsValue> {
    match value.dyn_into::<Promise>() {
        Ok(promise) => JsFuture::from(promise).await,
        Err(value) => Ok(value),
    }
}

/// The platform's words for an error. Whatever was thrown: `fetch` aborted with a text rejects with that text.
fn words(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|m| m.as_string());
    let mut words = message.or_else(|| error.as_string()).unwrap_or_else(|| "unknown error".into());
    // Node says "fetch failed" and keeps the reason here.
    let cause = Reflect::get(error, &"cause".into()).and_then(|c| Reflect::get(&c, &"message".into()));
    if let Some(cause) = cause.ok().and_then(|c| c.as_string()).filter(|c| !c.is_empty()) {
        words.push_str(" (");
        words.push_str(&cause);
        words.push(')');
    }
    words
}
