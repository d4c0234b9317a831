//! What a process runs: the user's function with its arguments, and how its result crosses to the parent.

use std::convert::Infallible;
use std::fmt;
use std::io::Write;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::SpawnErrorKind;
use crate::process::child::{self, Runs};
use crate::process::order::Work;
use crate::process::outbox::Payload;
use crate::sys::near::{lay_near, near};
use crate::wire::codec;

/// What a process runs, with its arguments bound. Only the macros make one.
///
/// It shows in the type of a [`Builder`](crate::Builder) as `impl Body<Value = T>`, where `T` is what
/// [`Child::join`](crate::Child::join) gives.
///
/// ```
/// use mp_runtime::{Body, Builder, process};
///
/// #[process]
/// fn square(n: u32) -> u32 {
///     n * n
/// }
///
/// fn quietly<B: Body<Value = u32>>(builder: Builder<B>) -> u32 {
///     builder.spawn().unwrap().join().unwrap_or(0)
/// }
///
/// # fn main() {
/// assert_eq!(quietly(square::process(12)), 144);
/// # }
/// ```
pub trait Body: Sealed {
    /// What the parent gets.
    type Value;

    /// Runs the function, which writes its value to `payload`, or says why there is none.
    #[doc(hidden)]
    fn run(self, payload: &mut dyn Write) -> Result<(), String>;

    /// How the parent reads the value back.
    #[doc(hidden)]
    fn decoder(&self) -> Decode<Self::Value>;

    /// The function and its arguments, written down for a process that is not forked from this one; `None` where they can
    /// not be.
    #[doc(hidden)]
    fn write_down(&self) -> Option<Result<Work, SpawnErrorKind>> {
        None
    }
}

/// A [`Body`] whose arguments can be written down: it can be started by every [`StartMethod`](crate::StartMethod).
///
/// Process functions with the option `start` give one.
#[diagnostic::on_unimplemented(
    message = "this process can be started by `fork` only",
    label = "its arguments are not known to be of types that serde can write and read back",
    note = "mark the function `#[process(start = forkserver)]` or `#[process(start = exec)]`: its parameters are then \
            checked, and each start may choose; a closure is part of its program and is always forked"
)]
pub trait Portable: Body {}

/// Keeps [`Body`] to the types of this module.
pub trait Sealed {}

/// Reads a value back: kept beside the handle, whose type then needs no bounds.
pub(crate) type Decode<T> = fn(&[u8]) -> Result<T, String>;

/// What a result or an error crosses as: the parameter of [`Value`] and [`Failure`].
///
/// Each of these traits has two implementations for every type, one of which nothing fulfils. So rustc, which
/// would choose a single one before looking at its bounds and then complain of these, says that the trait itself
/// is missing, in our words. `_` in place of the parameter is the one that fits.
#[derive(Debug)]
pub struct Crossing(());

/// In the implementations that nothing fulfils.
#[derive(Debug)]
pub struct NotCrossing(());

/// Implemented by nothing.
pub trait Impossible {}

/// A type that can be the result of a process: any that serde can write and read back, owning its data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a process",
    label = "serde cannot write `{Self}` and read it back",
    note = "a result crosses to the parent as bytes: derive `serde::Serialize` and `serde::Deserialize` on a type of \
            your own, require them of a type parameter, or return what the value is made of",
    note = "a `Result` is known by its name: in place of an alias that has another, write `Result<..>`"
)]
pub trait Value<By> {
    /// The type, if it can.
    type Itself;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Value<Crossing> for T {
    type Itself = T;
}

#[diagnostic::do_not_recommend]
impl<T: Impossible> Value<NotCrossing> for T {
    type Itself = T;
}

/// The standard `Result`, seen through any alias.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not `std::result::Result`",
    label = "a type named `Result` is taken for the standard one",
    note = "rename the type, or return a standard `Result`"
)]
pub trait Fallible {
    /// What it holds when all went well.
    type Ok;
    /// What it holds otherwise.
    type Err;

    /// Itself, as what it is.
    fn into_result(self) -> Result<Self::Ok, Self::Err>;
}

#[diagnostic::do_not_recommend]
impl<T, E> Fallible for Result<T, E> {
    type Ok = T;
    type Err = E;

    fn into_result(self) -> Result<T, E> {
        self
    }
}

