//! What the Python SDK's `mcp.shared.experimental.tasks` has for the server that asks a client for tasks, name by name; where
//! that is a defect, what we do instead. The rest of it: tests/receiver_rows.rs.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that goes wrong shall stop"
)]

use mcp_tasks::receiver::{
    AlreadyResolved, DEFAULT_POLL_INTERVAL_MS, InMemoryTaskMessageQueue, MessageKind, QueueError, QueueFuture,
    QueuedMessage, Resolver, SHORTEST_POLL_INTERVAL_MS, TaskMessageQueue, check_tasks_capability, create_task_state,
    has_task_augmented_elicitation, has_task_augmented_sampling, poll_until_terminal,
    require_task_augmented_elicitation, require_task_augmented_sampling,
};
use mcp_tasks::wire::ask::TaskOption;
use mcp_tasks::wire::hosted::Hosts;
use mcp_tasks::wire::json::Json;
use mcp_tasks::wire::snapshot::{Snapshot, Status};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

#[path = "support/block_on.rs"]
mod block_on;
use block_on::{Turns, block_on};

fn notification(message: &str) -> QueuedMessage {
    QueuedMessage { kind: MessageKind::Notification, message: message.into(), timestamp: 0 }
}

fn request(message: &str) -> (QueuedMessage, Rc<Resolver<String>>) {
    let resolver = Rc::new(Resolver::new());
    let kind = MessageKind::Request { resolver: Some(resolver.clone()), original_request_id: Some("7".into()) };
    (QueuedMessage { kind, message: message.into(), timestamp: 1_795_226_106_733 }, resolver)
}

fn words(message: Option<QueuedMessage>) -> Option<String> {
    message.map(|message| message.message)
}

