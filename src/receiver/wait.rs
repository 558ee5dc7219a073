use std::task::{Poll, Waker};
use std::{cell::RefCell, collections::BTreeMap, future::poll_fn};

/// Who waits for one thing. Each has a place of its own, which it leaves when it is no longer polled: any number may wait, and
/// who has gone is not kept.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    next: u64,
    wakers: BTreeMap<u64, Waker>,
}

impl Waiters {
    /// Takes a place, or comes back to it: the newest waker is the one that counts.
    pub(super) fn wait(&mut self, place: &mut Option<u64>, waker: &Waker) {
        let place = *place.get_or_insert_with(|| {
            self.next += 1;
            self.next
        });
        self.wakers.insert(place, waker.clone());
    }

    pub(super) fn leave(&mut self, place: u64) {
        self.wakers.remove(&place);
    }

    /// All who wait, to be woken when nothing is borrowed any more: a waker may run anything.
    pub(super) fn take(&mut self) -> Vec<Waker> {
        std::mem::take(&mut self.wakers).into_values().collect()
    }

    /// Whether somebody else woke who had this place: then it is no longer there.
    fn has_woken(&self, place: Option<u64>) -> bool {
        place.is_some_and(|place| !self.wakers.contains_key(&place))
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.wakers.len()
    }
}

/// Waits until everybody who waits here is woken: [`wake`].
pub(super) async fn woken(waiters: &RefCell<Waiters>) {
    let mut place = Place { waiters, at: None };
    poll_fn(|context| {
        let mut waiters = waiters.borrow_mut();
        if waiters.has_woken(place.at) {
            return Poll::Ready(());
        }
        waiters.wait(&mut place.at, context.waker());
        Poll::Pending
    })
    .await;
}

/// Wakes everybody who waits here.
pub(super) fn wake(waiters: &RefCell<Waiters>) {
    let woken = waiters.borrow_mut().take();
    woken.into_iter().for_each(Waker::wake);
}

/// A place among those who wait; who had it leaves when it no longer waits.
pub(super) struct Place<'a> {
    pub(super) waiters: &'a RefCell<Waiters>,
    pub(super) at: Option<u64>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        // A waker that is dropped may drop this while the places are looked through; then it goes with them.
        if let (Some(at), Ok(mut waiters)) = (self.at, self.waiters.try_borrow_mut()) {
            waiters.leave(at);
        }
    }
}
