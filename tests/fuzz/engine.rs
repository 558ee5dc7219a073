//! A world that bytes steer: each byte chooses what the page, the network or the clock does next.

use super::answers::{answer_to, told};
use super::choices::Choices;
use mcp_tasks::client::{
    Call, CallKind, Client, Config, Era, ExchangeId, Handle, Input, InputAnswer, InputId, Output, PauseReason, Query,
    Redirect, ReplyId, TaskCapabilities, TaskMode,
};
use mcp_tasks::task::Interest;
use mcp_tasks::wire::http::{Head, Method};
use mcp_tasks::wire::jsonrpc;
use std::collections::BTreeSet;

const LONGEST_MESSAGE: usize = 4096;
const HANDLES: u32 = 40;

/// A request that is under way.
#[derive(Clone)]
struct Open {
    exchange: ExchangeId,
    method: Method,
    body: String,
}

struct World {
    client: Client,
    now: u64,
    open: Vec<Open>,
    exchanges: BTreeSet<ExchangeId>,
    handles: BTreeSet<Handle>,
    dropped: BTreeSet<Handle>,
    settled: BTreeSet<Handle>,
    interrupted: BTreeSet<Handle>,
    asked: ReplyId,
    answered: BTreeSet<ReplyId>,
    questions: BTreeSet<InputId>,
    closed: bool,
    /// The only one that may be spoken.
    era: Option<Era>,
}

/// Never panics; drains to nothing; no timeout in the past; who waits is told once, and by the time of closing; every
/// question of the server's is over by then, once. After every input, what waits has a request in flight, a timer or a
/// pause reason.
pub(crate) fn run(data: &[u8]) {
    let mut choices = Choices(data);
    let mut config = Config::new("https://example.org/mcp");
    config.max_message_bytes = LONGEST_MESSAGE as u64;
    let seed = choices.byte();
    let era =
        [Some(Era::Handshake), Some(Era::Stateless), None, None].get(usize::from(seed >> 4 & 3)).copied().flatten();
    config.era = era;
    config.spoken =
        [None, Some(Era::Handshake), None, Some(Era::Stateless)].get(usize::from(seed >> 6)).copied().flatten();
    config.input_handlers = [seed & 1 == 0, seed & 2 == 0, true];
    let hosts = seed & 3 == 0;
    config.task_capabilities =
        TaskCapabilities { list: hosts, cancel: hosts, sampling: hosts, elicitation: hosts, get: hosts, result: hosts };
    (config.watch_all, config.notifications) = (seed & 4 == 0, seed & 8 == 0);
    let client = Client::new(config, u64::from(seed));
    let (open, now, asked, closed) = (Vec::new(), 0, 0, false);
    let [handles, dropped, settled, interrupted] = [const { BTreeSet::new() }; 4];
    let (exchanges, answered, questions) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut world = World {
        client,
        now,
        open,
        exchanges,
        handles,
        dropped,
        settled,
        interrupted,
        asked,
        answered,
        questions,
        closed,
        era,
    };
    while !choices.0.is_empty() {
        world.step(&mut choices);
    }
    world.finish();
}

impl World {
    fn step(&mut self, choices: &mut Choices<'_>) {
        match choices.byte() % 26 {
            // What makes progress is frequent, so that few bytes come far.
            0..=6 => self.answer_well(choices),
            7 => self.answer_anything(choices),
            8 => self.hostile(choices),
            9 | 10 => self.call(choices),
            11 => self.attach(choices),
            12 | 13 => self.watch(choices, true),
            14 => self.watch(choices, false),
            15 => {
                let (handle, reply) = (self.some_handle(choices), self.ask());
                self.input(if choices.below(2) == 0 {
                    Input::Refresh { handle, reply }
                } else {
                    Input::Cancel { handle, reply }
                });
            }
            16 => self.drop_one(choices),
            17 => {
                let reply = self.ask();
                let task = || "t1".to_owned();
                let query = match choices.below(8) {
                    0 => Query::Ping,
                    1 => Query::GetTask(task()),
                    2 => Query::TaskResult(task()),
                    3 => Query::ListTasks(None),
                    4 => Query::CancelTask(task()),
                    _ => return self.input(Input::List { kind: CallKind::Tool, reply }),
                };
                self.input(Input::Query { reply, query });
            }
            18 => {
                let why = choices.one(&[PauseReason::Hidden, PauseReason::Offline, PauseReason::Frozen]);
                let Some(why) = why else { return };
                self.input(if choices.below(2) == 0 { Input::Pause(why) } else { Input::Resume(why) });
            }
            19 => self.now += u64::from(choices.byte()) << choices.below(16),
            20 | 21 => self.next_timeout(),
            22 | 24 => self.push(choices),
            25 => self.respond(choices),
            _ => match choices.byte() {
                255 if !self.closed => self.close(),
                64..128 => self.redirect(choices),
                _ => {}
            },
        }
    }

