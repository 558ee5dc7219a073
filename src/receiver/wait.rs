use std::{cell::RefCell, collections::BTreeMap, task::Waker};

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

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.wakers.len()
    }
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
