use crate::wire::{
    snapshot::{Snapshot, Status},
    timestamp,
};
use std::rc::Rc;

/// What the server said of a task. Terminal is final, and a stale snapshot never overwrites a newer one.
#[derive(Debug)]
pub enum Lifecycle {
    /// The server has not named it.
    Unnamed,
    /// Named, and nothing more is known.
    Named(String),
    /// Described; the status is not terminal.
    Live(Rc<Snapshot>),
    /// The status is terminal; the result has not been told.
    Ended(Rc<Snapshot>),
    /// Everything is known and told. `None`: the server answered at once, there never was a task.
    Settled(Option<Rc<Snapshot>>),
}

/// What an observation brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Something a watcher can see is different.
    Changed,
    /// Nothing new.
    Repeated,
    /// Older than what is known, or about a task that has ended: dropped.
    Stale,
}

impl Lifecycle {
    /// The newest observation.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.shared().map(Rc::as_ref)
    }

    /// The same, for whoever keeps it.
    pub fn shared(&self) -> Option<&Rc<Snapshot>> {
        match self {
            Self::Unnamed | Self::Named(_) => None,
            Self::Live(s) | Self::Ended(s) => Some(s),
            Self::Settled(s) => s.as_ref(),
        }
    }

    /// The server's name for it.
    pub fn task_id(&self) -> Option<&str> {
        match self {
            Self::Named(id) => Some(id),
            other => other.snapshot().map(|s| s.task_id.as_str()),
        }
    }

    /// The terminal status, once there is one.
    pub fn ended(&self) -> Option<Status> {
        self.snapshot().map(|s| s.status).filter(|s| s.is_terminal())
    }

    pub(super) fn observe(&mut self, mut new: Snapshot) -> Seen {
        let known = match self {
            Self::Ended(_) | Self::Settled(_) => return Seen::Stale,
            Self::Unnamed | Self::Named(_) => None,
            Self::Live(known) => Some(known),
        };
        let mut seen = Seen::Changed;
        if let Some(known) = known {
            // By the server's own clock, where both messages carry it.
            let at = |s: &Snapshot| s.last_updated_at.as_deref().and_then(timestamp::micros);
            let times = (at(&new), at(known));
            // A clock that disagrees (several workers) may make a true end look old: an end is always believed.
            if !new.status.is_terminal() && matches!(times, (Some(new), Some(known)) if new < known) {
                return Seen::Stale;
            }
            // Some messages leave out what the server has said before; what comes next is held against the time all the same.
            if times.0.is_none() {
                new.last_updated_at = known.last_updated_at.clone().or(new.last_updated_at);
            }
            new.poll_interval_ms = new.poll_interval_ms.or(known.poll_interval_ms);
            if known.created_at.is_some() && known.created_at != new.created_at {
                new.created_at.clone_from(&known.created_at);
            }
            if looks_the_same(&new, known) {
                seen = Seen::Repeated;
            }
        }
        let is_over = new.status.is_terminal();
        let new = match self {
            // In the place of the last one, when nobody has kept that.
            Self::Live(known) => match Rc::get_mut(known) {
                Some(known) if !is_over => {
                    *known = new;
                    return seen;
                }
                _ => Rc::new(new),
            },
            _ => Rc::new(new),
        };
        *self = if is_over { Self::Ended(new) } else { Self::Live(new) };
        seen
    }

    pub(super) fn settle(&mut self) {
        *self = Self::Settled(match std::mem::replace(self, Self::Unnamed) {
            Self::Unnamed | Self::Named(_) => None,
            Self::Live(s) | Self::Ended(s) => Some(s),
            Self::Settled(s) => s,
        });
    }
}

/// `last_updated_at` does not count: some servers say "now" on every answer.
fn looks_the_same(a: &Snapshot, b: &Snapshot) -> bool {
    (a.status, &a.status_message, a.ttl_ms, a.poll_interval_ms)
        == (b.status, &b.status_message, b.ttl_ms, b.poll_interval_ms)
}
