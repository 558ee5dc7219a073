use super::driver::Driver;
use crate::{
    client::{Fetch, Input},
    wire::http::{Head, RESPONSE_HEADERS},
};
use js_sys::Uint8Array;
use std::rc::Rc;
use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, ReadableStreamDefaultReader, Response};

#[wasm_bindgen]
extern "C" {
    /// What a reader's `read()` resolves with.
    type Part;
    #[wasm_bindgen(method, getter)]
    fn value(this: &Part) -> Option<Uint8Array>;
}

/// Makes one request and reports what comes back, until it ends or the engine has dropped it.
pub(super) async fn run(driver: Rc<Driver>, request: Fetch, signal: AbortSignal) {
    let exchange = request.exchange;
    if let Err(error) = exchange_bytes(&driver, request, &signal).await
        && driver.forget_exchange(exchange)
    {
        driver.turn(Input::Failed { exchange, why: &driver.host.words(&error) });
    }
}

async fn exchange_bytes(driver: &Rc<Driver>, request: Fetch, signal: &AbortSignal) -> Result<(), JsValue> {
    let exchange = request.exchange;
    let Fetch { url, method, body, keepalive, .. } = &request;
    let response =
        driver.host.fetch(url, method.as_str(), &request.header_lines(), body.as_deref(), *keepalive, signal)?;
    let response: Response = JsFuture::from(response).await?.unchecked_into();
    if !driver.has_exchange(exchange) {
        return Ok(());
    }
    let headers = response.headers();
    let values = RESPONSE_HEADERS.map(|name| headers.get(name).ok().flatten());
    let mut head = Head::from_values(response.status(), values);
    if response.redirected() {
        head.redirected_to = Some(response.url());
    }
    driver.turn(Input::Head { exchange, head });
    if let Some(body) = response.body() {
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        let is_dropped = || !driver.has_exchange(exchange);
        loop {
            if is_dropped() {
                // Aborting has done that already, unless the application's own `fetch` looks at no signal.
                let _ = JsFuture::from(reader.cancel()).await;
                return Ok(());
            }
            let part: Part = JsFuture::from(reader.read()).await?.unchecked_into();
            if is_dropped() {
                continue;
            }
            let Some(chunk) = part.value() else { break };
            driver.turn(Input::Chunk { exchange, bytes: &chunk.to_vec() });
        }
    }
    if driver.forget_exchange(exchange) {
        driver.turn(Input::End { exchange });
    }
    Ok(())
}
