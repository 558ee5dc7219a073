use super::{Client, ReplyId, entry::Refresher, requests::Purpose, session::Session, transport_error::TransportError};
use crate::{
    Millis,
    task::{TaskError, TaskErrorCode},
    wire::{
        DecodeError, Era, error_codes,
        json::Json,
        jsonrpc::RpcError,
        request::ClientRequest,
        response::{ServerCapabilities, State},
        snapshot::short_id,
    },
};

/// How often a query is sent when the server is in trouble.
const MAX_ATTEMPTS: u32 = 3;

/// A query about the server or one of its tasks, answered once as JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// Whether the server is there.
    Ping,
    /// The state of a task that need not be one of ours.
    GetTask(String),
    /// What the request that made a task would have been answered with.
    TaskResult(String),
    /// One page of the tasks the server knows.
    ListTasks(Option<String>),
    /// Asks for a task to be cancelled.
    CancelTask(String),
}

/// A query that is not answered yet.
#[derive(Debug)]
pub(super) struct Pending {
    reply: ReplyId,
    query: Query,
    attempts: u32,
    not_before: Millis,
    asking: bool,
}

impl Pending {
    /// The id to reply with, if the request was sent and is not answered.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn asking(&self) -> Option<ReplyId> {
        self.asking.then_some(self.reply)
    }
}

impl Client {
    pub(super) fn query(&mut self, reply: ReplyId, query: Query) {
        self.queries.push(Pending { reply, query, attempts: 0, not_before: 0, asking: false });
    }

