//! Owns the order in which tasks are polled.

use super::{Handle, entry::Entry};
use crate::Millis;
use std::collections::{BTreeSet, btree_set};

/// Which tasks are polled first if there is no room for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Priority {
    /// The application requested the status, or no status is known yet.
    Requested,
    /// The task has ended and its result is awaited.
    Result,
    /// A poll that a page of `tasks/list` cannot replace.
    Individual,
    /// Every other poll.
    Routine,
}

impl Priority {
    pub(super) const ALL: [Self; 4] = [Self::Requested, Self::Result, Self::Individual, Self::Routine];
}

/// When a task is to be polled, and with which priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DueKey {
    pub(super) priority: Priority,
    pub(super) at: Millis,
}

/// Every task that is to be polled, now or later: one queue per priority, by time.
#[derive(Debug, Default)]
pub(super) struct PollQueue([BTreeSet<(Millis, Handle)>; Priority::ALL.len()]);

impl PollQueue {
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(BTreeSet::is_empty)
    }

    /// The tasks of one priority that are due at or before a time, the first one in front.
    pub(super) fn until(&self, priority: Priority, until: Millis) -> btree_set::Range<'_, (Millis, Handle)> {
        self.queue(priority).range(..=(until, Handle::MAX))
    }

    /// Whether this many tasks of one priority are due at or before a time. Takes time in proportion to that number.
    pub(super) fn has_until(&self, priority: Priority, until: Millis, number: usize) -> bool {
        number <= self.queue(priority).len() && self.until(priority, until).take(number).count() == number
    }

    pub(super) fn first(&self, priority: Priority) -> Option<(Millis, Handle)> {
        self.queue(priority).first().copied()
    }

    /// Moves a task to the place that its schedule asks for.
    pub(super) fn update(&mut self, handle: Handle, entry: &mut Entry) {
        let due = entry.task.due().map(|(at, why)| DueKey { priority: entry.priority(why), at });
        if due != entry.due {
            self.remove(handle, entry);
            if let Some(DueKey { priority, at }) = due {
                self.queue_mut(priority).insert((at, handle));
            }
            entry.due = due;
        }
    }

    pub(super) fn remove(&mut self, handle: Handle, entry: &Entry) {
        if let Some(DueKey { priority, at }) = entry.due {
            self.queue_mut(priority).remove(&(at, handle));
        }
    }

    fn queue(&self, priority: Priority) -> &BTreeSet<(Millis, Handle)> {
        let [requested, result, individual, routine] = &self.0;
        match priority {
            Priority::Requested => requested,
            Priority::Result => result,
            Priority::Individual => individual,
            Priority::Routine => routine,
        }
    }

    fn queue_mut(&mut self, priority: Priority) -> &mut BTreeSet<(Millis, Handle)> {
        let [requested, result, individual, routine] = &mut self.0;
        match priority {
            Priority::Requested => requested,
            Priority::Result => result,
            Priority::Individual => individual,
            Priority::Routine => routine,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        client::entry::Creation,
        task::{Interest, Task, Want},
    };

    fn watched(now: Millis) -> Entry {
        let mut task = Task::known_by_id("a".into(), 1000);
        task.watch(now, Interest::Status);
        Entry::new(task, Creation::Over)
    }

    #[test]
    fn updated_task_leaves_its_old_place() {
        let mut queue = PollQueue::default();
        let mut entry = watched(5);
        queue.update(7, &mut entry);
        assert_eq!(queue.first(Priority::Requested), Some((5, 7)));
        entry.task.bad_answer(10, Want::Status);
        queue.update(7, &mut entry);
        assert_eq!(queue.first(Priority::Requested), None);
        assert_eq!(queue.first(Priority::Individual), Some((2010, 7)));
        queue.remove(7, &entry);
        assert!(queue.is_empty());
    }

    #[test]
    fn range_ends_at_the_given_time() {
        let mut queue = PollQueue::default();
        for (at, handle) in [(30, 1), (10, 3), (20, 9), (10, 2)] {
            queue.update(handle, &mut watched(at));
        }
        let due: Vec<_> = queue.until(Priority::Requested, 20).copied().collect();
        assert_eq!(due, [(10, 2), (10, 3), (20, 9)]);
    }
}
