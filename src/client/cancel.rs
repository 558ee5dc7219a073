use super::{
    Client, Handle, ReplyId,
    entry::{Cancel, Creation, Refresher},
    requests::Purpose,
    session::Session,
    transport_error::TransportError,
};
use crate::{
    Millis,
    task::{Lifecycle, TaskError, TaskErrorCode},
    wire::{error_codes, json::Json, jsonrpc::RpcError, request::ClientRequest},
};

/// How often a cancellation is sent when the server is in trouble.
const MAX_ATTEMPTS: u32 = 3;

impl Client {
    /// Asks the server to cancel a task, as soon as it has a name.
    pub(super) fn cancel(&mut self, handle: Handle, reply: ReplyId) {
        // Nothing is under way: the server has answered, and waits for us.
        if let Some(Creation::AwaitingInput { call }) = self.tasks.get(handle).map(|entry| &entry.creation) {
            let message = format!("{}{}: cancelled while the server waited for answers", call.kind.doing(), call.name);
            self.fail(self.now, handle, TaskError::new(TaskErrorCode::TaskCancelled, message));
            return self.reply_ok(reply);
        }
        let queued = self.tasks.update(handle, |entry| {
            if matches!(entry.task.lifecycle(), Lifecycle::Ended(_) | Lifecycle::Settled(_)) {
                return None;
            }
            match &mut entry.cancel {
                Cancel::Wanted { replies, .. } | Cancel::Requested { replies, .. } => {
                    replies.push(reply);
                    Some(false)
                }
                Cancel::No | Cancel::Acknowledged => {
                    entry.cancel = Cancel::Wanted { replies: vec![reply], attempts: 0, not_before: 0 };
                    Some(matches!(entry.creation, Creation::Over))
                }
            }
        });
        match queued {
            Some(Some(true)) => self.cancels.push(handle),
            Some(Some(false)) => {}
            // There is nothing left to cancel.
            _ => self.reply_ok(reply),
        }
    }

    /// When a cancellation that waits may be sent.
    pub(super) fn cancel_time(&self, handle: Handle) -> Option<Millis> {
        match self.tasks.get(handle)?.cancel {
            Cancel::Wanted { not_before, .. } => Some(not_before.max(self.backoff.gate().unwrap_or(0))),
            _ => None,
        }
    }

    /// Sends the cancellations that wait, unless the server is in trouble.
    pub(super) fn send_ready_cancels(&mut self, now: Millis) {
        let Session::Ready(ready) = &self.session else { return };
        let offered = ready.capabilities.task_cancel;
        for handle in std::mem::take(&mut self.cancels) {
            if self.cancel_time(handle).is_some_and(|at| at > now) {
                self.cancels.push(handle);
                continue;
            }
            let asked = self.tasks.update(handle, |entry| {
                let task_id = entry.task.task_id()?.to_owned();
                let Cancel::Wanted { replies, attempts, .. } = std::mem::take(&mut entry.cancel) else { return None };
                if offered {
                    entry.cancel = Cancel::Requested { replies, attempts };
                    return Some((task_id, Vec::new()));
                }
                Some((task_id, replies))
            });
            let Some(Some((task_id, replies))) = asked else { continue };
            if offered {
                let timeout = Some(self.config.request_timeout_ms);
                self.send(now, Purpose::CancelTask(handle), ClientRequest::CancelTask { task_id: &task_id }, timeout);
                continue;
            }
            let doing = format!("cancelling {}", self.name_of(handle));
            let message = format!("{doing}: the server does not offer it; the task goes on");
            self.reply_all(replies, &Err(TaskError::new(TaskErrorCode::Unsupported, message)));
            self.forget_if_forgotten(handle);
        }
    }

    pub(super) fn cancel_answered(&mut self, now: Millis, handle: Handle, answer: Result<Json<'_>, RpcError>) {
        let doing = format!("cancelling {}", self.name_of(handle));
        let replies = self.take_cancel(handle, answer.is_ok());
        match answer {
            Ok(_) => {
                // Some servers respond that a task is cancelled which has completed (deviation 27), and some respond nothing
                // about it: what counts is the status.
                for reply in replies {
                    self.refresh(now, handle, Refresher::Cancelled(reply));
                }
            }
            // Ended already, or unknown: asking tells which.
            Err(error) => {
                let known = error_codes::is_invalid_params(&error);
                let failure = TaskError::rpc(TaskErrorCode::Rpc, &doing, error);
                for reply in replies {
                    if known {
                        self.refresh(now, handle, Refresher::CancelRefused(reply, failure.clone()));
                    } else {
                        self.reply(reply, Err(failure.clone()));
                    }
                }
            }
        }
        self.forget_if_forgotten(handle);
    }

    pub(super) fn cancel_failed(&mut self, now: Millis, handle: Handle, cause: &TransportError) {
        let attempts = match self.tasks.get(handle).map(|entry| &entry.cancel) {
            Some(Cancel::Requested { attempts, .. }) => attempts + 1,
            _ => 1,
        };
        let retry_at = self.backoff.retry_at(now, attempts, cause.retry_after_ms());
        if cause.is_transient() && self.cancel_again(handle, 1, retry_at) {
            return;
        }
        let doing = format!("cancelling {}", self.name_of(handle));
        let failure = cause.to_task_error(&doing, "; whether it is cancelled is not known");
        let replies = self.take_cancel(handle, false);
        self.reply_all(replies, &Err(failure));
        self.forget_if_forgotten(handle);
    }

    /// A cancellation that was sent waits again; false once it was tried often enough. A lost session costs no attempt.
    pub(super) fn cancel_again(&mut self, handle: Handle, cost: u32, not_before: Millis) -> bool {
        let again = self.tasks.update(handle, |entry| match std::mem::take(&mut entry.cancel) {
            Cancel::Requested { replies, attempts } if attempts + cost < MAX_ATTEMPTS => {
                entry.cancel = Cancel::Wanted { replies, attempts: attempts + cost, not_before };
                true
            }
            other => {
                entry.cancel = other;
                false
            }
        });
        if again == Some(true) {
            self.cancels.push(handle);
        }
        again == Some(true)
    }

    /// No session: what waits for one is told so, tasks go on.
    pub(super) fn fail_cancels_and_refreshes(&mut self, now: Millis, failure: &TaskError) {
        let answer = Err(failure.clone().into());
        for handle in std::mem::take(&mut self.cancels) {
            let replies = self.take_cancel(handle, false);
            self.reply_all(replies, &answer);
        }
        for handle in self.tasks.handles() {
            self.answer_refreshers(now, handle, &answer);
        }
    }

    fn take_cancel(&mut self, handle: Handle, acknowledged: bool) -> Vec<ReplyId> {
        let next = if acknowledged { Cancel::Acknowledged } else { Cancel::No };
        let taken = self.tasks.update(handle, |entry| std::mem::replace(&mut entry.cancel, next));
        match taken {
            Some(Cancel::Wanted { replies, .. } | Cancel::Requested { replies, .. }) => replies,
            _ => Vec::new(),
        }
    }

    fn forget_if_forgotten(&mut self, handle: Handle) {
        if self.tasks.get(handle).is_some_and(|e| e.forgotten) {
            self.forget(handle);
        }
    }
}
