//! What is told of a task before the answer that names it.

use super::tasks::Tasks;
use crate::wire::snapshot::Snapshot;

/// How many early notifications are kept at most.
const MOST_EARLY: usize = 256;

impl Tasks {
    /// Keeps a notification about a task that may be about to be named.
    pub(super) fn keep_early(&mut self, snapshot: Snapshot) {
        if !self.is_creating() {
            return;
        }
        if self.early.len() == MOST_EARLY {
            self.early.remove(0);
        }
        self.early.push(snapshot);
    }

    /// The notifications that came before their task was named, in order.
    pub(super) fn take_early(&mut self, task_id: &str) -> Vec<Snapshot> {
        let (mine, others): (Vec<_>, Vec<_>) = self.early.drain(..).partition(|s| s.task_id == task_id);
        self.early = others;
        if !self.is_creating() {
            self.early.clear();
        }
        mine
    }
}
