//! Passes each received JSON-RPC message to its handler.

use super::{Client, Output};
use crate::{
    Millis,
    wire::{
        DecodeError,
        json::Json,
        jsonrpc::{self, Message},
        notification::ServerNotification,
        response::State,
    },
};

impl Client {
    /// One message from any stream; `own` is the request that the stream was opened for. Returns what was odd about the
    /// message, if it answers nothing of ours.
    pub(super) fn message(
        &mut self,
        now: Millis,
        own: Option<u32>,
        session_id: Option<&str>,
        message: Message<'_>,
    ) -> Option<DecodeError> {
        match message {
            Message::Response { id, answer } => {
                let named = jsonrpc::our_id(id).filter(|id| self.purpose_of(*id).is_some());
                // Servers that could not read a request answer with an id of their own, or none.
                let request = named.or(own.filter(|_| answer.is_err()));
                let Some(purpose) = request.and_then(|id| self.take_request(id)) else {
                    return Some(DecodeError::new("an answer to a request that was not made, with id", id.get()));
                };
                self.answered(now, purpose, session_id.map(ToOwned::to_owned), answer);
            }
            Message::Request { id, method, params } => self.input_requested(now, own, None, (id, &method, params)),
            Message::Notification { method, params } => match self.era.read_notification(&method, params) {
                ServerNotification::Progress { token, json } => {
                    let handle = token.wrapping_sub(self.progress_base);
                    if self.tasks.get(handle).is_some() {
                        self.emit(Output::Progress { handle, json });
                    }
                }
                ServerNotification::RequestCancelled(id) => self.input_withdrawn(now, id),
                ServerNotification::Task(Ok(state)) => self.task_pushed(now, state),
                ServerNotification::SubscriptionAcknowledged(task_ids) => self.stream_accepted(now, &task_ids),
                ServerNotification::Task(Err(problem)) => {
                    self.warn("bad-notification", format!("ignored a notification: {}", problem.as_str()));
                }
                told => {
                    if let ServerNotification::ListChanged(kind) = told {
                        self.listing(kind).forget();
                    }
                    if self.config.notifications {
                        let params = params.map_or("{}", Json::get).into();
                        self.emit(Output::Notified { method: method.into_owned(), params });
                    }
                }
            },
        }
        None
    }

    /// A status notification. One that comes before its task is named is kept for a while.
    fn task_pushed(&mut self, now: Millis, state: State<'_>) {
        let (first, second) = {
            let mut handles = self.tasks.by_id(&state.snapshot.task_id);
            (handles.next(), handles.next())
        };
        match (first, second) {
            (None, _) => self.tasks.keep_early(state.snapshot),
            // The usual case, thousands of times per second: copies nothing.
            (Some(handle), None) if state.asked.is_none() && state.outcome.is_none() => {
                self.observe(now, handle, state.snapshot, true);
            }
            _ => {
                for handle in self.tasks.by_id(&state.snapshot.task_id).collect::<Vec<_>>() {
                    self.described(now, handle, &state, true);
                }
            }
        }
    }
}
