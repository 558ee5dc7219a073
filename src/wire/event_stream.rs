//! The `text/event-stream` format: bytes in, events out.
//!
//! The rules are those of the [WHATWG HTML standard], section "Interpreting an event stream", to
//! the letter. The parser gives the same events however the bytes are cut into chunks, and holds
//! back no event that the bytes so far complete.
//!
//! [WHATWG HTML standard]: https://html.spec.whatwg.org/multipage/server-sent-events.html

use std::borrow::Cow;
use std::{fmt, mem};

use super::{buffer, text};
use memchr::{memchr, memchr2};

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// What the buffer may keep allocated between events. Messages that arrive in pieces then do not
/// allocate each time, and one huge message does not cost its size for the rest of the connection.
const SPARE_BYTES: usize = 64 * 1024;

/// The longest event id that is kept.
const MAX_ID_BYTES: usize = 4096;

/// Incremental parser of the event-stream format.
///
/// ```
/// use mcp_tasks::wire::event_stream::EventStream;
///
/// let mut stream = EventStream::new(1024);
/// let mut seen = Vec::new();
/// for chunk in [&b"id: 7\nda"[..], b"ta: {}\n\n"] {
///     stream.feed(chunk, |event| seen.push(event.text().into_owned()))?;
/// }
/// assert_eq!(seen, ["{}"]);
/// assert_eq!(stream.last_event_id(), Some("7"));
/// # Ok::<(), mcp_tasks::wire::event_stream::EventTooLong>(())
/// ```
#[derive(Debug)]
pub struct EventStream {
    limit: usize,
    /// How much of the BOM has been seen; its whole length once the question is settled.
    bom_seen: usize,
    /// The last byte was a CR, which has ended its line already: an LF now belongs to it.
    after_cr: bool,
    /// Data of the unfinished event, each line with its LF; after it, from `data_len` on, the
    /// unfinished line. Only what an earlier chunk brought lies here.
    kept: Vec<u8>,
    data_len: usize,
    fields: Fields,
    last_event_id: String,
    too_long: bool,
}

/// One event of the stream. It borrows from the chunk when its data is one line that lies whole in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// The `event` field; `"message"` when the stream names none.
    pub name: &'a str,
    /// The `data` lines joined by LF, without the last LF.
    ///
    /// May be empty, and then is not a message: a server that lets the client resume sends
    /// `id: 1`, `data:` first, only to hand out the id. Who reads messages must skip empty data.
    pub data: &'a [u8],
}

/// An event, or a line of it, is longer than the limit given to [`EventStream::new`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventTooLong {
    /// The limit, in bytes.
    pub limit: usize,
}

/// What fields other than `data` have said.
#[derive(Debug, Default)]
struct Fields {
    /// Empty for "message", the name of nearly every event, so that it is never copied.
    name: String,
    /// An id whose block is still open. It counts from the blank line on: an event that was cut
    /// off must be sent again.
    next_id: Option<String>,
    retry_ms: Option<u64>,
}

impl EventStream {
    /// Goes on where an earlier connection ended: its last id counts until the stream brings another.
    #[must_use]
    pub fn resuming(mut self, last_event_id: &str) -> Self {
        self.last_event_id = last_event_id.into();
        self
    }

    /// A parser at the start of a stream.
    ///
    /// `max_event_bytes` bounds the memory that a server can make us hold: the data of one event
    /// and the line being read, field name included. Name and id of an event are a line each, so
    /// the same number bounds them.
    pub fn new(max_event_bytes: usize) -> Self {
        Self {
            limit: max_event_bytes,
            bom_seen: 0,
            after_cr: false,
            kept: Vec::new(),
            data_len: 0,
            fields: Fields::default(),
            last_event_id: String::new(),
            too_long: false,
        }
    }

    /// Reads the next bytes of the stream and calls `on_event` for each event they complete.
    ///
    /// # Errors
    ///
    /// [`EventTooLong`] when the bytes exceed the limit. Events before the long one have been
    /// passed on. The place in the stream is lost: every later call fails too, until
    /// [`reset`](Self::reset).
    pub fn feed(&mut self, bytes: &[u8], mut on_event: impl FnMut(Event<'_>)) -> Result<(), EventTooLong> {
        self.check_limit(0)?;
        let mut rest = self.skip_bom(bytes);
        // Data of the open event, while it is one line of this chunk: needs no copy if the event
        // ends in this chunk, too.
        let mut held = None;
        loop {
            if self.after_cr && !rest.is_empty() {
                self.after_cr = false;
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
            let Some((line, end, tail)) = split_line(rest) else { break };
            self.check_limit(held_len(held) + line.len())?;
            self.after_cr = end == b'\r';
            if self.kept.len() > self.data_len {
                self.finish_kept_line(line);
            } else if line.is_empty() {
                self.dispatch(held.take(), &mut on_event);
            } else if let Some(data) = self.fields.take_line(line) {
                if self.data_len == 0 && held.is_none() {
                    held = Some(data);
                } else {
                    self.keep_data(held.take());
                    self.keep_data(Some(data));
                }
            }
            rest = tail;
        }
        self.check_limit(held_len(held) + rest.len())?;
        self.keep_data(held);
        buffer::append(&mut self.kept, rest, self.limit);
        Ok(())
    }

    /// The memory of the unfinished event, in bytes.
    pub fn held_bytes(&self) -> usize {
        self.kept.capacity()
    }

    /// The id to resume after: the value for a `Last-Event-ID` header.
    ///
    /// It counts from the blank line that ends its block, with or without data. `None` when the
    /// stream gave no id, or took it back with an empty `id`.
    pub fn last_event_id(&self) -> Option<&str> {
        Some(self.last_event_id.as_str()).filter(|id| !id.is_empty())
    }

    /// The last valid `retry` of the stream, in milliseconds. Counts at once, without a blank line.
    pub fn retry_ms(&self) -> Option<u64> {
        self.fields.retry_ms
    }

    /// The connection has ended; the bytes that come next are those of another one.
    ///
    /// Drops the unfinished event, which must not be dispatched, and expects a BOM again. Keeps
    /// the last event id, also for later blocks that bring none, and the retry time.
    pub fn reset(&mut self) {
        *self = Self {
            last_event_id: mem::take(&mut self.last_event_id),
            fields: Fields { retry_ms: self.fields.retry_ms, ..Fields::default() },
            ..Self::new(self.limit)
        };
    }

    fn skip_bom<'c>(&mut self, bytes: &'c [u8]) -> &'c [u8] {
        let mut rest = bytes;
        while let Some(expected) = BOM.get(self.bom_seen)
            && let Some((first, tail)) = rest.split_first()
        {
            if first != expected {
                // Not a BOM: what looked like one begins the first line.
                self.kept.extend(BOM.iter().take(self.bom_seen));
                self.bom_seen = BOM.len();
                break;
            }
            self.bom_seen += 1;
            rest = tail;
        }
        rest
    }

