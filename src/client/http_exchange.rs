use super::{
    Client, Config, InputId, Output, config::length, io::ExchangeId, requests::Purpose, resume::Cut, session::Session,
    transport_error::TransportError,
};
use crate::{
    Millis,
    wire::{
        DecodeError,
        buffer::Pieces,
        event_stream::EventStream,
        http::{Head, Media},
        jsonrpc::{self, Message, RpcError},
        url,
    },
};

/// How much of an error page is read to find the server's words in it.
const MAX_REFUSAL: usize = 64 << 10;
const CUT: &str = "the stream ended before the answer came";
/// How long a body may go on that is not read for anything.
const LINGER_MS: u64 = 5000;
/// How long a stream may stay open after its answer. Most servers end it at once, and a connection whose stream has ended can be
/// used again. A server that does not is noticed once: then its streams are released with the answer.
const ANSWERED_LINGER_MS: u64 = 250;

/// One HTTP request and the received part of its response.
#[derive(Debug)]
pub(super) struct HttpExchange {
    pub(super) id: ExchangeId,
    pub(super) context: ExchangeContext,
    pub(super) body: Body,
    /// The session the server put us in by this response.
    pub(super) session_id: Option<String>,
    /// When to give up.
    pub(super) deadline: Option<Millis>,
    /// How many redirects were followed.
    pub(super) redirects: u32,
}

/// What an exchange was sent for, and when.
#[derive(Debug, Clone)]
pub(super) struct ExchangeContext {
    pub(super) kind: ExchangeKind,
    /// The session it was sent in.
    pub(super) epoch: u32,
    pub(super) sent_at: Millis,
    /// The cut that this stream goes on after.
    pub(super) resumes: Option<Cut>,
}

/// What an exchange is for, by the message that its request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExchangeKind {
    /// Carries the JSON-RPC request of this id.
    Request(u32),
    /// Ends the handshake.
    Initialized,
    /// Resumes the cut stream of this request; with the number of attempts before.
    Resumed(u32, u32),
    /// Carries the answer to this input request.
    InputResponse(InputId),
    /// Carries a response that the engine gives itself.
    Response,
    /// A notification, or the deletion of the session: the response does not matter.
    Notification,
    /// The standalone stream.
    NotificationStream,
    /// The stream of the HTTP+SSE transport.
    HttpSse,
}

/// What is known of a response's body.
#[derive(Debug)]
pub(super) enum Body {
    /// Not even the head has come.
    Expected,
    /// One JSON text, as far as it has come.
    Json(Pieces),
    /// Events.
    Events(Box<EventStream>, Option<DecodeError>),
    /// The page that explains an HTTP error, as far as it has come.
    Refusal(Box<Head>, Vec<u8>),
    /// Nobody reads it.
    Ignored,
}

/// The exchange with this id, among exchanges in the order of their ids.
pub(super) fn find(exchanges: &mut [HttpExchange], id: ExchangeId) -> Option<&mut HttpExchange> {
    let at = exchanges.binary_search_by_key(&id, |exchange| exchange.id).ok()?;
    exchanges.get_mut(at)
}

impl Client {
    /// Removes an exchange, which is over.
    pub(super) fn take_exchange(&mut self, id: ExchangeId) -> Option<HttpExchange> {
        let at = self.exchanges.binary_search_by_key(&id, |exchange| exchange.id).ok()?;
        Some(self.exchanges.remove(at))
    }

