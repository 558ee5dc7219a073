use super::{Call, ReplyId, holding::Hold};
use crate::{
    Millis,
    task::{DueReason, Failure, Task},
    wire::ask::Round,
};
use std::ops::{Deref, DerefMut};

/// One task with what the client keeps beside it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) task: Task,
    pub(super) creation: Creation,
    pub(super) cancel: Cancel,
    /// The caller gave up before the task was named.
    pub(super) abandoned: bool,
    /// Nobody holds the number any more: remove when the creation is over.
    pub(super) forgotten: bool,
    pub(super) rare: Rare,
    /// The tool's structured content is wrapped: see [`crate::wire::answer::Payload::is_wrapped`].
    pub(super) is_wrapped: bool,
    /// The server's list does not show it, or it is its turn to be held against the list: asked after by itself.
    pub(super) is_alone: bool,
    /// The pass over the list that is about to find it.
    pub(super) expected_in: u32,
    // What the tables know of it.
    pub(super) due: Option<Due>,
    pub(super) watched: bool,
    pub(super) creating: bool,
    pub(super) sent: bool,
    pub(super) input: bool,
    /// The hash of its name.
    pub(super) named: Option<u32>,
}

/// What most tasks never have: kept elsewhere, for there may be ten thousand of them.
#[derive(Debug, Default)]
pub(super) struct Rare(Option<Box<Extras>>);

/// See [`Rare`].
#[derive(Debug)]
pub(super) struct Extras {
    /// Who asked for the state now.
    pub(super) refreshers: Vec<Refresher>,
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
}

impl Deref for Rare {
    type Target = Extras;

    fn deref(&self) -> &Extras {
        const NONE: &Extras = &Extras::NONE;
        self.0.as_deref().unwrap_or(NONE)
    }
}

impl Extras {
    const NONE: Self = Self {
        refreshers: Vec::new(),
        hold: Hold::NONE,
        early_result: None,
        announced: None,
        round: None,
        rounds: 0,
        overdue: None,
    };
}

impl Rare {
    /// What there is of it.
    pub(super) fn take(&mut self) -> Extras {
        self.0.take().map_or(Extras::NONE, |extras| *extras)
    }

    /// For whoever only takes something back: what is not there is not made.
    pub(super) fn known(&mut self) -> Option<&mut Extras> {
        self.0.as_deref_mut()
    }
}

/// Makes room for it.
impl DerefMut for Rare {
    #[inline(never)]
    fn deref_mut(&mut self) -> &mut Extras {
        self.0.get_or_insert_with(|| Box::new(Extras::NONE))
    }
}

/// Who asked for a task's state, with what to say if it is found alive (a refused cancellation).
pub(super) type Refresher = (ReplyId, Option<Box<Failure>>);

/// How far the creation is.
#[derive(Debug)]
pub(super) enum Creation {
    /// The call waits to be sent, with how often it was sent and refused unprocessed.
    Waiting { call: Box<Call>, attempts: u32, not_before: Millis },
    /// The call was sent.
    Sent { call: Box<Call>, attempts: u32, request: u32, as_task: bool, is_idempotent: bool },
    /// The server has answered with questions, and is called again when they are answered.
    Asking { call: Box<Call> },
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

/// What is asked for first where there is no room for everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// What the application has just asked for, or of what it knows nothing.
    Asked,
    /// The result of a task that has ended.
    Result,
    /// A poll that the server's list cannot take the place of.
    Alone,
    /// A poll.
    Poll,
}

/// When something is due, in one number with its rank in front: what is sorted by it is sorted by rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due(u64);

/// The bits that are left for the time: more than a million years.
const TIME: u64 = u64::MAX >> 8;

impl Due {
    pub(super) fn at(self) -> Millis {
        self.0 & TIME
    }
}

impl Rank {
    pub(super) const ALL: [Self; 4] = [Self::Asked, Self::Result, Self::Alone, Self::Poll];

    pub(super) fn due_at(self, at: Millis) -> Due {
        Due((self as u64) << TIME.count_ones() | at.min(TIME))
    }
}

impl Entry {
    pub(super) fn rank(&self, why: DueReason) -> Rank {
        match why {
            DueReason::Result => Rank::Result,
            DueReason::Now
                if !self.rare.refreshers.is_empty()
                    || matches!(self.cancel, Cancel::Acknowledged)
                    || self.task.heard_at().is_none() =>
            {
                Rank::Asked
            }
            DueReason::BadAnswer => Rank::Alone,
            _ if self.is_alone => Rank::Alone,
            _ => Rank::Poll,
        }
    }

    pub(super) fn new(task: Task, creation: Creation) -> Self {
        Self {
            task,
            creation,
            cancel: Cancel::No,
            abandoned: false,
            forgotten: false,
            rare: Rare::default(),
            is_wrapped: false,
            is_alone: false,
            expected_in: 0,
            due: None,
            watched: false,
            creating: false,
            sent: false,
            input: false,
            named: None,
        }
    }
}
