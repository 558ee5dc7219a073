//! The event-stream parser: the cases of the web platform's own tests, the ways a network cuts them, and its limits.
#![cfg(not(target_arch = "wasm32"))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use mcp_tasks::wire::event_stream::{Event, EventStream, EventTooLong};
use proptest::prelude::*;

/// What a stream has said, in a form that compares.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    /// Name and data.
    events: Vec<(String, String)>,
    id: Option<String>,
    retry: Option<u64>,
    too_long: bool,
}

fn read<'c>(limit: usize, chunks: impl IntoIterator<Item = &'c [u8]>) -> Seen {
    let mut stream = EventStream::new(limit);
    let mut seen = Seen::default();
    for chunk in chunks {
        let fed = stream.feed(chunk, |event| seen.events.push((event.name.to_owned(), event.text().into_owned())));
        seen.too_long = fed.is_err();
    }
    seen.id = stream.last_event_id().map(str::to_owned);
    seen.retry = stream.retry_ms();
    seen
}

/// Name, stream, events as (name, data), last event id, retry.
type Case = (&'static str, &'static [u8], &'static [(&'static str, &'static str)], Option<&'static str>, Option<u64>);

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("nothing", b"", &[], None, None),
    ("only blank lines", b"\n\r\n\r\n\n", &[], None, None),

    ("bom", b"\xEF\xBB\xBFdata: a\n\ndata: b\n\n", &[("message", "a"), ("message", "b")], None, None),
    ("bom-2: the second one belongs to the field name", b"\xEF\xBB\xBF\xEF\xBB\xBFdata: a\n\ndata: b\n\n", &[("message", "b")], None, None),
    ("bom after the start is no bom", b"data: a\n\n\xEF\xBB\xBFdata: b\n\ndata: c\n\n", &[("message", "a"), ("message", "c")], None, None),
    ("bom cut short by a line end", b"\xEF\xBB\ndata: a\n\n", &[("message", "a")], None, None),
    ("bom cut short by a field", b"\xEFdata: a\n\ndata: b\n\n", &[("message", "b")], None, None),
    ("bom and nothing else", b"\xEF\xBB\xBF", &[], None, None),
    ("bom before a blank line", b"\xEF\xBB\xBF\n\ndata: a\n\n", &[("message", "a")], None, None),

    ("comments", b"data: a\r:\0\n:\r\ndata: b\n: some words\rdata: c\n:data: no\r::\ndata: d\n\n", &[("message", "a\nb\nc\nd")], None, None),
    ("comments alone keep the line open, nothing more", b": hello\n\n:\n\n", &[], None, None),

    ("data-before-final-empty-line: the end of the stream ends no event", b"retry: 500\ndata: a\n\nid: 9\ndata: b\n", &[("message", "a")], None, Some(500)),
    ("eof inside a line", b"data: a\n\ndata: b", &[("message", "a")], None, None),
    ("eof after a CR: the line is over, the event is not", b"data: a\n\ndata: b\r", &[("message", "a")], None, None),
    ("eof after two CR", b"data: a\r\r", &[("message", "a")], None, None),

    ("field-data: empty with colon, two empty without", b"data:\n\ndata\ndata\n\ndata:x\n\n", &[("message", ""), ("message", "\n"), ("message", "x")], None, None),
    ("data of several lines", b"data: a\ndata:\ndata: b\ndata\n\n", &[("message", "a\n\nb\n")], None, None),
    ("data with colons", b"data:{\"a\":1}\n\n", &[("message", "{\"a\":1}")], None, None),

    ("field-event: holds for one event", b"event: tick\ndata: a\n\ndata: b\n\n", &[("tick", "a"), ("message", "b")], None, None),
    ("field-event: message by name", b"event: message\ndata: a\n\n", &[("message", "a")], None, None),
    ("field-event: the last one counts", b"event: tick\ndata: a\nevent: tock\n\n", &[("tock", "a")], None, None),
    ("field-event: message takes an earlier name back", b"event: tick\nevent: message\ndata: a\n\n", &[("message", "a")], None, None),
    ("field-event: without data there is no event, and the name is gone", b"event: tick\n\ndata: a\n\n", &[("message", "a")], None, None),
    ("field-event-empty", b"event: \ndata: a\n\nevent\ndata: b\n\nevent: tick\nevent:\ndata: c\n\n", &[("message", "a"), ("message", "b"), ("message", "c")], None, None),

    ("field-id", b"id: 1\ndata: a\n\n", &[("message", "a")], Some("1"), None),
    ("field-id-2: stays for events that bring none", b"id: 1\ndata: a\n\ndata: b\n\n", &[("message", "a"), ("message", "b")], Some("1"), None),
    ("field-id-3: changes", b"id: 1\ndata: a\n\nid: 2\ndata: b\n\ndata: c\n\n", &[("message", "a"), ("message", "b"), ("message", "c")], Some("2"), None),
    ("field-id-3: an empty one clears", b"id: 1\ndata: a\n\nid:\ndata: b\n\n", &[("message", "a"), ("message", "b")], None, None),
    ("field-id: without a colon clears", b"id: 1\ndata: a\n\nid\n\n", &[("message", "a")], None, None),
    ("field-id: needs no data", b"id: 1\n\n", &[], Some("1"), None),
    ("field-id: waits for the blank line", b"id: 1\n\nid: 2\ndata: a\n", &[], Some("1"), None),
    ("field-id: the last one of a block counts", b"id: 1\nid: 2\ndata: a\n\n", &[("message", "a")], Some("2"), None),
    ("field-id: not ASCII", "id: …é\ndata: a\n\n".as_bytes(), &[("message", "a")], Some("…é"), None),
    ("field-id-null: a NUL anywhere voids the field", b"id: 1\n\nid: \0\0\ndata: a\n\nid: 2\0\ndata: b\n\n", &[("message", "a"), ("message", "b")], Some("1"), None),

    ("field-parsing: names match whole, case and all, with no space", b"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n", &[("message", "\0\n 2\n1\n3\n\n4")], None, None),
    ("field-unknown", b"data: a\nfoo: no\n datae: no\ndataz\nfoobar:\ndata: b\n\n", &[("message", "a\nb")], None, None),
    ("a colon without a name is a comment", b":data: a\n: id: 1\n\n", &[], None, None),

    ("field-retry: decimal, even with a leading zero", b"retry: 03000\ndata: a\n\n", &[("message", "a")], None, Some(3000)),
    ("field-retry: needs no blank line", b"retry: 7\n", &[], None, Some(7)),
    ("field-retry: nought", b"retry: 5\nretry: 0\n\n", &[], None, Some(0)),
    ("field-retry: more than fits", b"retry: 99999999999999999999999\n\n", &[], None, Some(u64::MAX)),
    ("field-retry-bogus", b"retry: 3000\nretry: 1000x\nretry: -1\nretry: +1\nretry: 1.5\nretry:  8\nretry: 8 \n\n", &[], None, Some(3000)),
    ("field-retry-empty", b"retry: 40\nretry\nretry:\nretry: \ndata: a\n\n", &[("message", "a")], None, Some(40)),
    ("field-retry: digits of other scripts", "retry: ٣\n\n".as_bytes(), &[], None, None),

    ("leading-space: one goes, a tab stays", b"data:\ta\rdata: b\ndata:  c\ndata:d\n\n", &[("message", "\ta\nb\n c\nd")], None, None),
    ("leading-space: in every field", b"event:  tick\nid:  1\ndata: a\n\n", &[(" tick", "a")], Some(" 1"), None),
    ("newlines", b"data: a\r\ndata: b\ndata: c\rdata: d\r\n\r\ndata: e\r\rdata: f\n\n", &[("message", "a\nb\nc\nd"), ("message", "e"), ("message", "f")], None, None),
    ("newlines: LF CR is two", b"data: a\n\rdata: b\n\n", &[("message", "a"), ("message", "b")], None, None),
    ("newlines: CR CR LF is two", b"data: a\r\r\ndata: b\r\n\r\n", &[("message", "a"), ("message", "b")], None, None),
    ("null-character", b"data:\0\n\ndata: a\0b\n\n", &[("message", "\0"), ("message", "a\0b")], None, None),
    ("utf-8", "data: ok…\n\nevent: ☕\ndata: 🦀\n\n".as_bytes(), &[("message", "ok…"), ("☕", "🦀")], None, None),
    ("utf-8: broken bytes are replaced, and end at the line end", b"data: a\xF0\x9F\ndata: \xFFb\xE2\x82\n\nevent: \xC3\nid: \xC3\ndata: c\n\n", &[("message", "a\u{FFFD}\n\u{FFFD}b\u{FFFD}"), ("\u{FFFD}", "c")], Some("\u{FFFD}"), None),

    ("a priming event is an event with empty data", b"id: 1\nretry: 2000\ndata: \n\n", &[("message", "")], Some("1"), Some(2000)),
    ("priming, then a message", b"id: 1\ndata:\n\nevent: message\nid: 2\ndata: {\"jsonrpc\":\"2.0\"}\n\n", &[("message", ""), ("message", "{\"jsonrpc\":\"2.0\"}")], Some("2"), None),
];

