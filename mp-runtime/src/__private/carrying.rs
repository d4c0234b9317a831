//! A process function whose arguments are written down, with these, on the way to a builder.
//!
//! As in [`declared`](super::declared), each mistake is found in one place: here, too, among the arguments, in the second
//! generic argument of the methods.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::process::body::{self, Fallible, Portable};
use crate::process::builder::Builder;
use crate::process::carried;

/// A name, a function that captures nothing, and its arguments.
pub struct Carrying<F, A, R> {
    name: &'static str,
    function: F,
    arguments: A,
    unchecked: Unchecked<R>,
}

/// A process of this name that runs `function` on `arguments`.
pub fn carry<F: Fn(A) -> R + Copy, A, R>(name: &'static str, arguments: A, function: F) -> Carrying<F, A, R> {
    Carrying { name, function, arguments, unchecked: Unchecked(PhantomData) }
}

impl<F, A, R> Carrying<F, A, R>
where
    F: Fn(A) -> R + Copy,
    A: Serialize + DeserializeOwned,
    R: Serialize + DeserializeOwned,
{
    /// The builder, for a function that gives a value. `T` is its type, `C` those of the arguments, checked.
    pub fn returns<T, C>(self) -> Builder<impl Portable<Value = R>> {
        Builder::of(self.name, carried::returns(self.function, self.arguments))
    }
}

impl<F, A, R> Carrying<F, A, R>
where
    F: Fn(A) -> R + Copy,
    A: Serialize + DeserializeOwned,
    R: Fallible<Ok: Serialize + DeserializeOwned, Err: fmt::Display>,
{
    /// The builder, for a function that gives a `Result`.
    pub fn fails<T, C>(self) -> Builder<impl Portable<Value = R::Ok>> {
        Builder::of(self.name, carried::fails(self.function, self.arguments))
    }
}

impl<F, A, R> Deref for Carrying<F, A, R> {
    type Target = Unchecked<R>;

    fn deref(&self) -> &Unchecked<R> {
        &self.unchecked
    }
}

impl<F, A, R> fmt::Debug for Carrying<F, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carrying").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Stands in for a process in a program that does not compile.
#[derive(Debug)]
pub struct Unchecked<R>(PhantomData<R>);

#[allow(clippy::extra_unused_type_parameters, reason = "they are what is checked")]
impl<R> Unchecked<R> {
    /// A builder of the right type.
    pub fn returns<T, C>(&self) -> Builder<impl Portable<Value = T>> {
        Builder::of("", body::refused())
    }

    /// A builder of the right type.
    pub fn fails<T, C>(&self) -> Builder<impl Portable<Value = T>> {
        Builder::of("", body::refused())
    }
}
