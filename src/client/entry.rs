use super::{Call, ReplyId, holding::Hold};
use crate::{
    Millis,
    task::{Failure, Task},
    wire::ask::Round,
};

/// One task with what the client keeps beside it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) task: Task,
    pub(super) creation: Creation,
    pub(super) cancel: Cancel,
    /// Who asked for the state now.
    pub(super) refreshers: Vec<Refresher>,
    /// The caller gave up before the task was named.
    pub(super) abandoned: bool,
    /// Nobody holds the number any more: remove when the creation is over.
    pub(super) forgotten: bool,
    /// The request held for its input.
    pub(super) hold: Hold,
    /// The result, where it was told before the status that it belongs to.
    pub(super) early_result: Option<String>,
    /// The server announced, in these words and as which of all, that it wants input; the request has not come.
    pub(super) announced: Option<(u64, Option<String>)>,
    /// What the call is sent again with.
    pub(super) round: Option<Round>,
    /// How often the server has answered it with questions.
    pub(super) rounds: u32,
    /// Since when nothing has been heard of a task that the server should have dropped by then.
    pub(super) overdue: Option<Millis>,
    /// The tool's structured content is wrapped: see [`crate::wire::answer::Payload::is_wrapped`].
    pub(super) is_wrapped: bool,
    // What the tables know of it.
    /// When the timer table looks at it again; `Millis::MAX`: it does not. Not later than it is due.
    pub(super) looked_at: Millis,
    pub(super) is_due: bool,
    pub(super) watched: bool,
    pub(super) creating: bool,
    pub(super) sent: bool,
    pub(super) input: bool,
    /// The hash of its name.
    pub(super) named: Option<u32>,
}

/// Who asked for a task's state, with what to say if it is found alive (a refused cancellation).
pub(super) type Refresher = (ReplyId, Option<Box<Failure>>);

/// How far the creation is.
#[derive(Debug)]
pub(super) enum Creation {
    /// The call waits to be sent, with how often it was sent and refused unprocessed.
    Waiting { call: Call, attempts: u32, not_before: Millis },
    /// The call was sent.
    Sent { call: Call, attempts: u32, request: u32, as_task: bool, is_idempotent: bool },
    /// The server has answered with questions, and is called again when they are answered.
    Asking { call: Call },
    /// The server has answered.
    Over,
}

/// How far a cancellation is.
#[derive(Debug, Default)]
pub(super) enum Cancel {
    #[default]
    No,
    /// Wanted by these; sent as soon as the task has a name.
    Wanted { replies: Vec<ReplyId>, attempts: u32 },
    /// Sent.
    Asked { replies: Vec<ReplyId>, attempts: u32 },
    /// The server took note of it.
    Acknowledged,
}

impl Entry {
    pub(super) fn new(task: Task, creation: Creation) -> Self {
        Self {
            task,
            creation,
            cancel: Cancel::No,
            refreshers: Vec::new(),
            abandoned: false,
            forgotten: false,
            hold: Hold::default(),
            early_result: None,
            announced: None,
            round: None,
            rounds: 0,
            overdue: None,
            is_wrapped: false,
            looked_at: Millis::MAX,
            is_due: false,
            watched: false,
            creating: false,
            sent: false,
            input: false,
            named: None,
        }
    }
}