#[test]
fn every_case_however_it_is_cut() {
    for (name, input, events, id, retry) in CASES {
        let expected = Seen {
            events: events.iter().map(|(name, data)| ((*name).to_owned(), (*data).to_owned())).collect(),
            id: id.map(str::to_owned),
            retry: *retry,
            too_long: false,
        };
        assert_eq!(read(1000, [*input]), expected, "{name}, whole");
        assert_eq!(read(1000, input.chunks(1)), expected, "{name}, byte by byte");
        for second in 0..=input.len() {
            for first in 0..=second {
                let (head, tail) = input.split_at(second);
                let (a, b) = head.split_at(first);
                assert_eq!(read(1000, [a, b, tail]), expected, "{name}, cut at {first} and {second}");
            }
        }
    }
}

#[test]
fn an_event_comes_with_the_byte_that_ends_it() {
    for end in ["\n\n", "\r\r", "\r\n\r", "\n\r"] {
        let mut stream = EventStream::new(100);
        let mut count = 0;
        stream.feed(format!("data: a{end}").as_bytes(), |_| count += 1).unwrap();
        assert_eq!(count, 1, "{end:?}: must not wait for a byte that may be minutes away");
        stream.feed(b"\ndata: b\n", |_| count += 1).unwrap();
        assert_eq!(count, 1, "{end:?}");
        stream.feed(b"\n", |_| count += 1).unwrap();
        assert_eq!(count, 2, "{end:?}");
    }
}

