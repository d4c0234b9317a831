//! Threads of one process that refer to the value in a slot.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use loom::thread;

use crate::sys::cell::Watched;
use crate::sys::counted::{Counted, Slot};
use crate::world::each_order;

struct Value {
    number: Watched,
    dropped: Arc<AtomicU32>,
}

impl Drop for Value {
    fn drop(&mut self) {
        self.number.set(0);
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

/// A slot, and how many of its values are dropped.
fn place() -> (&'static [Slot<Value>], Arc<AtomicU32>) {
    (Box::leak(Box::new([Slot::new()])), Arc::default())
}

fn put(slots: &'static [Slot<Value>], number: u32, dropped: &Arc<AtomicU32>) -> Counted<Value> {
    Counted::new(slots, || Value { number: Watched::new(number), dropped: Arc::clone(dropped) })
}

#[test]
fn last_reference_takes_the_value_along() {
    each_order(|| {
        let (slots, dropped) = place();
        let one = put(slots, 1, &dropped);
        let (other, weak) = (one.clone(), one.downgrade());
        let reader = thread::spawn(move || other.number.get());
        let finder = thread::spawn(move || {
            let found = weak.upgrade().inspect(|found| assert_eq!(found.number.get(), 1));
            if let Some(value) = found.and_then(Counted::into_inner) {
                assert_eq!(value.number.get(), 1);
            }
        });
        assert_eq!(one.number.get(), 1);
        drop(one);
        assert_eq!(reader.join().expect("no assertion fails"), 1);
        finder.join().expect("no assertion fails");
        assert_eq!(dropped.load(Ordering::Relaxed), 1);
        let next = put(slots, 2, &dropped);
        assert!(matches!(next, Counted::InSlot(_)) && next.count() == 1);
    });
}

#[test]
fn only_reference_may_change_the_value() {
    each_order(|| {
        let (slots, dropped) = place();
        let mut one = put(slots, 1, &dropped);
        let weak = one.downgrade();
        let finder = thread::spawn(move || weak.upgrade().map(|found| found.number.get()));
        let changed = one.change(|value| value.number.set(2)).is_some();
        let found = finder.join().expect("no assertion fails");
        assert!(found.is_none_or(|found| found == 1 || changed && found == 2));
        assert_eq!((one.number.get(), one.count()), (if changed { 2 } else { 1 }, 1));
    });
}

/// Nor is it, for a moment, the last one of that: to drop the next value is not everybody's to do.
#[test]
fn weak_reference_does_not_find_the_next_value() {
    each_order(|| {
        let (slots, dropped) = place();
        let one = put(slots, 1, &dropped);
        let weak = one.downgrade();
        let finder = thread::spawn(move || weak.upgrade().map(|found| found.number.get()));
        drop(one);
        let next = put(slots, 2, &dropped);
        assert_eq!((next.number.get(), next.count()), (2, 1));
        // Its only reference, with which nobody has interfered.
        assert!(next.into_inner().is_some());
        assert!(finder.join().expect("no assertion fails").is_none_or(|found| found == 1));
        assert_eq!(dropped.load(Ordering::Relaxed), 2);
    });
}
