//! Words on the wire: pure functions and values. The only layer that knows what protocol text looks like.

pub mod event_stream;
pub mod http;
pub mod json;
pub mod jsonrpc;
mod object;
pub mod snapshot;
pub mod text;
pub mod timestamp;
pub mod v2025;

mod problem;
pub use problem::Problem;
