//! Owns the status notifications that arrive before the response that names their task.

use super::tasks::Tasks;
use crate::wire::snapshot::Snapshot;
use std::collections::VecDeque;

/// How many early notifications are kept.
const MAX_EARLY: usize = 256;
/// How many bytes of early notifications are kept. A task whose notification is discarded is polled.
const MAX_EARLY_BYTES: usize = 1 << 20;

/// Early notifications, oldest first.
#[derive(Debug, Default)]
pub(super) struct EarlyNotifications {
    snapshots: VecDeque<Snapshot>,
    bytes: usize,
}

impl EarlyNotifications {
    fn push(&mut self, snapshot: Snapshot) {
        let bytes = snapshot.held_bytes();
        if bytes > MAX_EARLY_BYTES {
            return;
        }
        while (self.snapshots.len() == MAX_EARLY || self.bytes + bytes > MAX_EARLY_BYTES)
            && let Some(oldest) = self.snapshots.pop_front()
        {
            self.bytes -= oldest.held_bytes();
        }
        self.bytes += bytes;
        self.snapshots.push_back(snapshot);
    }
}

impl Tasks {
    /// Keeps a notification about a task that may be about to be named.
    pub(super) fn keep_early(&mut self, snapshot: Snapshot) {
        if self.is_creating() {
            self.early.push(snapshot);
        }
    }

    /// The notifications that came before their task was named, in order.
    pub(super) fn take_early(&mut self, task_id: &str) -> Vec<Snapshot> {
        let EarlyNotifications { snapshots, .. } = std::mem::take(&mut self.early);
        let (its, others): (Vec<_>, Vec<_>) = snapshots.into_iter().partition(|s| s.task_id == task_id);
        if self.is_creating() {
            for snapshot in others {
                self.early.push(snapshot);
            }
        }
        its
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::snapshot::Status;

    fn snapshot(task_id: String, message: String) -> Snapshot {
        let status_message = Some(message);
        let (created_at, last_updated_at, ttl_ms, poll_interval_ms) = Default::default();
        let status = Status::Working;
        Snapshot { task_id, status, status_message, created_at, last_updated_at, ttl_ms, poll_interval_ms }
    }

    /// H1: many large notifications about tasks that are never named.
    #[test]
    fn early_notifications_are_bounded_in_bytes_and_number() {
        let mut early = EarlyNotifications::default();
        for n in 0..100 {
            early.push(snapshot(n.to_string(), "x".repeat(600_000)));
        }
        assert_eq!((early.snapshots.len(), early.bytes), (1, 600_002));
        early.push(snapshot("too large".into(), "x".repeat(40 << 20)));
        assert_eq!(early.bytes, 600_002, "it would displace all others");
        for n in 0..1000 {
            early.push(snapshot(n.to_string(), String::new()));
        }
        assert_eq!(early.snapshots.len(), MAX_EARLY);
        let bytes: usize = early.snapshots.iter().map(Snapshot::held_bytes).sum();
        assert_eq!(early.bytes, bytes);
    }
}
