//! Many tasks on a server that lists its tasks: the list takes the place of polls where it is cheaper, and of nothing where
//! it is wrong.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::Millis;
use mcp_tasks::client::{Handle, Input, PauseReason};
use mcp_tasks::task::{Interest, Outcome};
use mcp_tasks::wire::snapshot::Status;
use serde_json::{Value, json};
use support::{End, FakeServer, Reply, Sim, Tool, iso};

const DAY: Millis = 86_400_000;
const METHODS: [&str; 3] = ["tasks/list", "tasks/get", "tasks/result"];

fn id(n: usize) -> String {
    format!("task-{n:04}")
}

fn is_about(sent: &support::Sent, n: usize) -> bool {
    sent.param("taskId").as_str() == Some(&id(n))
}

/// A server with so many tasks that exist already.
fn with_tasks(server: FakeServer, count: usize, tool: &Tool) -> FakeServer {
    (0..count).fold(server, |server, n| server.with_task(&id(n), 0, tool.clone()))
}

/// So many tasks at a server that lists them, all awaited, and known from a first look at each.
fn fleet(count: usize, page_size: usize, tool: &Tool, every: u64) -> (Sim, Vec<Handle>) {
    let server = with_tasks(FakeServer::polled([]).every(json!(every)).listing(page_size), count, tool);
    let mut sim = Sim::new(server);
    let handles = (0..count).map(|n| sim.await_known(&id(n))).collect();
    sim.flush();
    sim.sent.clear();
    (sim, handles)
}

fn counts(sim: &Sim) -> [usize; 3] {
    METHODS.map(|method| sim.count(method))
}

#[test]
fn a_thousand_tasks_cost_few_requests_in_ten_minutes() {
    // Released servers list ten on a page.
    for (page_size, pages, most) in [(10, 100, 5000), (50, 20, 4000), (100, 10, 2500), (1000, 1, 1200)] {
        let (mut sim, handles) = fleet(1000, page_size, &Tool::new("render", DAY), 5000);
        sim.advance(600_000);
        let [lists, gets, results] = counts(&sim);
        assert_eq!(results, 0);
        assert!(lists >= 28 * pages, "{page_size}: {lists} pages, of {pages} each time");
        // Each time, some are asked after by themselves.
        assert!(gets >= 28 && gets <= 9 * lists / pages + 9, "{page_size}: {gets} by themselves, {lists} pages");
        assert!(lists + gets <= most, "{page_size}: {lists} + {gets}");
        assert!(handles.iter().all(|handle| sim.outcome(*handle).is_none()));
    }
}

#[test]
fn one_by_one_the_same_would_be_a_hundred_times_as_many() {
    let mut server = with_tasks(FakeServer::polled([]).every(json!(5000)), 100, &Tool::new("render", DAY));
    server.list_size = Some(1000);
    let mut sim = Sim::new(server);
    for n in 0..100 {
        sim.await_known(&id(n));
    }
    sim.flush();
    sim.sent.clear();
    sim.advance(600_000);
    assert_eq!(counts(&sim), [0, 12_000, 0], "what is not declared is not asked for");
}

#[test]
fn no_task_is_asked_after_before_its_interval_is_over_and_the_list_is_not_asked_for_sooner() {
    for every in [500, 1000, 5000] {
        let (mut sim, _) = fleet(24, 10, &Tool::new("render", DAY), every);
        sim.advance(20 * every);
        let first_pages = sim.sent.iter().filter(|s| s.is("tasks/list") && s.param("cursor").is_null());
        let times: Vec<Millis> = first_pages.map(|s| s.at).collect();
        assert!(times.len() >= 15, "{times:?}");
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= every), "{every}: {times:?}");
        for n in 0..24 {
            let asked: Vec<Millis> =
                sim.sent.iter().filter(|s| s.is("tasks/get") && is_about(s, n)).map(|s| s.at).collect();
            assert!(asked.windows(2).all(|pair| pair[1] - pair[0] >= every), "{n}: {asked:?}");
        }
    }
}

