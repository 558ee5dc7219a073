//! What came of it: everything an engine has told and sent, by handle, by question and by method.

use super::{Sent, Sim, assert_says};
use mcp_tasks::Millis;
use mcp_tasks::client::{ExchangeId, Handle, Output, ReplyId};
use mcp_tasks::task::{Outcome, TaskError, TaskErrorCode};
use mcp_tasks::wire::snapshot::{Snapshot, Status};
use serde_json::Value;

impl Sim {
    /// How a handle was settled.
    pub(crate) fn outcome(&self, handle: Handle) -> Option<&Outcome> {
        self.outputs.iter().find_map(|(_, output)| match output {
            Output::Settled { handle: h, outcome, .. } if *h == handle => Some(outcome),
            _ => None,
        })
    }

    pub(crate) fn settled_at(&self, handle: Handle) -> Option<Millis> {
        let settled = |o: &Output| matches!(o, Output::Settled { handle: h, .. } if *h == handle);
        self.outputs.iter().find(|(_, o)| settled(o)).map(|(at, _)| *at)
    }

    /// The result, as JSON; fails the test when there is none.
    pub(crate) fn result(&self, handle: Handle) -> Value {
        match self.outcome(handle) {
            Some(Outcome::Result(json)) => serde_json::from_str(json).unwrap(),
            other => panic!("handle {handle}: no result but {other:?}; warnings: {:?}", self.warnings()),
        }
    }

    /// The failure it was settled with; fails the test when there is none.
    pub(crate) fn failure(&self, handle: Handle) -> &TaskError {
        match self.outcome(handle) {
            Some(Outcome::Error(failure)) => failure,
            other => panic!("handle {handle}: no failure but {other:?}"),
        }
    }

    /// Fails the test unless the handle was settled with this code and all of these words.
    pub(crate) fn assert_failed(&self, handle: Handle, code: TaskErrorCode, words: &[&str]) {
        assert_says(self.failure(handle), code, words);
    }

    pub(crate) fn interruptions(&self, handle: Handle) -> Vec<&TaskError> {
        let mine = self.outputs.iter().filter_map(|(_, output)| match output {
            Output::Interrupted { handle: h, failure } if *h == handle => Some::<&TaskError>(failure),
            _ => None,
        });
        mine.collect()
    }

    pub(crate) fn created(&self, handle: Handle) -> Option<bool> {
        self.outputs.iter().find_map(|(_, output)| match output {
            Output::Created { handle: h, task_id } if *h == handle => Some(task_id.is_some()),
            _ => None,
        })
    }

    pub(crate) fn snapshots(&self, handle: Handle) -> Vec<&Snapshot> {
        let mine = self.outputs.iter().filter_map(|(_, output)| match output {
            Output::Changed { handle: h, snapshot } if *h == handle => Some(snapshot.as_ref()),
            _ => None,
        });
        mine.collect()
    }

    /// The status messages (or else the statuses) in the order they were told.
    pub(crate) fn story(&self, handle: Handle) -> Vec<String> {
        let words = |s: &&Snapshot| s.status_message.clone().unwrap_or_else(|| s.status.as_str().into());
        self.snapshots(handle).iter().map(words).collect()
    }

    pub(crate) fn statuses(&self, handle: Handle) -> Vec<Status> {
        self.snapshots(handle).iter().map(|s| s.status).collect()
    }

    pub(crate) fn reply(&self, reply: ReplyId) -> Option<Result<&str, &TaskError>> {
        let mut mine = self.outputs.iter().filter_map(|(_, output)| match output {
            Output::Replied { reply: r, answer: Ok(json) } if *r == reply => Some(Ok::<&str, &TaskError>(json)),
            Output::Replied { reply: r, answer: Err(failure) } if *r == reply => Some(Err(failure)),
            _ => None,
        });
        let answer = mine.next();
        assert!(mine.next().is_none(), "question {reply} was answered twice");
        answer
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        let all = self.outputs.iter().filter_map(|(_, output)| match output {
            Output::Warning { code, message } => Some(format!("{code}: {message}")),
            _ => None,
        });
        all.collect()
    }

    // What was sent.

    /// When requests of this method (`GET` and `DELETE` are methods too) were sent.
    pub(crate) fn times(&self, method: &str) -> Vec<Millis> {
        self.sent.iter().filter(|s| s.is(method)).map(|s| s.at).collect()
    }

    pub(crate) fn count(&self, method: &str) -> usize {
        self.times(method).len()
    }

    /// The methods in the order they were sent.
    pub(crate) fn methods(&self) -> Vec<String> {
        self.sent.iter().map(|s| s.method.clone()).collect()
    }

    pub(crate) fn last(&self, method: &str) -> &Sent {
        self.sent.iter().rfind(|s| s.is(method)).unwrap_or_else(|| panic!("no {method} in {:?}", self.methods()))
    }

    pub(crate) fn is_open(&self, exchange: ExchangeId) -> bool {
        self.open.contains_key(&exchange)
    }

    /// What waits for an answer, in order.
    pub(crate) fn pending(&self) -> Vec<Sent> {
        self.sent.iter().filter(|s| self.open.contains_key(&s.exchange)).cloned().collect()
    }

    /// The only request that waits for an answer, which must be of this method.
    pub(crate) fn pending_one(&self, method: &str) -> Sent {
        let pending = self.pending();
        assert!(pending.len() == 1 && pending[0].is(method), "{method} should be the one that waits: {pending:?}");
        pending[0].clone()
    }
}
