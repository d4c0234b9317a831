//! A counted reference, as `Arc` is one, to a value that may lie in a place chosen for it.
//!
//! What is allocated lies where the allocator puts it. For a value that is to lie in a certain page, beside others that are written to at
//! the same time, there are [`Slot`]s in that page; if all are taken, it is allocated after all.
//!
//! Invariant: a slot counts the references to the value in it, and is only read while there are any; or it is free, and empty; or it is held
//! by one thread, alone: the one that has taken it when it was free, or that has the only reference.

use std::cell::UnsafeCell;
use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ops::Deref;
use std::panic::RefUnwindSafe;
use std::ptr;
use std::sync;

use crate::sys::atomic::{AtomicU64, Ordering};

/// A place for one value.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    /// How many values have been put here, in the upper half; the count of references to this one, [`FREE`], or [`HELD`] in the lower.
    state: AtomicU64,
    value: UnsafeCell<MaybeUninit<T>>,
}

const FREE: u32 = 0;
const HELD: u32 = u32::MAX;

/// The number of a value, and its count.
fn parts(state: u64) -> (u32, u32) {
    ((state >> 32) as u32, state as u32)
}

// As behind an `Arc`: nothing changes the value while there are references, but what the value itself allows.
impl<T: RefUnwindSafe> RefUnwindSafe for Slot<T> {}

// SAFETY: it gives `&T` to all threads, and the value, or `&mut T`, to one of them.
unsafe impl<T: Send + Sync> Sync for Slot<T> {}

/// A reference to a value that is there for as long as there is one.
pub(crate) enum Counted<T: 'static> {
    InSlot(InSlot<T>),
    Allocated(sync::Arc<T>),
}

/// A reference that is counted in its slot.
pub(crate) struct InSlot<T: 'static>(&'static Slot<T>);

/// A reference to a value that is perhaps no more.
#[derive(Debug)]
pub(crate) enum Weak<T: 'static> {
    /// With the number of the value.
    InSlot(&'static Slot<T>, u32),
    Allocated(sync::Weak<T>),
}

/// A slot that is held. Dropped, also by a panic, it has this state.
struct Hold<'a, T>(&'a Slot<T>, u64);

impl<T> Slot<T> {
    #[cfg(not(model))]
    pub(crate) const fn new() -> Slot<T> {
        Slot { state: AtomicU64::new(0), value: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    #[cfg(model)] // loom's atomics are not made by a `const fn`
    pub(crate) fn new() -> Slot<T> {
        Slot { state: AtomicU64::new(0), value: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// Changes the count to what `to` says, if it says anything.
    fn recount(&self, order: Ordering, to: impl Fn(u32, u32) -> Option<u32>) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            let (number, count) = parts(state);
            let Some(to) = to(number, count) else { return false };
            match self.state.compare_exchange(state, joined(number, to), order, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => state = other,
            }
        }
    }

    /// Holds it, if its count is `from`; until that is `then`.
    fn hold(&self, from: u32, then: u32) -> Option<Hold<'_, T>> {
        let is_held = self.recount(Ordering::Acquire, |_, count| (count == from).then_some(HELD));
        is_held.then(|| Hold(self, joined(self.number(), then)))
    }

    /// Counts one more reference to value `number`, if that is still to be had.
    fn add(&self, number: u32) -> bool {
        let more = |now, count| (now == number && count != FREE && count < HELD - 1).then(|| count + 1);
        self.recount(Ordering::Acquire, more)
    }

    /// The number of its value. It stays while the caller has a reference, or holds the slot.
    fn number(&self) -> u32 {
        parts(self.state.load(Ordering::Relaxed)).0
    }

    fn count(&self) -> u32 {
        parts(self.state.load(Ordering::Relaxed)).1
    }

    fn place(&self) -> *mut T {
        self.value.get().cast()
    }
}

fn joined(number: u32, count: u32) -> u64 {
    u64::from(number) << 32 | u64::from(count)
}

impl<T> Drop for Hold<'_, T> {
    fn drop(&mut self) {
        self.0.state.store(self.1, Ordering::Release);
    }
}

impl<T> InSlot<T> {
    /// Counts this reference no more; holds the slot instead if it was the last.
    fn let_go(&self) -> Option<Hold<'_, T>> {
        loop {
            let fewer = |_, count| (2..HELD).contains(&count).then(|| count - 1);
            if self.0.recount(Ordering::Release, fewer) {
                return None;
            }
            // A weak reference may have become one that counts meanwhile. But if it is held, that is by a thread of which this process, a copy
            // made by somebody else's `fork`, has none: the value is nobody's any more.
            let hold = self.0.hold(1, FREE);
            if hold.is_some() || [FREE, HELD].contains(&self.0.count()) {
                return hold;
            }
        }
    }
}

impl<T> Drop for InSlot<T> {
    fn drop(&mut self) {
        if let Some(last) = self.let_go() {
            // SAFETY: until now there is a value; it is held by this one.
            unsafe { last.0.place().drop_in_place() };
        }
    }
}

