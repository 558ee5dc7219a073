//! A task as src/task/SPEC.md has it, told from its whole history: nothing is remembered that can be looked up.

use super::task_events::{Event, Gave, RETRY_MS, Says, TASK_ID};
use mcp_tasks::Millis;
use mcp_tasks::task::{DueReason, Interest, Lifecycle, Seen, Task, Want};
use mcp_tasks::wire::snapshot::Status;

/// What has happened, when, and what was made of it.
struct Past {
    default_interval_ms: u64,
    attached: bool,
    events: Vec<(Millis, Event, Heed)>,
}

/// What is made of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heed {
    Full,
    /// A stale answer: what it says does not count, that it came does.
    SignOfLife,
    None,
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    Unnamed,
    Named,
    Live,
    Ended,
    Settled,
}

impl Past {
    /// The newest moment at which something of this kind happened that was heeded, and its place.
    fn last(&self, is: impl Fn(&Event) -> bool) -> Option<(usize, Millis)> {
        let mut heeded = self.events.iter().enumerate().filter(|(_, (.., heed))| *heed != Heed::None);
        let (place, (at, ..)) = heeded.rfind(|(_, (_, event, _))| is(event))?;
        Some((place, *at))
    }

    /// The observations that were taken in, the newest last.
    fn believed(&self) -> impl DoubleEndedIterator<Item = &Says> {
        self.events.iter().filter_map(|(_, event, heed)| match event {
            Event::Observe(says) if *heed == Heed::Full => Some(says),
            _ => None,
        })
    }

    /// The interval that is known to go with the newest observation.
    fn told_interval(&self) -> Option<u64> {
        self.believed().rev().find_map(|says| says.interval_ms)
    }

    fn stage(&self) -> Stage {
        let named = self.attached || self.last(|e| *e == Event::Named).is_some();
        match self.believed().next_back() {
            _ if self.last(|e| *e == Event::Settle).is_some() => Stage::Settled,
            Some(says) if says.status.is_terminal() => Stage::Ended,
            Some(_) => Stage::Live,
            None if named => Stage::Named,
            None => Stage::Unnamed,
        }
    }

    /// The newest time the server has told, of what was believed.
    fn told_time(&self) -> Option<u8> {
        self.believed().rev().find_map(|says| says.at)
    }

    fn heed(&self, event: &Event) -> Heed {
        let stage = self.stage();
        match event {
            Event::Named if stage != Stage::Unnamed => Heed::None,
            Event::Observe(says) if self.judge(says) != Seen::Stale => Heed::Full,
            Event::Observe(says) if stage == Stage::Live && !says.pushed => Heed::SignOfLife,
            Event::Observe(_) => Heed::None,
            _ => Heed::Full,
        }
    }

    fn judge(&self, new: &Says) -> Seen {
        let Some(known) = self.believed().next_back() else {
            return if self.stage() == Stage::Settled { Seen::Stale } else { Seen::Changed };
        };
        let older = matches!((new.at, self.told_time()), (Some(new), Some(known)) if new < known);
        if matches!(self.stage(), Stage::Ended | Stage::Settled) || (older && !new.status.is_terminal()) {
            return Seen::Stale;
        }
        let told = self.told_interval();
        let alike = new.interval_ms.is_none_or(|ms| Some(ms) == told)
            && (new.status, new.message, new.ttl_ms) == (known.status, known.message, known.ttl_ms);
        if alike { Seen::Repeated } else { Seen::Changed }
    }

    fn watchers(&self, of: Interest) -> usize {
        self.events.iter().fold(0, |count: usize, (_, event, _)| match *event {
            Event::Watch(interest) if interest == of => count + 1,
            Event::Unwatch(interest) if interest == of => count.saturating_sub(1),
            Event::Interrupt if of == Interest::Result => 0,
            _ => count,
        })
    }

    fn heard(&self) -> Option<(usize, Millis)> {
        self.last(|e| matches!(e, Event::Observe(_) | Event::Named))
    }

