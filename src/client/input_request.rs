use super::{Handle, InputId, ReplyId};
use crate::{
    Millis,
    wire::{input::InputKind, json::Json},
};

/// An input request of the server's that is not answered yet.
#[derive(Debug)]
pub(super) struct OpenInputRequest {
    pub(super) input: InputId,
    pub(super) route: ResponseRoute,
    /// Identifies the request to the application. Unique within a task.
    pub(super) key: String,
    pub(super) kind: InputKind,
    /// The message, by which an announced request may be recognised.
    pub(super) message: Option<Box<str>>,
    /// As JSON text; empty once the application has it.
    pub(super) params: String,
    /// The length of the parameters, which the application keeps.
    pub(super) bytes: usize,
    /// The request on whose stream it came.
    pub(super) own: Option<u32>,
    /// Whose call or task asks.
    pub(super) handle: Option<Handle>,
    /// The task's id on our side: several handles may be of one task.
    pub(super) owner: Option<Box<str>>,
    pub(super) is_emitted: bool,
    pub(super) answer: Option<Answer>,
}

/// How the answer gets to the server.
#[derive(Debug)]
pub(super) enum ResponseRoute {
    /// As the answer to a request of the server's, by a POST of its own.
    Response {
        /// The request's id as it stood.
        id: Box<str>,
        /// The task as the server named it: the answer has to name it too.
        task_id: Option<Box<str>>,
    },
    /// With the call, which is sent again when all is answered.
    Call,
    /// In an update of the task.
    Update,
}

/// An answer on its way.
#[derive(Debug)]
pub(super) struct Answer {
    /// The response, or the message that carries it.
    pub(super) body: String,
    pub(super) reply: Option<ReplyId>,
    pub(super) attempts: u32,
    pub(super) not_before: Millis,
    pub(super) sent: bool,
    /// The first of those that were sent together.
    batch: InputId,
}

impl OpenInputRequest {
    /// A question within an answer.
    pub(super) fn of_answer(
        input: InputId,
        route: ResponseRoute,
        key: &str,
        kind: InputKind,
        params: Json<'_>,
        handle: Option<Handle>,
        owner: Option<Box<str>>,
    ) -> Self {
        let bytes = params.get().len();
        let (key, params) = (key.into(), params.get().into());
        Self {
            input,
            route,
            key,
            kind,
            message: None,
            params,
            bytes,
            own: None,
            handle,
            owner,
            is_emitted: false,
            answer: None,
        }
    }

    /// Its answer waits to be sent.
    pub(super) fn is_ready(&self, now: Millis) -> bool {
        self.answer.as_ref().is_some_and(|answer| !answer.sent && answer.not_before <= now)
    }

    /// The key and the answer, where there is one.
    pub(super) fn response(&self) -> Option<(&str, &str)> {
        self.answer.as_ref().map(|answer| (self.key.as_str(), answer.body.as_str()))
    }

    pub(super) fn sent_in(&mut self, batch: InputId) {
        if let Some(answer) = &mut self.answer {
            (answer.sent, answer.batch) = (true, batch);
        }
    }

    pub(super) fn unsent(&mut self) {
        if let Some(answer) = &mut self.answer {
            answer.sent = false;
        }
    }

    pub(super) fn is_of_batch(&self, batch: InputId) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.sent && answer.batch == batch)
    }

    /// The server has refused the answer: the request is open again. Returns the reply id that waited for the receipt.
    pub(super) fn reopen(&mut self) -> Option<ReplyId> {
        self.answer.take().and_then(|answer| answer.reply)
    }

    pub(super) fn has_id(&self, other: &str) -> bool {
        matches!(&self.route, ResponseRoute::Response { id, .. } if **id == *other)
    }
}

impl Answer {
    /// Whether it was sent in one of these updates.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn is_in(&self, updates: &std::collections::BTreeSet<InputId>) -> bool {
        self.sent && updates.contains(&self.batch)
    }

    pub(super) fn new(body: String, reply: Option<ReplyId>) -> Self {
        Self { body, reply, attempts: 0, not_before: 0, sent: false, batch: 0 }
    }
}