    /// The newest request is redirected.
    fn redirect(&mut self, choices: &mut Choices<'_>) {
        let Some((exchange, method)) = self.open.last().map(|open| (open.exchange, open.method)) else { return };
        let status = choices.one(&[None, Some(301), Some(303), Some(307)]).flatten();
        let location = choices.one(&[None, Some(""), Some("/x"), Some("//evil.test"), Some("\u{1}:")]).flatten();
        let redirect = Redirect { from: "https://example.org/mcp", method, status, location };
        self.input(Input::Redirected { exchange, redirect });
    }

    fn input(&mut self, input: Input<'_>) {
        self.client.handle_input(self.now, input);
        while let Some(output) = self.client.poll_output() {
            self.check(output);
        }
        let timeout = self.client.poll_timeout();
        assert!(timeout.is_none_or(|(at, _)| at > self.now), "{timeout:?} is not after {}", self.now);
        assert_eq!(self.client.check_liveness(), Ok(()));
    }

    fn check(&mut self, output: Output) {
        match output {
            Output::Fetch(fetch) => {
                assert!(self.exchanges.insert(fetch.exchange), "exchange {} twice", fetch.exchange);
                assert!(!self.closed || fetch.method == Method::Delete, "a closed client asks: {fetch:?}");
                let body = fetch.body.unwrap_or_default();
                assert_eq!(fetch.method == Method::Post, jsonrpc::messages(body.as_bytes(), 1).is_ok(), "{body}");
                self.open.push(Open { exchange: fetch.exchange, method: fetch.method, body });
            }
            Output::Abort(exchange) => {
                assert!(self.take(exchange).is_some(), "{exchange} is aborted and is not open");
            }
            Output::Follow { exchange, url } => {
                assert!(self.open.iter().any(|open| open.exchange == exchange), "{exchange} is not open");
                assert!(url.starts_with("https://example.org/"), "{url}");
            }
            Output::FindRedirect(exchange) => assert!(self.open.iter().any(|open| open.exchange == exchange)),
            Output::Created { handle, .. } | Output::Changed { handle, .. } => {
                assert!(self.handles.contains(&handle) && !self.settled.contains(&handle), "{handle}");
            }
            Output::Settled { handle, outcome, .. } => {
                assert!(self.handles.contains(&handle) && self.settled.insert(handle), "{handle} twice: {outcome:?}");
            }
            Output::Interrupted { handle, failure } => {
                assert!(!self.settled.contains(&handle) || self.closed, "{handle}: {failure:?}");
                self.interrupted.insert(handle);
            }
            Output::InputRequested { input, handle, .. } => {
                assert!(self.questions.insert(input), "question {input} twice");
                assert!(handle.is_none_or(|handle| !self.settled.contains(&handle)), "{handle:?} is settled and asks");
            }
            Output::ReceiverRequested { input, .. } => assert!(self.questions.insert(input), "question {input} twice"),
            Output::InputOver { input } => assert!(self.questions.remove(&input), "question {input} is over twice"),
            Output::Progress { handle, .. } => assert!(self.handles.contains(&handle), "{handle}"),
            Output::Notified { method, .. } => assert!(!method.is_empty()),
            Output::Replied { reply, .. } => {
                assert!((1..=self.asked).contains(&reply) && self.answered.insert(reply), "question {reply}");
            }
            Output::Speaks(era) => {
                assert!(self.era.is_none_or(|pinned| pinned == era), "{era:?} is not what was asked for")
            }
            Output::Session(_) => {}
            Output::Warning { message, .. } => assert!(!message.is_empty() && message.len() < 2000, "{message}"),
        }
    }

