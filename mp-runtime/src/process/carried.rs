//! A process function with arguments that can be written down.

use std::convert::Infallible;
use std::fmt;
use std::io::Write;
use std::os::fd::OwnedFd;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{SpawnErrorKind, Stage};
use crate::ipc::parcel;
use crate::process::body::{self, Body, Crossing, Decode, Fallible, Impossible, NotCrossing, Portable, Sealed};
use crate::process::child;
use crate::process::order::Work;
use crate::sys::image::{Entry, Place, Witness};
use crate::sys::near::{lay_near, near};

/// A type that can be an argument of a process which is not forked from its parent. See [`Crossing`] on `By`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a process function with `start`",
    label = "serde cannot write `{Self}` and read it back",
    note = "by `forkserver` or `exec` a process is no copy of its parent, so its arguments cross as bytes: take a `String` for a \
            `&str`, a `Vec` for a slice, derive `serde::Serialize` and `serde::Deserialize` on a type of your own; or leave \
            `start` out, for then it is forked, which carries anything"
)]
pub trait Argument<By> {
    /// The type, if it can.
    type Itself;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Argument<Crossing> for T {
    type Itself = T;
}

#[diagnostic::do_not_recommend]
impl<T: Impossible> Argument<NotCrossing> for T {
    type Itself = T;
}

/// Writes arguments down: their bytes, and what goes beside these.
type WriteDown<A> = fn(&A) -> Result<(Vec<u8>, parcel::Enclosed), String>;

/// A function that captures nothing, and its arguments, in a tuple.
pub(crate) struct Carried<F, A, T> {
    function: F,
    arguments: A,
    run: fn(F, A, &mut dyn Write) -> Result<(), String>,
    decode: Decode<T>,
    entry: Entry,
    write: WriteDown<A>,
}

impl<F, A, T> fmt::Debug for Carried<F, A, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried").finish_non_exhaustive()
    }
}

impl<F, A, T> Sealed for Carried<F, A, T> {}

impl<F, A, T> Portable for Carried<F, A, T> {}

impl<F, A, T> Body for Carried<F, A, T> {
    type Value = T;

    fn run(self, payload: &mut dyn Write) -> Result<(), String> {
        (self.run)(self.function, self.arguments, payload)
    }

    fn decoder(&self) -> Decode<T> {
        self.decode
    }

    fn write_down(&self) -> Option<Result<Work, SpawnErrorKind>> {
        let Some(place) = Place::of(self.entry) else {
            return Some(Err(SpawnErrorKind::Os(Stage::Image, libc::ENOEXEC)));
        };
        let written = (self.write)(&self.arguments).map_err(SpawnErrorKind::Arguments);
        Some(written.map(|(arguments, enclosed)| Work { place, arguments, enclosed }))
    }
}

/// How a function of some kind is run: what [`Carried`] and its entry in another image share.
trait Kind<F, A> {
    fn run(function: F, arguments: A, payload: &mut dyn Write) -> Result<(), String>;
}

struct Returns;
struct Fails;
struct Diverges;

impl<F: Fn(A) -> R, A, R: Serialize + DeserializeOwned> Kind<F, A> for (Returns, R) {
    fn run(function: F, arguments: A, payload: &mut dyn Write) -> Result<(), String> {
        body::returns(|| function(arguments)).run(payload)
    }
}

impl<F: Fn(A) -> R, A, R> Kind<F, A> for (Fails, R)
where
    R: Fallible<Ok: Serialize + DeserializeOwned, Err: fmt::Display>,
{
    fn run(function: F, arguments: A, payload: &mut dyn Write) -> Result<(), String> {
        body::fails(|| function(arguments)).run(payload)
    }
}

impl<F: Fn(A) -> Infallible, A> Kind<F, A> for (Diverges, Infallible) {
    fn run(function: F, arguments: A, payload: &mut dyn Write) -> Result<(), String> {
        body::diverges(|| function(arguments)).run(payload)
    }
}

near! {
    server:
    /// Runs the function in another image: both its address and its arguments were written down.
    fn enter<F: Copy, A: DeserializeOwned, K: Kind<F, A>>(
        bytes: &[u8],
        enclosed: Vec<OwnedFd>,
        payload: &mut dyn Write,
    ) -> Result<(), String> {
        lay_near!(weight: 1, child::run => enter::<F, A, K>);
        let arguments =
            parcel::unpack::<A>(bytes, enclosed).map_err(|error| format!("its arguments could not be read: {error}"))?;
        K::run(Witness::<F>::again(), arguments, payload)
    }
}

fn carry<F: Copy, A: Serialize + DeserializeOwned, T, K: Kind<F, A>>(
    function: F,
    arguments: A,
    decode: Decode<T>,
) -> Carried<F, A, T> {
    let write = |arguments: &A| {
        let mut bytes = Vec::new();
        let enclosed = parcel::pack(arguments, &mut bytes).map_err(|error| error.to_string())?;
        Ok((bytes, enclosed))
    };
    Carried { function, arguments, run: K::run, decode, entry: enter::<F, A, K>, write }
}

/// A function that gives a value.
pub(crate) fn returns<F, A, R>(function: F, arguments: A) -> Carried<F, A, R>
where
    F: Fn(A) -> R + Copy,
    A: Serialize + DeserializeOwned,
    R: Serialize + DeserializeOwned,
{
    carry::<F, A, R, (Returns, R)>(function, arguments, body::decode)
}

/// A function that gives a value or says what went wrong.
pub(crate) fn fails<F, A, R>(function: F, arguments: A) -> Carried<F, A, R::Ok>
where
    F: Fn(A) -> R + Copy,
    A: Serialize + DeserializeOwned,
    R: Fallible<Ok: Serialize + DeserializeOwned, Err: fmt::Display>,
{
    carry::<F, A, R::Ok, (Fails, R)>(function, arguments, body::decode)
}

/// A function that never returns.
pub(crate) fn diverges<F, A>(function: F, arguments: A) -> Carried<F, A, Infallible>
where
    F: Fn(A) -> Infallible + Copy,
    A: Serialize + DeserializeOwned,
{
    let decode = |_: &[u8]| unreachable!("a function that never returns has reported a value");
    carry::<F, A, Infallible, (Diverges, Infallible)>(function, arguments, decode)
}
