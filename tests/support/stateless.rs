//! A conversation with a server of requests that stand alone (2026-07-28), whose answers the test gives one by one.

use super::{Reply, Sent, Sim};
use mcp_tasks::client::{Config, Era, Handle, Input, InputAnswer, InputId, ReplyId};
use serde_json::{Value, json};

/// An engine that has greeted its server and knows its tools.
pub(crate) fn greeted() -> Sim {
    greeted_with(&json!([]), |config| config.input_handlers = [true; 3])
}

pub(crate) fn greeted_with(tools: &Value, change: impl FnOnce(&mut Config)) -> Sim {
    let mut sim = Sim::by_hand_with(|config| {
        config.era = Some(Era::Stateless);
        change(config);
    });
    sim.input(Input::List { kind: mcp_tasks::client::CallKind::Tool, reply: 1000 });
    let offer =
        json!({ "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} }, "resultType": "complete" });
    sim.give("server/discover", &offer);
    sim.give("tools/list", &json!({ "tools": tools, "resultType": "complete" }));
    sim
}

/// A task as a server describes it.
pub(crate) fn task(id: &str, status: &str, more: &Value) -> Value {
    let mut task = json!({
        "resultType": "complete", "taskId": id, "status": status, "createdAt": "2026-11-21T00:00:00Z",
        "lastUpdatedAt": "2026-11-21T00:00:00Z", "ttlMs": 60_000, "pollIntervalMs": 1000,
    });
    for (name, value) in more.as_object().unwrap() {
        task[name] = value.clone();
    }
    task
}

/// What it asks: forms with these words, by key.
pub(crate) fn forms(keys: &[&str]) -> Value {
    let form = |key: &&str| {
        let params =
            json!({ "mode": "form", "message": key, "requestedSchema": { "type": "object", "properties": {} } });
        ((*key).to_owned(), json!({ "method": "elicitation/create", "params": params }))
    };
    Value::Object(keys.iter().map(form).collect())
}

impl Sim {
    /// The only request of this method that waits for an answer.
    pub(crate) fn waiting(&self, method: &str) -> Sent {
        let waiting: Vec<Sent> = self.pending().into_iter().filter(|sent| sent.is(method)).collect();
        assert!(waiting.len() == 1, "one {method} should wait, not {waiting:?}; sent: {:?}", self.methods());
        waiting[0].clone()
    }

    /// Answers the only request of this method that waits.
    pub(crate) fn give(&mut self, method: &str, result: &Value) {
        let waiting = self.waiting(method);
        self.answer(waiting.exchange, Reply::result(&waiting, result));
    }

    /// Refuses it, with the status that goes with the code.
    pub(crate) fn refuse(&mut self, method: &str, status: u16, code: i64, data: &Value) {
        let waiting = self.waiting(method);
        let error = json!({ "code": code, "message": "no", "data": data });
        let body = json!({ "jsonrpc": "2.0", "id": waiting.id(), "error": error });
        self.answer(waiting.exchange, Reply::body(status, "application/json", &body.to_string()));
    }

    /// An awaited call that has become a task.
    pub(crate) fn running_alone(&mut self, id: &str) -> Handle {
        let handle = self.await_call("render");
        self.give("tools/call", &task(id, "working", &json!({ "resultType": "task" })));
        handle
    }

    /// The server is asked after the task, and says this.
    pub(crate) fn polled(&mut self, id: &str, status: &str, more: &Value) {
        for _ in 0..100 {
            if self.pending().iter().any(|sent| sent.is("tasks/get")) {
                return self.give("tasks/get", &task(id, status, more));
            }
            self.advance(200);
        }
        panic!("the task is not asked after: {:?}", self.methods());
    }

    pub(crate) fn respond_with(&mut self, input: InputId, answer: InputAnswer, reply: ReplyId) {
        self.input(Input::Respond { input, answer, reply });
    }
}
