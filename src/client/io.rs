use super::Query;
use crate::{
    task::{Interest, Outcome, TaskError},
    wire::{
        Era,
        headers::Headers,
        http::{Head, Method},
        input::{InputAnswer, InputKind},
        json::{Json, JsonError},
        receiver_messages::ReceiverRequest,
        request::{CallKind, TaskOption},
        snapshot::Snapshot,
    },
};

use std::rc::Rc;

/// A task's number on our side; the caller chooses it and never uses one twice.
pub type Handle = u32;
/// The number of a question whose answer comes as [`Output::Replied`]; the caller chooses it.
pub type ReplyId = u32;
/// The number of an input request of the server's; the engine chooses it.
pub type InputId = u32;
/// The number of one HTTP exchange; the engine chooses it.
pub type ExchangeId = u32;

/// A call as the application asked for it.
#[derive(Debug)]
pub struct Call {
    /// Of what.
    pub kind: CallKind,
    /// The tool's or prompt's name, or the resource's URI.
    pub name: String,
    /// The arguments: a JSON object, as text.
    pub arguments: String,
    /// Whether it shall be a task.
    pub mode: TaskMode,
}

impl Call {
    /// A tool call that becomes a task where server and tool offer it. Fails when `arguments` is not JSON.
    pub fn tool(name: &str, arguments: &str) -> Result<Self, JsonError> {
        let arguments = Json::check(arguments)?;
        Ok(Self {
            kind: CallKind::Tool,
            name: name.into(),
            arguments: arguments.get().into(),
            mode: TaskMode::WhatIsOffered(TaskOption::default()),
        })
    }
}

/// Whether a call shall be a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskMode {
    /// Where the server and the tool offer it.
    WhatIsOffered(TaskOption),
    /// Never: a plain call.
    Never,
}

/// Why the engine holds still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PauseReason {
    /// Nobody can see the page: ask rarely.
    Hidden,
    /// The device has no network: ask not at all.
    Offline,
    /// The page is about to be frozen: ask not at all.
    Frozen,
}

/// A redirect of a request.
#[derive(Debug, Clone, Copy)]
pub struct Redirect<'a> {
    /// The URL that the request was sent to.
    pub from: &'a str,
    /// Its method.
    pub method: Method,
    /// The HTTP status; `None`: the platform hides it (a page, see [`Output::FindRedirect`]).
    pub status: Option<u16>,
    /// Where to, as the header `location` or as a URL; `None`: the platform hides it.
    pub location: Option<&'a str>,
}

/// Everything that can happen to the engine.
#[derive(Debug)]
pub enum Input<'a> {
    /// The application calls a tool, gets a prompt or reads a resource.
    Call {
        /// The new task's number.
        handle: Handle,
        /// What to call.
        call: Call,
    },
    /// The application has a task id from an earlier page.
    Attach {
        /// The task's number from now on.
        handle: Handle,
        /// The server's name for it.
        task_id: String,
    },
    /// Somebody begins to watch a task: traffic may begin.
    Watch {
        /// Which task.
        handle: Handle,
        /// What for.
        interest: Interest,
    },
    /// Somebody stops watching. Not for result watchers that were told [`Output::Settled`] or [`Output::Interrupted`].
    Unwatch {
        /// Which task.
        handle: Handle,
        /// What for.
        interest: Interest,
    },
    /// Ask for the task's state now.
    Refresh {
        /// Which task.
        handle: Handle,
        /// The answer's number.
        reply: ReplyId,
    },
    /// Ask the server to cancel the task; a task not yet named is cancelled as soon as it is.
    Cancel {
        /// Which task.
        handle: Handle,
        /// The answer's number.
        reply: ReplyId,
    },
    /// The caller gave up before the task was named: leave none behind.
    Abandon {
        /// Which task.
        handle: Handle,
    },
    /// Nobody holds the task's number any more. The task itself goes on.
    Forget {
        /// Which task.
        handle: Handle,
    },
    /// List every tool, prompt or resource, page by page.
    List {
        /// Of what.
        kind: CallKind,
        /// The answer's number.
        reply: ReplyId,
    },
    /// Ask the server something.
    Query {
        /// The answer's number.
        reply: ReplyId,
        /// What to ask.
        query: Query,
    },
    /// A request of the server's that an earlier engine of this session was told of, and that nobody has answered.
    RestoreInputRequest {
        /// The task that asks.
        handle: Handle,
        /// The JSON-RPC request.
        message: &'a str,
    },
    /// Answer an input request of the server's.
    Respond {
        /// Which request.
        input: InputId,
        /// With what.
        answer: InputAnswer,
        /// The number of the answer that says whether the server has taken it.
        reply: ReplyId,
    },
    /// A task that we host has changed: `task` is how it stands, in the words of the wire
    /// ([`receiver_messages::task`](crate::wire::receiver_messages::task)). Told to a server with a session, and dropped where there is none.
    NotifyTaskStatus {
        /// A JSON object.
        task: String,
    },
    /// The connection turned out to carry any number of requests at once (HTTP/2, or no browser): sockets need not be counted.
    Multiplexed,
    /// End everything: what waits is told so, the session is ended, tasks go on at the server.
    Close,
    /// An HTTP response began.
    Head {
        /// Of which exchange.
        exchange: ExchangeId,
        /// Its status and headers.
        head: Head,
    },
    /// The response is a redirect, which the platform has not followed.
    Redirected {
        /// Of which exchange.
        exchange: ExchangeId,
        /// The redirect, as far as the platform shows it.
        redirect: Redirect<'a>,
    },
    /// A part of its body came.
    Chunk {
        /// Of which exchange.
        exchange: ExchangeId,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// The body ended.
    End {
        /// Of which exchange.
        exchange: ExchangeId,
    },
    /// The exchange broke: no connection, a cut stream, a refusal by the browser.
    Failed {
        /// Which exchange.
        exchange: ExchangeId,
        /// The platform's words.
        why: &'a str,
    },
    /// A reason to hold still came up.
    Pause(PauseReason),
    /// A reason to hold still is gone.
    Resume(PauseReason),
    /// The time of [`Client::poll_timeout`](super::Client::poll_timeout) has come.
    Timeout,
}