impl<T> Counted<T> {
    /// A reference to a value, which is made in one of the slots if one is free.
    #[inline]
    pub(crate) fn new(slots: &'static [Slot<T>], make: impl FnOnce() -> T) -> Counted<T> {
        let Some(mut hold) = slots.iter().find_map(|slot| slot.hold(FREE, FREE)) else {
            return Counted::allocated(make);
        };
        // SAFETY: it is held by this one, and there is no value.
        unsafe { hold.0.place().write(make()) };
        hold.1 = joined(hold.0.number().wrapping_add(1), 1);
        Counted::InSlot(InSlot(hold.0))
    }

    #[cold]
    #[inline(never)]
    fn allocated(make: impl FnOnce() -> T) -> Counted<T> {
        Counted::Allocated(sync::Arc::new(make()))
    }

    /// Has `change` change the value, if this is the only reference.
    pub(crate) fn change<R>(&mut self, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        match self {
            Counted::InSlot(InSlot(slot)) => {
                let hold = slot.hold(1, 1)?;
                // SAFETY: there is a value; it is held by this one.
                Some(change(unsafe { &mut *hold.0.place() }))
            }
            Counted::Allocated(one) => sync::Arc::get_mut(one).map(change),
        }
    }

    /// The value, if this was the last reference.
    pub(crate) fn into_inner(self) -> Option<T> {
        match self {
            Counted::InSlot(one) => {
                let one = ManuallyDrop::new(one);
                // SAFETY: until now there is a value; it is held by this one.
                one.let_go().map(|last| unsafe { last.0.place().read() })
            }
            Counted::Allocated(one) => sync::Arc::into_inner(one),
        }
    }

    /// Has the value stay for ever.
    pub(crate) fn leak(self) -> &'static T {
        let value = ptr::from_ref(&**ManuallyDrop::new(self));
        // SAFETY: the count of this reference is never given back.
        unsafe { &*value }
    }

    pub(crate) fn downgrade(&self) -> Weak<T> {
        match self {
            Counted::InSlot(InSlot(slot)) => Weak::InSlot(slot, slot.number()),
            Counted::Allocated(one) => Weak::Allocated(sync::Arc::downgrade(one)),
        }
    }

    /// How many references there are.
    pub(crate) fn count(&self) -> usize {
        match self {
            Counted::InSlot(InSlot(slot)) => slot.count() as usize,
            Counted::Allocated(one) => sync::Arc::strong_count(one),
        }
    }

    /// Whether both refer to the same value.
    pub(crate) fn is(&self, other: &Counted<T>) -> bool {
        ptr::eq(&**self, &**other)
    }
}

impl<T> Clone for Counted<T> {
    fn clone(&self) -> Counted<T> {
        match self {
            Counted::InSlot(InSlot(slot)) => {
                assert!(slot.add(slot.number()), "more references than can be counted");
                Counted::InSlot(InSlot(slot))
            }
            Counted::Allocated(one) => Counted::Allocated(sync::Arc::clone(one)),
        }
    }
}

impl<T> Deref for Counted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            // SAFETY: there is a value, for this one is counted; and who holds the slot by it has borrowed it exclusively.
            Counted::InSlot(one) => unsafe { &*one.0.place() },
            Counted::Allocated(one) => one,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Counted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T> Weak<T> {
    pub(crate) fn upgrade(&self) -> Option<Counted<T>> {
        match self {
            Weak::InSlot(slot, number) => slot.add(*number).then(|| Counted::InSlot(InSlot(slot))),
            Weak::Allocated(one) => one.upgrade().map(Counted::Allocated),
        }
    }

    /// Whether there is no such value any more.
    pub(crate) fn is_gone(&self) -> bool {
        match self {
            Weak::InSlot(slot, number) => {
                let (now, count) = parts(slot.state.load(Ordering::Relaxed));
                now != *number || count == FREE
            }
            Weak::Allocated(one) => one.strong_count() == 0,
        }
    }
}

#[cfg(all(test, not(model)))]
mod tests {
    use super::*;

    #[test]
    fn some_lie_in_slots_and_others_elsewhere() {
        static SLOTS: [Slot<String>; 2] = [const { Slot::new() }; 2];
        let made = || Counted::new(&SLOTS, || "value".to_owned());
        let lies_in_slot = |one: &Counted<String>| matches!(one, Counted::InSlot(_));
        let all = [made(), made(), made()];
        assert_eq!(all.each_ref().map(lies_in_slot), [true, true, false]);
        assert!(!all[0].is(&all[1]) && !all[0].is(&all[2]));
        for mut one in all {
            let (again, weak) = (one.clone(), one.downgrade());
            assert!(one.is(&again) && one.count() == 2 && one.change(|_| ()).is_none());
            assert_eq!((again.into_inner(), weak.upgrade().as_deref().map(String::as_str)), (None, Some("value")));
            assert_eq!(one.into_inner().as_deref(), Some("value"));
            assert!(weak.is_gone() && weak.upgrade().is_none());
        }
        let mut next = made();
        assert!(lies_in_slot(&next) && next.change(|text| text.push('!')).is_some());
        let weak = next.downgrade();
        assert_eq!((next.as_str(), weak.is_gone()), ("value!", false));
        drop(next);
        let next = made();
        assert!(lies_in_slot(&next) && weak.is_gone() && weak.upgrade().is_none() && next.count() == 1);
        assert_eq!(next.leak(), "value");
        let lost = made();
        SLOTS[1].state.store(joined(1, HELD), Ordering::Relaxed); // as a copy of this process may find it
        drop(lost);
    }
}