    fn finish(&mut self) {
        if !self.closed {
            self.close();
        }
        for handle in self.handles.difference(&self.dropped) {
            assert!(self.settled.contains(handle) || self.interrupted.contains(handle), "handle {handle} hangs");
        }
        for reply in 1..=self.asked {
            assert!(self.answered.contains(&reply), "question {reply} hangs");
        }
        assert!(self.questions.is_empty(), "questions that are open for ever: {:?}", self.questions);
        for _ in 0..100 {
            self.next_timeout();
        }
        assert!(self.client.poll_timeout().is_none(), "a closed client waits for {:?}", self.client.poll_timeout());
    }

    fn close(&mut self) {
        self.closed = true;
        self.interrupted.clear();
        self.input(Input::Close);
    }

    fn next_timeout(&mut self) {
        if let Some((at, _)) = self.client.poll_timeout() {
            self.now = at;
            self.input(Input::Timeout);
        }
    }

    fn ask(&mut self) -> ReplyId {
        self.asked += 1;
        self.asked
    }

    fn new_handle(&mut self) -> Option<Handle> {
        let handle = self.handles.len() as Handle + 1;
        (handle <= HANDLES && self.handles.insert(handle)).then_some(handle)
    }

    /// One that exists, or nearly.
    fn some_handle(&self, choices: &mut Choices<'_>) -> Handle {
        choices.below(self.handles.len() + 1) as Handle + 1
    }