#[test]
fn ends_are_found_in_the_list_and_every_result_is_fetched_once() {
    for page_size in [10, 100] {
        let (mut sim, handles) = fleet(24, page_size, &Tool::new("render", 4500), 1000);
        sim.advance(60_000);
        assert!(handles.iter().all(|h| matches!(sim.outcome(*h), Some(Outcome::Result(_)))));
        assert!(handles.iter().all(|h| sim.settled_at(*h) == Some(5000)), "at the first look after they ended");
        let pages = 24_usize.div_ceil(page_size);
        assert_eq!(counts(&sim), [5 * pages, 5, 24]);
    }
}

#[test]
fn tasks_that_were_begun_one_after_another_come_together() {
    let server = FakeServer::polled([Tool::new("render", DAY)]).every(json!(5000)).listing(100);
    let mut sim = Sim::new(server);
    for _ in 0..100 {
        sim.await_call("render");
        sim.advance(50);
    }
    sim.sent.clear();
    sim.advance(60_000);
    let [lists, gets, _] = counts(&sim);
    assert!((11..=13).contains(&lists), "{lists}");
    assert!(gets <= lists, "{gets}");
}

#[test]
fn polls_that_are_due_at_nearly_the_same_time_share_a_wake_up() {
    let server = FakeServer::polled([Tool::new("render", DAY)]).every(json!(3200));
    let mut sim = Sim::with_config(server, |config| config.early_poll = false);
    for wait in [30, 30, 60, 480, 100] {
        sim.await_call("render");
        sim.advance(wait);
    }
    sim.sent.clear();
    sim.advance(20_000);
    let mut times = sim.times("tasks/get");
    assert_eq!(times.len() % 5, 0);
    assert_eq!(
        times[..5],
        [3260, 3260, 3260, 3320, 3800],
        "never earlier, and a thirty-second of the interval later at most"
    );
    times.dedup();
    assert_eq!(times.len(), 1 + 2 * 6, "from the second time on four of them come together, and stay so");
}

#[test]
fn few_tasks_and_lists_full_of_strangers_are_not_worth_it() {
    // Three would be one page; four are worth one.
    for (mine, expected) in [(3, [0, 30, 0]), (4, [10, 10, 0])] {
        let (mut sim, _) = fleet(mine, 10, &Tool::new("render", DAY), 1000);
        sim.advance(10_000);
        assert_eq!(counts(&sim), expected, "{mine} tasks");
    }
    for (page_size, strangers) in [(10, 200), (5000, 5000)] {
        let server = FakeServer::polled([]).every(json!(1000)).listing(page_size);
        let old = (0..strangers).fold(server, |server, n| server.with_task(&format!("old-{n}"), 0, Tool::new("x", 1)));
        let mut sim = Sim::new((0..20).fold(old, |server, n| server.with_task(&id(n), 1, Tool::new("render", DAY))));
        sim.advance(1);
        for n in 0..20 {
            sim.await_known(&id(n));
        }
        sim.advance(299_000);
        let [lists, gets, _] = counts(&sim);
        assert!(lists <= 6, "{page_size}: {lists} pages for nothing");
        assert_eq!(gets, 20 * 300, "{page_size}: as if there were no list");
    }
}

#[test]
fn task_known_only_by_id_is_polled_at_once_and_not_by_list() {
    let mut sim = Sim::new(with_tasks(FakeServer::polled([]).listing(100), 40, &Tool::new("render", DAY)));
    sim.server.latency = 10;
    for n in 0..40 {
        sim.await_known(&id(n));
    }
    sim.advance(900);
    assert_eq!(counts(&sim), [0, 40, 0]);
}

#[test]
fn unlisted_task_is_polled_and_not_expired() {
    let (mut sim, handles) = fleet(24, 100, &Tool::new("render", 10_500), 1000);
    sim.server.unlisted.extend([id(3), id(4)]);
    sim.advance(10_000);
    let asked = |n| sim.sent.iter().filter(|s| s.is("tasks/get") && is_about(s, n)).count();
    assert!(asked(3) >= 9 && asked(4) >= 9, "{} {}", asked(3), asked(4));
    assert_eq!(sim.count("tasks/list"), 10, "what it shows is as good as before");
    sim.advance(5000);
    assert!(handles.iter().all(|h| matches!(sim.outcome(*h), Some(Outcome::Result(_)))));
}