    /// Nonsense in a row since something was heard.
    fn bad_answers(&self) -> u32 {
        let from = self.heard().map_or(0, |(place, _)| place);
        let bad = self.events.iter().skip(from).filter(|(_, e, _)| matches!(e, Event::BadAnswer(_)));
        u32::try_from(bad.count()).unwrap_or(u32::MAX)
    }

    /// The first happened after the second, or the second never did.
    fn since(&self, first: impl Fn(&Event) -> bool, second: impl Fn(&Event) -> bool) -> bool {
        let (first, second) = (self.last(first), self.last(second));
        first.is_some() && first.map(|(place, _)| place) > second.map(|(place, _)| place)
    }

    fn plan(&self, now: Millis) -> Option<(Millis, DueReason)> {
        let waits = self.watchers(Interest::Result) > 0;
        let watched = waits || self.watchers(Interest::Status) > 0;
        let interval = u128::from(self.told_interval().unwrap_or(self.default_interval_ms)).clamp(50, 3_600_000);
        let bad = self.bad_answers();
        let retry = interval.max(30_000.min(interval * (1 << bad.min(20))));
        // Nonsense is heard, too, as far as waiting goes.
        let counted_from = self.last(|e| matches!(e, Event::Observe(_) | Event::Named | Event::BadAnswer(_)));
        let after = |ms: u128| {
            let at = counted_from.map_or(0, |(_, at)| at);
            Millis::try_from(u128::from(at) + ms).unwrap_or(Millis::MAX)
        };
        let answered = |e: &Event| match e {
            Event::Observe(says) => !says.pushed,
            _ => matches!(e, Event::Named | Event::BadAnswer(_)),
        };
        let hurry = self.since(|e| matches!(e, Event::PollNow | Event::Unanswered(_) | Event::PollFailed(_)), answered);
        let streamed = self.since(
            |e| matches!(e, Event::StreamTaken) || matches!(e, Event::Observe(s) if s.pushed),
            |e| *e == Event::StreamLost,
        );
        let awaits_input = self.since(|e| *e == Event::AwaitInput(true), |e| *e == Event::AwaitInput(false));
        let hidden = self.since(|e| *e == Event::Hide(true), |e| *e == Event::Hide(false));
        let news = |e: &Event| matches!(e, Event::Observe(_) | Event::Named | Event::BadAnswer(_));
        let early = self.last(|e| *e == Event::PollEarly).filter(|_| self.since(|e| *e == Event::PollEarly, news));
        let failed = |e: &Event| matches!(e, Event::PollFailed(_));
        let not_before = match self.last(failed) {
            Some((_, at)) if self.since(failed, |e| answered(e) || *e == Event::RetryNow) => {
                at.saturating_add(RETRY_MS)
            }
            _ => 0,
        };
        let plan = match self.stage() {
            Stage::Ended if waits && bad > 0 => Some((after(retry), DueReason::Result)),
            Stage::Ended if waits => Some((now, DueReason::Result)),
            Stage::Unnamed | Stage::Ended | Stage::Settled => None,
            Stage::Named | Stage::Live if !watched => None,
            _ if hurry || counted_from.is_none() => Some((now, DueReason::Now)),
            _ if bad > 0 => Some((after(retry), DueReason::BadAnswer)),
            _ if streamed || awaits_input => {
                Some((after(interval.saturating_mul(4).max(15_000)), DueReason::SafetyCheck))
            }
            _ if hidden => Some((after(interval.max(15_000)), DueReason::Hidden)),
            _ if early.is_some() => Some((early.map_or(now, |(_, at)| at.saturating_add(250)), DueReason::Early)),
            _ => Some((after(interval), DueReason::Interval)),
        };
        plan.map(|(at, why)| (at.max(not_before), why))
    }
}

/// What is on its way: a question about the status may be overtaken by one for the result, and hangs on.
#[derive(Debug, Default)]
struct OnItsWay {
    asking: Option<Want>,
    overtaken: bool,
}

