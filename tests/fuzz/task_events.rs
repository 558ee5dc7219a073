//! Everything that can happen to a task, as values that can be listed, drawn and replayed.

#![allow(dead_code, reason = "some draw events, some list them")]

use mcp_tasks::Millis;
use mcp_tasks::task::{Interest, Seen, Task, Want};
use mcp_tasks::wire::snapshot::{Snapshot, Status};

/// A failed poll is sent again after this.
pub(crate) const RETRY_MS: Millis = 1234;
pub(crate) const TASK_ID: &str = "t1";

/// One observation; the task's id is always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Says {
    pub(crate) status: Status,
    pub(crate) message: Option<&'static str>,
    /// `lastUpdatedAt`, in seconds.
    pub(crate) at: Option<u8>,
    pub(crate) ttl_ms: Option<u64>,
    pub(crate) interval_ms: Option<u64>,
    pub(crate) pushed: bool,
}

/// One call of a method of [`Task`], by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Named,
    Observe(Says),
    Watch(Interest),
    Unwatch(Interest),
    Interrupt,
    PollNow,
    Hide(bool),
    AwaitInput(bool),
    StreamTaken,
    StreamLost,
    Asking(Want),
    Answered(Want),
    Unanswered(Want),
    PollFailed(Want),
    RetryNow,
    PollEarly,
    BadAnswer(Want),
    Settle,
}

/// What a method gave back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gave {
    Nothing,
    Seen(Seen),
    Times(u32),
}

impl Event {
    pub(crate) fn apply(self, task: &mut Task, now: Millis) -> Gave {
        match self {
            Self::Named => task.named(now, TASK_ID.into()),
            Self::Observe(says) => return Gave::Seen(task.observe(now, says.snapshot(), says.pushed)),
            Self::Watch(interest) => task.watch(now, interest),
            Self::Unwatch(interest) => task.unwatch(now, interest),
            Self::Interrupt => task.interrupt(now),
            Self::PollNow => task.poll_now(now),
            Self::Hide(hidden) => task.hide(now, hidden),
            Self::AwaitInput(awaits) => task.await_input(now, awaits),
            Self::StreamTaken => task.stream_taken(now),
            Self::StreamLost => task.stream_lost(now),
            Self::Asking(want) => task.asking(want),
            Self::Answered(want) => task.answered(want),
            Self::Unanswered(want) => task.unanswered(now, want),
            Self::PollFailed(want) => task.poll_failed(now, want, now.saturating_add(RETRY_MS)),
            Self::RetryNow => task.retry_now(now),
            Self::PollEarly => task.poll_early(now),
            Self::BadAnswer(want) => return Gave::Times(task.bad_answer(now, want)),
            Self::Settle => task.settle(now),
        }
        Gave::Nothing
    }
}

impl Event {
    /// The event that two bytes choose; the second tells an observation's time and words, or which of two.
    pub(crate) fn of(choice: u8, more: u8) -> Self {
        let status = match more % 8 {
            0..=2 => Status::Working,
            3 | 4 => Status::InputRequired,
            5 => Status::Completed,
            6 => Status::Failed,
            _ => Status::Cancelled,
        };
        let says = Says {
            status,
            message: if more & 8 == 0 { None } else { Some(if more & 16 == 0 { "a" } else { "b" }) },
            at: (more & 32 != 0).then_some(1 + choice / 24 % 3),
            ttl_ms: (more & 64 != 0).then_some(1000),
            interval_ms: None,
            pushed: more & 128 != 0,
        };
        let odd = more % 2 == 1;
        let interest = if odd { Interest::Result } else { Interest::Status };
        let want = if odd { Want::Result } else { Want::Status };
        match choice % 24 {
            0..=3 => Self::Observe(says),
            4 | 5 => Self::Observe(Says { interval_ms: Some(interval_of(more)), status: Status::Working, ..says }),
            6..=8 => Self::Watch(interest),
            9 => Self::Unwatch(interest),
            10 => Self::Interrupt,
            11 => Self::PollNow,
            12 => Self::Hide(!odd),
            13 if odd => Self::StreamTaken,
            13 => Self::StreamLost,
            14..=16 => Self::Asking(want),
            17 | 18 => Self::Answered(want),
            19 if more & 2 == 0 => Self::PollFailed(want),
            19 => Self::Unanswered(want),
            20 | 21 => Self::BadAnswer(want),
            22 if more == 255 => Self::Named,
            22 if more & 12 == 12 => Self::PollEarly,
            22 => Self::AwaitInput(odd),
            _ if more == 0 => Self::Settle,
            _ if more & 2 == 0 => Self::RetryNow,
            _ => Self::PollNow,
        }
    }
}

/// Short ones, those at the bounds, and absurd ones.
pub(crate) fn interval_of(byte: u8) -> u64 {
    match byte {
        0..=100 => u64::from(byte),
        101..=250 => u64::from(byte) * 100,
        251 => 3_599_999,
        252 => 3_600_000,
        253 => 3_600_001,
        _ => u64::MAX,
    }
}

pub(crate) fn pause_of(byte: u8) -> Millis {
    match byte {
        0..=63 => 0,
        64..=200 => Millis::from(byte),
        201..=254 => Millis::from(byte) * 1000,
        255 => Millis::from(u32::MAX),
    }
}

impl Says {
    pub(crate) fn snapshot(self) -> Snapshot {
        let time = |second: u8| format!("2026-11-21T00:00:{:02}Z", second % 60);
        Snapshot {
            task_id: TASK_ID.into(),
            status: self.status,
            status_message: self.message.map(Into::into),
            // Deviating servers change their mind about it.
            created_at: self.at.map(time),
            last_updated_at: self.at.map(time),
            ttl_ms: self.ttl_ms,
            poll_interval_ms: self.interval_ms,
        }
    }
}