    pub(super) fn head(&mut self, now: Millis, id: ExchangeId, head: Head) {
        let Some(exchange) = find(&mut self.exchanges, id) else { return };
        // The application trusts the server it named.
        let Config { resolve_url, endpoint, .. } = &self.config;
        if let Some(url) = &head.redirected_to
            && let Err(problem) = url::check_redirect(*resolve_url, endpoint, url)
        {
            let context = exchange.context.clone();
            self.abort(id);
            return self.exchange_failed(now, id, &context, &TransportError::Elsewhere(problem));
        }
        exchange.session_id = head.session_id.clone();
        let ok = (200..300).contains(&head.status);
        let kind = exchange.context.kind;
        exchange.body = match (ok, kind, head.media()) {
            (_, ExchangeKind::Notification | ExchangeKind::Response, _)
            | (true, ExchangeKind::Initialized | ExchangeKind::InputResponse(_), _) => Body::Ignored,
            (true, ExchangeKind::Request(request), _) if self.http_sse.url().is_some() => {
                self.http_sse.accepted(request, exchange.deadline);
                Body::Ignored
            }
            (true, ExchangeKind::Request(_), Media::Json) => Body::Json(Pieces::default()),
            (
                true,
                ExchangeKind::Request(_)
                | ExchangeKind::Resumed(..)
                | ExchangeKind::NotificationStream
                | ExchangeKind::HttpSse,
                Media::EventStream,
            ) => {
                let stream = EventStream::new(self.config.max_message_bytes());
                // A stream that brings no id must not lose the one that is known.
                let known = match kind {
                    ExchangeKind::NotificationStream => self.stream.last_event_id(),
                    _ => exchange.context.resumes.as_ref().map(|cut| cut.after.as_str()),
                };
                Body::Events(Box::new(stream.resuming(known.unwrap_or_default())), None)
            }
            _ => Body::Refusal(Box::new(head), Vec::new()),
        };
        // Who reads only to be polite does not read for ever.
        if matches!(exchange.body, Body::Ignored | Body::Refusal(..)) {
            exchange.deadline = Some(now.saturating_add(LINGER_MS));
        }
        match (&exchange.body, kind) {
            (Body::Ignored, ExchangeKind::Initialized) => self.confirmed(now),
            (Body::Ignored, ExchangeKind::InputResponse(input)) => self.answer_taken(now, input),
            (Body::Events(..), ExchangeKind::NotificationStream) => self.stream_opened(now, id),
            _ => {}
        }
    }

    pub(super) fn chunk(&mut self, now: Millis, id: ExchangeId, bytes: &[u8]) {
        if self.ends_over_limit(now, id) {
            return;
        }
        let most = self.config.max_message_bytes();
        let Some(exchange) = find(&mut self.exchanges, id) else { return };
        match &mut exchange.body {
            Body::Expected | Body::Ignored => {}
            Body::Refusal(_, page) => {
                let room = MAX_REFUSAL.saturating_sub(page.len());
                page.extend(bytes.iter().take(room));
                if bytes.len() > room {
                    self.emit(Output::Abort(id));
                    self.end(now, id);
                }
            }
            Body::Json(text) if text.len() + bytes.len() > most => self.too_long(now, id),
            Body::Json(text) => text.append(bytes),
            Body::Events(..) => self.events(now, id, bytes),
        }
    }

    pub(super) fn end(&mut self, now: Millis, id: ExchangeId) {
        let Some(exchange) = self.take_exchange(id) else { return };
        let HttpExchange { context, body, session_id, .. } = exchange;
        let kind = context.kind;
        match body {
            Body::Refusal(head, page) => {
                let rpc = error_in(&page);
                if let ExchangeKind::Request(request) = kind
                    && let Some(error) = rpc.clone().filter(|error| self.era.is_answer(head.status, error))
                    && let Some(purpose) = self.purpose_of(request)
                    // A server that breaks down over a question may answer it the next time.
                    && (head.status < 500 || matches!(purpose, Purpose::Call(_)))
                    && purpose != Purpose::Initialize
                {
                    self.take_request(request);
                    return self.answered(now, purpose, session_id, Err(error));
                }
                self.exchange_failed(now, id, &context, &refusal(*head, rpc, &page));
            }
            Body::Json(text) => self.json_answer(now, id, &context, session_id, &text.join()),
            Body::Events(stream, odd) => {
                self.stream_resumable(kind, &stream);
                if odd.is_none() && self.resume_later(now, &context, &stream, CUT) {
                    return;
                }
                // What the standalone stream said amiss was told then, and is no reason to give it up.
                let cause =
                    match odd.filter(|_| !matches!(kind, ExchangeKind::NotificationStream | ExchangeKind::HttpSse)) {
                        Some(problem) => TransportError::Protocol(problem),
                        None => TransportError::Network(CUT.into()),
                    };
                self.exchange_failed(now, id, &context, &cause);
            }
            Body::Expected => {
                let cause = TransportError::Network("the response ended before it began".into());
                self.exchange_failed(now, id, &context, &cause);
            }
            Body::Ignored => {}
        }
    }

