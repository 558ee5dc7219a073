//! A scripted MCP server in memory: tasks are a function of the virtual time.

use super::{End, Old, Reply, Sent};
use mcp_tasks::Millis;
use mcp_tasks::client::ExchangeId;
use mcp_tasks::wire::http::{Head, Method};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How a task ends.
#[derive(Debug, Clone)]
pub(crate) enum Ends {
    /// With this result.
    Completed(Value),
    /// Status `failed` with these words; then what `tasks/result` says.
    Failed(&'static str, Result<Value, (i64, &'static str, Value)>),
    /// Somebody else cancels it.
    Cancelled(&'static str),
}

/// A tool, and the course of the task that it becomes.
#[derive(Debug, Clone)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    /// `execution.taskSupport`; absent when `None`.
    pub(crate) support: Option<&'static str>,
    pub(crate) takes_ms: Millis,
    /// Status messages, at times counted from the creation.
    pub(crate) says: Vec<(Millis, &'static str)>,
    pub(crate) ends: Ends,
}

impl Tool {
    /// An optional task that says nothing and completes with its name as text.
    pub(crate) fn new(name: &'static str, takes_ms: Millis) -> Self {
        let ends = Ends::Completed(json!({ "content": [{ "type": "text", "text": name }] }));
        Self { name, support: Some("optional"), takes_ms, says: Vec::new(), ends }
    }

    pub(crate) fn saying(self, says: &[(Millis, &'static str)]) -> Self {
        Self { says: says.to_vec(), ..self }
    }

    pub(crate) fn ending(self, ends: Ends) -> Self {
        Self { ends, ..self }
    }

    pub(crate) fn support(self, support: Option<&'static str>) -> Self {
        Self { support, ..self }
    }
}

/// One task at the server.
#[derive(Debug)]
pub(super) struct Run {
    tool: Tool,
    created: Millis,
    cancelled: Option<Millis>,
    /// What the test says it is, in place of what the time says.
    pub(super) put: Option<&'static str>,
}

/// How answers are dressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Json,
    /// An event stream that ends after the answer.
    Events,
    /// An event stream that never ends.
    OpenEvents,
    /// An event stream in pieces of so many bytes.
    Pieces(usize),
}

type Rule = Box<dyn FnMut(&Sent) -> Option<Reply>>;

/// See the module's words. Every field is for the test to set.
pub(crate) struct FakeServer {
    pub(crate) latency: Millis,
    /// Each answer takes up to this much longer, so that answers overtake each other. The same in every run.
    pub(crate) jitter: Millis,
    pub(crate) style: Style,
    /// GET is answered with a stream, not with 405.
    pub(crate) offers_stream: bool,
    /// The session id's beginning; `None`: no sessions.
    pub(crate) session: Option<&'static str>,
    /// How a request of a session that is lost is refused.
    pub(crate) loss: (u16, i64),
    pub(crate) version: &'static str,
    pub(crate) capabilities: Value,
    pub(crate) tools: Vec<Tool>,
    pub(crate) page_size: usize,
    /// `pollInterval` by the age of the task; `null`: not said.
    pub(crate) interval: Box<dyn Fn(Millis) -> Value>,
    pub(crate) notifies: bool,
    /// Each notification comes this many times more.
    pub(crate) copies: usize,
    /// Each notification is followed by the one before it.
    pub(crate) reordered: bool,
    /// A `tasks/result` waits as long as the task runs.
    pub(crate) holds: bool,
    /// So many tasks stand on a page of the list; `None`: it lists none at all. The oldest come first, as in released servers.
    pub(crate) list_size: Option<usize>,
    /// The list is as it was at this time.
    pub(crate) list_stands_at: Option<Millis>,
    /// What the list leaves out.
    pub(crate) unlisted: BTreeSet<String>,
    /// Every task wants input from the start, and an answer with its id completes it.
    pub(crate) asks: bool,
    /// It speaks HTTP+SSE, the transport of 2024-11-05.
    pub(crate) old: Option<Old>,
    /// Asked before everything else.
    pub(crate) rules: Vec<Rule>,
    /// The open stream.
    pub(crate) stream: Option<ExchangeId>,
    /// What the client did that the protocol forbids.
    pub(crate) violations: Vec<String>,
    current: Option<String>,
    sessions: u32,
    gets: BTreeSet<ExchangeId>,
    pub(super) runs: BTreeMap<String, Run>,
    /// The tasks in the order they were made.
    order: Vec<String>,
    pub(super) pushes: Vec<(Millis, Value)>,
}

impl Default for FakeServer {
    fn default() -> Self {
        Self {
            latency: 0,
            jitter: 0,
            style: Style::Json,
            offers_stream: false,
            session: Some("session"),
            loss: (404, -32600),
            version: "2025-11-25",
            capabilities: json!({ "tools": {}, "tasks": { "cancel": {}, "requests": { "tools": { "call": {} } } } }),
            tools: Vec::new(),
            page_size: 100,
            interval: Box::new(|_| json!(1000)),
            notifies: false,
            copies: 0,
            reordered: false,
            holds: false,
            list_size: None,
            list_stands_at: None,
            unlisted: BTreeSet::new(),
            asks: false,
            old: None,
            rules: Vec::new(),
            stream: None,
            violations: Vec::new(),
            current: None,
            sessions: 0,
            gets: BTreeSet::new(),
            runs: BTreeMap::new(),
            order: Vec::new(),
            pushes: Vec::new(),
        }
    }
}

impl FakeServer {
    /// Says 405 to GET: only polls tell anything.
    pub(crate) fn polled(tools: impl IntoIterator<Item = Tool>) -> Self {
        Self { tools: tools.into_iter().collect(), ..Self::default() }
    }