#[test]
fn the_id_counts_only_once_its_block_is_complete() {
    let mut stream = EventStream::new(100);
    stream.feed(b"id: 1\ndata: a\n\nid: 2\ndata: b\n", |_| {}).unwrap();
    assert_eq!(stream.last_event_id(), Some("1"));
    stream.feed(b"\n", |_| {}).unwrap();
    assert_eq!(stream.last_event_id(), Some("2"));
}

#[test]
fn reset_starts_a_new_connection_and_knows_where_to_resume() {
    let mut stream = EventStream::new(100);
    let mut names = Vec::new();
    let mut keep = |event: Event<'_>| names.push(format!("{}={}", event.name, event.text()));
    stream.feed(b"id: 1\nretry: 30\ndata: a\n\nid: 2\nevent: tick\ndata: lost\ndata: al", &mut keep).unwrap();
    stream.reset();
    assert_eq!((stream.last_event_id(), stream.retry_ms()), (Some("1"), Some(30)));
    stream.feed(b"\xEF\xBB\xBFdata: b\n\n", &mut keep).unwrap();
    assert_eq!((stream.last_event_id(), stream.retry_ms()), (Some("1"), Some(30)));

    // A BOM that was half read, and a CR: neither reaches over into the next connection.
    stream.reset();
    stream.feed(b"\xEF\xBB", &mut keep).unwrap();
    stream.reset();
    stream.feed(b"data: c\r", &mut keep).unwrap();
    stream.reset();
    stream.feed(b"\xEF\xBB\xBFdata: d\n\n", &mut keep).unwrap();
    assert_eq!(names, ["message=a", "message=b", "message=d"]);
}