    /// Counts the same bytes for every way to cut the stream, so the outcome does not depend on it.
    fn check_limit(&mut self, more: usize) -> Result<(), EventTooLong> {
        if !self.too_long && self.kept.len() + more <= self.limit {
            return Ok(());
        }
        self.too_long = true;
        self.kept = Vec::new();
        Err(EventTooLong { limit: self.limit })
    }

    fn keep_data(&mut self, data: Option<&[u8]>) {
        if let Some(data) = data {
            buffer::append(&mut self.kept, data, self.limit);
            self.kept.push(b'\n');
            self.data_len = self.kept.len();
        }
    }

    /// Ends a line that began in an earlier chunk. Data stays where it is, only the field name is
    /// cut out before it: a second buffer would double the memory of a huge message.
    fn finish_kept_line(&mut self, ending: &[u8]) {
        buffer::append(&mut self.kept, ending, self.limit);
        let line = self.kept.get(self.data_len..).unwrap_or_default();
        match self.fields.take_line(line) {
            Some(data) => {
                let prefix = line.len() - data.len();
                self.kept.drain(self.data_len..self.data_len + prefix);
                self.kept.push(b'\n');
                self.data_len = self.kept.len();
            }
            None => self.keep_only(self.data_len),
        }
    }

    fn dispatch(&mut self, held: Option<&[u8]>, on_event: &mut impl FnMut(Event<'_>)) {
        if let Some(id) = self.fields.next_id.take() {
            self.last_event_id = id;
        }
        let name = mem::take(&mut self.fields.name);
        // Without its last LF. Nothing kept has none to strip: there was no data line, so no event.
        if let Some(data) = held.or(self.kept.strip_suffix(b"\n")) {
            on_event(Event { name: if name.is_empty() { "message" } else { &name }, data });
        }
        self.data_len = 0;
        self.keep_only(0);
    }

    fn keep_only(&mut self, len: usize) {
        self.kept.truncate(len);
        self.kept.shrink_to(SPARE_BYTES);
    }
}

impl Event<'_> {
    /// The data as text. Bytes that are not UTF-8 become U+FFFD, as the format demands.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.data)
    }
}

impl fmt::Display for EventTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = self.limit;
        write!(f, "an event of the stream is longer than {limit} bytes")
    }
}

impl std::error::Error for EventTooLong {}

impl Fields {
    /// Takes in one line; gives back the value when it is a line of data.
    fn take_line<'l>(&mut self, line: &'l [u8]) -> Option<&'l [u8]> {
        let (field, value) = split_field(line);
        match field {
            b"data" => return Some(value),
            b"event" if value == b"message" => self.name.clear(),
            b"event" => self.name = String::from_utf8_lossy(value).into_owned(),
            // A longer one could not be sent back: servers accept headers of some kilobytes.
            b"id" if !value.contains(&0) && value.len() <= MAX_ID_BYTES => {
                self.next_id = Some(String::from_utf8_lossy(value).into_owned());
            }
            b"retry" => self.retry_ms = str::from_utf8(value).ok().and_then(text::number).or(self.retry_ms),
            // Comments (no field name), and fields that later servers may add.
            _ => {}
        }
        None
    }
}

fn held_len(held: Option<&[u8]>) -> usize {
    held.map_or(0, |data| data.len() + 1)
}

/// The first line, the byte that ends it, and the bytes after it.
fn split_line(bytes: &[u8]) -> Option<(&[u8], u8, &[u8])> {
    let (line, rest) = bytes.split_at_checked(memchr2(b'\n', b'\r', bytes)?)?;
    let (end, tail) = rest.split_first()?;
    Some((line, *end, tail))
}

fn split_field(line: &[u8]) -> (&[u8], &[u8]) {
    let colon = memchr(b':', line).and_then(|at| line.split_at_checked(at));
    let Some((field, value)) = colon else { return (line, b"") };
    let value = value.strip_prefix(b":").unwrap_or(value);
    (field, value.strip_prefix(b" ").unwrap_or(value))
}