    /// Offers the stream, and notifies on it.
    pub(crate) fn streaming(tools: impl IntoIterator<Item = Tool>) -> Self {
        Self { offers_stream: true, notifies: true, ..Self::polled(tools) }
    }

    /// Says that it lists its tasks, so many on a page.
    pub(crate) fn listing(mut self, page_size: usize) -> Self {
        self.capabilities["tasks"]["list"] = json!({});
        self.list_size = Some(page_size);
        self
    }

    /// The same interval for the whole life of a task.
    pub(crate) fn every(mut self, interval: Value) -> Self {
        self.interval = Box::new(move |_| interval.clone());
        self
    }

    /// Requests of this method are answered by this, where it says something.
    pub(crate) fn when(
        mut self,
        method: &'static str,
        mut reply: impl FnMut(&Sent) -> Option<Reply> + 'static,
    ) -> Self {
        self.rules.push(Box::new(move |sent| if sent.is(method) { reply(sent) } else { None }));
        self
    }

    /// The first so many requests of this method are answered by this.
    pub(crate) fn first(mut self, mut times: usize, method: &'static str, reply: Reply) -> Self {
        self.rules.push(Box::new(move |sent| {
            let mine = sent.is(method) && times > 0;
            times -= usize::from(mine);
            mine.then(|| reply.clone())
        }));
        self
    }

    /// A task that exists already, as if an earlier page had made it.
    pub(crate) fn with_task(mut self, id: &str, created: Millis, tool: Tool) -> Self {
        self.runs.insert(id.into(), Run { tool, created, cancelled: None, put: None });
        self.order.push(id.into());
        self
    }

    /// The server forgets all sessions.
    pub(crate) fn lose_sessions(&mut self) {
        self.current = None;
    }

    /// The server forgets a task.
    pub(crate) fn purge(&mut self, id: &str) {
        self.runs.remove(id);
        self.order.retain(|known| known != id);
    }

    pub(crate) fn take_pushes(&mut self) -> Vec<(Millis, Value)> {
        std::mem::take(&mut self.pushes)
    }

    pub(crate) fn opened(&mut self, exchange: ExchangeId, head: &Head) {
        if self.gets.contains(&exchange) && head.status == 200 {
            self.stream = Some(exchange);
        }
    }

    pub(crate) fn closed(&mut self, exchange: ExchangeId) {
        self.gets.remove(&exchange);
        self.stream = self.stream.filter(|&open| open != exchange);
    }