#[test]
fn an_event_longer_than_the_limit_fails_at_the_same_place_however_it_is_cut() {
    // "data: " and four bytes are 10 with their line; after a first line of 4 + LF there is room for a line of 5.
    for (input, fits) in [
        (&b"data: 1234\n\n"[..], true),
        (b"data: 12345\n\n", false),
        (b"data: 12345", false),
        (b"data:1234\ndata\n\n", true),
        (b"data:1234\ndata:1\n\n", false),
        (b"data\ndata\ndata\ndata\n\n", true),
        (b"data\ndata\ndata\ndata\ndata\ndata\ndata\ndata\n\n", false),
        (b": a comment counts too\n", false),
        (b"data:1234\n\ndata:1234\n\ndata:1234\n\n", true),
        (b"\xEF\xBB\xBFdata: 1234\n\n", true),
        (b"\xEF\xBBdata: 1234\n\n", false),
    ] {
        let whole = read(10, [input]);
        assert_eq!(whole.too_long, !fits, "{}", input.escape_ascii());
        assert_eq!(read(10, input.chunks(1)), whole, "{}", input.escape_ascii());
    }
}

#[test]
fn after_an_event_too_long_nothing_is_read_until_reset() {
    let mut stream = EventStream::new(20);
    let mut seen = Vec::new();
    let long = b"id: 1\ndata: before\n\nid: 2\ndata: much longer than that\n\ndata: after\n\n";
    let failed = stream.feed(long, |event| seen.push(event.text().into_owned()));
    assert_eq!(failed, Err(EventTooLong { limit: 20 }));
    assert_eq!(stream.feed(b"\n\ndata: x\n\n", |_| unreachable!()), Err(EventTooLong { limit: 20 }));
    assert_eq!(stream.feed(b"", |_| unreachable!()), Err(EventTooLong { limit: 20 }));
    assert_eq!(stream.last_event_id(), Some("1"), "the id of the long event does not count");
    stream.reset();
    stream.feed(b"data: again\n\n", |event| seen.push(event.text().into_owned())).unwrap();
    assert_eq!(seen, ["before", "again"]);
    assert_eq!(EventTooLong { limit: 20 }.to_string(), "an event of the stream is longer than 20 bytes");
}

#[test]
fn an_event_of_one_chunk_is_a_slice_of_it() {
    let chunk = b"event: message\nid: 1\ndata: {\"a\":1}\n\n";
    let mut stream = EventStream::new(100);
    let mut slices = 0;
    let inside = |event: Event<'_>| slices += usize::from(chunk.as_ptr_range().contains(&event.data.as_ptr()));
    stream.feed(chunk, inside).unwrap();
    assert_eq!(slices, 1);

    let before = HELD.get();
    stream.feed(b"event: message\ndata: {}\n\n: ping\ndata: {}\r\n\r\n", |_| assert_eq!(HELD.get(), before)).unwrap();
}

#[test]
fn memory_is_bounded_while_a_huge_event_arrives_and_freed_after_it() {
    const MIB: usize = 1 << 20;
    let start = HELD.get();
    let mut stream = EventStream::new(8 * MIB);
    let piece = vec![b'x'; 1000];
    let held_before = HELD.get();
    let mut most = 0;
    stream.feed(b"data: ", |_| {}).unwrap();
    for _ in 0..8000 {
        stream.feed(&piece, |_| {}).unwrap();
        most = most.max(HELD.get() - held_before);
    }
    let mut len = 0;
    stream.feed(b"\n", |_| {}).unwrap();
    most = most.max(HELD.get() - held_before);
    stream.feed(b"\n", |event| len = event.data.len()).unwrap();
    assert_eq!(len, 8_000_000);
    assert!(most < 17 * MIB as isize, "at most twice the limit, from the buffer's growth: {most}");
    let after = HELD.get() - held_before;
    assert!(after <= 64 * 1024, "a huge event must not cost its size for the rest of the connection: {after}");

    // The same for a comment, and for a line that never ends.
    stream.feed(b":", |_| {}).unwrap();
    stream.feed(&vec![b'x'; MIB], |_| {}).unwrap();
    stream.feed(b"\n", |_| {}).unwrap();
    assert!(HELD.get() - held_before <= 64 * 1024);
    while stream.feed(&piece, |_| {}).is_ok() {}
    assert!(HELD.get() - held_before <= 64 * 1024);
    drop((stream, piece));
    assert_eq!(HELD.get(), start);
}

