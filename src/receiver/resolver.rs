use super::wait::{Waiters, wake, woken};
use crate::wire::jsonrpc::RpcError;
use std::{cell::RefCell, fmt};

/// Hands one result, or one error, from who has it to everybody who waits for it: the answer to a request that somebody else
/// sends ([`super::MessageKind::Request`]). It is given once and stays; who waits later has it at once.
///
/// It is shared by reference or in an [`std::rc::Rc`]. Each who waits is given a copy; what is large goes into an `Rc`, too.
#[derive(Debug)]
pub struct Resolver<T, E = RpcError> {
    outcome: RefCell<Option<Result<T, E>>>,
    waiters: RefCell<Waiters>,
}

/// A [`Resolver`] has been given its result or error before. That one stays; the second was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlreadyResolved;

impl<T, E> Resolver<T, E> {
    /// One that nobody has given anything yet.
    pub fn new() -> Self {
        Self { outcome: RefCell::new(None), waiters: RefCell::default() }
    }

    /// Gives the result, and wakes everybody who waits for it.
    ///
    /// # Errors
    ///
    /// [`AlreadyResolved`], with a result or an error.
    pub fn set_result(&self, value: T) -> Result<(), AlreadyResolved> {
        self.resolve(Ok(value))
    }

    /// Gives the error in place of a result, and wakes everybody who waits.
    ///
    /// # Errors
    ///
    /// [`AlreadyResolved`], with a result or an error.
    pub fn set_exception(&self, error: E) -> Result<(), AlreadyResolved> {
        self.resolve(Err(error))
    }

    /// Whether there is a result or an error.
    pub fn done(&self) -> bool {
        self.outcome.borrow().is_some()
    }

    fn resolve(&self, outcome: Result<T, E>) -> Result<(), AlreadyResolved> {
        if self.done() {
            return Err(AlreadyResolved);
        }
        self.outcome.replace(Some(outcome));
        wake(&self.waiters);
        Ok(())
    }
}

impl<T: Clone, E: Clone> Resolver<T, E> {
    /// Waits for the result; any number may.
    ///
    /// # Errors
    ///
    /// What [`Self::set_exception`] was given.
    pub async fn wait(&self) -> Result<T, E> {
        loop {
            let outcome = self.outcome.borrow().clone();
            match outcome {
                Some(outcome) => return outcome,
                None => woken(&self.waiters).await,
            }
        }
    }
}

impl<T, E> Default for Resolver<T, E> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for AlreadyResolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver already completed: what it was given first stays")
    }
}

impl std::error::Error for AlreadyResolved {}
