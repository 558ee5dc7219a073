//! Words on the wire: pure functions and values. The only layer that knows what protocol text looks like.

pub mod buffer;
pub mod error_codes;
pub mod event_stream;
mod header_params;
pub mod headers;
pub mod http;
pub mod input;
pub mod json;
mod json_object;
pub mod jsonrpc;
pub mod notification;
pub mod receiver_messages;
pub mod request;
pub mod response;
pub mod session;
pub mod snapshot;
pub mod text;
pub mod timestamp;
pub mod url;
mod v2025;
mod v2026;

mod decode_error;
mod era;
pub use decode_error::DecodeError;
pub use era::Era;
pub use era::HandshakeOutcome;
pub use header_params::HeaderParam;
