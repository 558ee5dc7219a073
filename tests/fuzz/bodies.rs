//! What each fuzz target checks. Kept apart from the targets so that `cargo test` can replay the corpus.
#![allow(dead_code, reason = "a target uses one of these")]

use mcp_tasks::wire::event_stream::EventStream;

mod answers;
mod choices;
mod engine;
mod json;
mod task;
mod task_events;

/// Each byte is a choice: what the page asks, what the network brings, how much time passes.
pub(crate) fn engine(data: &[u8]) {
    engine::run(data);
}

/// Any text, as a message of the server's.
pub(crate) fn json(data: &[u8]) {
    json::run(data);
}

/// The first bytes are the default interval and whether the task is known by its id; then three bytes an event.
pub(crate) fn task(data: &[u8]) {
    let [interval, attached, events @ ..] = data else { return };
    let (steps, _) = events.as_chunks::<3>();
    let mut now = 0;
    let events: Vec<_> = steps
        .iter()
        .map(|&[pause, choice, more]| {
            now += task_events::pause_of(pause);
            (now, task_events::Event::of(choice, more))
        })
        .collect();
    task::run(task_events::interval_of(*interval), *attached % 2 == 0, &events);
}

/// The first byte decides how the rest is cut, the second how long an event may be.
pub(crate) fn event_stream(data: &[u8]) {
    let [seed, limit, stream @ ..] = data else { return };
    let limit = usize::from(*limit) * 4;

    let whole = read_events(limit, [stream]);
    assert_eq!(read_events(limit, stream.chunks(1)), whole, "byte by byte");
    assert_eq!(read_events(limit, cut(stream, *seed)), whole, "in pieces");
}

type Events = (Vec<(String, Vec<u8>)>, Option<String>, Option<u64>, bool);

fn read_events<'c>(limit: usize, chunks: impl IntoIterator<Item = &'c [u8]>) -> Events {
    let mut stream = EventStream::new(limit);
    let mut events = Vec::new();
    let mut failed = false;
    for chunk in chunks {
        let fed = stream.feed(chunk, |event| {
            assert!(event.data.len() <= limit);
            assert!(!event.name.is_empty() && !event.name.contains(['\r', '\n']));
            assert!(!event.text().contains('\r'));
            events.push((event.name.to_owned(), event.data.to_vec()));
        });
        assert!(fed.is_err() || !failed, "a failure lasts until reset");
        failed = fed.is_err();
    }
    let id = stream.last_event_id().map(str::to_owned);
    assert!(id.as_ref().is_none_or(|id| !id.is_empty() && !id.contains(['\0', '\r', '\n'])));
    (events, id, stream.retry_ms(), failed)
}

/// Pieces of 0 to 15 bytes, in an order that the seed decides.
fn cut(mut bytes: &[u8], mut seed: u8) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        // Goes through every value of a byte before it repeats one, so never only through zeros.
        seed = seed.wrapping_mul(5).wrapping_add(1);
        let (piece, rest) = bytes.split_at(bytes.len().min(usize::from(seed >> 4)));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}