#[test]
fn relisted_task_is_not_polled_individually() {
    let (mut sim, _) = fleet(24, 100, &Tool::new("render", DAY), 1000);
    sim.server.unlisted.extend([id(3)]);
    sim.advance(5000);
    sim.server.unlisted.clear();
    sim.advance(1000);
    sim.sent.clear();
    sim.advance(10_000);
    assert_eq!(counts(&sim), [10, 10, 0]);
}

#[test]
fn a_list_without_what_it_should_show_is_left_alone_for_longer_and_longer() {
    // Deviation 33: FastMCP 2 and 3 list nothing.
    let (mut sim, handles) = fleet(24, 100, &Tool::new("render", DAY), 1000);
    sim.server.unlisted.extend((0..24).map(id));
    sim.advance(600_000);
    assert_eq!(counts(&sim), [4, 24 * 600, 0], "every task at its interval");
    let times = sim.times("tasks/list");
    let waits: Vec<Millis> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(waits, [60_000, 120_000, 240_000]);
    assert!(handles.iter().all(|h| sim.outcome(*h).is_none()), "none is expired");
}

#[test]
fn a_list_that_fails_or_has_broken_cursors_is_left_alone() {
    type Broken = fn(&support::Sent) -> Option<Reply>;
    let broken: [(&str, usize, Broken); 6] = [
        ("an error", 4, |s| Some(Reply::error(s, -32601, "no"))),
        ("500", 4, |_| Some(Reply::status(500))),
        ("nonsense", 4, |s| Some(Reply::result(s, &json!({ "tasks": 7 })))),
        ("no answer", 4, |_| Some(Reply::never())),
        ("a cursor that nothing knows", 8, |s| {
            (!s.param("cursor").is_null()).then(|| Reply::error(s, -32602, "Invalid cursor"))
        }),
        ("the same cursor for ever", 8, |s| Some(Reply::result(s, &json!({ "tasks": [], "nextCursor": "x" })))),
    ];
    for (what, most, broken) in broken {
        let (mut sim, _) = fleet(24, 10, &Tool::new("render", DAY), 1000);
        sim.server = std::mem::take(&mut sim.server).when("tasks/list", broken);
        sim.advance(600_000);
        let [lists, gets, _] = counts(&sim);
        assert!(lists <= most, "{what}: {lists} pages");
        // A list that is never answered costs the polls five seconds each time.
        assert!(gets >= 24 * (600 - 25), "{what}: {gets}");
    }
}

#[test]
fn a_list_in_too_many_pages_is_given_up_on_the_way_and_the_others_are_polled() {
    let mut page = 0;
    let endless = move |s: &support::Sent| {
        page += 1;
        Some(Reply::result(s, &json!({ "tasks": [], "nextCursor": page.to_string() })))
    };
    let (mut sim, _) = fleet(24, 10, &Tool::new("render", DAY), 1000);
    sim.server = std::mem::take(&mut sim.server).when("tasks/list", endless);
    sim.advance(600_000);
    let [lists, gets, _] = counts(&sim);
    assert!(lists <= 3 * 7, "{lists} pages for nothing");
    assert_eq!(gets, 24 * 600);
}

#[test]
fn stale_list_is_detected_and_its_tasks_are_polled() {
    let (mut sim, handles) = fleet(24, 100, &Tool::new("render", 10_500), 1000);
    sim.server.list_stands_at = Some(5000);
    sim.advance(45_000);
    let late = handles.iter().filter_map(|h| sim.settled_at(*h)).max();
    assert!(handles.iter().all(|h| sim.outcome(*h).is_some()), "{late:?}");
    // One is held against the list each time, and the next list has it alive still.
    assert!(late <= Some(13_000), "{late:?}");
}

#[test]
fn a_list_that_is_older_than_what_was_told_is_found_out() {
    let tool = Tool::new("render", DAY).saying(&[(7000, "a"), (20_000, "b")]);
    let (mut sim, handles) = fleet(24, 100, &tool, 1000);
    sim.server.list_stands_at = Some(5000);
    sim.advance(21_500);
    assert!(handles.iter().all(|h| sim.story(*h).last().is_some_and(|words| words == "b")));
    assert!(sim.count("tasks/list") <= 9, "left alone after it has contradicted what one was told");
}

