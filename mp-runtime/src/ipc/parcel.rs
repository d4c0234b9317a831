//! Values with descriptors in them: bytes, and beside them what cannot be bytes.
//!
//! [`pack`] writes a value, and what its parts [enclose] while serde goes through them comes out beside the bytes; a
//! part writes the number that [`enclose`] gives it. [`unpack`] is given the bytes and the descriptors, in that order, as they
//! came out on the other side; a part reads its number and [takes out](take_out) what it enclosed.
//!
//! Whoever sends a parcel: [`Enclosed::fds`] are what to send. Say [`Enclosed::sent`] once it is on its way; if
//! it is dropped before that, what was to travel stays at home.

use std::cell::{Cell, RefCell};
use std::mem;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use serde::de::DeserializeOwned;
use serde::{Serialize, ser};

use crate::ipc::errors::ChannelError;
use crate::ipc::reason;
use crate::ipc::travel::Ticket;
use crate::wire::codec;

thread_local! {
    /// Whether a value is being written, and encloses something. Apart from what that is: almost all values enclose nothing, and do not
    /// touch [`ENCLOSED`], which has a destructor.
    static PACKING: Cell<Packing> = const { Cell::new(Packing::Nothing) };
    /// What has been enclosed in it.
    static ENCLOSED: RefCell<Enclosed> = const { RefCell::new(Enclosed(None)) };
    /// What has not been taken out of the value being read.
    static UNPACKING: RefCell<Vec<Option<OwnedFd>>> = const { RefCell::new(Vec::new()) };
    /// Whether a value with descriptors is being read.
    static IS_UNPACKING: Cell<bool> = const { Cell::new(false) };
}

/// What this thread is writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Nothing,
    /// A value that encloses nothing so far.
    Bare,
    /// One that does.
    Enclosing,
}

/// What goes with the bytes of a value.
#[derive(Debug, Default)]
pub(crate) struct Enclosed(Option<Box<Contents>>);

#[derive(Debug, Default)]
struct Contents {
    fds: Vec<OwnedFd>,
    /// The ends of channels among them.
    tickets: Vec<Ticket>,
}

impl Enclosed {
    pub(crate) fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.0.iter().flat_map(|contents| &contents.fds).map(AsFd::as_fd)
    }

    /// Copies of the descriptors, in another process that was forked from the one that has enclosed them.
    pub(crate) fn copies(&self) -> std::io::Result<Vec<OwnedFd>> {
        self.fds().map(|fd| fd.try_clone_to_owned()).collect()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The parcel is on its way: what is in it belongs to who gets it.
    pub(crate) fn sent(self) {
        self.0.into_iter().flat_map(|contents| contents.tickets).for_each(Ticket::depart);
    }
}

/// Appends `value` to `bytes`; what it encloses.
#[inline]
pub(crate) fn pack<T: Serialize + ?Sized>(value: &T, bytes: &mut Vec<u8>) -> Result<Enclosed, ChannelError> {
    reason::forget();
    let outer = Outer::set_aside();
    let appended = codec::append(value, bytes);
    let enclosed = take(PACKING.get());
    drop(outer);
    appended.map_err(reason::explained)?;
    Ok(enclosed)
}

/// What was being written around the value that is written now. Dropped, it is put back, also when serde panics.
struct Outer {
    packing: Packing,
    enclosed: Enclosed,
}

impl Outer {
    #[inline]
    fn set_aside() -> Outer {
        let packing = PACKING.replace(Packing::Bare);
        Outer { packing, enclosed: take(packing) }
    }
}

impl Drop for Outer {
    #[inline]
    fn drop(&mut self) {
        if PACKING.replace(self.packing) == Packing::Enclosing || self.packing == Packing::Enclosing {
            let inner = ENCLOSED.replace(mem::take(&mut self.enclosed));
            drop(inner);
        }
    }
}

/// What the value that is being written has enclosed; `packing` is how far it is.
#[inline]
fn take(packing: Packing) -> Enclosed {
    if packing == Packing::Enclosing { ENCLOSED.take() } else { Enclosed::default() }
}

/// Reads a value from all of `bytes`; `fds` is what it enclosed.
#[inline]
pub(crate) fn unpack<T: DeserializeOwned>(bytes: &[u8], fds: Vec<OwnedFd>) -> Result<T, ChannelError> {
    reason::forget();
    if fds.is_empty() && !IS_UNPACKING.get() {
        return codec::decode(bytes).map_err(reason::explained);
    }
    let unpacking = Unpacking::begin(fds)?;
    let value = codec::decode(bytes).map_err(reason::explained);
    drop(unpacking);
    value
}

/// While a value is read that encloses something, or in the middle of one. Dropped, what was being read around it is put back.
struct Unpacking {
    outer: Vec<Option<OwnedFd>>,
    was: bool,
}

impl Unpacking {
    #[cold]
    fn begin(fds: Vec<OwnedFd>) -> Result<Unpacking, ChannelError> {
        let inner = fds.into_iter().map(Some).collect();
        let outer = UNPACKING.try_with(|unpacking| unpacking.replace(inner));
        let outer =
            outer.map_err(|_| ChannelError::of_value("this thread is at its end, and can receive no descriptors"))?;
        Ok(Unpacking { outer, was: IS_UNPACKING.replace(true) })
    }
}

impl Drop for Unpacking {
    fn drop(&mut self) {
        IS_UNPACKING.set(self.was);
        let left = UNPACKING.try_with(|unpacking| unpacking.replace(mem::take(&mut self.outer)));
        drop(left);
    }
}

