//! After a panic: told once, and every later call is refused in words. A binary of its own, for no engine works behind it.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that goes wrong shall stop"
)]

#[path = "web/world.rs"]
mod world;

use mcp_tasks::web::Core;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use world::World;

#[wasm_bindgen_test]
async fn a_panic_is_told_once_and_every_later_call_is_refused_in_words() {
    let bystander = World::new("{ stream: true, held: ['tools/call'] }");
    let idle = bystander.core();
    idle.call(1, 0, "render".into(), "{}".into(), Some(-1.0)).unwrap();
    bystander.until("tools/call").await;

    // A callback of Rust's that panics; JavaScript catches the trap, as a page would.
    let panics = "try { world.panicking() } catch (error) { world.trapped = String(error) }";
    let world = World::new(&["{ hook(name, world) { if (name === 'replied') ", panics, " } }"].concat());
    let panicking = Closure::<dyn Fn()>::new(|| panic!("the ice broke"));
    set(&world, "panicking", panicking.as_ref());
    let core = world.core();
    core.list(7, 0).unwrap();
    world.until("replied 7").await;
    world.calm().await;

    let trapped = js_sys::Reflect::get(&world, &"trapped".into()).unwrap().as_string().unwrap();
    assert!(trapped.to_lowercase().contains("unreachable"), "{trapped}");
    let told = |world: &World| world.log().into_iter().filter(|line| line.starts_with("panicked")).collect::<Vec<_>>();
    for host in [&world, &bystander] {
        // The words are two lines: where, and what.
        assert_eq!(told(host).len(), 1, "{:?}", host.log());
        assert!(told(host)[0].contains("web_panic.rs"), "{:?}", host.log());
        assert!(host.log().iter().any(|line| line.contains("the ice broke")), "{:?}", host.log());
    }

    for core in [&core, &idle] {
        let calls: [(&str, Result<(), JsValue>); 13] = [
            ("call", core.call(20, 0, "render".into(), "{}".into(), None)),
            ("attach", core.attach(21, "task-1".into())),
            ("watch", core.watch(1, true)),
            ("unwatch", core.unwatch(1, true)),
            ("refresh", core.refresh(1, 22)),
            ("cancel", core.cancel(1, 23)),
            ("abandon", core.abandon(1)),
            ("forget", core.forget(1)),
            ("list", core.list(24, 0)),
            ("ask", core.ask(25, 0, None)),
            ("pause", core.pause(0, true)),
            ("resume", core.pause(0, false)),
            ("close", core.close()),
        ];
        for (name, result) in calls {
            let error = result.expect_err(name).dyn_into::<js_sys::Error>().unwrap();
            assert!(String::from(error.message()).contains("the ice broke"), "{name}");
        }
    }

    // What was under way comes to nothing, and tells nobody anything.
    let (requests, log) = (bystander.requests(), bystander.log());
    bystander.release("tools/call");
    bystander.calm().await;
    assert_eq!(bystander.requests(), requests);
    assert_eq!(bystander.log(), log);

    let host = World::new("{}").host();
    let error = Core::new(host, "http://server.invalid/mcp", None, None, None, 0).err().expect("no new engine");
    let error = error.dyn_into::<js_sys::Error>().unwrap();
    assert!(String::from(error.message()).contains("the ice broke"));

    // To JavaScript these are errors like any other, not traps.
    set(&world, "core", &core.into());
    world.everything(30);
    let threw: Vec<_> = world.log().into_iter().filter(|line| line.starts_with("threw")).collect();
    assert!(threw.len() > 10, "{threw:?}");
    assert!(threw.iter().all(|line| line.starts_with("threw Error: panicked")), "{threw:?}");
}

fn set(world: &World, name: &str, value: &JsValue) {
    js_sys::Reflect::set(world, &name.into(), value).unwrap();
}
