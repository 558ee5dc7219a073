//! The world around the driver, which is JavaScript: see world.js.

use mcp_tasks::web::{Core, Host};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    pub(crate) type World;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn host(this: &World) -> Host;
    #[wasm_bindgen(method, setter)]
    pub(crate) fn set_core(this: &World, core: JsValue);
    #[wasm_bindgen(method, getter, js_name = log)]
    fn log_text(this: &World) -> String;
    #[wasm_bindgen(method, getter, js_name = requests)]
    fn requests_text(this: &World) -> String;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn deepest(this: &World) -> u32;
    #[wasm_bindgen(method, getter, js_name = openStreams)]
    pub(crate) fn open_streams(this: &World) -> u32;
    #[wasm_bindgen(method)]
    pub(crate) async fn until(this: &World, what: &str);
    #[wasm_bindgen(method)]
    pub(crate) async fn calm(this: &World);
    #[wasm_bindgen(method)]
    pub(crate) fn close(this: &World);
    #[wasm_bindgen(method)]
    pub(crate) fn everything(this: &World, n: u32);
    #[wasm_bindgen(method)]
    pub(crate) fn release(this: &World, name: &str);
    #[wasm_bindgen(method)]
    pub(crate) fn aborted(this: &World, name: &str) -> bool;
    #[wasm_bindgen(method)]
    pub(crate) fn field(this: &World, name: &str, field: &str) -> String;
    #[wasm_bindgen(method)]
    pub(crate) fn push(this: &World, text: &str);
    #[wasm_bindgen(method)]
    pub(crate) fn notification(this: &World, status: &str) -> String;
}

impl World {
    /// `options` is JavaScript.
    pub(crate) fn new(options: &str) -> Self {
        let text = [include_str!("world.js"), "(", options, ")"].concat();
        js_sys::eval(&text).expect("the world begins").unchecked_into()
    }

    pub(crate) fn core(&self) -> Core {
        Core::new(self.host(), "http://server.invalid/mcp", None, Some(50.0), None, 0)
    }

    /// What the host was told, in order.
    pub(crate) fn log(&self) -> Vec<String> {
        lines(&World::log_text(self))
    }

    /// What was asked of the server, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        lines(&World::requests_text(self))
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(ToOwned::to_owned).collect()
}
