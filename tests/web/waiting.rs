//! Waiting: time limits, timers, abort signals, and callbacks that are unregistered.

use crate::world::{World, evaluated};
use wasm_bindgen_test::wasm_bindgen_test;

/// Replaces `setTimeout` until `restore` is called, and keeps the longest wait.
const LONGEST_WAIT: &str = "(() => {
    const { setTimeout } = globalThis;
    let longest = 0;
    globalThis.setTimeout = (callback, ms) => {
        longest = Math.max(longest, ms ?? 0);
        return setTimeout(callback, ms);
    };
    return { restore: () => { globalThis.setTimeout = setTimeout; }, longest: () => longest };
})()";

fn call(object: &wasm_bindgen::JsValue, name: &str) -> wasm_bindgen::JsValue {
    let method: js_sys::Function = js_sys::Reflect::get(object, &name.into()).unwrap().into();
    method.call0(object).unwrap()
}

#[wasm_bindgen_test]
async fn waits_longer_than_set_timeout_takes_do_not_end_at_once() {
    let timers = evaluated(LONGEST_WAIT);
    let world = World::new(
        "{ status: (status) => ({ ...status, pollInterval: 1e10 }), client: { maxPollIntervalMs: 1e11, stream: false } }",
    );
    world.watched_call(1, "{}");
    world.wait(1, "{ timeoutMs: 3e9 }");
    world.until("tools/call").await;
    world.calm().await;
    world.calm().await;
    let longest = call(&timers, "longest").as_f64().unwrap();
    call(&timers, "restore");
    assert_eq!(longest, f64::from(i32::MAX));
    assert_eq!(world.log(), ["created 1 true", "changed 1 working grüße 🎉"]);
    let polls = world.requests().iter().filter(|name| *name == "tasks/get").count();
    assert!(polls <= 1, "{polls} polls");
    world.close();
}

#[wasm_bindgen_test]
async fn wait_rejects_after_its_time_limit_and_the_task_continues() {
    let world = World::new("{ held: ['tasks/get'] }");
    world.call(1, "{}");
    world.wait(1, "{ timeoutMs: 20 }");
    world.until("failed 1 timeout: ").await;
    world.result(1);
    world.release("tasks/get");
    world.until("tasks/get").await;
    world.close();
    world.until("failed 1 closed: ").await;
    assert!(!world.requests().contains(&"tasks/cancel".into()));
}

#[wasm_bindgen_test]
async fn an_aborted_signal_ends_the_waiting_and_not_the_task() {
    let world = World::new("{ held: ['tasks/get'] }");
    world.call(1, "{}");
    world.result_until_aborted(1);
    world.until("tasks/get").await;
    world.abort_waiting();
    world.until("failed 1 Error: enough").await;
    world.release("tasks/get");
    world.result(1);
    world.close();
    world.until("failed 1 closed: ").await;
    assert!(!world.requests().contains(&"tasks/cancel".into()));
}

#[wasm_bindgen_test]
async fn an_unregistered_callback_is_not_called() {
    let world = World::new("{ stream: true, held: ['tasks/get'] }");
    world.watched_call(1, "{}");
    world.until("changed").await;
    world.push(&world.notification("input_required"));
    world.until("changed 1 input_required").await;
    world.unobserve(1);
    world.unobserve(1);
    world.push(&[world.notification("working"), world.notification("completed")].concat());
    world.until("settled").await;
    let changes = world.log().iter().filter(|line| line.starts_with("changed")).count();
    assert_eq!(changes, 2);
    world.close();
}

#[wasm_bindgen_test]
async fn a_promise_settles_although_client_and_handle_were_freed() {
    // The garbage collector frees both while an application awaits the promise only.
    let world = World::new("{}");
    world.call(1, "{}");
    world.result(1);
    world.free();
    world.until("settled 1").await;
    assert_eq!(world.requests(), super::REQUESTS);
}
