//! The functions of a pool whose workers need not be forked from its program: they capture nothing, so that they are found
//! again in another image, and what a state is made of is sent.

use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Caller, SpawnError, SpawnErrorKind};
use crate::ipc::parcel;
use crate::pool::desk;
use crate::pool::shared::Shared;
use crate::pool::work::{self, Call, Serve, Work};
use crate::process::builder::Builder;
use crate::process::handle::Child;
use crate::process::method::StartMethod;
use crate::process::{body, carried};

/// A function with a state, and what this is made of: `given`.
pub(crate) struct Carried<C, I, F, A, R> {
    method: StartMethod,
    given: Given<C>,
    init: I,
    function: F,
    types: PhantomData<fn(A) -> R>,
}

/// Written by whoever has it, and read by whoever gets it.
struct Given<C>(Arc<C>);

impl<C> Clone for Given<C> {
    fn clone(&self) -> Self {
        Given(Arc::clone(&self.0))
    }
}

impl<C: Serialize> Serialize for Given<C> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<'de, C: Deserialize<'de>> Deserialize<'de> for Given<C> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        C::deserialize(from).map(|given| Given(Arc::new(given)))
    }
}

impl<C, I, F, A, R> Carried<C, I, F, A, R> {
    pub(crate) fn new(method: StartMethod, given: C, init: I, function: F) -> Self {
        const {
            assert!(
                size_of::<I>() == 0 && size_of::<F>() == 0,
                "the functions of a pool that has a start method capture nothing: send them what they need"
            )
        }
        Carried { method, given: Given(Arc::new(given)), init, function, types: PhantomData }
    }
}

impl<C, S, I, F, A, R> Carried<C, I, F, A, R>
where
    C: Serialize + DeserializeOwned,
    I: Fn(&C) -> S + Copy,
    F: Fn(&mut S, A) -> R + Copy,
    A: DeserializeOwned,
    R: Serialize,
{
    /// As work for whoever waits for the pool.
    pub(crate) fn into_call(self) -> Call<impl Fn() -> S, impl Fn(&mut Option<S>, A) -> R, A, R> {
        call(self.given, self.init, self.function)
    }

    /// Forks a worker. It gets what is given as any other does, by a message: an end of a channel is moved so, and would not be
    /// by the fork.
    fn fork(&self, name: &str, shared: &Shared) -> Result<Child<()>, SpawnError> {
        let mut bytes = Vec::new();
        let enclosed = parcel::pack(&self.given, &mut bytes)
            .map_err(|error| SpawnError::new(name.to_owned(), SpawnErrorKind::Arguments(error.to_string())))?;
        let run = || {
            let given = parcel::unpack(&bytes, enclosed.copies().map_err(|error| error.to_string())?);
            let given = given.map_err(|error| error.to_string())?;
            desk::work(shared, &call(given, self.init, self.function));
            Ok::<(), String>(())
        };
        let child = Builder::of(name.to_owned(), body::fails(run)).caller(Caller::Pool).daemon(true).spawn()?;
        enclosed.sent();
        Ok(child)
    }
}

fn call<C, S, I, F, A, R>(
    Given(given): Given<C>,
    init: I,
    function: F,
) -> Call<impl Fn() -> S, impl Fn(&mut Option<S>, A) -> R, A, R>
where
    I: Fn(&C) -> S,
    F: Fn(&mut S, A) -> R,
{
    work::with_state(move || init(&given), function)
}

impl<C, S, I, F, A, R> Work for Carried<C, I, F, A, R>
where
    C: Serialize + DeserializeOwned,
    I: Fn(&C) -> S + Copy,
    F: Fn(&mut S, A) -> R + Copy,
    A: DeserializeOwned,
    R: Serialize,
{
    fn prepare(&self, then: &mut dyn FnMut(&mut dyn Serve)) {
        call(self.given.clone(), self.init, self.function).prepare(then);
    }

    fn spawn(&self, name: &str, shared: &Shared) -> Result<Child<()>, SpawnError> {
        if self.method == StartMethod::Fork {
            return self.fork(name, shared);
        }
        let (init, function) = (self.init, self.function);
        let run = move |(shared, given): (Shared, Given<C>)| desk::work(&shared, &call(given, init, function));
        let arguments = (shared.clone(), self.given.clone());
        Builder::of(name.to_owned(), carried::returns(run, arguments)).daemon(true).start(self.method).spawn()
    }
}
