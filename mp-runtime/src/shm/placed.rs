//! A value in shared memory, behind a head that says who may touch it.
//!
//! Invariant: a region of a `Placed` holds a stamp, a head and a value, each at its offset, and stays mapped until the
//! `Placed` is dropped; longer, if this process then holds a robust lock that it took by this mapping, for the C library has
//! that in a list, by its address.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use nix::errno::Errno;

use crate::shm::head::Head;
use crate::shm::plain::Plain;
use crate::shm::region::Region;
use crate::sys::{identity, sameness};

/// A head and a value in a region of their own; derefs to the head.
#[derive(Debug)]
pub(crate) struct Placed<H: Head, T: Plain + ?Sized> {
    region: ManuallyDrop<Region>,
    count: usize,
    /// The process that has a robust lock by this mapping, written by the thread that has it; 0 for none. A copy in a forked
    /// process names another process than that one.
    pub(super) pin: AtomicU64,
    _holds: PhantomData<(H, T::Element)>,
}

/// Where the stamp is, and where the number of elements.
const STAMP: usize = 0;
const COUNT: usize = 8;

impl<H: Head, T: Plain + ?Sized> Placed<H, T> {
    const HEAD: usize = 16_usize.next_multiple_of(align_of::<H>());
    const VALUE: usize = {
        assert!(align_of::<T::Element>() <= 4096 && align_of::<H>() <= 4096, "aligned to more than a page");
        (Self::HEAD + size_of::<H>()).next_multiple_of(align_of::<T::Element>())
    };
    /// Tells regions of other heads and values from these, of all types in the program: whoever opens one is the same program,
    /// in another process.
    fn stamp() -> u64 {
        // Without a seed: the same in every process.
        let mut hasher = DefaultHasher::new();
        sameness::id::<Self>().hash(&mut hasher);
        hasher.finish() | 1
    }

    /// Makes a head and `count` elements, for which `fill` gives the values in order.
    ///
    /// # Errors
    ///
    /// As [`Region::new`].
    pub(crate) fn new(count: usize, mut fill: impl FnMut(usize) -> T::Element) -> nix::Result<Self> {
        let placed = Self::zeroed(count)?;
        for index in 0..count {
            // SAFETY: `zeroed` made room for `count` elements.
            let element = unsafe { placed.elements().add(index) };
            // SAFETY: mapped, writable, aligned, and not yet known to anybody else.
            unsafe { element.write(fill(index)) };
        }
        Ok(placed)
    }

    /// Makes a head and `count` elements of zeroes.
    pub(crate) fn zeroed(count: usize) -> nix::Result<Self> {
        let length = size_of::<T::Element>().checked_mul(count).and_then(|bytes| bytes.checked_add(Self::VALUE));
        let region = Region::new(H::NAME, length.ok_or(Errno::ENOMEM)?)?;
        let placed: Self =
            Placed { region: ManuallyDrop::new(region), count, pin: AtomicU64::new(0), _holds: PhantomData };
        placed.init()?;
        placed.region.word(COUNT).store(count as u64, Release);
        placed.region.word(STAMP).store(Self::stamp(), Release);
        Ok(placed)
    }

    /// Maps what another process has made, from its file.
    ///
    /// # Errors
    ///
    /// As [`Region::open`]; `EINVAL` when it is something else.
    pub(crate) fn open(file: OwnedFd) -> nix::Result<Self> {
        let region = Region::open(file, None)?;
        if region.word(STAMP).load(Acquire) != Self::stamp() {
            return Err(Errno::EINVAL);
        }
        let count = usize::try_from(region.word(COUNT).load(Acquire)).map_err(|_| Errno::EINVAL)?;
        let length = size_of::<T::Element>().checked_mul(count).and_then(|bytes| bytes.checked_add(Self::VALUE));
        if length.is_none_or(|length| length > region.length()) || !(T::IS_SLICE || count == 1) {
            return Err(Errno::EINVAL);
        }
        Ok(Placed { region: ManuallyDrop::new(region), count, pin: AtomicU64::new(0), _holds: PhantomData })
    }

    /// The file, to be passed to another process.
    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.region.file()
    }

    fn elements(&self) -> NonNull<T::Element> {
        // SAFETY: the region is longer than that: it was made or checked to be.
        unsafe { self.region.start().add(Self::VALUE) }.cast()
    }

    /// The value: mapped and aligned while `self` lives. Who may touch it when is up to the head.
    pub(crate) fn value(&self) -> NonNull<T> {
        T::from_raw(self.elements(), self.count)
    }
}

impl<H: Head, T: Plain + ?Sized> Deref for Placed<H, T> {
    type Target = H;

    #[inline]
    fn deref(&self) -> &H {
        // SAFETY: the region is longer than that.
        let head = unsafe { self.region.start().add(Self::HEAD) }.cast::<H>();
        // SAFETY: mapped and aligned while `self` lives; zeroes or initialised, both of which a `Head` allows, and
        // changed by atomic operations only.
        unsafe { head.as_ref() }
    }
}

impl<H: Head, T: Plain + ?Sized> Drop for Placed<H, T> {
    fn drop(&mut self) {
        if self.pin.load(Relaxed) != identity::current().raw() {
            // SAFETY: not used after this; no guard is left, for they borrow `self`, and none was forgotten.
            unsafe { ManuallyDrop::drop(&mut self.region) };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;
    use crate::shm::owner::Owner;
    use crate::shm::unlocked::Unlocked;

    const WIDE: usize = 8192;

    /// Whether what `made` is can be had as another type.
    fn opens<H: Head, T: Plain + ?Sized>(made: &Placed<impl Head, impl Plain + ?Sized>) -> bool {
        Placed::<H, T>::open(made.file().try_clone_to_owned().expect("a descriptor")).is_ok()
    }

    #[test]
    fn what_was_made_is_opened_as_what_it_is() {
        let none = Placed::<Unlocked, [[u8; WIDE]]>::zeroed(0).expect("memory");
        assert!(opens::<Unlocked, [[u8; WIDE]]>(&none));
        assert!(!opens::<Unlocked, [u8; WIDE]>(&none), "a reference to more than there is");
        let atomic = Placed::<Unlocked, AtomicU32>::zeroed(1).expect("memory");
        assert!(opens::<Unlocked, AtomicU32>(&atomic));
        assert!(!opens::<Unlocked, u32>(&atomic), "others change what does not change");
        assert!(!opens::<Owner, AtomicU32>(&atomic), "a lock that is none");
    }

    #[test]
    fn a_value_that_is_no_slice_is_one() {
        let one = Placed::<Unlocked, [u8; WIDE]>::zeroed(1).expect("memory");
        assert!(opens::<Unlocked, [u8; WIDE]>(&one));
        for count in [0, 2] {
            one.region.word(COUNT).store(count, Release);
            assert!(!opens::<Unlocked, [u8; WIDE]>(&one));
        }
    }
}
