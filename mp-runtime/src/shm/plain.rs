//! What may lie in shared memory.

use std::ptr::NonNull;

use zerocopy::FromBytes;

/// Plain data: values, and slices of values, that mean the same in every process.
///
/// That is each type that [`zerocopy::FromBytes`] is implemented for: integers, floats, atomics, arrays of them, and structs
/// that derive it. Such a type holds no pointer and no handle, and no bytes of it are forbidden, so that a process killed
/// in the middle of writing one leaves at worst a wrong value.
///
/// Values in shared memory are never dropped.
///
/// # Safety
///
/// `from_raw` gives a pointer to the same bytes, if there is one element or `IS_SLICE`; any bytes are a value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot lie in memory that processes share",
    label = "not plain data",
    note = "plain data is what implements `zerocopy::FromBytes`: numbers, atomics, arrays of them, structs that derive it; \
            a type with a pointer inside, as `String` or `Vec`, means nothing to another process: send it, or its bytes"
)]
pub unsafe trait Plain: Sealed {
    #[doc(hidden)]
    type Element;

    /// Whether it has any number of elements; else it has one.
    #[doc(hidden)]
    const IS_SLICE: bool;

    /// The value of `count` elements that begin at `start`.
    #[doc(hidden)]
    fn from_raw(start: NonNull<Self::Element>, count: usize) -> NonNull<Self>;
}

/// Only the types below.
pub trait Sealed {}

impl<T: FromBytes> Sealed for T {}
impl<T: FromBytes> Sealed for [T] {}

// SAFETY: any bytes are a value, says `FromBytes`.
unsafe impl<T: FromBytes> Plain for T {
    type Element = T;
    const IS_SLICE: bool = false;

    fn from_raw(start: NonNull<T>, _: usize) -> NonNull<T> {
        start
    }
}

// SAFETY: as above, for each element.
unsafe impl<T: FromBytes> Plain for [T] {
    type Element = T;
    const IS_SLICE: bool = true;

    fn from_raw(start: NonNull<T>, count: usize) -> NonNull<[T]> {
        NonNull::slice_from_raw_parts(start, count)
    }
}
