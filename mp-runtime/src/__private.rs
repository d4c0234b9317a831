//! What the macros' output calls. No part of the public interface: it changes with any version, which is why
//! `mp-macros` is pinned with `=`.

use std::convert::Infallible;

use crate::process::body;
pub use crate::process::body::{Body, Fallible, Value};
use crate::process::builder::Builder;
pub use crate::program::{Program, Start, program};

pub mod unmarked;

/// What the `Result` type `R` holds when all went well.
pub type Ok<R> = <R as Fallible>::Ok;

/// A process whose function gives a `T`.
pub fn returns<T: Value>(name: &str, function: impl FnOnce() -> T) -> Builder<impl Body<Value = T>> {
    Builder::new(name, body::returns(function))
}

/// A process whose function gives a `Result`.
pub fn fails<R>(name: &str, function: impl FnOnce() -> R) -> Builder<impl Body<Value = R::Ok>>
where
    R: Fallible<Ok: Value, Err: body::Failure>,
{
    Builder::new(name, body::fails(function))
}

/// A process whose function never returns.
pub fn diverges(name: &str, function: impl FnOnce() -> Infallible) -> Builder<impl Body<Value = Infallible>> {
    Builder::new(name, body::diverges(function))
}

/// Takes the user's word, given as `unsafe(threads)`, that the other threads of the program hold no lock that
/// the process needs.
pub fn allow_threads<B: Body>(builder: Builder<B>) -> Builder<B> {
    builder.allow_threads()
}

/// Stands where a function that was refused would be called; such a program does not compile.
pub fn refused<T>(_arguments: impl Sized) -> Builder<impl Body<Value = T>> {
    Builder::new("", body::refused())
}
