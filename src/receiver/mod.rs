//! Tasks that *we* host: a server asks the client for sampling or elicitation as a task (MCP 2025-11-25, Tasks; the revision
//! after it has dropped that), and the client keeps the task's state, does the work and answers for both.
//!
//! What the Python SDK has in `mcp.shared.experimental.tasks`, under its names: a [`TaskStore`] keeps tasks,
//! [`task_execution`] does the work of one, a [`TaskContext`] is what the work tells of itself with, [`cancel_task`] ends one
//! from outside. [`create_task`] and [`answer`] answer a server's requests out of a store.
//!
//! The helpers of that Python module for the server side (message queue, resolver, server polling, capability checks) are not
//! part of this crate.
//!
//! No clock, no randomness, no runtime: callers pass the time and the random bytes, and only changes of the store wake the
//! futures. The futures stay on one thread.
//!
//! # How a task lives
//!
//! It begins as `working`. While it is `working` or `input_required` it may become any status; `completed`, `failed` and
//! `cancelled` are terminal, and nothing about a task changes any more after them (2025-11-25, Tasks: "Task Status Lifecycle").
//! Whoever comes too late is told so by [`StoreError::Terminal`]: a `complete` after a cancellation neither panics nor
//! overwrites.
//!
//! ```
//! use mcp_tasks::receiver::{InMemoryTaskStore, TaskStore, generate_task_id, task_execution};
//! use mcp_tasks::wire::request::TaskOption;
//! use std::{future::Future, pin::pin, rc::Rc, task::{Context, Poll, Waker}};
//!
//! let store = Rc::new(InMemoryTaskStore::new(|| 1_795_226_106_733));
//! let task_id = generate_task_id([7; 16]);
//! let life = async {
//!     store.create_task(task_id.clone(), TaskOption { ttl_ms: Some(60_000) }).await?;
//!     let done = task_execution(store.clone(), &task_id, async |task| {
//!         task.update_status("asking the user").await?;
//!         task.complete(r#"{"action":"accept","content":{}}"#).await.map(drop)
//!     });
//!     assert!(done.await.is_ok());
//!     store.get_task(&task_id).await
//! };
//! let Poll::Ready(Ok(Some(task))) = pin!(life).poll(&mut Context::from_waker(Waker::noop())) else { panic!() };
//! assert_eq!((task.status.as_str(), task.status_message.as_deref()), ("completed", Some("asking the user")));
//! ```

#![forbid(unsafe_code)]

mod cancel;
mod context;
mod error;
mod execution;
mod limits;
mod memory;
mod serving;
mod state;
mod store;
mod stored_tasks;
mod wait;

pub use crate::wire::receiver_messages::{MODEL_IMMEDIATE_RESPONSE_KEY, RELATED_TASK_METADATA_KEY};
pub use crate::wire::response::TaskPage;
pub use cancel::{CancelError, cancel_task};
pub use context::TaskContext;
pub use error::StoreError;
pub use execution::{ExecutionError, Recorded, task_execution};
pub use limits::HostLimits;
pub use memory::{InMemoryTaskStore, Limits};
pub use serving::{answer, create_task, follow};
pub use state::{
    DEFAULT_POLL_INTERVAL_MS, UnixMillis, create_task_state, generate_task_id, is_terminal, update_task_state,
};
pub use store::{StoreFuture, TaskStore, TaskUpdate};