    /// Sends the queries that wait.
    pub(super) fn send_ready_queries(&mut self, now: Millis) {
        let ready = self.queries.iter().filter(|p| !p.asking && p.not_before <= now);
        for reply in ready.map(|p| p.reply).collect::<Vec<_>>() {
            let Session::Ready(session) = &self.session else { return };
            let Some(pending) = self.queries.iter_mut().find(|p| p.reply == reply) else { continue };
            // Nobody lists them there: as released servers with an empty list, it leaves that to us.
            if self.era.has_complete_state() && matches!(pending.query, Query::ListTasks(_)) {
                self.take_query(reply);
                self.reply(reply, Ok(r#"{"tasks":[]}"#.into()));
                continue;
            }
            // Only what the server has declared may be used (2025-11-25, Lifecycle).
            if !pending.query.is_offered(&session.capabilities) {
                let doing = pending.query.doing();
                self.take_query(reply);
                let message = format!("{doing}: the server does not offer it; nothing was sent");
                self.reply(reply, Err(TaskError::new(TaskErrorCode::Unsupported, message)));
                continue;
            }
            pending.asking = true;
            let query = pending.query.clone();
            let timeout = Some(self.config.request_timeout_ms);
            self.send(now, Purpose::Query(reply), query.ask(), timeout);
        }
    }

    fn take_query(&mut self, reply: ReplyId) -> Option<Pending> {
        let at = self.queries.iter().position(|p| p.reply == reply)?;
        Some(self.queries.remove(at))
    }

    pub(super) fn query_answered(&mut self, now: Millis, reply: ReplyId, answer: Result<Json<'_>, RpcError>) {
        let Some(mut pending) = self.take_query(reply) else { return };
        let doing = pending.query.doing();
        if let (Query::CancelTask(task_id), Ok(_)) = (&pending.query, &answer) {
            // The handles of the task follow, observed or not.
            for handle in self.tasks.by_id(task_id).collect::<Vec<_>>() {
                self.refresh(now, handle, Refresher::CancelledById);
            }
        }
        let told = match answer {
            // The receipt says nothing about the task.
            Ok(_)
                if self.era.has_complete_state()
                    && let Query::CancelTask(task_id) = &pending.query =>
            {
                pending.query = Query::GetTask(task_id.clone());
                pending.asking = false;
                return self.queries.push(pending);
            }
            Ok(json) => pending.query.read(self.era, json),
            Err(error) => Err(pending.query.refused(&doing, error)),
        };
        self.reply(reply, told);
    }

    pub(super) fn query_failed(&mut self, now: Millis, reply: ReplyId, cause: &TransportError) {
        let Some(pending) = self.queries.iter_mut().find(|p| p.reply == reply) else { return };
        pending.attempts += 1;
        if cause.is_transient() && pending.attempts < MAX_ATTEMPTS {
            pending.asking = false;
            pending.not_before = self.backoff.retry_at(now, pending.attempts, cause.retry_after_ms());
            return;
        }
        let failure = cause.to_task_error(&pending.query.doing(), "");
        self.take_query(reply);
        self.reply(reply, Err(failure));
    }

    /// A query met a lost session: it is asked again in the next.
    pub(super) fn query_again(&mut self, reply: ReplyId) {
        if let Some(pending) = self.queries.iter_mut().find(|p| p.reply == reply) {
            pending.asking = false;
        }
    }

    /// There is no session to ask in: who waits is told so.
    pub(super) fn fail_queries(&mut self, failure: &TaskError) {
        for Pending { reply, .. } in std::mem::take(&mut self.queries) {
            self.reply(reply, Err(failure.clone().into()));
        }
    }

    /// When a query that met trouble is asked again.
    pub(super) fn query_time(&self) -> Option<Millis> {
        self.queries.iter().filter(|p| !p.asking).map(|p| p.not_before).min()
    }
}

impl Query {
    fn is_offered(&self, capabilities: &ServerCapabilities) -> bool {
        match self {
            Self::ListTasks(_) => capabilities.task_list,
            Self::CancelTask(_) => capabilities.task_cancel,
            Self::Ping | Self::GetTask(_) | Self::TaskResult(_) => true,
        }
    }

    fn ask(&self) -> ClientRequest<'_> {
        match self {
            Self::Ping => ClientRequest::Ping,
            Self::GetTask(task_id) => ClientRequest::GetTask { task_id },
            Self::TaskResult(task_id) => ClientRequest::TaskResult { task_id },
            Self::ListTasks(cursor) => ClientRequest::ListTasks { cursor: cursor.as_deref() },
            Self::CancelTask(task_id) => ClientRequest::CancelTask { task_id },
        }
    }

    fn doing(&self) -> String {
        let (what, task_id) = match self {
            Self::Ping => ("asking whether the server is there", ""),
            Self::GetTask(id) => ("asking after task ", id.as_str()),
            Self::TaskResult(id) => ("asking for the result of task ", id.as_str()),
            Self::ListTasks(_) => ("listing the tasks", ""),
            Self::CancelTask(id) => ("cancelling task ", id.as_str()),
        };
        format!("{what}{}", short_id(task_id))
    }

    /// The answer in neutral words.
    fn read(&self, era: Era, json: Json<'_>) -> Result<String, Box<TaskError>> {
        let read = match self {
            Self::Ping => era.complete(json).map(|_| "null".into()),
            Self::TaskResult(id) if era.has_complete_state() => match era.read_state_of(id, json) {
                Ok(state) => return self.result_of(state),
                Err(problem) => Err(problem),
            },
            Self::TaskResult(_) => Ok(json.get().into()),
            Self::GetTask(id) | Self::CancelTask(id) => {
                era.read_state_of(id, json).map(|state| state.snapshot.to_json())
            }
            Self::ListTasks(_) => era.read_tasks(json).map(|page| page.to_json()),
        };
        read.map_err(|problem: DecodeError| TransportError::Protocol(problem).to_task_error(&self.doing(), ""))
    }

    /// The result that a task's state brings.
    fn result_of(&self, State { snapshot, outcome, .. }: State<'_>) -> Result<String, Box<TaskError>> {
        match outcome {
            Some(Ok(payload)) => Ok(payload.json.get().into()),
            Some(Err(error)) => Err(TaskError::rpc(TaskErrorCode::Rpc, &self.doing(), error)),
            None => {
                let message = format!("{}: there is none, the task is {}", self.doing(), snapshot.status.as_str());
                Err(TaskError::new(TaskErrorCode::Unsupported, message))
            }
        }
    }

    fn refused(&self, doing: &str, error: RpcError) -> Box<TaskError> {
        match self {
            Self::GetTask(id) | Self::TaskResult(id) | Self::CancelTask(id) if error_codes::is_unknown_task(&error) => {
                TaskError::expired(id, error)
            }
            _ => TaskError::rpc(TaskErrorCode::Rpc, doing, error),
        }
    }
}
