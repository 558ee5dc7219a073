//! The neutral model of a task: what every era's codec maps to and from.

use super::{json_object::JsonObject, v2026};

/// Where a task stands. The last three are terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// The server works on it.
    Working,
    /// The server waits for input from the requestor.
    InputRequired,
    /// Ended with a result.
    Completed,
    /// Ended with an error, or with a result that says so.
    Failed,
    /// Ended because somebody cancelled it.
    Cancelled,
}

impl Status {
    /// Every status there is.
    pub const ALL: [Self; 5] = [Self::Working, Self::InputRequired, Self::Completed, Self::Failed, Self::Cancelled];

    /// The specification's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::InputRequired => "input_required",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status that the specification's word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }

    /// Whether the status can never change again.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// One immutable observation of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The server's name for the task. May be a secret: see [`short_id`].
    pub task_id: String,
    /// Where the task stands.
    pub status: Status,
    /// The server's words about the status.
    pub status_message: Option<String>,
    /// When the task was created, ISO 8601, by the server's clock.
    pub created_at: Option<String>,
    /// When the server last changed it, ISO 8601; some servers say "now" on every answer.
    pub last_updated_at: Option<String>,
    /// How long the server keeps it after creation, in milliseconds; `None`: without limit, or not said.
    pub ttl_ms: Option<u64>,
    /// How often the server wants to be asked, in milliseconds; `None`: not said.
    pub poll_interval_ms: Option<u64>,
}

impl Snapshot {
    /// The length of its texts, in bytes.
    pub(crate) fn held_bytes(&self) -> usize {
        let texts = [&self.status_message, &self.created_at, &self.last_updated_at];
        texts.into_iter().flatten().map(String::len).fold(self.task_id.len(), usize::saturating_add)
    }

    /// As JSON text in the words that cross to JavaScript.
    pub fn to_json(&self) -> String {
        self.encode(v2026::TIMES).to_json()
    }

    /// As a JSON object with an era's names of the times.
    pub(super) fn encode(&self, [ttl, poll_interval]: [&'static str; 2]) -> JsonObject<'static> {
        JsonObject::new()
            .with("taskId", &self.task_id)
            .with("status", self.status.as_str())
            // `null` if there is none: requestors refuse a task without this member.
            .with(ttl, self.ttl_ms)
            .with_some("statusMessage", self.status_message.as_ref())
            .with_some("createdAt", self.created_at.as_ref())
            .with_some("lastUpdatedAt", self.last_updated_at.as_ref())
            .with_some(poll_interval, self.poll_interval_ms)
    }
}

/// The first characters of a task id, for messages and logs: whoever holds the whole id may hold the task.
pub fn short_id(task_id: &str) -> String {
    let mut short: String = task_id.chars().take(8).collect();
    if short.len() < task_id.len() {
        short.push('…');
    }
    short
}