#[test]
fn a_list_that_was_under_way_does_not_overwrite_what_was_told_meanwhile() {
    let mut server =
        with_tasks(FakeServer::streaming([]).every(json!(1000)).listing(100), 8, &Tool::new("render", DAY));
    server.latency = 100;
    let mut sim = Sim::new(server);
    let handles: Vec<Handle> = (0..8).map(|n| sim.await_known(&id(n))).collect();
    sim.advance(1300);
    // It carries no time by which it could be seen to be old.
    let old = (0..8).map(|n| json!({ "taskId": id(n), "status": "working", "statusMessage": "old" }));
    let old: Vec<Value> = old.collect();
    sim.server = std::mem::take(&mut sim.server)
        .when("tasks/list", move |s| Some(Reply::result(s, &json!({ "tasks": old })).after(500)));
    sim.sent.clear();
    while sim.count("tasks/list") == 0 {
        sim.advance(10);
    }
    sim.advance(100);
    let params = json!({ "taskId": id(5), "status": "working", "statusMessage": "new", "lastUpdatedAt": iso(9000) });
    sim.server.stream = sim.server.stream.or_else(|| sim.sent.iter().rfind(|s| s.method == "GET").map(|s| s.exchange));
    sim.push(&json!({ "method": "notifications/tasks/status", "params": params }));
    sim.advance(800);
    assert_eq!(sim.story(handles[5]).last().unwrap(), "new");
    assert_eq!(sim.story(handles[6]).last().unwrap(), "old");
}

#[test]
fn refresh_does_not_wait_for_the_list_and_is_not_answered_from_it() {
    let (mut sim, handles) = fleet(24, 10, &Tool::new("render", DAY), 1000);
    sim.server.latency = 300;
    while sim.count("tasks/list") < 2 {
        sim.advance(10);
    }
    sim.advance(50);
    let from = sim.now;
    sim.input(Input::Refresh { handle: handles[15], reply: 1 });
    sim.advance(300);
    assert!(matches!(sim.reply(1), Some(Ok(_))));
    let asked = sim.sent.iter().find(|s| s.is("tasks/get") && is_about(s, 15)).unwrap();
    assert_eq!(asked.at, from);
}

#[test]
fn what_the_user_does_comes_first_then_results_then_polls() {
    let mut server = with_tasks(FakeServer::polled([]).every(json!(1000)), 60, &Tool::new("render", DAY));
    for n in 0..10 {
        server = server.with_task(&format!("ended-{n}"), 0, Tool::new("render", 1));
    }
    let mut sim = Sim::new(server);
    sim.advance(10);
    let handles: Vec<Handle> = (0..60).map(|n| sim.await_known(&id(n))).collect();
    let ended: Vec<Handle> = (0..10).map(|n| sim.attach(&format!("ended-{n}"))).collect();
    for &handle in &ended {
        sim.input(Input::Watch { handle, interest: Interest::Status });
    }
    sim.advance(500);
    assert!(ended.iter().all(|h| sim.statuses(*h).last() == Some(&Status::Completed)));
    sim.server.latency = 100;
    // Polls take all the room there is.
    sim.advance(510);
    sim.sent.clear();
    for &handle in &ended {
        sim.watch(handle);
    }
    sim.input(Input::Refresh { handle: handles[40], reply: 1 });
    sim.advance(2000);
    let order: Vec<&str> = sim.sent.iter().map(|s| s.method.as_str()).take(13).collect();
    assert_eq!(order[0], "tasks/get");
    assert_eq!(sim.sent[0].param("taskId"), &json!(id(40)));
    assert_eq!(order[1..11], ["tasks/result"; 10]);
    assert_eq!(order[11..], ["tasks/get"; 2]);
}

