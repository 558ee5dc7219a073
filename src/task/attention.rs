use crate::Millis;

/// What somebody watches a task for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// Each change of status.
    Status,
    /// The result in the end.
    Result,
}

/// What a request about a task is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Where the task stands.
    Status,
    /// What it resulted in.
    Result,
}

/// Why a task is due to be asked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DueReason {
    /// The task was just created, and the server's interval is long.
    Early,
    /// The server's interval has passed.
    Interval,
    /// A while has passed, longer than the interval: nobody can see the page.
    Hidden,
    /// A live stream speaks for it; this is the slow check that the stream says everything.
    SafetyCheck,
    /// Nonsense was answered: asked again after a growing while.
    BadAnswer,
    /// Nothing is known yet, or somebody asked for it.
    Now,
    /// It ended and somebody waits for the result.
    Result,
}

/// Our attention to one task. No watcher, no traffic.
#[derive(Debug, Default)]
pub struct Attention {
    status_watchers: u32,
    result_watchers: u32,
    state: State,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    Due(Millis, DueReason),
    Asking(Want),
}

impl Attention {
    pub(super) fn watch(&mut self, interest: Interest) {
        let count = self.count(interest);
        *count = count.saturating_add(1);
    }

    pub(super) fn unwatch(&mut self, interest: Interest) {
        let count = self.count(interest);
        *count = count.saturating_sub(1);
    }

    pub(super) fn interrupt(&mut self) {
        self.result_watchers = 0;
    }

    pub(super) fn asking(&mut self, want: Want) {
        self.state = State::Asking(want);
    }

    /// The request for this was answered, or will not be.
    pub(super) fn answered(&mut self, want: Want) {
        if self.state == State::Asking(want) {
            self.state = State::Idle;
        }
    }

    /// Takes the new plan, unless a request is on its way: its answer will plan again. The result is asked for even while a
    /// question about the status hangs, which an end that was pushed has made moot.
    pub(super) fn plan(&mut self, due: Option<(Millis, DueReason)>) {
        let overtakes =
            self.state == State::Asking(Want::Status) && due.is_some_and(|(_, why)| why == DueReason::Result);
        if matches!(self.state, State::Asking(_)) && !overtakes {
            return;
        }
        self.state = due.map_or(State::Idle, |(at, why)| State::Due(at, why));
    }

    pub(super) fn is_watched(&self) -> bool {
        self.status_watchers > 0 || self.result_watchers > 0
    }

    pub(super) fn awaits_result(&self) -> bool {
        self.result_watchers > 0
    }

    pub(super) fn due(&self) -> Option<(Millis, DueReason)> {
        match self.state {
            State::Due(at, why) => Some((at, why)),
            State::Idle | State::Asking(_) => None,
        }
    }

    fn count(&mut self, interest: Interest) -> &mut u32 {
        match interest {
            Interest::Status => &mut self.status_watchers,
            Interest::Result => &mut self.result_watchers,
        }
    }
}
