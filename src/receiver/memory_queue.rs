use super::{
    MessageKind, QueueError, QueueFuture, QueuedMessage, TaskMessageQueue,
    wait::{Waiters, wake, woken},
};
use crate::wire::{fault::INTERNAL_ERROR, hosted, snapshot::short_id};
use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};

/// A [`TaskMessageQueue`] in memory. A request that is dropped with it, unsent, is answered with an error: nobody waits for ever.
#[derive(Debug)]
pub struct InMemoryTaskMessageQueue {
    /// Of each task for which messages wait, or somebody waits for one.
    lines: RefCell<BTreeMap<String, Rc<Line>>>,
    most: usize,
}

#[derive(Debug, Default)]
struct Line {
    messages: RefCell<VecDeque<QueuedMessage>>,
    waiters: RefCell<Waiters>,
}

impl InMemoryTaskMessageQueue {
    /// An empty queue, with room for 100 messages of each task.
    pub fn new() -> Self {
        Self::with_most(100)
    }

    /// An empty queue, with room for this many messages of each task: the requestor decides when it comes for them. How many
    /// tasks there are is for their store to limit ([`super::Limits::tasks`]).
    pub fn with_most(most: usize) -> Self {
        Self { lines: RefCell::default(), most }
    }

    /// Forgets a task that is over, or (`None`) all. Who waits for a message is woken and finds none; who waits for the answer to
    /// a request that was not sent is given an error, -32603, that says so.
    pub fn cleanup(&self, task_id: Option<&str>) {
        let gone = match task_id {
            Some(task_id) => self.lines.borrow_mut().remove_entry(task_id).into_iter().collect(),
            None => self.lines.take(),
        };
        for (task_id, line) in gone {
            for message in line.messages.take() {
                if let MessageKind::Request { resolver: Some(resolver), .. } = message.kind {
                    let words =
                        ["The messages of task ", &short_id(&task_id), " were dropped: the request was not sent"];
                    // Where it has its answer already, from wherever, that one stays.
                    let _ = resolver.set_exception(hosted::error(INTERNAL_ERROR, &words));
                }
            }
            wake(&line.waiters);
        }
    }

    /// The task's line, if there is one.
    fn find(&self, task_id: &str) -> Option<Rc<Line>> {
        self.lines.borrow().get(task_id).cloned()
    }

    fn line(&self, task_id: &str) -> Rc<Line> {
        self.find(task_id).unwrap_or_else(|| {
            let mut lines = self.lines.borrow_mut();
            // Whom nobody waits for any more, with nothing left, makes room.
            lines.retain(|_, line| Rc::strong_count(line) > 1 || !line.messages.borrow().is_empty());
            lines.entry(task_id.into()).or_default().clone()
        })
    }
}

impl TaskMessageQueue for InMemoryTaskMessageQueue {
    fn enqueue<'a>(&'a self, task_id: &'a str, message: QueuedMessage) -> QueueFuture<'a, ()> {
        Box::pin(async move {
            let line = self.line(task_id);
            if line.messages.borrow().len() >= self.most {
                return Err(QueueError::Full { task_id: task_id.into(), most: self.most });
            }
            line.messages.borrow_mut().push_back(message);
            wake(&line.waiters);
            Ok(())
        })
    }

    fn dequeue<'a>(&'a self, task_id: &'a str) -> QueueFuture<'a, Option<QueuedMessage>> {
        Box::pin(async move { Ok(self.find(task_id).and_then(|line| line.messages.borrow_mut().pop_front())) })
    }

    fn peek<'a>(&'a self, task_id: &'a str) -> QueueFuture<'a, Option<QueuedMessage>> {
        Box::pin(async move { Ok(self.find(task_id).and_then(|line| line.messages.borrow().front().cloned())) })
    }

    fn clear<'a>(&'a self, task_id: &'a str) -> QueueFuture<'a, Vec<QueuedMessage>> {
        Box::pin(async move { Ok(self.find(task_id).map(|line| line.messages.take().into()).unwrap_or_default()) })
    }

    fn wait_for_message<'a>(&'a self, task_id: &'a str) -> QueueFuture<'a, ()> {
        Box::pin(async move {
            let line = self.line(task_id);
            if line.messages.borrow().is_empty() {
                woken(&line.waiters).await;
            }
            Ok(())
        })
    }

    fn notify_message_available(&self, task_id: &str) {
        if let Some(line) = self.find(task_id) {
            wake(&line.waiters);
        }
    }
}

impl Default for InMemoryTaskMessageQueue {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for InMemoryTaskMessageQueue {
    fn drop(&mut self) {
        self.cleanup(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::{Context, Waker};

    #[test]
    fn who_has_gone_is_not_kept() {
        let queue = InMemoryTaskMessageQueue::new();
        let mut context = Context::from_waker(Waker::noop());
        let waiting = |id| queue.find(id).map(|line| line.waiters.borrow().len());
        for id in ["a", "b", "c"] {
            let mut waits = [0, 1].map(|_| queue.wait_for_message(id));
            for wait in &mut waits {
                // Polled again, it keeps its place.
                assert!((0..2).all(|_| wait.as_mut().poll(&mut context).is_pending()));
            }
            assert_eq!((waiting(id), queue.lines.borrow().len()), (Some(2), 1), "the line before has gone");
            drop(waits);
            assert_eq!(waiting(id), Some(0));
        }
        let message = QueuedMessage { kind: MessageKind::Notification, message: "{}".into(), timestamp: 0 };
        assert!(queue.enqueue("c", message).as_mut().poll(&mut context).is_ready());
        assert!(queue.wait_for_message("d").as_mut().poll(&mut context).is_pending());
        assert_eq!(queue.lines.borrow().len(), 2, "a line with messages stays");
    }
}