    fn call(&mut self, choices: &mut Choices<'_>) {
        let Some(handle) = self.new_handle() else { return };
        let Some(name) = choices.one(&["a", "b", "c", "\"\\\u{1}"]) else { return };
        let Ok(mut call) = Call::tool(name, r#"{"n":[1.0,{}]}"#) else { return };
        if choices.below(4) == 0 {
            call.mode = TaskMode::Never;
        }
        self.input(Input::Call { handle, call });
    }

    fn attach(&mut self, choices: &mut Choices<'_>) {
        let Some(handle) = self.new_handle() else { return };
        let task_id = format!("t{}", choices.below(4));
        self.input(Input::Attach { handle, task_id });
    }

    fn watch(&mut self, choices: &mut Choices<'_>, begin: bool) {
        let handle = self.some_handle(choices);
        let interest = if choices.below(2) == 0 { Interest::Result } else { Interest::Status };
        self.input(if begin { Input::Watch { handle, interest } } else { Input::Unwatch { handle, interest } });
    }

    /// Answers a question, or one that is none.
    fn respond(&mut self, choices: &mut Choices<'_>) {
        let at = choices.below(self.questions.len() + 1);
        let input = self.questions.iter().nth(at).copied().unwrap_or(u32::from(choices.byte()));
        let answer = match choices.below(3) {
            0 => InputAnswer::Error { code: -1, message: "no".into() },
            1 => InputAnswer::Result("not JSON".into()),
            _ => InputAnswer::Result(r#"{"action":"accept","_meta":{"a":[]}}"#.into()),
        };
        let reply = self.ask();
        self.input(Input::Respond { input, answer, reply });
        if choices.below(8) == 0 {
            self.input(Input::Multiplexed);
        }
    }

    /// Nobody wants to hear of this one any more.
    fn drop_one(&mut self, choices: &mut Choices<'_>) {
        let handle = self.some_handle(choices);
        self.dropped.insert(handle);
        self.input(if choices.below(2) == 0 { Input::Abandon { handle } } else { Input::Forget { handle } });
    }

    fn take(&mut self, exchange: ExchangeId) -> Option<Open> {
        let at = self.open.iter().position(|o| o.exchange == exchange)?;
        Some(self.open.remove(at))
    }

    fn some_open(&self, choices: &mut Choices<'_>) -> Option<Open> {
        self.open.get(choices.below(self.open.len())).cloned()
    }

    fn begin(&mut self, exchange: ExchangeId, status: u16, content_type: &str, choices: &mut Choices<'_>) {
        let session = choices.one(&[Some("s1"), Some("s2"), None]).flatten();
        let retry = choices.one(&[None, Some("1"), Some("x"), Some("18446744073709551615")]).flatten();
        let head = Head {
            status,
            content_type: Some(content_type.into()),
            session_id: session.map(Into::into),
            retry_after: retry.filter(|_| status >= 400).map(Into::into),
            ..Head::default()
        };
        self.input(Input::Head { exchange, head });
    }

    fn end(&mut self, exchange: ExchangeId) {
        self.take(exchange);
        self.input(Input::End { exchange });
    }

    /// As a server should: JSON or an event stream, whole.
    fn answer_well(&mut self, choices: &mut Choices<'_>) {
        let Some(open) = self.some_open(choices) else { return };
        let exchange = open.exchange;
        match (open.method, answer_to(&open.body, choices)) {
            (Method::Get, _) if choices.below(4) == 0 => {
                self.begin(exchange, 405, "", choices);
                self.end(exchange);
            }
            (Method::Get, _) => self.begin(exchange, 200, "text/event-stream", choices),
            (_, None) => {
                self.begin(exchange, 202, "", choices);
                self.end(exchange);
            }
            (_, Some(answer)) if choices.below(3) == 0 => {
                self.begin(exchange, 200, "text/event-stream", choices);
                let text = format!("id: 1\ndata:\n\ndata: {answer}\n\n");
                let (one, two) = text.as_bytes().split_at(choices.below(text.len()));
                self.input(Input::Chunk { exchange, bytes: one });
                self.input(Input::Chunk { exchange, bytes: two });
                if choices.below(2) == 0 {
                    self.end(exchange);
                }
            }
            (_, Some(answer)) => {
                self.begin(exchange, 200, "application/json", choices);
                self.input(Input::Chunk { exchange, bytes: answer.as_bytes() });
                self.end(exchange);
            }
        }
    }

    /// Any status, any part of an answer, any end.
    fn answer_anything(&mut self, choices: &mut Choices<'_>) {
        let Some(open) = self.some_open(choices) else { return };
        let exchange = open.exchange;
        let Some(status) = choices.one(&[200, 202, 204, 302, 400, 401, 404, 405, 408, 429, 500, 503]) else { return };
        let kinds = ["application/json", "text/event-stream", "text/html", ""];
        let Some(kind) = choices.one(&kinds) else { return };
        if choices.below(4) > 0 {
            self.begin(exchange, status, kind, choices);
        }
        let lost = r#"{"jsonrpc":"2.0","id":"server-error","error":{"code":-32000,"message":"no session"}}"#;
        let answer = match choices.below(3) {
            0 => Some(lost.to_owned()),
            _ => answer_to(&open.body, choices),
        };
        let answer = answer.unwrap_or_default().into_bytes();
        let (part, _) = answer.split_at(answer.len().min(choices.below(300)));
        self.input(Input::Chunk { exchange, bytes: part });
        match choices.below(3) {
            0 => self.end(exchange),
            1 => {
                self.take(exchange);
                self.input(Input::Failed { exchange, why: "connection lost" });
            }
            _ => {}
        }
    }

    /// Any bytes, on any exchange, the unknown included.
    fn hostile(&mut self, choices: &mut Choices<'_>) {
        let exchange = choices.below(self.exchanges.len() + 2) as ExchangeId;
        match choices.below(5) {
            0 => self.end(exchange),
            1 => self.input(Input::Chunk { exchange, bytes: &vec![b'x'; LONGEST_MESSAGE] }),
            2 => {
                self.take(exchange);
                self.input(Input::Failed { exchange, why: "" });
            }
            _ => {
                let bytes = choices.bytes();
                self.input(Input::Chunk { exchange, bytes });
            }
        }
    }

    /// A notification, or a request of the server's, on the stream.
    fn push(&mut self, choices: &mut Choices<'_>) {
        // On the standalone stream, or on whichever else: an answer that comes as events may bring anything before it.
        let get = self.open.iter().rfind(|o| o.method == Method::Get).map(|o| o.exchange);
        let some = self.some_open(choices).map(|o| o.exchange).filter(|_| choices.below(2) == 0);
        let Some(stream) = some.or(get) else { return };
        if some.is_some() && choices.below(2) == 0 {
            self.begin(stream, 200, "text/event-stream", choices);
        }
        let message = told(choices);
        self.input(Input::Chunk { exchange: stream, bytes: format!("data: {message}\n\n").as_bytes() });
    }
}
