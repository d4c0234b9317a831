//! The locks' protocols, run in every order of their steps, with a death at each.
//!
//! The protocols are compiled from the sources of `mp-runtime` themselves. What they stand on there is modelled here, under
//! the same names: atomics (loom's), the robust mutex, the futex, identities. A process is a thread; it dies by taking no
//! further step, whereupon its robust mutexes are handed on and those that look around find it ended.
//!
//! Beside them, `references`: the threads of one process, at a value that they count their references to. Whether one of them reads it
//! too late is seen by `sys/cell`.
//!
//! `cargo test -p models --release`. `MODELS_PREEMPTIONS` is how often a thread may be interrupted where it need not be;
//! 2 if not set.
#![cfg(test)]

mod world;

#[allow(unsafe_code, dead_code, reason = "as for `shm`; and loom's cells give pointers")]
mod sys {
    pub(crate) mod atomic;
    pub(crate) mod cell;
    #[path = "../../../mp-runtime/src/sys/counted.rs"]
    pub(crate) mod counted;
    pub(crate) mod futex;
    pub(crate) mod identity;
}

#[allow(dead_code, reason = "the models run a part of each protocol; the rest is shown elsewhere")]
#[allow(unsafe_code, reason = "the sources of `mp-runtime` say what each of their heads consists of")]
mod shm {
    #[path = "../../../mp-runtime/src/shm/barrier.rs"]
    pub(crate) mod barrier;
    #[path = "../../../mp-runtime/src/shm/condvar.rs"]
    pub(crate) mod condvar;
    #[path = "../../../mp-runtime/src/shm/flag.rs"]
    pub(crate) mod flag;
    #[path = "../../../mp-runtime/src/shm/head.rs"]
    pub(crate) mod head;
    #[path = "../../../mp-runtime/src/shm/monitor.rs"]
    pub(crate) mod monitor;
    #[path = "../../../mp-runtime/src/shm/once.rs"]
    pub(crate) mod once;
    #[path = "../../../mp-runtime/src/shm/owner.rs"]
    pub(crate) mod owner;
    pub(crate) mod robust;
    #[path = "../../../mp-runtime/src/shm/rwlock.rs"]
    pub(crate) mod rwlock;
    #[path = "../../../mp-runtime/src/shm/semaphore.rs"]
    pub(crate) mod semaphore;
    pub(crate) mod who;
}

mod references;
mod scenes;