/// Tells a task and its past the same, and compares them after each event. Events that the engine sees to it do not
/// happen are left out.
pub(crate) fn run(default_interval_ms: u64, attached: bool, events: &[(Millis, Event)]) {
    let mut task = match attached {
        true => Task::known_by_id(TASK_ID.into(), default_interval_ms),
        false => Task::new(default_interval_ms),
    };
    let mut past = Past { default_interval_ms, attached, events: Vec::new() };
    let mut way = OnItsWay::default();
    let mut due: Option<(Millis, DueReason)> = None;
    for &(now, event) in events {
        let possible = match event {
            Event::Asking(want) => due.is_some_and(|(_, why)| (why == DueReason::Result) == (want == Want::Result)),
            _ => true,
        };
        if !possible {
            continue;
        }
        let seen = if let Event::Observe(says) = &event { Some(past.judge(says)) } else { None };
        let heed = past.heed(&event);
        past.events.push((now, event, heed));

        let gave = event.apply(&mut task, now);
        match (gave, seen) {
            (Gave::Seen(gave), seen) => assert_eq!(Some(gave), seen, "{event:?}"),
            (Gave::Times(times), _) => assert_eq!(times, past.bad_answers(), "{event:?}"),
            (Gave::Nothing, _) => {}
        }
        due = follow(&past, &mut way, due, event, now);
        assert_eq!(task.due(), due, "after {event:?}; on its way: {way:?}");
        compare(&task, &past);
        assert!(task.due().is_none() || task.is_watched(), "due, and nobody watches: {event:?}");
    }
}

/// What is due after the event, and what is on its way.
fn follow(
    past: &Past,
    way: &mut OnItsWay,
    due: Option<(Millis, DueReason)>,
    event: Event,
    now: Millis,
) -> Option<(Millis, DueReason)> {
    match event {
        Event::Asking(want) => {
            assert!(way.asking.is_none() && !(way.overtaken && want == Want::Status), "asked twice: {way:?}, {want:?}");
            way.asking = Some(want);
            return None;
        }
        Event::Answered(want) | Event::Unanswered(want) | Event::PollFailed(want) | Event::BadAnswer(want) => {
            way.overtaken &= want == Want::Result;
            way.asking = way.asking.filter(|asked| *asked != want);
        }
        _ => {}
    }
    if matches!(event, Event::Answered(_)) {
        return due;
    }
    let plan = past.plan(now);
    match (way.asking, plan) {
        (Some(Want::Status), Some((_, DueReason::Result))) => {
            *way = OnItsWay { asking: None, overtaken: true };
            plan
        }
        (Some(_), _) => None,
        (None, plan) => plan,
    }
}

fn compare(task: &Task, past: &Past) {
    let stage = match task.lifecycle() {
        Lifecycle::Unnamed => Stage::Unnamed,
        Lifecycle::Named(_) => Stage::Named,
        Lifecycle::Live(_) => Stage::Live,
        Lifecycle::Ended(_) => Stage::Ended,
        Lifecycle::Settled(_) => Stage::Settled,
    };
    assert_eq!(stage, past.stage());
    assert_eq!(task.want(), if stage == Stage::Ended { Want::Result } else { Want::Status });
    assert_eq!(task.is_watched(), [Interest::Status, Interest::Result].iter().any(|i| past.watchers(*i) > 0));

    let known = past.believed().next_back().map(|says| {
        let created_at = past.believed().find_map(|says| says.snapshot().created_at);
        let interval = past.told_interval();
        let mut snapshot = Says { at: past.told_time(), ..*says }.snapshot();
        (snapshot.created_at, snapshot.poll_interval_ms) = (created_at, interval);
        snapshot
    });
    assert_eq!(task.lifecycle().snapshot(), known.as_ref());
    let ended: Option<Status> = known.map(|s| s.status).filter(|s| s.is_terminal());
    assert_eq!(task.lifecycle().ended(), ended);
}