#[test]
fn polls_that_wait_for_the_list_are_sent_when_it_is_given_up() {
    for (status, waits) in [(503, true), (429, true), (500, false)] {
        let (mut sim, handles) = fleet(24, 10, &Tool::new("render", 30_000), 1000);
        sim.server = std::mem::take(&mut sim.server).first(1, "tasks/list", Reply::status(status));
        if waits {
            sim.server = std::mem::take(&mut sim.server).first(1, "tasks/get", Reply::status(status));
        }
        sim.advance(950);
        sim.sent.clear();
        sim.advance(100);
        let [lists, gets, _] = counts(&sim);
        assert_eq!((lists, gets == 24), (1, !waits), "{status}: {gets}");
        sim.advance(60_000);
        assert!(handles.iter().all(|h| sim.outcome(*h).is_some()));
    }
}

#[test]
fn a_lost_session_takes_the_cursor_with_it_and_the_list_is_begun_again() {
    let (mut sim, handles) = fleet(24, 10, &Tool::new("render", DAY), 1000);
    sim.server.latency = 50;
    while sim.count("tasks/list") < 2 {
        sim.advance(10);
    }
    sim.server.lose_sessions();
    sim.advance(5000);
    let after = sim.sent.iter().skip_while(|s| !s.is("initialize")).find(|s| s.is("tasks/list")).unwrap();
    assert!(after.param("cursor").is_null());
    assert!(sim.count("tasks/get") < 24, "and few are asked after by themselves: {:?}", counts(&sim));
    assert!(handles.iter().all(|h| sim.outcome(*h).is_none()));
}

#[test]
fn unwatched_tasks_are_not_listed() {
    let (mut sim, handles) = fleet(24, 10, &Tool::new("render", DAY), 1000);
    sim.server.latency = 50;
    while sim.count("tasks/list") < 2 {
        sim.advance(10);
    }
    for handle in handles {
        sim.unwatch(handle);
    }
    sim.advance(60_000);
    assert_eq!(sim.count("tasks/list"), 2, "the page that was under way was the last");
    assert_eq!(sim.client.poll_timeout(), None, "nothing to wake up for");
}

#[test]
fn a_hidden_page_lists_rarely_and_one_that_is_offline_not_at_all() {
    let (mut sim, _) = fleet(24, 100, &Tool::new("render", DAY), 1000);
    sim.advance(1000);
    sim.sent.clear();
    sim.input(Input::Pause(PauseReason::Hidden));
    sim.advance(60_000);
    assert_eq!(counts(&sim), [4, 4, 0]);
    sim.input(Input::Pause(PauseReason::Offline));
    sim.advance(60_000);
    assert_eq!(counts(&sim), [4, 4, 0]);
    sim.input(Input::Resume(PauseReason::Offline));
    sim.input(Input::Resume(PauseReason::Hidden));
    sim.flush();
    assert_eq!(counts(&sim), [5, 5, 0], "at once when it is back");
}

#[test]
fn a_fleet_that_a_stream_speaks_for_is_listed_for_its_safety_checks() {
    let server = with_tasks(FakeServer::streaming([]).every(json!(1000)).listing(100), 100, &Tool::new("render", DAY));
    let mut sim = Sim::new(server);
    for n in 0..100 {
        sim.await_known(&id(n));
    }
    sim.advance(200);
    for n in 0..100 {
        let params = sim.server.snapshot(&id(n), 200);
        sim.push(&json!({ "method": "notifications/tasks/status", "params": params }));
    }
    sim.sent.clear();
    sim.advance(60_000);
    assert_eq!(counts(&sim), [4, 4, 0], "each fifteen seconds");
    sim.server.offers_stream = false;
    sim.cut_stream(End::Cut("connection lost"));
    sim.sent.clear();
    sim.advance(10_000);
    let [lists, ..] = counts(&sim);
    assert!((9..=11).contains(&lists), "back at the interval: {lists}");
}

#[test]
fn where_the_server_decides_which_calls_are_tasks_there_is_no_list() {
    let (mut sim, _) = fleet(24, 100, &Tool::new("render", DAY), 1000);
    sim.advance(3000);
    assert!(sim.count("tasks/list") > 0);
    let server = with_tasks(FakeServer::polled([]).listing(100), 24, &Tool::new("render", DAY));
    let mut sim = Sim::with_config(server, |config| config.era = None);
    for n in 0..24 {
        sim.await_known(&id(n));
    }
    sim.advance(3000);
    assert!(sim.count("tasks/list") > 0, "an older server is found out to be one");
}
