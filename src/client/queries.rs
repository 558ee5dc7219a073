use super::{Client, ReplyId, requests::Purpose, session::Session, trouble::Trouble};
use crate::{
    Millis,
    task::{Failure, FailureCode},
    wire::{
        Problem,
        json::Json,
        jsonrpc::RpcError,
        snapshot::short_id,
        v2025::{self, Ask, Offer},
    },
};

/// How often a question is sent when the server is in trouble.
const MOST_ATTEMPTS: u32 = 3;

/// A question about the server or one of its tasks, answered once as JSON text.
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

/// A question that is not answered yet.
#[derive(Debug)]
pub(super) struct Pending {
    query: Query,
    attempts: u32,
    not_before: Millis,
    asking: bool,
}

impl Client {
    pub(super) fn query(&mut self, reply: ReplyId, query: Query) {
        self.queries.insert(reply, Pending { query, attempts: 0, not_before: 0, asking: false });
    }

    /// Sends the questions that wait.
    pub(super) fn release_queries(&mut self, now: Millis) {
        let ready = |p: &Pending| !p.asking && p.not_before <= now;
        let ready: Vec<ReplyId> = self.queries.iter().filter(|(_, p)| ready(p)).map(|(reply, _)| *reply).collect();
        for reply in ready {
            let Session::Ready(session) = &self.session else { return };
            let Some(pending) = self.queries.get_mut(&reply) else { continue };
            // Only what the server has declared may be used (2025-11-25, Lifecycle).
            if !pending.query.is_offered(&session.offer) {
                let doing = pending.query.doing();
                self.queries.remove(&reply);
                let words = ": the server does not offer it; nothing was sent";
                self.reply(reply, Err(Failure::new(FailureCode::Unsupported, &[&doing, words])));
                continue;
            }
            pending.asking = true;
            let query = pending.query.clone();
            let timeout = Some(self.config.request_timeout_ms);
            self.send(now, Purpose::Query(reply), query.ask(), timeout);
        }
    }

    pub(super) fn query_answered(&mut self, reply: ReplyId, answer: Result<Json<'_>, RpcError>) {
        let Some(pending) = self.queries.remove(&reply) else { return };
        let doing = pending.query.doing();
        let told = match answer {
            Ok(json) => pending.query.read(json).map_err(|problem| Trouble::Protocol(problem).failure(&doing, "")),
            Err(error) => Err(pending.query.refused(&doing, error)),
        };
        self.reply(reply, told);
    }

    pub(super) fn query_failed(&mut self, now: Millis, reply: ReplyId, trouble: &Trouble) {
        let again = self.health.closed_until().unwrap_or(now);
        let Some(pending) = self.queries.get_mut(&reply) else { return };
        pending.attempts += 1;
        if trouble.is_transient() && pending.attempts < MOST_ATTEMPTS {
            (pending.asking, pending.not_before) = (false, again);
            return;
        }
        let failure = trouble.failure(&pending.query.doing(), "");
        self.queries.remove(&reply);
        self.reply(reply, Err(failure));
    }

    /// A question met a lost session: it is asked again in the next.
    pub(super) fn query_again(&mut self, reply: ReplyId) {
        if let Some(pending) = self.queries.get_mut(&reply) {
            pending.asking = false;
        }
    }

    /// There is no session to ask in: who waits is told so.
    pub(super) fn fail_queries(&mut self, failure: &Failure) {
        for (reply, _) in std::mem::take(&mut self.queries).iter() {
            self.reply(*reply, Err(failure.clone().into()));
        }
    }

    /// When a question that met trouble is asked again.
    pub(super) fn query_time(&self) -> Option<Millis> {
        self.queries.iter().filter(|(_, p)| !p.asking).map(|(_, p)| p.not_before).min()
    }
}

impl Query {
    fn is_offered(&self, offer: &Offer) -> bool {
        match self {
            Self::ListTasks(_) => offer.task_list,
            Self::CancelTask(_) => offer.task_cancel,
            Self::Ping | Self::GetTask(_) | Self::TaskResult(_) => true,
        }
    }

    fn ask(&self) -> Ask<'_> {
        match self {
            Self::Ping => Ask::Ping,
            Self::GetTask(task_id) => Ask::GetTask { task_id },
            Self::TaskResult(task_id) => Ask::TaskResult { task_id },
            Self::ListTasks(cursor) => Ask::ListTasks { cursor: cursor.as_deref() },
            Self::CancelTask(task_id) => Ask::CancelTask { task_id },
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
        [what, &short_id(task_id)].concat()
    }

    /// The answer in neutral words.
    fn read(&self, json: Json<'_>) -> Result<String, Problem> {
        match self {
            Self::Ping => Ok("null".into()),
            Self::TaskResult(_) => Ok(json.get().into()),
            Self::GetTask(_) | Self::CancelTask(_) => Ok(v2025::read_snapshot(json)?.to_json()),
            Self::ListTasks(_) => v2025::read_tasks(json),
        }
    }

    fn refused(&self, doing: &str, error: RpcError) -> Box<Failure> {
        match self {
            Self::GetTask(id) | Self::TaskResult(id) | Self::CancelTask(id) if v2025::is_unknown_task(&error) => {
                Failure::expired(id, error)
            }
            _ => Failure::rpc(FailureCode::Rpc, doing, error),
        }
    }
}
