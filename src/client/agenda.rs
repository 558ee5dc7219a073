use super::{
    Handle,
    entry::{Due, Entry, Rank},
    table::Table,
};
use crate::Millis;

/// So many rows are moved one by one.
const FEW: usize = 8;

/// When who is asked after.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    rows: Table<(Due, Handle), ()>,
    /// Tasks whose rows are to be moved: together, when all that has come is read.
    late: Vec<Handle>,
}

impl Agenda {
    /// Something is to be asked for, now or later.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What is due in this rank until then, the first in front.
    #[inline(never)]
    pub(super) fn until(&self, rank: Rank, until: Millis) -> &[((Due, Handle), ())] {
        self.rows.between(&|&(due, _)| due < rank.due_at(0), &|&(due, _)| due <= rank.due_at(until))
    }

    /// The first that is due in this rank, and when.
    pub(super) fn first(&self, rank: Rank) -> Option<(Millis, Handle)> {
        self.until(rank, Millis::MAX).first().map(|((due, handle), ())| (due.at(), *handle))
    }

    /// The task has changed: so may its time.
    pub(super) fn follow(&mut self, handle: Handle, entry: &mut Entry) {
        let due = entry.task.due().map(|(at, why)| entry.rank(why).due_at(at));
        if due != entry.due {
            match (entry.due, due) {
                (Some(old), Some(new)) => self.rows.replace(&(old, handle), (new, handle)),
                (Some(old), None) => drop(self.rows.remove(&(old, handle))),
                (None, Some(new)) => self.rows.insert((new, handle), ()),
                (None, None) => {}
            }
            entry.due = due;
        }
    }

    /// The same, in [`Self::settle`]. Until then the agenda is out of date.
    pub(super) fn follow_later(&mut self, handle: Handle) {
        self.late.push(handle);
    }

    /// Moves the rows of those that have changed. Of hundreds that are told of at once, each would move thousands of rows.
    pub(super) fn settle(&mut self, entries: &mut Table<Handle, Box<Entry>>) {
        let late = std::mem::take(&mut self.late);
        if late.len() > FEW {
            // They come back at the end, most of them behind all others.
            let mut gone = Vec::new();
            for &handle in &late {
                gone.extend(entries.get_mut(&handle).and_then(|entry| Some((entry.due.take()?, handle))));
            }
            self.rows.remove_all(&gone);
        }
        for handle in late {
            if let Some(entry) = entries.get_mut(&handle) {
                self.follow(handle, entry);
            }
        }
    }

    /// The task is gone.
    pub(super) fn remove(&mut self, handle: Handle, entry: &Entry) {
        if let Some(due) = entry.due {
            self.rows.remove(&(due, handle));
        }
    }
}
