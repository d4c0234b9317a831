//! What the workers of a pool run, without its types: bytes in, bytes out.

use std::marker::PhantomData;
use std::mem;
use std::ops::Deref;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{self, SpawnError};
use crate::pool::desk::{self, Desk};
use crate::pool::frame::{Frames, Kind};
use crate::pool::shared::Shared;
use crate::process::body;
use crate::process::builder::Builder;
use crate::process::handle::Child;
use crate::shm::draft::Step;
use crate::wire::codec;

/// A function of a pool, as the pool keeps it.
pub(crate) trait Work {
    /// In a worker: makes its state, which lives until `then` is done.
    fn prepare(&self, then: &mut dyn FnMut(&mut dyn Serve));

    /// Starts a worker.
    fn spawn(&self, name: &str, shared: &Shared) -> Result<Child<()>, SpawnError>;
}

/// Forks a worker that does `work`.
fn fork(work: &dyn Work, caller: error::Caller, name: &str, shared: &Shared) -> Result<Child<()>, SpawnError> {
    Builder::of(name.to_owned(), body::returns(|| desk::work(shared, work))).caller(caller).daemon(true).spawn()
}

/// A function of a pool with the state of one worker.
pub(crate) trait Serve {
    /// Works on the items of a batch, from the item `start` on.
    fn serve(&mut self, batch: Batch<'_>, start: u32, desk: &mut Desk<'_>);

    /// Makes the state anew, after a panic that may have left it half changed.
    fn renew(&mut self);
}

/// A batch as it came.
#[derive(Debug, Clone)]
pub(crate) struct Batch<'a> {
    /// The number of its first item in the job.
    pub(crate) first: u64,
    pub(crate) count: u32,
    pub(crate) items: Frames<'a>,
}

/// A function over arguments that are sent.
pub(crate) struct Call<I, F, A, R> {
    init: Option<I>,
    function: F,
    types: PhantomData<fn(A) -> R>,
}

impl<I, F, A, R> Call<I, F, A, R> {
    pub(crate) fn new(init: Option<I>, function: F) -> Self {
        Call { init, function, types: PhantomData }
    }
}

impl<I, S, F, A, R> Work for Call<I, F, A, R>
where
    I: Fn() -> S,
    F: Fn(&mut Option<S>, A) -> R,
    A: DeserializeOwned,
    R: Serialize,
{
    fn prepare(&self, then: &mut dyn FnMut(&mut dyn Serve)) {
        then(&mut Caller { call: self, state: self.init.as_ref().map(|init| init()) });
    }

    fn spawn(&self, name: &str, shared: &Shared) -> Result<Child<()>, SpawnError> {
        fork(self, error::Caller::Pool, name, shared)
    }
}

/// A function that each worker makes a state for, by `init`.
pub(crate) fn with_state<S, I, F, A, R>(init: I, function: F) -> Call<I, impl Fn(&mut Option<S>, A) -> R, A, R>
where
    I: Fn() -> S,
    F: Fn(&mut S, A) -> R,
{
    let function = move |state: &mut Option<S>, argument| match state {
        Some(state) => function(state, argument),
        None => unreachable!("the state is made first"),
    };
    Call::new(Some(init), function)
}

impl<I, S, F, A, R> Call<I, F, A, R>
where
    I: Fn() -> S,
    F: Fn(&mut Option<S>, A) -> R,
    A: DeserializeOwned,
    R: Serialize,
{
    /// The function with a state, for whoever waits for the pool.
    pub(crate) fn serve<'f>(self) -> Box<dyn Serve + 'f>
    where
        Self: 'f,
        S: 'f,
    {
        let state = self.init.as_ref().map(|init| init());
        Box::new(Caller { call: Box::new(self), state })
    }
}

struct Caller<P, S> {
    call: P,
    state: Option<S>,
}

impl<P, I, S, F, A, R> Serve for Caller<P, S>
where
    P: Deref<Target = Call<I, F, A, R>>,
    I: Fn() -> S,
    F: Fn(&mut Option<S>, A) -> R,
    A: DeserializeOwned,
    R: Serialize,
{
    fn serve(&mut self, mut batch: Batch<'_>, start: u32, desk: &mut Desk<'_>) {
        batch.items.skip_items(start);
        for item in start..batch.count {
            if desk.is_full() {
                return;
            }
            desk.at(item, Step::Reading);
            let Some((_, bytes)) = batch.items.next() else { return };
            match codec::decode::<A>(bytes) {
                Ok(argument) => {
                    desk.step(Step::Running);
                    let value = (self.call.function)(&mut self.state, argument);
                    desk.step(Step::Writing);
                    desk.give(|bytes| codec::append(&value, bytes));
                }
                Err(error) => desk.refuse(Kind::Unreadable, &error.to_string()),
            }
        }
    }

    fn renew(&mut self) {
        let fresh = self.call.init.as_ref().map(|init| init());
        // To drop what may be half changed could panic again.
        mem::forget(mem::replace(&mut self.state, fresh));
    }
}

/// A function over a slice that the workers have inherited: only numbers are sent.
pub(crate) struct Each<'d, T, F, R> {
    data: &'d [T],
    function: F,
    types: PhantomData<fn() -> R>,
}

impl<'d, T, F, R> Each<'d, T, F, R> {
    pub(crate) fn new(data: &'d [T], function: F) -> Self {
        Each { data, function, types: PhantomData }
    }
}

impl<T, F: Fn(&T) -> R, R: Serialize> Work for Each<'_, T, F, R> {
    fn prepare(&self, then: &mut dyn FnMut(&mut dyn Serve)) {
        then(&mut { self });
    }

    fn spawn(&self, name: &str, shared: &Shared) -> Result<Child<()>, SpawnError> {
        fork(self, error::Caller::ParMap, name, shared)
    }
}

impl<'d, T, F: Fn(&T) -> R + 'd, R: Serialize + 'd> Each<'d, T, F, R> {
    /// The function, for whoever waits for the pool.
    pub(crate) fn serve(self) -> Box<dyn Serve + 'd> {
        Box::new(Alone(self))
    }
}

struct Alone<'d, T, F, R>(Each<'d, T, F, R>);

impl<T, F: Fn(&T) -> R, R: Serialize> Serve for Alone<'_, T, F, R> {
    fn serve(&mut self, batch: Batch<'_>, start: u32, desk: &mut Desk<'_>) {
        (&mut &self.0).serve(batch, start, desk);
    }

    fn renew(&mut self) {}
}

impl<T, F: Fn(&T) -> R, R: Serialize> Serve for &Each<'_, T, F, R> {
    fn serve(&mut self, batch: Batch<'_>, start: u32, desk: &mut Desk<'_>) {
        let items = self.data.iter().skip(batch.first as usize + start as usize);
        for (item, element) in (start..batch.count).zip(items) {
            desk.at(item, Step::Running);
            let value = (self.function)(element);
            desk.step(Step::Writing);
            desk.give(|bytes| codec::append(&value, bytes));
        }
    }

    fn renew(&mut self) {}
}
