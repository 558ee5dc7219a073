//! MCP background tasks: a sans-IO engine that asks, polls and listens, and a thin driver that runs it in JavaScript.
//!
//! Imports go down only: `web` -> [`client`] -> [`task`] and [`receiver`], side by side -> [`wire`]. Everything but `web` is free of clocks,
//! randomness and I/O, and runs natively: tests hand in a virtual clock and the bytes a server would send.
//!
//! ```
//! use mcp_tasks::client::{Client, Config, Input, Output, Call};
//!
//! let mut client = Client::new(Config::new("https://example.org/mcp"), 7);
//! client.handle_input(0, Input::Call { handle: 1, call: Call::tool("render", "{}").unwrap() });
//! let Some(Output::Fetch(first)) = client.poll_output() else { panic!("the greeting comes first") };
//! assert!(first.body.unwrap().contains("server/discover"));
//! ```

pub mod client;
pub mod receiver;
pub mod task;
#[cfg(target_arch = "wasm32")]
pub mod web;
pub mod wire;

/// Milliseconds on a clock of the caller's that never goes back; where it starts does not matter.
pub type Millis = u64;