/// A question from within a task: the work puts it into the queue, who serves `tasks/result` sends it and hands the answer on.
#[test]
fn message_queue_queued_message() {
    let queue = InMemoryTaskMessageQueue::new();
    let (message, answer) = request(r#"{"jsonrpc":"2.0","id":7,"method":"elicitation/create"}"#);
    let mut work = Turns::begin(async {
        queue.enqueue("t", message).await.unwrap();
        answer.wait().await
    });

    let sent = block_on(queue.dequeue("t")).unwrap().unwrap();
    assert_eq!(sent.message, r#"{"jsonrpc":"2.0","id":7,"method":"elicitation/create"}"#);
    assert_eq!(sent.timestamp, 1_795_226_106_733, "as it was said: there is no clock");
    let MessageKind::Request { resolver, original_request_id } = sent.kind else { panic!("it is a request") };
    assert_eq!(original_request_id.as_deref(), Some("7"));
    assert_eq!(work.wakes(), 0, "to be sent is not to be answered");
    resolver.unwrap().set_result(r#"{"action":"accept"}"#.into()).unwrap();
    assert_eq!(work.woken().unwrap(), r#"{"action":"accept"}"#);

    block_on(queue.enqueue("t", notification("{}"))).unwrap();
    assert!(matches!(block_on(queue.dequeue("t")).unwrap().unwrap().kind, MessageKind::Notification));
}

/// As an abstract class is used: an application's own queue, which leaves out what has a default.
#[test]
fn message_queue_task_message_queue() {
    struct Own(InMemoryTaskMessageQueue, Cell<bool>);
    impl TaskMessageQueue for Own {
        fn enqueue<'a>(&'a self, task_id: &'a str, message: QueuedMessage) -> QueueFuture<'a, ()> {
            self.0.enqueue(task_id, message)
        }
        fn dequeue<'a>(&'a self, task_id: &'a str) -> QueueFuture<'a, Option<QueuedMessage>> {
            self.0.dequeue(task_id)
        }
        fn peek<'a>(&'a self, task_id: &'a str) -> QueueFuture<'a, Option<QueuedMessage>> {
            match self.1.get() {
                true => Box::pin(async { Err(QueueError::Other("the disk is full".into())) }),
                false => self.0.peek(task_id),
            }
        }
        fn clear<'a>(&'a self, task_id: &'a str) -> QueueFuture<'a, Vec<QueuedMessage>> {
            self.0.clear(task_id)
        }
        fn wait_for_message<'a>(&'a self, task_id: &'a str) -> QueueFuture<'a, ()> {
            self.0.wait_for_message(task_id)
        }
        fn notify_message_available(&self, task_id: &str) {
            self.0.notify_message_available(task_id);
        }
    }

    let own = Rc::new(Own(InMemoryTaskMessageQueue::new(), Cell::new(false)));
    let queue: Rc<dyn TaskMessageQueue> = own.clone();
    assert_eq!(block_on(queue.is_empty("t")), Ok(true));
    block_on(queue.enqueue("t", notification("1"))).unwrap();
    assert_eq!((block_on(queue.is_empty("t")), block_on(queue.is_empty("u"))), (Ok(false), Ok(true)));
    own.1.set(true);
    let trouble = block_on(queue.is_empty("t")).unwrap_err();
    assert_eq!(trouble.to_string(), "the disk is full");
}

#[test]
fn message_queue_in_memory_task_message_queue() {
    let queue = InMemoryTaskMessageQueue::with_most(2);
    // In the order in which they came, each task for itself.
    for (task, message) in [("a", "a1"), ("b", "b1"), ("a", "a2")] {
        block_on(queue.enqueue(task, notification(message))).unwrap();
    }
    // Unlike in Python, there is an end to it.
    let full = block_on(queue.enqueue("a", notification("a3"))).unwrap_err();
    assert_eq!(full, QueueError::Full { task_id: "a".into(), most: 2 });
    assert_eq!(full.to_string(), "Task a has 2 messages waiting: no more is taken");
    let peek = |task| words(block_on(queue.peek(task)).unwrap());
    let dequeue = |task| words(block_on(queue.dequeue(task)).unwrap());
    assert_eq!((peek("a").as_deref(), peek("a").as_deref()), (Some("a1"), Some("a1")));
    assert_eq!((dequeue("a").as_deref(), dequeue("a").as_deref(), dequeue("a")), (Some("a1"), Some("a2"), None));
    block_on(queue.enqueue("b", notification("b2"))).unwrap();
    let cleared = block_on(queue.clear("b")).unwrap();
    assert_eq!(cleared.into_iter().map(|message| message.message).collect::<Vec<_>>(), ["b1", "b2"]);
    assert_eq!((block_on(queue.is_empty("b")), peek("c")), (Ok(true), None));

    // All who wait are woken, and no other; in Python only the latest.
    let wait = |task| Turns::begin(queue.wait_for_message(task));
    let (mut one, mut two, mut other) = (wait("a"), wait("a"), wait("b"));
    block_on(queue.enqueue("a", notification("a4"))).unwrap();
    assert_eq!((one.woken(), two.woken(), other.wakes()), (Ok(()), Ok(()), 0));
    block_on(queue.wait_for_message("a")).unwrap();
    queue.notify_message_available("b");
    assert_eq!((other.woken(), peek("b")), (Ok(()), None), "to look again");

    // In Python, both of these would wait for ever.
    let (unsent, answer) = request("b5");
    let mut waiting = wait("b");
    block_on(queue.enqueue("b", unsent)).unwrap();
    let mut asking = Turns::begin(answer.wait());
    queue.cleanup(Some("b"));
    let error = asking.woken().unwrap_err();
    let dropped = "The messages of task b were dropped: the request was not sent";
    assert_eq!((error.code, error.message.as_str(), waiting.woken()), (-32603, dropped, Ok(())));
    assert_eq!((peek("a").as_deref(), peek("b")), (Some("a4"), None), "the one task only");
    let mut late = wait("b");
    queue.cleanup(None);
    assert_eq!((late.woken(), peek("a")), (Ok(()), None));
    let (unsent, answer) = request("c6");
    let dropped = InMemoryTaskMessageQueue::default();
    block_on(dropped.enqueue("c", unsent)).unwrap();
    drop(dropped);
    assert!(block_on(answer.wait()).is_err(), "with the queue, too");
}

#[test]
fn resolver_resolver() {
    let resolver = Resolver::<&str, &str>::new();
    assert!(!resolver.done());
    let (mut one, mut other) = (Turns::begin(resolver.wait()), Turns::begin(resolver.wait()));
    assert!(one.poll().is_none(), "polled again, it still waits");
    resolver.set_result("first").unwrap();
    assert_eq!((one.woken(), other.woken(), one.wakes()), (Ok("first"), Ok("first"), 1));
    assert_eq!((block_on(resolver.wait()), resolver.done()), (Ok("first"), true), "who comes later, too");

    assert_eq!(
        (resolver.set_result("second"), resolver.set_exception("no")),
        (Err(AlreadyResolved), Err(AlreadyResolved))
    );
    assert_eq!(AlreadyResolved.to_string(), "Resolver already completed: what it was given first stays");
    assert_eq!(block_on(resolver.wait()), Ok("first"));

    let failing = Resolver::<&str, &str>::default();
    let mut waiting = Turns::begin(failing.wait());
    failing.set_exception("no").unwrap();
    assert_eq!((waiting.woken(), failing.done(), failing.set_result("yes")), (Err("no"), true, Err(AlreadyResolved)));
    assert_eq!(block_on(failing.wait()), Err("no"));
}

/// One poll's answer: a status and the interval the server names, or an error.
type Answer = Result<(Status, Option<u64>), &'static str>;

/// One poll; `None`: the end.
type Given = Option<Result<Status, &'static str>>;

/// What the polls give in turn, and what is asked and slept for that.
fn polled(default_ms: u64, answers: &[Answer]) -> (Vec<Given>, Vec<String>) {
    let log = RefCell::new(Vec::new());
    let answers = RefCell::new(answers.iter().copied().collect::<VecDeque<_>>());
    let get = async |id: &str| {
        log.borrow_mut().push(format!("get {id}"));
        let (status, poll_interval_ms) = answers.borrow_mut().pop_front().expect("asked too often")?;
        let task = create_task_state(id.into(), TaskOption::default(), 0);
        Ok::<_, &str>(Snapshot { status, poll_interval_ms, ..task })
    };
    let mut polls = poll_until_terminal(get, "t", default_ms, async |ms| log.borrow_mut().push(format!("{ms} ms")));
    // All of them, and twice more.
    let count = answers.borrow().len() + 2;
    let given = (0..count).map(|_| block_on(polls.next()).map(|poll| poll.map(|task| task.status))).collect();
    drop(polls);
    (given, log.into_inner())
}

#[test]
fn polling_poll_until_terminal() {
    use Status::{Completed, InputRequired, Working};
    // As long as the server says; as long as it said last, or the default, where it says nothing. None after the end.
    let (given, log) = polled(
        DEFAULT_POLL_INTERVAL_MS,
        &[Ok((Working, None)), Ok((Working, Some(2000))), Ok((InputRequired, None)), Ok((Completed, Some(1)))],
    );
    let statuses = [Some(Ok(Working)), Some(Ok(Working)), Some(Ok(InputRequired)), Some(Ok(Completed)), None, None];
    assert_eq!(given, statuses);
    assert_eq!(log, ["get t", "500 ms", "get t", "2000 ms", "get t", "2000 ms", "get t"]);

    for terminal in Status::ALL.into_iter().filter(|status| status.is_terminal()) {
        let (given, log) = polled(1, &[Ok((terminal, None))]);
        assert_eq!((given, log), (vec![Some(Ok(terminal)), None, None], vec!["get t".to_owned()]));
    }

    // An error is the caller's; Python's iteration ends with it. An interval of 0 is no hot loop, whoever names it.
    let (given, log) =
        polled(0, &[Err("no network"), Ok((Working, Some(0))), Err("no network"), Ok((Completed, None))]);
    let error = || Some(Err("no network"));
    assert_eq!(given, [error(), Some(Ok(Working)), error(), Some(Ok(Completed)), None, None]);
    let shortest = format!("{SHORTEST_POLL_INTERVAL_MS} ms");
    assert_eq!(log, ["get t", &shortest, "get t", &shortest, "get t", &shortest, "get t"]);
    assert_eq!(SHORTEST_POLL_INTERVAL_MS, 50);

    // A poll that is given up while it sleeps, and then while it asks, does not skip the next one's sleep.
    let (asked, slept) = (Cell::new(0), Cell::new(0));
    let asleep = Resolver::<(), ()>::new();
    let get = async |id: &str| {
        asked.set(asked.get() + 1);
        if asked.get() == 2 {
            std::future::pending::<()>().await;
        }
        Ok::<_, ()>(create_task_state(id.into(), TaskOption::default(), 0))
    };
    let sleep = async |_| {
        slept.set(slept.get() + 1);
        asleep.wait().await.unwrap();
    };
    let mut polls = poll_until_terminal(get, "t", 1, sleep);
    block_on(polls.next()).unwrap().unwrap();
    drop(Turns::begin(polls.next()));
    asleep.set_result(()).unwrap();
    drop(Turns::begin(polls.next()));
    block_on(polls.next()).unwrap().unwrap();
    assert_eq!((asked.get(), slept.get()), (3, 3));
}

const NOTHING: Hosts = Hosts { list: false, cancel: false, sampling: false, elicitation: false };
const ALL: Hosts = Hosts { list: true, cancel: true, sampling: true, elicitation: true };

fn each() -> [Hosts; 4] {
    [
        Hosts { list: true, ..NOTHING },
        Hosts { cancel: true, ..NOTHING },
        Hosts { sampling: true, ..NOTHING },
        Hosts { elicitation: true, ..NOTHING },
    ]
}

#[test]
fn capabilities_check_tasks_capability() {
    assert!(check_tasks_capability(NOTHING, NOTHING) && check_tasks_capability(ALL, ALL));
    for (n, required) in each().into_iter().enumerate() {
        assert!(check_tasks_capability(NOTHING, required) && check_tasks_capability(required, ALL));
        assert!(!check_tasks_capability(ALL, required));
        // In Python, `list` and `cancel` are never missed.
        for (m, client) in each().into_iter().enumerate() {
            assert_eq!(check_tasks_capability(required, client), n == m, "{required:?} of {client:?}");
        }
    }
}

#[test]
fn capabilities_has_task_augmented_elicitation_sampling() {
    let has = |capabilities: &str| {
        let capabilities = Json::check(capabilities).unwrap();
        [has_task_augmented_elicitation(capabilities), has_task_augmented_sampling(capabilities)]
    };
    assert_eq!(has(r#"{"tasks":{"requests":{"elicitation":{"create":{}}}}}"#), [true, false]);
    assert_eq!(has(r#"{"tasks":{"requests":{"sampling":{"createMessage":{"new":1}}}}}"#), [false, true]);
    for none in [
        r#"{"elicitation":{"create":{}},"sampling":{"createMessage":{}}}"#,
        r#"{"tasks":{"elicitation":{"create":{}},"sampling":{"createMessage":{}}}}"#,
        r#"{"tasks":{"requests":{"elicitation":{"createMessage":{}},"sampling":{"create":{}}}}}"#,
        r#"{"tasks":{"requests":{"elicitation":{"create":null},"sampling":{"createMessage":true}}}}"#,
        r#"{"tasks":{"list":{},"cancel":{},"requests":{"elicitation":{},"sampling":{}}}}"#,
        r#"{"tasks":[]}"#,
        "null",
    ] {
        assert_eq!(has(none), [false, false], "{none}");
    }
    // What a client declares is read as it was meant, whatever it is.
    for hosts in each().into_iter().chain([ALL, NOTHING]) {
        let tasks =
            hosts.capability().map_or_else(|| "{}".into(), |tasks| format!(r#"{{"roots":{{}},"tasks":{tasks}}}"#));
        assert_eq!(Hosts::declared(Json::check(&tasks).unwrap()), hosts);
    }
}

#[test]
fn capabilities_require_task_augmented_elicitation_sampling() {
    let require = |capabilities: Option<&str>| {
        let capabilities = capabilities.map(|json| Json::check(json).unwrap());
        [require_task_augmented_elicitation(capabilities), require_task_augmented_sampling(capabilities)]
            .map(|required| required.map_err(|error| (error.code, error.message)))
    };
    let refused = |what: &str| Err((-32600, ["Client does not support task-augmented ", what].concat()));
    assert_eq!(require(None), [refused("elicitation"), refused("sampling")], "it has not said anything yet");
    assert_eq!(require(Some("{}")), [refused("elicitation"), refused("sampling")]);
    let elicitation = r#"{"tasks":{"requests":{"elicitation":{"create":{}}}}}"#;
    assert_eq!(require(Some(elicitation)), [Ok(()), refused("sampling")]);
    let sampling = r#"{"tasks":{"requests":{"sampling":{"createMessage":{}}}}}"#;
    assert_eq!(require(Some(sampling)), [refused("elicitation"), Ok(())]);
}