/// The standard's algorithm, line by line over the whole input: slow and plain, to compare with.
fn reference(input: &[u8]) -> Seen {
    let text = String::from_utf8_lossy(input);
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text).replace("\r\n", "\n").replace('\r', "\n");
    let (mut data, mut event_type, mut id) = (String::new(), String::new(), String::new());
    let mut seen = Seen::default();
    let Some((lines, _unfinished)) = text.rsplit_once('\n') else { return seen };
    for line in lines.split('\n') {
        if line.is_empty() {
            seen.id = Some(id.clone()).filter(|id| !id.is_empty());
            if data.pop().is_some() {
                let name = if event_type.is_empty() { "message" } else { &event_type };
                seen.events.push((name.to_owned(), data.clone()));
            }
            data.clear();
            event_type.clear();
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => event_type = value.to_owned(),
            "data" => {
                data.push_str(value);
                data.push('\n');
            }
            "id" if !value.contains('\0') => id = value.to_owned(),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                seen.retry = Some(value.parse().unwrap_or(u64::MAX));
            }
            _ => {}
        }
    }
    seen
}

/// Streams made of what the format gives a meaning to, broken at every place.
fn stream_like() -> impl Strategy<Value = Vec<u8>> {
    let words: [&[u8]; 22] = [
        b"data",
        b"data: ",
        b"id",
        b"id: ",
        b"event",
        b"event:",
        b"retry",
        b"retry: ",
        b"message",
        b":",
        b" ",
        b"\n",
        b"\n",
        b"\n\n",
        b"\r",
        b"\r\n",
        b"\0",
        b"7",
        b"\xEF\xBB\xBF",
        b"\xEF\xBB",
        b"\xE2\x80\xA6",
        b"\xF0\x9F",
    ];
    let word = prop_oneof![
        9 => prop::sample::select(words.map(<[u8]>::to_vec).to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ];
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

fn cut<'b>(mut bytes: &'b [u8], sizes: &[usize]) -> Vec<&'b [u8]> {
    let mut chunks = Vec::new();
    for size in sizes {
        let (chunk, rest) = bytes.split_at((*size).min(bytes.len()));
        chunks.push(chunk);
        bytes = rest;
    }
    chunks.push(bytes);
    chunks
}

proptest! {
    // A failure prints its smallest input, which then becomes a line of the table above.
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_standard(input in stream_like(), sizes in prop::collection::vec(0_usize..9, 0..60)) {
        let expected = reference(&input);
        prop_assert_eq!(&read(10_000, [&input[..]]), &expected);
        prop_assert_eq!(&read(10_000, cut(&input, &sizes)), &expected);
    }

    #[test]
    fn any_chunking_of_any_bytes_is_the_same(
        input in prop_oneof![stream_like(), prop::collection::vec(any::<u8>(), 0..300)],
        sizes in prop::collection::vec(0_usize..40, 0..60),
        limit in prop_oneof![0_usize..40, Just(10_000)],
    ) {
        let whole = read(limit, [&input[..]]);
        prop_assert_eq!(&read(limit, cut(&input, &sizes)), &whole);
        prop_assert_eq!(&read(limit, input.chunks(1)), &whole);
    }
}

thread_local! {
    /// Bytes that this thread has allocated and not freed: one test, one thread.
    static HELD: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

#[allow(unsafe_code)] // Passes every call on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.set(HELD.get() + layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.set(HELD.get() - layout.size() as isize);
        unsafe { System.dealloc(pointer, layout) }
    }
}
