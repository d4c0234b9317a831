//! loom's atomics; each access is a step.

pub(crate) use std::sync::atomic::{Ordering, compiler_fence};

use crate::world::step;

macro_rules! atomic {
    ($name:ident, $number:ty) => {
        #[derive(Debug)]
        pub(crate) struct $name(pub(crate) loom::sync::atomic::$name);

        #[allow(dead_code, reason = "not every width needs every operation")]
        impl $name {
            pub(crate) fn new(value: $number) -> Self {
                $name(loom::sync::atomic::$name::new(value))
            }

            pub(crate) fn load(&self, order: Ordering) -> $number {
                step();
                self.0.load(order)
            }

            pub(crate) fn store(&self, value: $number, order: Ordering) {
                step();
                self.0.store(value, order);
            }

            pub(crate) fn fetch_add(&self, value: $number, order: Ordering) -> $number {
                step();
                self.0.fetch_add(value, order)
            }

            pub(crate) fn fetch_or(&self, value: $number, order: Ordering) -> $number {
                step();
                self.0.fetch_or(value, order)
            }

            pub(crate) fn fetch_and(&self, value: $number, order: Ordering) -> $number {
                step();
                self.0.fetch_and(value, order)
            }

            pub(crate) fn compare_exchange(
                &self,
                old: $number,
                new: $number,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$number, $number> {
                step();
                self.0.compare_exchange(old, new, success, failure)
            }
        }
    };
}

atomic!(AtomicU32, u32);
atomic!(AtomicU64, u64);
