use crate::wire::{
    fault::INVALID_REQUEST,
    hosted::{self, Hosts},
    json::Json,
    jsonrpc::RpcError,
};

/// Whether a client declares all that is required. Unlike in the Python SDK, `list` and `cancel` are compared, too.
pub fn check_tasks_capability(required: Hosts, client: Hosts) -> bool {
    let Hosts { list, cancel, sampling, elicitation } = required;
    let pairs =
        [(list, client.list), (cancel, client.cancel), (sampling, client.sampling), (elicitation, client.elicitation)];
    pairs.iter().all(|(required, declared)| *declared || !*required)
}

/// Whether a client with these capabilities takes `elicitation/create` as a task: they are what it said in `initialize`
/// (2025-11-25, Tasks: "Client Capabilities").
pub fn has_task_augmented_elicitation(capabilities: Json<'_>) -> bool {
    Hosts::declared(capabilities).elicitation
}

/// Whether a client with these capabilities takes `sampling/createMessage` as a task.
pub fn has_task_augmented_sampling(capabilities: Json<'_>) -> bool {
    Hosts::declared(capabilities).sampling
}

/// Refuses to ask a client for an elicitation as a task that it has not declared; requestors must not (2025-11-25, Tasks:
/// "Task Support and Handling"). `None`: it has said nothing yet.
///
/// # Errors
///
/// -32600 (invalid request): nothing was sent.
pub fn require_task_augmented_elicitation(capabilities: Option<Json<'_>>) -> Result<(), RpcError> {
    require(capabilities.is_some_and(has_task_augmented_elicitation), "elicitation")
}

/// Refuses to ask a client for a sampling as a task that it has not declared, as [`require_task_augmented_elicitation`] does.
///
/// # Errors
///
/// -32600 (invalid request): nothing was sent.
pub fn require_task_augmented_sampling(capabilities: Option<Json<'_>>) -> Result<(), RpcError> {
    require(capabilities.is_some_and(has_task_augmented_sampling), "sampling")
}

fn require(is_declared: bool, what: &str) -> Result<(), RpcError> {
    let refusal = || hosted::error(INVALID_REQUEST, &["Client does not support task-augmented ", what]);
    is_declared.then_some(()).ok_or_else(refusal)
}