    /// The answer, and after how long it comes.
    pub(crate) fn serve(&mut self, sent: &Sent) -> Option<(Millis, Reply)> {
        if sent.http == Method::Get {
            self.gets.insert(sent.exchange);
        }
        if let Some(reply) = self.rules.iter_mut().find_map(|rule| rule(sent)) {
            return Some((self.latency + reply.late_ms, reply));
        }
        if let Some(old) = self.old.clone() {
            return Some(self.serve_old(old, sent));
        }
        if let Some(refusal) = self.check(sent) {
            return Some((self.latency, refusal));
        }
        let (wait, reply) = match sent.method.as_str() {
            "GET" if self.offers_stream => (0, Reply::body(200, "text/event-stream", "").ending(End::Open)),
            "GET" => (0, Reply::status(405)),
            "DELETE" => (0, Reply::status(200)),
            "initialize" => (0, self.initialize(sent)),
            "tools/list" => (0, self.list(sent)),
            "tools/call" => self.call(sent),
            "tasks/list" => (0, self.list_tasks(sent)),
            "tasks/get" | "tasks/result" | "tasks/cancel" => (0, self.task(sent)),
            "response" => (0, self.answered(sent)),
            _ if sent.id().is_null() => (0, Reply::accepted()),
            _ => (0, Reply::error(sent, -32601, "Method not found")),
        };
        let reply = match self.style {
            _ if sent.http != Method::Post || reply.chunks.is_empty() => reply,
            Style::Json => reply,
            Style::Events => reply.in_events(),
            Style::OpenEvents => reply.in_events().ending(End::Open),
            Style::Pieces(bytes) => reply.in_events().in_pieces(bytes),
        };
        Some((self.latency + wait, reply))
    }

    /// What the transport demands of every request.
    fn check(&mut self, sent: &Sent) -> Option<Reply> {
        if sent.is("initialize") {
            if sent.header("mcp-session-id").is_some() {
                self.violations.push("initialize with a session id".into());
            }
            return None;
        }
        if sent.header("mcp-protocol-version") != Some(self.version) {
            self.violations.push(format!("{} without the protocol version", sent.method));
        }
        if self.session.is_none()
            || (self.current.is_some() && sent.header("mcp-session-id") == self.current.as_deref())
        {
            return None;
        }
        let (status, code) = self.loss;
        let error = json!({ "jsonrpc": "2.0", "id": "server-error", "error": { "code": code, "message": "Session not found" } });
        Some(Reply::body(status, "application/json", &error.to_string()))
    }

    pub(super) fn initialize(&mut self, sent: &Sent) -> Reply {
        self.sessions += 1;
        self.current = self.session.map(|name| format!("{name}-{}", self.sessions));
        let info = json!({ "name": "fake", "version": "1" });
        let offer = json!({ "protocolVersion": self.version, "capabilities": self.capabilities, "serverInfo": info });
        let session_id = self.current.clone();
        Reply::result(sent, &offer).with_head(|head| head.session_id = session_id)
    }

    pub(super) fn list(&self, sent: &Sent) -> Reply {
        let from: usize = sent.param("cursor").as_str().map_or(0, |cursor| cursor.parse().unwrap());
        let page = self.tools.iter().skip(from).take(self.page_size).map(|tool| match tool.support {
            Some(word) => json!({ "name": tool.name, "inputSchema": {}, "execution": { "taskSupport": word } }),
            None => json!({ "name": tool.name, "inputSchema": {} }),
        });
        let mut result = json!({ "tools": page.collect::<Vec<_>>() });
        if from + self.page_size < self.tools.len() {
            result["nextCursor"] = json!((from + self.page_size).to_string());
        }
        Reply::result(sent, &result)
    }

    pub(super) fn call(&mut self, sent: &Sent) -> (Millis, Reply) {
        let Some(tool) = self.tools.iter().find(|tool| sent.param("name") == tool.name).cloned() else {
            return (0, Reply::error(sent, -32602, "Unknown tool"));
        };
        if sent.param("task").is_null() {
            let reply = match &tool.ends {
                Ends::Completed(result) | Ends::Failed(_, Ok(result)) => Reply::result(sent, result),
                Ends::Failed(_, Err((code, message, _))) => Reply::error(sent, *code, message),
                Ends::Cancelled(message) => Reply::error(sent, -32603, message),
            };
            return (tool.takes_ms, reply);
        }
        let id = format!("{}-{}", tool.name, sent.id());
        let put = self.asks.then_some("input_required");
        self.runs.insert(id.clone(), Run { tool, created: sent.at, cancelled: None, put });
        self.order.push(id.clone());
        self.notify(&id);
        (0, Reply::result(sent, &json!({ "task": self.snapshot(&id, sent.at) })))
    }

    /// Plans all notifications of a task. The first comes before the answer that names the task.
    fn notify(&mut self, id: &str) {
        let Some(run) = self.runs.get(id).filter(|_| self.notifies) else { return };
        let says = run.tool.says.iter().map(|(at, _)| *at).chain([0, run.tool.takes_ms]);
        let times: BTreeSet<Millis> = says.map(|at| run.created + at).collect();
        let mut before: Option<Value> = None;
        for at in times {
            let now = status_of(self.snapshot(id, at));
            let again = before.replace(now.clone()).filter(|_| self.reordered);
            for message in std::iter::repeat_n(now, 1 + self.copies).chain(again) {
                self.pushes.push((at, message));
            }
        }
    }