/// Encloses `fds`, for a part of the value being written; the number of the first, to be written.
///
/// # Errors
///
/// When the value is written to something that cannot carry descriptors.
pub(crate) fn enclose<E: ser::Error>(fds: Vec<OwnedFd>, ticket: Option<Ticket>) -> Result<u32, E> {
    if PACKING.get() == Packing::Nothing {
        return Err(reason::refuse("descriptors and ends cross in messages of channels and in arguments only"));
    }
    let enclosed = ENCLOSED.try_with(|enclosed| {
        let mut enclosed = enclosed.borrow_mut();
        let contents = enclosed.0.get_or_insert_default();
        let first = contents.fds.len() as u32;
        contents.fds.extend(fds);
        contents.tickets.extend(ticket);
        first
    });
    let first = enclosed
        .map_err(|_| reason::refuse("this thread is at its end, and can send no descriptors and ends any more"))?;
    PACKING.set(Packing::Enclosing);
    Ok(first)
}

/// Takes descriptors out of the value being read, from number `first` on.
pub(crate) fn take_row<const COUNT: usize>(first: u32) -> Option<[OwnedFd; COUNT]> {
    let row: Option<Vec<OwnedFd>> = (0..COUNT as u32).map(|index| take_out(first.saturating_add(index))).collect();
    row?.try_into().ok()
}

/// Takes descriptor `number` out of the value being read. Each is there once.
pub(crate) fn take_out(number: u32) -> Option<OwnedFd> {
    UNPACKING.try_with(|fds| fds.borrow_mut().get_mut(number as usize)?.take()).ok()?
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::{panic, thread};

    use serde::{Serializer, ser::SerializeTuple};

    use super::*;
    use crate::ipc::fd::Fd;
    use crate::sys::event;

    fn file() -> Fd<OwnedFd> {
        Fd(event::create().expect("a descriptor is to be had"))
    }

    /// Encloses a descriptor, packs another value in the middle of that, and encloses a second.
    struct Around<F>(F);

    impl<F: Fn()> Serialize for Around<F> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut parts = serializer.serialize_tuple(2)?;
            parts.serialize_element(&file())?;
            self.0();
            parts.serialize_element(&file())?;
            parts.end()
        }
    }

    #[test]
    fn a_value_packed_while_another_is_keeps_to_itself_what_it_encloses() {
        let count = |enclosed: Enclosed| enclosed.fds().count();
        let inner = || {
            assert_eq!(count(pack(&7, &mut Vec::new()).expect("a number has bytes")), 0);
            assert_eq!(count(pack(&file(), &mut Vec::new()).expect("a descriptor is enclosed")), 1);
            let panics = Around(|| panic!("on purpose"));
            assert!(panic::catch_unwind(|| pack(&panics, &mut Vec::new())).is_err());
        };
        assert_eq!(count(pack(&Around(inner), &mut Vec::new()).expect("two are enclosed")), 2);
        assert!(enclose::<postcard::Error>(Vec::new(), None).is_err(), "nothing is being written any more");
    }

    #[test]
    fn a_value_unpacked_while_another_is_has_nothing_of_what_that_encloses() {
        struct Reads;
        impl<'de> serde::Deserialize<'de> for Reads {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                // The bytes of a descriptor's number, and no descriptor.
                let inner = unpack::<Fd>(&[0], Vec::new());
                assert!(inner.expect_err("there is none").to_string().contains("without its descriptor"));
                Fd::<OwnedFd>::deserialize(from).map(|_| Reads)
            }
        }
        assert!(unpack::<Reads>(&[0], vec![file().into_inner()]).is_ok());
        assert!(unpack::<Fd>(&[0], Vec::new()).is_err() && !IS_UNPACKING.get());
    }

    #[test]
    fn a_reason_that_was_not_passed_on_is_not_that_of_the_next_error() {
        struct Swallows;
        impl Serialize for Swallows {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                drop(reason::refuse::<S::Error>("an old reason"));
                serializer.serialize_unit()
            }
        }
        assert!(pack(&Swallows, &mut Vec::new()).is_ok());
        let error = unpack::<u64>(&[], Vec::new()).expect_err("there are no bytes");
        assert!(!error.to_string().contains("old"), "{error}");
    }

    #[test]
    fn a_thread_at_its_end_is_told_that_it_can_enclose_nothing_and_take_nothing_out() {
        /// Dropped after what the thread has touched later: [`ENCLOSED`] and [`UNPACKING`].
        struct Last(mpsc::Sender<[Result<(), ChannelError>; 2]>);
        impl Drop for Last {
            fn drop(&mut self) {
                let file = file();
                let packed = pack(&file, &mut Vec::new()).map(drop);
                let unpacked = unpack::<Fd>(&[0], vec![file.into_inner()]).map(drop);
                let _ = self.0.send([packed, unpacked]);
            }
        }
        thread_local! {
            static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
        }
        let (sender, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            LAST.set(Some(Last(sender)));
            pack(&file(), &mut Vec::new()).map(drop)?;
            unpack::<Fd>(&[0], vec![file().into_inner()]).map(drop)
        });
        thread.join().expect("it does not panic").expect("a descriptor is enclosed, and taken out");
        for told in told.recv().expect("it has told") {
            let told = told.expect_err("the thread is at its end").to_string();
            assert!(told.contains("this thread is at its end"), "{told}");
        }
    }
}
