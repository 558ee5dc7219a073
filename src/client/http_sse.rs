use super::{
    Client, Output,
    http_exchange::{self, ExchangeKind},
    io::ExchangeId,
    session::Session,
    transport_error::TransportError,
};
use crate::{
    Millis,
    task::TaskError,
    wire::{
        DecodeError,
        event_stream::Event,
        http::{self, Head},
        url,
    },
};
use std::{cmp::Reverse, collections::BinaryHeap};

/// How long the stream stays when nobody waits for anything. With it the server's session ends, and the next call opens
/// another, four requests in all; but it holds one of the six connections that a browser gives to an origin, and keeps a
/// process of Node alive.
const LINGER_MS: u64 = 30_000;
/// How long a POST may stay open whose request was answered on the stream.
const POST_LINGER_MS: u64 = 5000;

/// HTTP+SSE, the transport of 2024-11-05, for servers that know no other: one stream on which everything comes, and an
/// address, told on it, to which everything is posted. The session is the stream. There are no tasks.
#[derive(Debug, Default)]
pub(super) enum HttpSse {
    /// Nothing was agreed with the server yet.
    #[default]
    Unknown,
    /// It has spoken Streamable HTTP, so a refusal means what it says.
    Never,
    /// It has spoken HTTP+SSE, so that is tried first.
    Known,
    /// The stream that is to name the address, and how the handshake was refused before it was tried.
    Opening(ExchangeId, Option<Box<TaskError>>),
    Open(Open),
}

/// A stream that has named its address.
#[derive(Debug)]
pub(super) struct Open {
    exchange: ExchangeId,
    /// Where to post.
    url: String,
    /// When to give up on requests whose POST is over. Those that were answered stay until then.
    deadlines: BinaryHeap<Reverse<(Millis, u32)>>,
    /// When to close the stream, since nobody needs it.
    close_at: Option<Millis>,
}

impl HttpSse {
    /// Where messages are posted, if not at the endpoint.
    pub(super) fn url(&self) -> Option<&String> {
        match self {
            Self::Open(open) => Some(&open.url),
            _ => None,
        }
    }

    /// The server took a request: its answer comes on the stream.
    pub(super) fn accepted(&mut self, request: u32, deadline: Option<Millis>) {
        if let (Self::Open(open), Some(at)) = (self, deadline) {
            open.deadlines.push(Reverse((at, request)));
        }
    }

    /// The request to give up on first, if it is not answered by then.
    pub(super) fn first_deadline(&self) -> Option<(Millis, u32)> {
        match self {
            Self::Open(open) => open.deadlines.peek().map(|Reverse(first)| *first),
            _ => None,
        }
    }

    fn next_late(&mut self, now: Millis) -> Option<u32> {
        let first = self.first_deadline().filter(|(at, _)| *at <= now)?;
        if let Self::Open(open) = self {
            open.deadlines.pop();
        }
        Some(first.1)
    }

    pub(super) fn close_at(&self) -> Option<Millis> {
        match self {
            Self::Open(open) => open.close_at,
            _ => None,
        }
    }
}

impl Client {
    /// Whether a handshake that was refused like this is tried on the older transport.
    pub(super) fn falls_back(&self, cause: &TransportError) -> bool {
        matches!(cause, TransportError::Http(Head { status: 400 | 404 | 405, .. }, _))
            && matches!((&self.http_sse, &self.session), (HttpSse::Unknown, Session::Connecting))
    }

    /// Opens the stream.
    pub(super) fn open_http_sse(&mut self, refused: Option<Box<TaskError>>) {
        let id = self.open_get(ExchangeKind::HttpSse, None);
        if let Some(exchange) = http_exchange::find(&mut self.exchanges, id) {
            // Until it has named the address: a stream of another kind may never say a word.
            exchange.deadline = Some(self.now.saturating_add(self.config.request_timeout_ms));
        }
        self.http_sse = HttpSse::Opening(id, refused);
    }

    /// Something came on the stream. Whether it is to be read as a message.
    pub(super) fn http_sse_event(&mut self, now: Millis, id: ExchangeId, event: &Event<'_>) -> bool {
        match &self.http_sse {
            // The address is named once: a second one is ignored, as are events of names that nobody knows.
            HttpSse::Open(open) if open.exchange == id => event.name == http::MESSAGE_EVENT,
            HttpSse::Opening(exchange, _) if *exchange == id => {
                if event.name == http::ENDPOINT_EVENT {
                    self.http_sse_endpoint(now, id, &event.text());
                } else {
                    self.abort(id);
                    let problem =
                        DecodeError::new("a stream that begins with another event than its address", event.name);
                    self.http_sse_ended(now, &TransportError::Protocol(problem));
                }
                false
            }
            _ => false,
        }
    }

