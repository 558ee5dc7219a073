//! The wasm exports: a client and its task handles (feature `client`), and hosted tasks (feature `receiver`). This layer carries
//! out what the layers below decide; it makes no protocol decisions.

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "receiver")]
pub mod receiver;

#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
