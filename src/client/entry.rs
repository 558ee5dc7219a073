use super::{
    Call, ReplyId,
    long_poll::LongPoll,
    poll_queue::{DueKey, Priority},
    task_index::Indexed,
};
use crate::{
    Millis,
    task::{DueReason, Task, TaskError},
    wire::request::RoundTrip,
};

/// One task with what the client keeps beside it. There may be ten thousand of them: the two largest fields that are rarely
/// set are boxed, which saves 40 bytes per task.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) task: Task,
    pub(super) creation: Creation,
    pub(super) cancel: Cancel,
    /// The caller gave up before the task was named.
    pub(super) abandoned: bool,
    /// Nobody holds the number any more: remove when the creation is over.
    pub(super) forgotten: bool,
    /// Reply ids of callers waiting for a fresh status.
    pub(super) refreshers: Vec<Refresher>,
    /// The `tasks/result` request left open for input requests.
    pub(super) long_poll: LongPoll,
    /// The result, if it arrived before the status that it belongs to.
    pub(super) early_result: Option<String>,
    /// The input request that the server has announced and that has not arrived.
    pub(super) announced: Option<Box<Announcement>>,
    /// What the call is sent again with.
    pub(super) round_trip: Option<Box<RoundTrip>>,
    /// How often the server has answered the call with input requests.
    pub(super) round_trips: u32,
    /// Since when the server has not responded about a task that is past its TTL.
    pub(super) overdue: Option<Millis>,
    /// The tool's structured content is wrapped: see [`crate::wire::response::Payload::is_wrapped`].
    pub(super) is_wrapped: bool,
    /// The server's list does not show it, or it is its turn to be held against the list: asked after by itself.
    pub(super) is_alone: bool,
    /// The pass over the list that is about to find it.
    pub(super) expected_in: u32,
    /// The place in the poll queue.
    pub(super) due: Option<DueKey>,
    /// What [`TaskIndex`](super::task_index::TaskIndex) holds of this task.
    pub(super) indexed: Indexed,
    /// The hash of the task id, which a settled task may no longer have.
    pub(super) id_hash: Option<u64>,
}

/// A status notification `input_required`, which announces an input request.
#[derive(Debug)]
pub(super) struct Announcement {
    /// Counts the announcements of all tasks.
    pub(super) order: u64,
    pub(super) message: Option<String>,
}

/// A caller that waits for a fresh status.
#[derive(Debug)]
pub(super) enum Refresher {
    /// Asked for the status.
    Status(ReplyId),
    /// Asked for a cancellation, which the server has acknowledged: the status shows what came of it.
    Cancelled(ReplyId),
    /// Asked for a cancellation, which the server has refused with this failure: it counts only if the task is alive.
    CancelRefused(ReplyId, Box<TaskError>),
    /// The client has cancelled the task by its id.
    CancelledById,
}

impl Refresher {
    pub(super) fn reply(&self) -> Option<ReplyId> {
        match self {
            Self::Status(reply) | Self::Cancelled(reply) | Self::CancelRefused(reply, _) => Some(*reply),
            Self::CancelledById => None,
        }
    }
}

/// How far the creation is.
#[derive(Debug)]
pub(super) enum Creation {
    /// The call waits to be sent, with how often it was sent and refused unprocessed.
    Waiting { call: Box<Call>, attempts: u32, not_before: Millis },
    /// The call was sent.
    Sent { call: Box<Call>, attempts: u32, request: u32, as_task: bool, is_idempotent: bool },
    /// The server has answered with questions, and is called again when they are answered.
    AwaitingInput { call: Box<Call> },
    /// The server has answered.
    Over,
}

/// How far a cancellation is.
#[derive(Debug, Default)]
pub(super) enum Cancel {
    #[default]
    No,
    /// Wanted by these; sent as soon as the task has a name.
    Wanted { replies: Vec<ReplyId>, attempts: u32, not_before: Millis },
    /// Sent.
    Requested { replies: Vec<ReplyId>, attempts: u32 },
    /// The server took note of it.
    Acknowledged,
}

impl Entry {
    pub(super) fn priority(&self, why: DueReason) -> Priority {
        match why {
            DueReason::Result => Priority::Result,
            DueReason::Now
                if !self.refreshers.is_empty()
                    || matches!(self.cancel, Cancel::Acknowledged)
                    || self.task.heard_at().is_none() =>
            {
                Priority::Requested
            }
            DueReason::BadAnswer => Priority::Individual,
            _ if self.is_alone => Priority::Individual,
            _ => Priority::Routine,
        }
    }

    pub(super) fn new(task: Task, creation: Creation) -> Self {
        Self {
            task,
            creation,
            cancel: Cancel::No,
            abandoned: false,
            forgotten: false,
            refreshers: Vec::new(),
            long_poll: LongPoll::default(),
            early_result: None,
            announced: None,
            round_trip: None,
            round_trips: 0,
            overdue: None,
            is_wrapped: false,
            is_alone: false,
            expected_in: 0,
            due: None,
            indexed: Indexed::default(),
            id_hash: None,
        }
    }
}
