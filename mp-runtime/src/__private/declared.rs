//! A process function with its arguments bound, on the way to a builder.
//!
//! What it gives is checked in one place, the generic argument of [`returns`](Declared::returns) and
//! [`fails`](Declared::fails), so that a mistake is one error there. Anything else must then fit whatever the function
//! gives: where the bounds of these methods are not met, rustc finds those of [`Unchecked`] behind the `Deref`,
//! which have none.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::process::body::{self, Body, Fallible};
use crate::process::builder::Builder;

/// A name and a function.
pub struct Declared<F, R> {
    name: &'static str,
    function: F,
    unchecked: Unchecked<R>,
}

/// A process of this name that runs `function`.
pub fn process<F: FnOnce() -> R, R>(name: &'static str, function: F) -> Declared<F, R> {
    Declared { name, function, unchecked: Unchecked(PhantomData) }
}

impl<F: FnOnce() -> R, R: Serialize + DeserializeOwned> Declared<F, R> {
    /// The builder, for a function that gives a value. `T` is its type, checked.
    pub fn returns<T>(self) -> Builder<impl Body<Value = R>> {
        Builder::of(self.name, body::returns(self.function))
    }
}

impl<F, R> Declared<F, R>
where
    F: FnOnce() -> R,
    R: Fallible<Ok: Serialize + DeserializeOwned, Err: fmt::Display>,
{
    /// The builder, for a function that gives a `Result`. `T` is the type of its value, checked.
    pub fn fails<T>(self) -> Builder<impl Body<Value = R::Ok>> {
        Builder::of(self.name, body::fails(self.function))
    }
}

impl<F, R> Deref for Declared<F, R> {
    type Target = Unchecked<R>;

    fn deref(&self) -> &Unchecked<R> {
        &self.unchecked
    }
}

impl<F, R> fmt::Debug for Declared<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Declared").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Stands in for a process in a program that does not compile.
#[derive(Debug)]
pub struct Unchecked<R>(PhantomData<R>);

impl<R> Unchecked<R> {
    /// A builder of the right type.
    pub fn returns<T>(&self) -> Builder<impl Body<Value = T>> {
        Builder::of("", body::refused())
    }

    /// A builder of the right type.
    pub fn fails<T>(&self) -> Builder<impl Body<Value = T>> {
        Builder::of("", body::refused())
    }
}