    /// The stream has named the address: the handshake goes there.
    fn http_sse_endpoint(&mut self, now: Millis, id: ExchangeId, address: &str) {
        match url::resolve(self.config.resolve_url, &self.config.endpoint, address) {
            Ok(url) => {
                if let Some(exchange) = http_exchange::find(&mut self.exchanges, id) {
                    exchange.deadline = None;
                }
                self.http_sse = HttpSse::Open(Open { exchange: id, url, deadlines: BinaryHeap::new(), close_at: None });
                self.start_handshake(now);
            }
            Err(problem) => {
                self.abort(id);
                self.http_sse = HttpSse::Unknown;
                let failure =
                    TransportError::Protocol(problem).to_task_error(&self.connecting(), "; nothing was sent there");
                self.no_session(now, &failure);
            }
        }
    }

    /// The stream is over, and with it the session.
    pub(super) fn http_sse_ended(&mut self, now: Millis, cause: &TransportError) {
        match std::mem::take(&mut self.http_sse) {
            // What counts is what the server said to the transport of today, unless it asks who we are.
            HttpSse::Opening(_, Some(mut failure)) if !cause.is_unauthorized() => {
                let too = cause.to_task_error("; the older HTTP+SSE transport was tried too", "");
                failure.message.push_str(&too.message);
                self.no_session(now, &failure);
            }
            // It may have been replaced by a newer one: the handshake begins anew.
            HttpSse::Opening(_, None) if !cause.is_transient() && !cause.is_unauthorized() => {
                self.session = Session::Idle;
            }
            HttpSse::Opening(_, refused) => {
                if refused.is_none() {
                    self.http_sse = HttpSse::Known;
                }
                self.handshake_failed(now, cause);
            }
            _ => {
                self.session_lost(now);
                self.close_http_sse(now, cause);
                match self.session {
                    Session::Confirming(_) => self.handshake_failed(now, cause),
                    // A stream that dies again and again is not opened in a hot loop.
                    Session::Idle => {
                        self.session = Session::Waiting { until: self.backoff.on_failed_handshake(now, None) }
                    }
                    _ => {}
                }
            }
        }
    }

    /// Gives up on what is late, closes a stream that has no session or nobody who needs it.
    pub(super) fn update_http_sse(&mut self, now: Millis) {
        if self.http_sse.url().is_none() {
            return;
        }
        while let Some(request) = self.http_sse.next_late(now) {
            if let Some(purpose) = self.take_request(request) {
                self.unanswered(now, now, purpose, &TransportError::Late(self.config.request_timeout_ms));
            }
        }
        self.limit_answered_posts(now);
        let needed = !self.requests.is_empty() || !self.input_requests.is_empty() || self.wants_session();
        let HttpSse::Open(open) = &mut self.http_sse else { return };
        match self.session {
            Session::Connecting | Session::Confirming(_) => return,
            Session::Ready(_) if needed => {
                open.close_at = None;
                return;
            }
            Session::Ready(_) => {
                let at = *open.close_at.get_or_insert(now.saturating_add(LINGER_MS));
                if at > now {
                    return;
                }
                self.session = Session::Idle;
                self.forget_lists();
            }
            _ => {}
        }
        self.close_http_sse(now, &TransportError::Network("the session was lost before the answer came".into()));
    }

    /// Servers may answer a POST late, but not for ever after they have answered its request.
    fn limit_answered_posts(&mut self, now: Millis) {
        for exchange in self.exchanges.iter_mut().filter(|e| e.deadline.is_none()) {
            if let ExchangeKind::Request(request) = exchange.context.kind
                && self.requests.binary_search_by_key(&request, |(id, _)| *id).is_err()
            {
                exchange.deadline = Some(now.saturating_add(POST_LINGER_MS));
            }
        }
    }

    /// Closes the stream; what waits for an answer on it, on either side, will have none.
    fn close_http_sse(&mut self, now: Millis, why: &TransportError) {
        self.http_sse = HttpSse::Known;
        self.withdraw(now, &|_| true);
        for exchange in std::mem::take(&mut self.exchanges) {
            self.emit(Output::Abort(exchange.id));
        }
        for (_, purpose) in std::mem::take(&mut self.requests) {
            self.unanswered(now, now, purpose, why);
        }
    }
}
