//! The JavaScript around a client: a server and callbacks that write a log. See `world.js`.

use mcp_tasks::web::client::{Client, EngineOptions};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    pub(crate) type World;
    #[wasm_bindgen(method, getter)]
    fn options(this: &World) -> EngineOptions;
    #[wasm_bindgen(method, setter)]
    fn set_client(this: &World, client: Client);
    #[wasm_bindgen(method, getter, js_name = log)]
    fn log_text(this: &World) -> String;
    #[wasm_bindgen(method, getter, js_name = requests)]
    fn requests_text(this: &World) -> String;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn deepest(this: &World) -> u32;
    #[wasm_bindgen(method, getter, js_name = openStreams)]
    pub(crate) fn open_streams(this: &World) -> u32;

    #[wasm_bindgen(method)]
    pub(crate) fn call(this: &World, number: u32, json: &str);
    #[wasm_bindgen(method, js_name = call)]
    fn call_with(this: &World, number: u32, json: &str, task: bool);
    #[wasm_bindgen(method)]
    pub(crate) fn attach(this: &World, number: u32, task_id: &str);
    #[wasm_bindgen(method)]
    pub(crate) fn abort(this: &World, number: u32);
    #[wasm_bindgen(method)]
    pub(crate) fn observe(this: &World, number: u32);
    #[wasm_bindgen(method)]
    pub(crate) fn unobserve(this: &World, number: u32);
    #[wasm_bindgen(method)]
    pub(crate) fn listen(this: &World, number: u32);
    #[wasm_bindgen(method)]
    pub(crate) fn result(this: &World, number: u32);
    #[wasm_bindgen(method, js_name = resultUntilAborted)]
    pub(crate) fn result_until_aborted(this: &World, number: u32);
    #[wasm_bindgen(method, js_name = abortWaiting)]
    pub(crate) fn abort_waiting(this: &World);
    #[wasm_bindgen(method, js_name = wait)]
    fn wait_with(this: &World, number: u32, options: JsValue);
    #[wasm_bindgen(method)]
    pub(crate) fn ask(this: &World, number: u32, method: &str);
    #[wasm_bindgen(method)]
    pub(crate) fn close(this: &World);
    #[wasm_bindgen(method)]
    pub(crate) fn free(this: &World);

    #[wasm_bindgen(method)]
    pub(crate) async fn until(this: &World, text: &str);
    #[wasm_bindgen(method)]
    pub(crate) async fn calm(this: &World);
    #[wasm_bindgen(method)]
    pub(crate) fn release(this: &World, name: &str);
    #[wasm_bindgen(method)]
    pub(crate) fn aborted(this: &World, name: &str) -> bool;
    #[wasm_bindgen(method)]
    pub(crate) fn field(this: &World, name: &str, field: &str) -> String;
    #[wasm_bindgen(method)]
    pub(crate) fn push(this: &World, text: &str);
    #[wasm_bindgen(method)]
    pub(crate) fn finish(this: &World);
    #[wasm_bindgen(method, js_name = pushEverything)]
    pub(crate) async fn push_everything(this: &World);
    #[wasm_bindgen(method)]
    pub(crate) fn notification(this: &World, status: &str) -> String;
}

impl World {
    /// `options` is JavaScript.
    pub(crate) fn new(options: &str) -> Self {
        let world: Self = evaluated(&[include_str!("world.js"), "(", options, ")"].concat()).unchecked_into();
        let client = Client::new("http://server.invalid/mcp", Some(world.options()));
        world.set_client(client.expect("the URL is valid"));
        world
    }

    /// Calls the tool and logs the statuses and the outcome of its task.
    pub(crate) fn watched_call(&self, number: u32, json: &str) {
        self.call(number, json);
        self.observe(number);
        self.result(number);
    }

    /// Calls the tool without a task.
    pub(crate) fn plain_call(&self, number: u32) {
        self.call_with(number, "{}", false);
    }

    /// Waits for a status; `options` is JavaScript.
    pub(crate) fn wait(&self, number: u32, options: &str) {
        self.wait_with(number, evaluated(options));
    }

    /// What the callbacks and promises reported, in order.
    pub(crate) fn log(&self) -> Vec<String> {
        lines(&World::log_text(self))
    }

    /// The requests that the server received, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        lines(&World::requests_text(self))
    }
}

/// The value of a JavaScript expression.
pub(crate) fn evaluated(expression: &str) -> JsValue {
    js_sys::eval(&["(", expression, ")"].concat()).expect("the expression is valid")
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(ToOwned::to_owned).collect()
}
