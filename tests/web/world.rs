//! The world around the driver, which is JavaScript: see world.js.

use mcp_tasks::web::{Core, Host};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    pub(crate) type World;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn host(this: &World) -> Host;
    #[wasm_bindgen(method, setter)]
    fn set_core(this: &World, core: Core);
    #[wasm_bindgen(method)]
    pub(crate) fn free(this: &World);
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

    /// The engine as JavaScript holds it: what comes back from the server reaches the same one.
    pub(crate) type Engine;
    #[wasm_bindgen(method, getter)]
    fn core(this: &World) -> Engine;
    #[wasm_bindgen(method)]
    pub(crate) fn call(this: &Engine, handle: u32, kind: u8, name: &str, arguments: &str, ttl_ms: Option<f64>);
    #[wasm_bindgen(method)]
    pub(crate) fn attach(this: &Engine, handle: u32, task_id: &str);
    #[wasm_bindgen(method)]
    pub(crate) fn tell(this: &Engine, what: u8, which: u32, more: u32);
    #[wasm_bindgen(method)]
    pub(crate) fn ask(this: &Engine, reply: u32, what: u8, which: Option<String>);
}

impl World {
    /// `options` is JavaScript.
    pub(crate) fn new(options: &str) -> Self {
        let text = [include_str!("world.js"), "(", options, ")"].concat();
        js_sys::eval(&text).expect("the world begins").unchecked_into()
    }

    /// Begins the engine, which speaks of sessions only.
    pub(crate) fn begin(&self) -> Engine {
        self.set_core(Core::new(self.host(), "http://server.invalid/mcp", None, Some(50.0), None, 64, None));
        self.core()
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
