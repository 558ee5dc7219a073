//! Futures without a runtime: one is polled to its end, or by hand with its wakes counted.
#![allow(dead_code, reason = "each test file uses a part")]

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Polls to the end. Nothing else runs here, so what waits without having been woken would wait for ever.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let (mut future, wakes) = (pin!(future), Arc::<Wakes>::default());
    let waker = Waker::from(wakes.clone());
    loop {
        let before = wakes.0.load(Ordering::SeqCst);
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        assert!(wakes.0.load(Ordering::SeqCst) > before, "it waits, and nobody will wake it");
    }
}

/// One of several futures that take turns.
pub(crate) struct Turns<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    wakes: Arc<Wakes>,
}

impl<'a, T> Turns<'a, T> {
    /// Polled once, so that it waits for something.
    pub(crate) fn begin(future: impl Future<Output = T> + 'a) -> Self {
        let mut turns = Self { future: Box::pin(future), wakes: Arc::default() };
        assert!(turns.poll().is_none(), "it is ready at once");
        turns
    }

    pub(crate) fn poll(&mut self) -> Option<T> {
        let waker = Waker::from(self.wakes.clone());
        match self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    /// How often it was woken.
    pub(crate) fn wakes(&self) -> usize {
        self.wakes.0.load(Ordering::SeqCst)
    }

    /// What it gives, once it was woken.
    pub(crate) fn woken(&mut self) -> T {
        assert!(self.wakes() > 0, "nobody woke it");
        self.poll().expect("it was woken for nothing")
    }
}
