//! What the macros' output calls. No part of the public interface: it changes with any version, which is why
//! `mp-macros` is pinned with `=`.
//!
//! rustc quotes the names of what does not fit. So traits that a user can miss live elsewhere, unexported, and are
//! reached through the aliases here: no message names this module.

use std::convert::Infallible;

use crate::error::SpawnError;
use crate::process::body::{self, Body, Failure, Fallible, Portable};
use crate::process::builder::Builder;
use crate::process::carried;
use crate::process::handle::Child;
pub use crate::program::{isolated_program, program, program_that_requires};
pub use carrying::{Carrying, carry};
pub use declared::{Declared, process};
#[cfg(feature = "tokio")]
pub use polled::{asynchronous, block_on};

mod carrying;
mod declared;
#[cfg(any(test, fuzzing))]
pub mod decoders;
#[cfg(feature = "tokio")]
mod polled;
pub mod unmarked;

/// What the `Result` type `R` holds when all went well.
pub type Ok<R> = <R as Fallible>::Ok;

/// `T`, checked to be one that a process can give. `By` is for rustc to find.
pub type Value<T, By> = <(<T as body::Value<By>>::Itself,) as First>::First;

/// [`Ok<R>`](Ok), checked to be one that a process can give, as is the error. `By` and `Or` are for rustc to find.
pub type Fails<R, By, Or> =
    <(<Ok<R> as body::Value<By>>::Itself, <<R as Fallible>::Err as Failure<Or>>::Itself) as First>::First;

/// `T`, checked to be one that can be an argument of a process not forked from its parent. `By` is for rustc to find.
pub type Argument<T, By> = <T as carried::Argument<By>>::Itself;

/// The first of some types, of which rustc checks all.
pub trait First {
    /// The first.
    type First;
}

impl<A> First for (A,) {
    type First = A;
}

impl<A, B> First for (A, B) {
    type First = A;
}

/// Starts the process.
pub fn spawn<B: Body>(builder: Builder<B>) -> Result<Child<B::Value>, SpawnError> {
    builder.spawn()
}

/// A process whose function never returns.
pub fn diverges(name: &'static str, function: impl FnOnce() -> Infallible) -> Builder<impl Body<Value = Infallible>> {
    Builder::of(name, body::diverges(function))
}

/// As [`diverges`], for a process that need not be forked.
pub fn carry_diverges<F, A>(name: &'static str, arguments: A, function: F) -> Builder<impl Portable<Value = Infallible>>
where
    F: Fn(A) -> Infallible + Copy,
    A: serde::Serialize + serde::de::DeserializeOwned,
{
    Builder::of(name, carried::diverges(function, arguments))
}

/// Takes the user's word, given as `unsafe(threads)`, that the other threads of the program hold no lock that
/// the process needs.
pub fn allow_threads<B: Body>(builder: Builder<B>) -> Builder<B> {
    builder.allow_threads()
}

/// As [`refused`], for a process that need not be forked.
pub fn carry_refused<T>(_arguments: impl Sized) -> Builder<impl Portable<Value = T>> {
    Builder::of("", body::refused())
}

/// Stands where a function that was refused would be called; such a program does not compile.
pub fn refused<T>(_arguments: impl Sized) -> Builder<impl Body<Value = T>> {
    Builder::of("", body::refused())
}
