//! Shared values inside values: their memory goes along as a descriptor.

use std::os::fd::{BorrowedFd, OwnedFd};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ipc::{parcel, reason};

/// Encloses a copy of `file`, for a part of the value being written.
pub(crate) fn give<S: Serializer>(file: BorrowedFd<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    let copy = file.try_clone_to_owned().map_err(reason::refuse)?;
    parcel::enclose::<S::Error>(vec![copy], None)?.serialize(serializer)
}

/// Takes out what [`give`] has enclosed, and opens it.
pub(crate) fn take<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    open: impl FnOnce(OwnedFd) -> nix::Result<T>,
) -> Result<T, D::Error> {
    let number = u32::deserialize(deserializer)?;
    let file = parcel::take_out(number).ok_or_else(|| reason::refuse_to_read("its memory did not come with it"))?;
    open(file).map_err(reason::refuse_to_read)
}

/// Lets a type that wraps one field with `file` and `open` travel: whoever gets it has the same memory.
macro_rules! travels_by_file {
    ([$($generics:tt)*] $type:ty, $inner:ty) => {
        impl<$($generics)*> $type {
            /// Another handle of the same memory: to send it in a message, and keep one.
            ///
            /// # Errors
            ///
            /// When there is no descriptor for it, or no address.
            pub fn try_clone(&self) -> std::io::Result<Self> {
                Ok(Self(<$inner>::open(self.0.file().try_clone_to_owned()?)?))
            }
        }

        impl<$($generics)*> serde::Serialize for $type {
            /// In a message or an argument: who gets it shares the memory.
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::ipc::by_file::give(self.0.file(), serializer)
            }
        }

        impl<'de, $($generics)*> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self($crate::ipc::by_file::take(deserializer, <$inner>::open)?))
            }
        }
    };
}

pub(crate) use travels_by_file;