    fn list_tasks(&self, sent: &Sent) -> Reply {
        let at = self.list_stands_at.unwrap_or(sent.at);
        let ids: Vec<&String> = self.order.iter().filter(|id| !self.unlisted.contains(*id)).collect();
        let size = self.list_size.unwrap_or(0);
        // The cursor names the last of the page before.
        let from = match sent.param("cursor").as_str() {
            None => 0,
            Some(cursor) => match ids.iter().position(|id| *id == cursor) {
                Some(place) => place + 1,
                None => return Reply::error(sent, -32602, "Invalid cursor"),
            },
        };
        let page: Vec<&String> = ids.iter().skip(from).take(size).copied().collect();
        let mut result = json!({ "tasks": page.iter().map(|id| self.snapshot(id, at)).collect::<Vec<_>>() });
        if let Some(last) = page.last().filter(|_| from + page.len() < ids.len()) {
            result["nextCursor"] = json!(last);
        }
        Reply::result(sent, &result)
    }

    fn task(&mut self, sent: &Sent) -> Reply {
        let id = sent.param("taskId").as_str().unwrap_or("").to_owned();
        let Some(run) = self.runs.get_mut(&id) else { return Reply::error(sent, -32602, "Task not found") };
        let ended = run.cancelled.is_some()
            || run.put.map_or(sent.at >= run.created + run.tool.takes_ms, |status| status == "completed");
        match sent.method.as_str() {
            "tasks/cancel" if ended => return Reply::error(sent, -32602, "Cannot cancel task in terminal status"),
            "tasks/cancel" => run.cancelled = Some(sent.at),
            "tasks/result" if run.cancelled.is_none() && ended => {
                return match &run.tool.ends {
                    Ends::Completed(result) | Ends::Failed(_, Ok(result)) => Reply::result(sent, result),
                    Ends::Failed(_, Err((code, message, data))) => {
                        let error = json!({ "code": code, "message": message, "data": data });
                        Reply::json(&json!({ "jsonrpc": "2.0", "id": sent.id(), "error": error }))
                    }
                    Ends::Cancelled(_) => Reply::error(sent, -32603, "no result stored"),
                };
            }
            "tasks/result" if self.holds => return Reply::events(&[]).ending(End::Open),
            "tasks/result" => return Reply::error(sent, -32602, "Task not completed yet"),
            _ => {}
        }
        Reply::result(sent, &self.snapshot(&id, sent.at))
    }

    /// The task as the server describes it at this time.
    pub(crate) fn snapshot(&self, id: &str, at: Millis) -> Value {
        let run = &self.runs[id];
        let end = run.created + run.tool.takes_ms;
        let said = run.tool.says.iter().rfind(|(after, _)| run.created + after <= at);
        let (status, message, updated) = match (run.cancelled, &run.tool.ends) {
            (None, _) if run.put.is_some() => (run.put.unwrap(), None, at),
            (Some(when), _) => ("cancelled", Some("The task was cancelled by request."), when),
            (None, Ends::Completed(_)) if at >= end => ("completed", None, end),
            (None, Ends::Failed(words, _)) if at >= end => ("failed", Some(*words), end),
            (None, Ends::Cancelled(words)) if at >= end => ("cancelled", Some(*words), end),
            _ => ("working", said.map(|(_, words)| *words), run.created + said.map_or(0, |(after, _)| *after)),
        };
        let mut snapshot = json!({
            "taskId": id, "status": status, "ttl": 60_000,
            "createdAt": iso(run.created), "lastUpdatedAt": iso(updated),
        });
        if let Some(message) = message {
            snapshot["statusMessage"] = json!(message);
        }
        let interval = (self.interval)(at.saturating_sub(run.created));
        if !interval.is_null() {
            snapshot["pollInterval"] = interval;
        }
        snapshot
    }
}

/// The notification that says this of a task.
fn status_of(snapshot: Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/tasks/status", "params": snapshot })
}

/// A moment of the first days of a November, as a timestamp.
pub(crate) fn iso(at: Millis) -> String {
    let (seconds, ms) = (at / 1000, at % 1000);
    let (day, hour, minute) = (1 + seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    format!("2026-11-{day:02}T{hour:02}:{minute:02}:{:02}.{ms:03}Z", seconds % 60)
}