/// An error that can be the result of a process: it crosses as the text it displays.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a process",
    label = "`{Self}` does not implement `std::fmt::Display`",
    note = "an error crosses to the parent as its text: implement `Display`, or map it with `map_err`"
)]
pub trait Failure<By> {
    /// The type, if it can.
    type Itself;
}

#[diagnostic::do_not_recommend]
impl<E: fmt::Display> Failure<Crossing> for E {
    type Itself = E;
}

#[diagnostic::do_not_recommend]
impl<E: Impossible> Failure<NotCrossing> for E {
    type Itself = E;
}

/// A function, its codec bound where its types are known.
///
/// What the codec asks of the types is asked for once, in [`returns`] and its like, and remembered here as function
/// pointers: the handle needs no bounds.
pub(crate) struct Function<F, R, T> {
    function: F,
    encode: fn(R, &mut dyn Write) -> Result<(), String>,
    decode: Decode<T>,
}

impl<F, R, T> fmt::Debug for Function<F, R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").finish_non_exhaustive()
    }
}

impl<F, R, T> Sealed for Function<F, R, T> {}

impl<F: FnOnce() -> R, R, T> Body for Function<F, R, T> {
    type Value = T;

    fn run(self, payload: &mut dyn Write) -> Result<(), String> {
        (self.encode)(__rust_begin_short_backtrace(self.function), payload)
    }

    fn decoder(&self) -> Decode<T> {
        self.decode
    }
}

/// What a child runs: `first`, then the body, once.
pub(crate) struct Running<'b, B, F> {
    pub(crate) body: &'b mut Option<B>,
    pub(crate) first: F,
}

impl<B: Body, F: Fn() -> Result<G, String>, G> Runs for Running<'_, B, F> {
    near! {
        fn run(&mut self, payload: &mut Payload) -> Result<(), String> {
            lay_near!(weight: 100, child::run => Self::run);
            let _guard = (self.first)()?;
            self.body.take().ok_or("its function was called twice")?.run(payload)
        }
    }
}

near! {
    /// Runs the function, in a frame by whose name std knows where to end the short backtrace of a panic: what is below, the
    /// parent's frames at the start of the process, is nothing to the reader.
    #[inline(never)]
    fn __rust_begin_short_backtrace<R, F: FnOnce() -> R>(function: F) -> R {
        lay_near!(weight: 100, child::run => __rust_begin_short_backtrace::<R, F>);
        let result = function();
        std::hint::black_box(()); // or else the call would be a jump, and leave no frame
        result
    }
}

/// A function that gives a value.
pub(crate) fn returns<T: Serialize + DeserializeOwned, F: FnOnce() -> T>(function: F) -> Function<F, T, T> {
    Function { function, encode: encode_value, decode }
}

/// A function that gives a value or says what went wrong.
pub(crate) fn fails<R, F>(function: F) -> Function<F, R, R::Ok>
where
    R: Fallible<Ok: Serialize + DeserializeOwned, Err: fmt::Display>,
    F: FnOnce() -> R,
{
    Function { function, encode: encode_result, decode }
}

/// A function that never returns.
pub(crate) fn diverges<F: FnOnce() -> Infallible>(function: F) -> Function<F, Infallible, Infallible> {
    let decode = |_: &[u8]| unreachable!("a function that never returns has reported a value");
    Function { function, encode: |never, _| match never {}, decode }
}

near! {
    fn encode_value<T: Serialize>(value: T, payload: &mut dyn Write) -> Result<(), String> {
        lay_near!(weight: 100, child::run => encode_value::<T>);
        encode(&value, payload)
    }
}

near! {
    fn encode_result<R>(result: R, payload: &mut dyn Write) -> Result<(), String>
    where
        R: Fallible<Ok: Serialize, Err: fmt::Display>,
    {
        lay_near!(weight: 100, child::run => encode_result::<R>);
        result.into_result().map_err(|error| error.to_string()).and_then(|value| encode(&value, payload))
    }
}

#[inline]
fn encode<T: Serialize>(value: &T, payload: &mut dyn Write) -> Result<(), String> {
    codec::encode(value, payload).map_err(|error| format!("its result could not be encoded: {error}"))
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    codec::decode(bytes).map_err(|error| error.to_string())
}

impl<T> Portable for Function<fn(), (), T> {}

/// In place of a function in a program that does not compile.
pub(crate) fn refused<T>() -> Function<fn(), (), T> {
    Function { function: || (), encode: |(), _| Ok(()), decode: |_| Err("refused".to_owned()) }
}
