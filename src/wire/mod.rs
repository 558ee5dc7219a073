//! Words on the wire: pure functions and values. The only layer that knows what protocol text looks like.

pub mod answer;
pub mod ask;
pub mod buffer;
pub mod event_stream;
pub mod fault;
pub mod headers;
pub mod hosted;
pub mod http;
pub mod input;
pub mod json;
mod json_object;
pub mod jsonrpc;
mod mirror;
pub mod sessions;
pub mod snapshot;
pub mod text;
pub mod timestamp;
pub mod told;
pub mod url;
mod v2025;
mod v2026;

mod era;
mod problem;
pub use era::Era;
pub use era::Greeted;
pub use mirror::Mirror;
pub use problem::Problem;
