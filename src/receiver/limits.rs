use crate::wire::{
    error_codes::{INTERNAL_ERROR, INVALID_PARAMS},
    jsonrpc::RpcError,
    receiver_messages,
    request::TaskOption,
};

/// What a host takes of one server: it is the server that decides how much it asks for (2025-11-25, Tasks: "Resource
/// Management").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostLimits {
    /// How many tasks are worked on at a time. Default 100.
    pub concurrent: usize,
    /// The longest time to live, in milliseconds; longer ones, and those without a limit, are cut to it. Default one day.
    pub longest_ttl_ms: u64,
    /// How long a request may be that becomes a task: its parameters as JSON text, in the units of the host's strings. Default 4 Mi.
    pub request_length: usize,
}

impl Default for HostLimits {
    fn default() -> Self {
        Self { concurrent: 100, longest_ttl_ms: 24 * 60 * 60 * 1000, request_length: 4 << 20 }
    }
}

impl HostLimits {
    /// Whether one more request may become a task while `running` others are worked on, and for how long that is kept.
    ///
    /// # Errors
    ///
    /// The error to answer with, -32602 for a request that is too long, -32603 where there are too many. No task is created then.
    pub fn admit(&self, running: usize, length: usize, option: TaskOption) -> Result<TaskOption, RpcError> {
        let number = |number: usize| number.to_string();
        if length > self.request_length {
            let (length, most) = (number(length), number(self.request_length));
            let words = ["The request is ", &length, " long, and ", &most, " is the most: no task was created"];
            return Err(receiver_messages::error(INVALID_PARAMS, &words));
        }
        if running >= self.concurrent {
            let running = number(running);
            return Err(receiver_messages::error(
                INTERNAL_ERROR,
                &["Too many tasks: ", &running, " are under way; no task was created"],
            ));
        }
        Ok(TaskOption { ttl_ms: Some(option.ttl_ms.unwrap_or(self.longest_ttl_ms).min(self.longest_ttl_ms)) })
    }
}
