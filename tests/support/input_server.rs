//! Servers that ask, and what came of it.

use super::{End, FakeServer, Reply, Sent, Sim};
use mcp_tasks::client::{ExchangeId, Handle, Input, InputAnswer, InputId, Output, ReplyId};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

/// A question to the user, as a request of the server's.
pub(crate) fn question(id: impl Into<Value>, message: &str) -> Value {
    let params = json!({ "message": message, "requestedSchema": { "type": "object", "properties": {} } });
    json!({ "jsonrpc": "2.0", "id": id.into(), "method": "elicitation/create", "params": params })
}

/// The same, about this task.
pub(crate) fn about(task_id: &str, mut request: Value) -> Value {
    request["params"]["_meta"]["io.modelcontextprotocol/related-task"] = json!({ "taskId": task_id });
    request
}

/// A notification of the server's.
pub(crate) fn note(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

impl FakeServer {
    /// Leaves `tasks/result` open without a word, as long as the task runs.
    pub(crate) fn holding(mut self) -> Self {
        self.holds = true;
        self
    }

    /// Each task wants input from the start. The question comes on the first `tasks/result` about the task and nowhere
    /// else, its id is the task's, and the answer completes the task.
    pub(crate) fn asking_on_results(mut self) -> Self {
        let asked: Rc<RefCell<BTreeSet<String>>> = Rc::default();
        self.holds = true;
        self.asks = true;
        self.when("tasks/result", move |sent| {
            let id = sent.param("taskId").as_str().unwrap().to_owned();
            let is_new = asked.borrow_mut().insert(id.clone());
            is_new.then(|| Reply::events(&[about(&id, question(id.as_str(), "Which?"))]).ending(End::Open))
        })
    }

    /// A task that runs has this status from now on, whatever the time: `working`, `input_required` or `completed`.
    pub(crate) fn put(&mut self, id: &str, status: &'static str) {
        self.runs.get_mut(id).unwrap().put = Some(status);
    }

    pub(super) fn answered(&mut self, sent: &Sent) -> Reply {
        if let Some(run) = self.runs.get_mut(sent.id().as_str().unwrap_or("")).filter(|_| self.asks) {
            run.put = Some("completed");
        }
        Reply::accepted()
    }

    /// Whether this is a `tasks/result` that waits for a task that runs.
    pub(crate) fn is_held(&self, sent: &Sent) -> bool {
        let id = sent.param("taskId").as_str().filter(|id| sent.is("tasks/result") && self.runs.contains_key(*id));
        id.is_some_and(|id| !matches!(self.snapshot(id, sent.at)["status"].as_str(), Some("completed" | "failed")))
    }
}

impl Sim {
    /// An engine whose application answers every kind of question.
    pub(crate) fn serving(server: FakeServer) -> Self {
        Self::with_config(server, |config| config.input_handlers = [true; 3])
    }

    /// An awaited task that runs, and the server's name for it.
    pub(crate) fn running(&mut self, tool: &str) -> (Handle, String) {
        let handle = self.await_call(tool);
        self.advance(500);
        let id = self.snapshots(handle)[0].task_id.clone();
        (handle, id)
    }

    /// The same, in `input_required`.
    pub(crate) fn wanting(&mut self, tool: &str) -> (Handle, String) {
        let (handle, id) = self.running(tool);
        self.want_input(&id);
        (handle, id)
    }

    pub(crate) fn want_input(&mut self, id: &str) {
        self.server.put(id, "input_required");
        self.tell_status(id);
        self.flush();
    }

    /// The status notification that is due now.
    pub(crate) fn tell_status(&mut self, id: &str) {
        let snapshot = self.server.snapshot(id, self.now);
        self.push(&note("notifications/tasks/status", snapshot));
    }

    /// The server wants input, and says for what.
    pub(crate) fn announce(&mut self, id: &str, words: &str) {
        let mut snapshot = self.server.snapshot(id, self.now);
        snapshot["status"] = json!("input_required");
        snapshot["statusMessage"] = json!(words);
        self.push(&note("notifications/tasks/status", snapshot));
    }

    /// A message on the stream of this exchange.
    pub(crate) fn say(&mut self, exchange: ExchangeId, message: &Value) {
        self.chunk(exchange, format!("data: {message}\n\n").as_bytes());
    }

    pub(crate) fn respond(&mut self, input: InputId, reply: ReplyId) {
        let answer = InputAnswer::Result(r#"{"action":"accept","content":{}}"#.into());
        self.input(Input::Respond { input, answer, reply });
        self.flush();
    }

    /// The input requests that were shown, in order: number, whose, and the server's name for it.
    pub(crate) fn asked(&self) -> Vec<(InputId, Option<Handle>, String)> {
        let asked = self.outputs.iter().filter_map(|(_, output)| match output {
            Output::InputRequested { input, handle, key, .. } => Some((*input, *handle, key.clone())),
            _ => None,
        });
        asked.collect()
    }

    /// The input requests that are over, in order.
    pub(crate) fn over(&self) -> Vec<InputId> {
        let over = self.outputs.iter().filter_map(|(_, output)| match output {
            Output::InputOver { input } => Some(*input),
            _ => None,
        });
        over.collect()
    }

    /// The bodies of the answers that were sent to the server.
    pub(crate) fn answers(&self) -> Vec<&Value> {
        self.sent.iter().filter(|sent| sent.is("response")).map(|sent| &sent.body).collect()
    }

    /// The requests for results that are left open, in the order they were sent: of which tasks.
    pub(crate) fn held(&self) -> Vec<String> {
        self.held_requests().iter().map(|sent| sent.param("taskId").as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn held_requests(&self) -> Vec<Sent> {
        self.pending().into_iter().filter(|sent| self.server.is_held(sent)).collect()
    }

    /// How many requests are open that may stay so for long.
    pub(super) fn lasting(&self) -> usize {
        let lasts = |sent: &&Sent| sent.is("GET") || sent.is("tools/call") || self.server.is_held(sent);
        self.open.values().filter(lasts).count()
    }
}