/// One HTTP request to make.
#[derive(Debug, PartialEq, Eq)]
pub struct Fetch {
    /// The exchange's number, to be named in what is reported about it.
    pub exchange: ExchangeId,
    /// Where to.
    pub url: String,
    /// The method.
    pub method: Method,
    /// The headers the protocol wants; the application's own are added by the driver.
    pub headers: Headers,
    /// The body of a POST.
    pub body: Option<String>,
    /// The page may be going away: the request must outlive it.
    pub keepalive: bool,
}

/// Everything the engine can want done or told.
#[derive(Debug)]
pub enum Output {
    /// Make this HTTP request.
    Fetch(Fetch),
    /// Break off this exchange; nothing more is to be reported about it.
    Abort(ExchangeId),
    /// Send the request of this exchange again, to this URL: nothing was done with it.
    Follow {
        /// Which exchange.
        exchange: ExchangeId,
        /// The URL, of the endpoint's origin.
        url: String,
    },
    /// Find out where this exchange is redirected to, by a request to the same URL without headers, body and credentials, and report
    /// it by [`Input::Redirected`]. A page does not see where a redirect leads before it has followed it.
    FindRedirect(ExchangeId),
    /// The server speaks this dialect: worth remembering.
    Speaks(Era),
    /// The session that has begun, as text for [`Config::session`](super::Config::session); `None`: the server keeps none.
    Session(Option<String>),
    /// The creation of a task is over: the server named it, or answered at once.
    Created {
        /// Which task.
        handle: Handle,
        /// The server's name for it; `None`: it answered at once.
        task_id: Option<String>,
    },
    /// A watcher can see something new.
    Changed {
        /// Which task.
        handle: Handle,
        /// The newest observation.
        snapshot: Rc<Snapshot>,
    },
    /// The outcome is known: final, told once.
    Settled {
        /// Which task.
        handle: Handle,
        /// How it ended.
        outcome: Outcome,
        /// The structured content is wrapped in an object, as its only member `result`.
        is_wrapped: bool,
        /// Nobody watched, and there is no task that could be asked after: a failure is to be told once, never swallowed.
        is_unseen: bool,
    },
    /// Waiting makes no sense now, but the task goes on: who waits is told why, who asks again begins anew.
    Interrupted {
        /// Which task.
        handle: Handle,
        /// Why.
        failure: Box<TaskError>,
    },
    /// The answer to a question.
    Replied {
        /// Which question.
        reply: ReplyId,
        /// JSON text (`null` where there is nothing to say), or why not.
        answer: Result<String, Box<TaskError>>,
    },
    /// The server wants input: somebody is to answer with [`Input::Respond`].
    InputRequested {
        /// The request's number.
        input: InputId,
        /// The call or task that it is about, where that is known.
        handle: Option<Handle>,
        /// What is asked for.
        kind: InputKind,
        /// What names the request to whoever answers: never the same twice in a task's life.
        key: String,
        /// The parameters, as JSON text.
        params: String,
        /// The JSON-RPC request's id, as JSON text, where it was one: whoever goes on with the session can be asked again.
        id: Option<Box<str>>,
    },
    /// The server asks whoever hosts tasks: to be answered with [`Input::Respond`], too.
    ReceiverRequested {
        /// The request's number.
        input: InputId,
        /// The call or task within which it is asked, where that is known.
        handle: Option<Handle>,
        /// What is asked for.
        request: ReceiverRequest,
        /// The parameters, as JSON text.
        params: String,
    },
    /// An input request is no longer open: answered, withdrawn, or moot.
    InputOver {
        /// Which request.
        input: InputId,
    },
    /// A call makes progress.
    Progress {
        /// Which call or task.
        handle: Handle,
        /// `progress`, `total` and `message`, as JSON text.
        json: String,
    },
    /// The server told something that the engine has no use for.
    Notified {
        /// The method.
        method: String,
        /// The parameters, as JSON text.
        params: String,
    },
    /// Trouble that no promise reports.
    Warning {
        /// A stable word for the kind of trouble.
        code: &'static str,
        /// What was wrong and what is done about it.
        message: String,
    },
}

/// What the next timeout is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WakeReason {
    /// To try the handshake again.
    Connect,
    /// To stop holding calls back for a stream that does not answer.
    ReleaseCalls,
    /// To open the stream again.
    OpenStream,
    /// To close a stream nobody listens to.
    CloseStream,
    /// To ask after a task.
    Poll,
    /// To send a request again that found the server in trouble.
    Retry,
    /// To let another task's request wait in place of this.
    Rotate,
    /// To give up on a request that is not answered.
    RequestTimeout,
}