    pub(super) fn fetch_failed(&mut self, now: Millis, id: ExchangeId, why: &str) {
        let Some(HttpExchange { context, body, .. }) = self.take_exchange(id) else { return };
        match &body {
            // It has done what it was for: what counts is the head.
            Body::Ignored => return,
            Body::Events(stream, _) => {
                self.stream_resumable(context.kind, stream);
                if self.resume_later(now, &context, stream, why) {
                    return;
                }
            }
            _ => {}
        }
        self.exchange_failed(now, id, &context, &TransportError::Network(why.into()));
    }

    fn events(&mut self, now: Millis, id: ExchangeId, bytes: &[u8]) {
        let Some(exchange) = find(&mut self.exchanges, id) else { return };
        // The parser is taken out so that a message may change anything, its own exchange included.
        let body = std::mem::replace(&mut exchange.body, Body::Ignored);
        let (kind, session_id) = (exchange.context.kind, exchange.session_id.clone());
        let Body::Events(mut stream, mut odd) = body else { return };
        let own = match kind {
            ExchangeKind::Request(request) | ExchangeKind::Resumed(request, _) => Some(request),
            _ => None,
        };
        let max_batch = length(self.config.limits.batch_messages);
        let mut is_over = false;
        let fed = stream.feed(bytes, |event| {
            if kind == ExchangeKind::HttpSse && !self.http_sse_event(now, id, &event) {
                return;
            }
            // Some servers open with an event that has an id and no data. The TypeScript SDK replays it as an empty object.
            if event.data.is_empty() || event.data == b"{}" {
                return;
            }
            match jsonrpc::messages(event.data, max_batch) {
                Ok(messages) => {
                    for message in messages {
                        is_over |= matches!(message, Message::Response { .. });
                        if let Some(problem) = self.message(now, own, session_id.as_deref(), message) {
                            odd = Some(problem);
                        }
                    }
                }
                Err(problem) => {
                    self.warn("bad-message", format!("ignored a message on a stream: {}", problem.as_str()));
                    odd = Some(problem);
                }
            }
        });
        if kind == ExchangeKind::NotificationStream {
            self.stream_spoke(&stream);
            // The server ends a stream that was asked for by answering the request (2026-07-28, Subscriptions).
            if is_over && !self.era.has_sessions() {
                self.abort(id);
                return self.stream_ended(now, id, &TransportError::Network(CUT.into()));
            }
        }
        let is_answered = own.is_some_and(|request| self.purpose_of(request).is_none());
        let Some(exchange) = find(&mut self.exchanges, id) else { return };
        if is_answered {
            // Nothing comes on it any more, and a browser has six connections to an origin.
            if self.leaves_streams_open {
                return self.abort(id);
            }
            let soon = now.saturating_add(ANSWERED_LINGER_MS);
            exchange.deadline = Some(exchange.deadline.map_or(soon, |at| at.min(soon)));
        }
        exchange.body = Body::Events(stream, odd);
        if fed.is_err() {
            self.too_long(now, id);
        }
    }

