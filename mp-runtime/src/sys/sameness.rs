//! Whether a type that is not known is one that is: for bytes, which can be handled as a whole.
//!
//! Invariant: a value is taken for one of another type only when the two types are the same but for lifetimes, and what it
//! is taken for lives no longer than itself. [`id`] tells, by what the compiler gives types that have no lifetimes.

use std::any::TypeId;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};

/// What tells a type from all others but those that differ from it in lifetimes only.
#[inline]
pub(crate) fn id<T: ?Sized>() -> TypeId {
    trait Identify {
        fn id(&self) -> TypeId
        where
            Self: 'static;
    }
    impl<T: ?Sized> Identify for PhantomData<T> {
        fn id(&self) -> TypeId
        where
            Self: 'static,
        {
            TypeId::of::<T>()
        }
    }
    let nothing = PhantomData::<T>;
    // SAFETY: `id` reads nothing through the reference; that what it says lives for ever is no more than what allows the call.
    let nothing = unsafe { mem::transmute::<&dyn Identify, &(dyn Identify + 'static)>(&nothing) };
    nothing.id()
}

/// The bytes in `value`, if it is a reference to a slice or to a vector of bytes.
#[inline]
pub(crate) fn bytes<T>(value: &T) -> Option<&[u8]> {
    if id::<T>() == TypeId::of::<&[u8]>() {
        // SAFETY: `T` is `&[u8]` of some lifetime, which `value` does not outlive, and neither does what is returned.
        return Some(unsafe { *(&raw const *value).cast::<&[u8]>() });
    }
    if id::<T>() == TypeId::of::<&Vec<u8>>() {
        // SAFETY: as above.
        return Some(unsafe { *(&raw const *value).cast::<&Vec<u8>>() });
    }
    None
}

/// `bytes` as the type that they are, if it is that of a vector of bytes.
#[inline]
pub(crate) fn vector<T>(bytes: Vec<u8>) -> Option<T> {
    if id::<T>() != TypeId::of::<Vec<u8>>() {
        return None;
    }
    let bytes = ManuallyDrop::new(bytes);
    // SAFETY: `T` is `Vec<u8>`, which has no lifetime; the vector is not dropped here, so there is one owner.
    Some(unsafe { mem::transmute_copy::<ManuallyDrop<Vec<u8>>, T>(&bytes) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_apart_but_not_by_their_lifetimes() {
        fn of<'a>(_: &'a [u8]) -> TypeId {
            id::<&'a [u8]>()
        }
        assert_eq!(of(&[1, 2]), TypeId::of::<&'static [u8]>());
        assert_ne!(id::<Vec<u8>>(), id::<Vec<i8>>());
        assert_ne!(id::<[u8]>(), id::<&[u8]>());
    }

    #[test]
    fn only_bytes_are_taken_for_bytes() {
        assert_eq!(bytes(&&b"lucky"[..]), Some(&b"lucky"[..]));
        assert_eq!(bytes(&&vec![7_u8]), Some(&[7][..]));
        assert_eq!((bytes(b"lucky"), bytes(&[1_i8].as_slice()), bytes(&"lucky")), (None, None, None));
        assert_eq!(vector::<Vec<u8>>(vec![1, 2]), Some(vec![1, 2]));
        assert_eq!(vector::<Vec<i8>>(vec![1, 2]), None);
    }
}
