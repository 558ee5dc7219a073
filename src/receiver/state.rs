use super::{StoreError, TaskUpdate};
use crate::wire::{
    request::TaskOption,
    snapshot::{Snapshot, Status},
    timestamp,
};

/// Milliseconds since 1970-01-01T00:00:00Z, as JavaScript's `Date.now()` counts them.
pub type UnixMillis = u64;

/// How often a requestor is told to ask after a task of ours, in milliseconds; the Python SDK's 500.
pub const DEFAULT_POLL_INTERVAL_MS: u64 = 500;

/// Above this, a JSON number is no longer what was written: JavaScript's `Number.MAX_SAFE_INTEGER`.
const MAX_TTL_MS: u64 = (1 << 53) - 1;

/// Whether a task with this status has ended: `completed`, `failed` or `cancelled` (2025-11-25, Tasks: "Task Status
/// Lifecycle").
pub fn is_terminal(status: Status) -> bool {
    status.is_terminal()
}

/// A task id out of 16 random bytes: a UUID of version 4 (RFC 9562, section 5.4), with 122 random bits.
///
/// The bytes must come from a cryptographically secure source, `crypto.getRandomValues` in a browser: where requestors cannot
/// be told apart, whoever guesses the id has the task (2025-11-25, Tasks: "Task Isolation and Access Control").
pub fn generate_task_id(random: [u8; 16]) -> String {
    let bits = u128::from_be_bytes(random);
    // Version 4 in the thirteenth digit; the variant, binary 10, at the beginning of the seventeenth.
    let bits = bits & !(0xF << 76) & !(0b11 << 62) | (4 << 76) | (0b10 << 62);
    let mut id = String::new();
    for digit in 0..32 {
        if matches!(digit, 8 | 12 | 16 | 20) {
            id.push('-');
        }
        let nibble = (bits >> (124 - 4 * digit)) & 0xF;
        id.push(char::from_digit(nibble as u32, 16).unwrap_or('0'));
    }
    id
}

/// A new task: `working` (2025-11-25, Tasks: "Task Status Lifecycle"), made at `now`, to be asked after every
/// [`DEFAULT_POLL_INTERVAL_MS`]. It is kept as long as was asked for, in milliseconds from its creation; without a limit by
/// default.
pub fn create_task_state(task_id: String, option: TaskOption, now: UnixMillis) -> Snapshot {
    let at = timestamp::iso8601(now);
    Snapshot {
        task_id,
        status: Status::Working,
        status_message: None,
        created_at: Some(at.clone()),
        last_updated_at: Some(at),
        ttl_ms: option.ttl_ms.map(|ms| ms.min(MAX_TTL_MS)),
        poll_interval_ms: Some(DEFAULT_POLL_INTERVAL_MS),
    }
}

/// What an update at `now` makes of a task: the rules of a task's life in one place, for every store.
///
/// The time of the last update never goes back, whatever the clock does.
///
/// # Errors
///
/// [`StoreError::Terminal`]: the task has ended. Then it stays as it is, to the letter: the same status again and another
/// message are refused too.
pub fn update_task_state(task: &Snapshot, update: TaskUpdate, now: UnixMillis) -> Result<Snapshot, StoreError> {
    if is_terminal(task.status) {
        return Err(StoreError::Terminal { task_id: task.task_id.clone(), status: task.status });
    }
    let mut task = task.clone();
    task.status = update.status.unwrap_or(task.status);
    task.status_message = update.status_message.or(task.status_message);
    let now = timestamp::iso8601(now);
    let known = task.last_updated_at.as_deref().and_then(timestamp::micros);
    if known <= timestamp::micros(&now) {
        task.last_updated_at = Some(now);
    }
    Ok(task)
}