    /// Exactly one message that answers exactly this request.
    fn json_answer(
        &mut self,
        now: Millis,
        id: ExchangeId,
        context: &ExchangeContext,
        session_id: Option<String>,
        text: &[u8],
    ) {
        let ExchangeKind::Request(request) = context.kind else { return };
        let messages = match jsonrpc::messages(text, length(self.config.limits.batch_messages)) {
            Ok(messages) => messages,
            Err(problem) => return self.exchange_failed(now, id, context, &TransportError::Protocol(problem)),
        };
        let mut odd = DecodeError::new("an empty batch", "");
        for message in messages {
            match message {
                // Servers that could not read the request answer with an id of their own, or none.
                Message::Response { id, answer } if jsonrpc::our_id(id) == Some(request) || answer.is_err() => {
                    let Some(purpose) = self.take_request(request) else { continue };
                    self.answered(now, purpose, session_id.clone(), answer);
                }
                Message::Response { id, .. } => {
                    odd = DecodeError::new("an answer with another request's id", id.get())
                        .within(&format!("to request {request}"));
                }
                other => {
                    self.message(now, None, None, other);
                }
            }
        }
        self.exchange_failed(now, id, context, &TransportError::Protocol(odd));
    }

    /// An exchange has ended without the answer. Does nothing if it is answered already.
    pub(super) fn exchange_failed(
        &mut self,
        now: Millis,
        id: ExchangeId,
        context: &ExchangeContext,
        cause: &TransportError,
    ) {
        let kind = context.kind;
        self.redirect_target = None;
        // What stands alone says nothing about the rest.
        let stands_alone = matches!(kind, ExchangeKind::Notification | ExchangeKind::Response)
            || (kind == ExchangeKind::NotificationStream && !self.era.has_sessions());
        if !stands_alone && self.is_session_loss(context.epoch, cause) {
            if kind == ExchangeKind::Initialized {
                return self.confirmation_lost(now);
            }
            if context.epoch == self.epoch {
                self.session_lost(now);
            }
            if let ExchangeKind::Request(request) = kind
                && let Some(purpose) = self.take_request(request)
            {
                return self.resend(now, purpose, cause);
            }
        }
        match kind {
            ExchangeKind::Notification | ExchangeKind::Response => {}
            ExchangeKind::NotificationStream => self.stream_ended(now, id, cause),
            ExchangeKind::HttpSse => self.http_sse_ended(now, cause),
            ExchangeKind::Initialized => self.handshake_failed(now, cause),
            ExchangeKind::InputResponse(input) => {
                if cause.is_transient() {
                    self.request_failed(now, context.sent_at, cause, cause.outage_weight());
                }
                self.answer_failed(now, input, cause);
            }
            ExchangeKind::Resumed(request, attempts) => self.not_resumed(now, request, attempts, context, cause),
            ExchangeKind::Request(request) => {
                if let Some(purpose) = self.take_request(request) {
                    self.unanswered(now, context.sent_at, purpose, cause);
                }
            }
        }
    }

    fn is_session_loss(&self, epoch: u32, cause: &TransportError) -> bool {
        let TransportError::Http(head, rpc) = cause else { return false };
        let had_session = match &self.session {
            Session::Confirming(ready) | Session::Ready(ready) => {
                !self.era.has_sessions() || ready.session_id.is_some() || self.http_sse.url().is_some()
            }
            _ => false,
        };
        let lost = self.era.is_forgotten(head.status, rpc.as_ref());
        lost && (epoch != self.epoch || (had_session && self.may_lose(self.now)))
    }
}

/// The JSON-RPC error in the body of an HTTP error; its id may be anything.
fn error_in(page: &[u8]) -> Option<RpcError> {
    let mut messages = jsonrpc::messages(page, 1).ok()?;
    match messages.pop()? {
        Message::Response { answer: Err(error), .. } => Some(error),
        _ => None,
    }
}

/// A response that is no answer: an error status, or success with a body of the wrong kind.
fn refusal(head: Head, rpc: Option<RpcError>, page: &[u8]) -> TransportError {
    if !(200..300).contains(&head.status) {
        return TransportError::Http(head, rpc);
    }
    let kind = head.content_type.as_deref().unwrap_or("no content type");
    let what = format!("HTTP {} with {kind} where JSON or an event stream was due", head.status);
    TransportError::Protocol(DecodeError::new(&what, &String::from_utf8_lossy(page)))
}
