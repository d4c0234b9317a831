//! Two or three processes at one lock, one of which may die.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use loom::thread::{self, JoinHandle};

use crate::shm::barrier::{Failed, Rendezvous};
use crate::shm::condvar::Waiters;
use crate::shm::flag::Flag;
use crate::shm::once::Single;
use crate::shm::owner::{Hold, Owner, Patience};
use crate::shm::rwlock::ManyOrOne;
use crate::shm::semaphore::Permits;
use crate::shm::who::Who;
use crate::world::{each_death, live, live_until_asleep};

const VICTIM: u64 = 2;
const OTHER: u64 = 3;
/// Those that have died before.
const GONE: [u64; 2] = [4, 5];
const ENDLESS: usize = usize::MAX;

/// Starts a process; joined, it gives `None` if it has died.
fn start<H, T>(head: &Arc<H>, id: u64, fuel: usize, life: fn(&H) -> T) -> JoinHandle<Option<T>>
where
    H: Send + Sync + 'static,
    T: Send + 'static,
{
    let head = Arc::clone(head);
    thread::spawn(move || live(id, fuel, || life(&head)))
}

fn ended<T>(process: JoinHandle<Option<T>>) -> Option<T> {
    process.join().expect("no assertion fails")
}

/// A value in two parts, and the lock that keeps them together.
struct Guarded<L> {
    lock: L,
    parts: [AtomicU32; 2],
}

impl<L> Guarded<L> {
    fn new(lock: L) -> Arc<Self> {
        Arc::new(Guarded { lock, parts: [const { AtomicU32::new(0) }; 2] })
    }

    fn is_whole(&self) -> bool {
        self.parts[0].load(Ordering::Relaxed) == self.parts[1].load(Ordering::Relaxed)
    }

    fn change(&self) {
        for part in &self.parts {
            crate::world::step();
            part.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Whether there was a warning.
fn change_owned(guarded: &Guarded<Owner>) -> bool {
    let hold = guarded.lock.take(Patience::ForEver).expect("it is not held here");
    let warned = guarded.lock.is_poisoned();
    assert!(warned || guarded.is_whole());
    guarded.change();
    drop(hold);
    warned
}

#[test]
fn mutex() {
    each_death(|fuel| {
        let guarded = Guarded::new(Owner::zeroes());
        let victim = start(&guarded, VICTIM, fuel, change_owned);
        let other = start(&guarded, OTHER, ENDLESS, change_owned);
        let died = ended(victim).is_none();
        let warned = ended(other) == Some(true);
        assert!(died || !warned);
        let hold = guarded.lock.take(Patience::ForEver).expect("it is free");
        assert!(guarded.is_whole() || guarded.lock.poison() == Some(Who(VICTIM)));
        drop(hold);
    });
}

fn write(guarded: &Guarded<ManyOrOne>) -> bool {
    let taken = guarded.lock.write(Patience::ForEver).expect("there is a seat");
    let warned = taken.head().poison().is_some();
    assert!(warned || guarded.is_whole());
    guarded.change();
    drop(taken);
    warned
}

fn read(guarded: &Guarded<ManyOrOne>) -> bool {
    let taken = guarded.lock.read(Patience::ForEver).expect("there is a seat");
    let warned = taken.head().poison().is_some();
    crate::world::step();
    assert!(warned || guarded.is_whole());
    drop(taken);
    warned
}

fn rwlock(fuel: usize, victim: fn(&Guarded<ManyOrOne>) -> bool, other: fn(&Guarded<ManyOrOne>) -> bool) -> bool {
    let guarded = Guarded::new(ManyOrOne::zeroes());
    let victim = start(&guarded, VICTIM, fuel, victim);
    let other = start(&guarded, OTHER, ENDLESS, other);
    let died = ended(victim).is_none();
    let warned = ended(other) == Some(true);
    assert!(died || !warned);
    let taken = guarded.lock.write(Patience::ForEver).expect("there is a seat");
    let poison = taken.head().poison();
    assert!(guarded.is_whole() || poison == Some(Who(VICTIM)));
    drop(taken);
    warned || poison.is_some()
}

#[test]
fn rwlock_by_two_writers() {
    each_death(|fuel| {
        rwlock(fuel, write, write);
    });
}

#[test]
fn rwlock_by_a_writer_and_a_reader() {
    each_death(|fuel| {
        rwlock(fuel, write, read);
    });
}

#[test]
fn rwlock_by_a_reader_and_a_writer() {
    each_death(|fuel| assert!(!rwlock(fuel, read, write), "a reader harms nobody"));
}

#[test]
fn semaphore() {
    each_death(|fuel| {
        let permits = Arc::new(Permits::zeroes());
        permits.begin(1);
        let take = |permits: &Permits| drop(permits.take(Patience::ForEver).expect("there is a seat"));
        let victim = start(&permits, VICTIM, fuel, take);
        let other = start(&permits, OTHER, ENDLESS, take);
        ended(victim);
        ended(other);
        drop(permits.take(Patience::None).expect("nobody has it"));
        assert_eq!(permits.free(), 1);
    });
}

#[test]
fn semaphore_as_a_signal() {
    each_death(|fuel| {
        let permits = Arc::new(Permits::zeroes());
        let other = start(&permits, OTHER, ENDLESS, |permits| {
            permits.take(Patience::ForEver).expect("there is a seat").forget();
        });
        let victim = start(&permits, VICTIM, fuel, |permits| permits.add(1).expect("it comes in"));
        // What was added before it died needs no help.
        let died = ended(victim).is_none();
        if died && permits.free() == 0 {
            permits.add(1).expect("it comes in");
        }
        ended(other);
        assert!(permits.free() <= u32::from(died));
    });
}

#[test]
fn barrier() {
    each_death(|fuel| {
        let barrier = Arc::new(Rendezvous::zeroes());
        barrier.begin(2);
        let come = |barrier: &Rendezvous| barrier.wait(Patience::ForEver);
        let other = start(&barrier, OTHER, ENDLESS, come);
        let victim = start(&barrier, VICTIM, fuel, come);
        let first = ended(victim);
        // One that died before it had arrived, or been here at all, may not be waited for.
        if first.is_none() && !barrier.waiting().contains(&Who(VICTIM)) {
            barrier.abort().expect("it comes in");
        }
        match (first, ended(other).expect("it does not die")) {
            (Some(Ok(one)), Ok(other)) => assert!(one != other, "there is one leader"),
            (None, Ok(_)) => {}
            (None, Err(Failed::Broken(who))) => assert!(who.is_none_or(|who| who == Who(VICTIM))),
            (one, other) => panic!("{one:?} and {other:?}"),
        }
    });
}

/// Comes to the barrier, and dies while it waits.
fn arrive_and_die(barrier: &Arc<Rendezvous>, id: u64) {
    let head = Arc::clone(barrier);
    let process = thread::spawn(move || live_until_asleep(id, || head.wait(Patience::ForEver)));
    assert!(ended(process).is_none());
    assert_eq!(barrier.waiting(), [Who(id)]);
}

#[test]
fn barrier_that_is_reset_by_one_that_dies() {
    each_death(|fuel| {
        let barrier = Arc::new(Rendezvous::zeroes());
        barrier.begin(2);
        // We have been there before, and do not take the seat of the second one.
        arrive_and_die(&barrier, GONE[0]);
        assert!(barrier.wait(Patience::None).is_err());
        barrier.reset().expect("it comes in");
        arrive_and_die(&barrier, GONE[1]);
        let victim = start(&barrier, VICTIM, fuel, |barrier| barrier.reset().expect("it comes in"));
        // Alone, but for the dead.
        assert!(barrier.wait(Patience::None).is_err());
        ended(victim);
    });
}

/// An item to wait for.
struct Shop {
    owner: Owner,
    changed: Waiters,
    items: AtomicU32,
}

impl Shop {
    fn new() -> Arc<Shop> {
        Arc::new(Shop { owner: Owner::zeroes(), changed: Waiters::zeroes(), items: AtomicU32::new(0) })
    }

    fn consume(&self) {
        let mut hold = self.owner.take(Patience::ForEver).expect("it is not held here");
        while self.items.load(Ordering::Relaxed) == 0 {
            hold = self.wait(hold, true);
        }
        crate::world::step();
        self.items.fetch_sub(1, Ordering::Relaxed);
        drop(hold);
    }

    /// Where it `doubts`, also until another has had the lock: in a model time passes when somebody dies.
    fn wait<'a>(&'a self, hold: Hold<'a>, doubts: bool) -> Hold<'a> {
        let (waiter, failures) =
            (self.changed.begin(Patience::ForEver).expect("there is a seat"), self.owner.failures());
        let turnovers = self.owner.turnovers();
        drop(hold);
        let has_failed = || self.owner.is_orphaned() || self.owner.failures() != failures;
        let has_failed = || has_failed() || doubts && self.owner.turnovers() != turnovers;
        assert!(waiter.sleep(has_failed));
        let hold = self.owner.take(Patience::ForEver).expect("it is not held here");
        drop(waiter);
        hold
    }

    fn has_items(&self) -> bool {
        let _hold = self.owner.take(Patience::ForEver).expect("it is not held here");
        self.items.load(Ordering::Relaxed) > 0
    }

    fn produce(&self) {
        let hold = self.owner.take(Patience::ForEver).expect("it is not held here");
        crate::world::step();
        self.items.fetch_add(1, Ordering::Relaxed);
        drop(hold);
        self.changed.notify_one();
    }
}

#[test]
fn condvar_whose_notifier_dies() {
    each_death(|fuel| {
        let shop = Shop::new();
        let other = start(&shop, OTHER, ENDLESS, Shop::consume);
        let victim = start(&shop, VICTIM, fuel, Shop::produce);
        // What is there, the other gets without a notification.
        if ended(victim).is_none() && !shop.has_items() {
            shop.produce();
        }
        ended(other);
    });
}

#[test]
fn condvar_with_a_waiter_that_dies() {
    each_death(|fuel| {
        let shop = Shop::new();
        let victim = start(&shop, VICTIM, fuel, Shop::consume);
        let other = start(&shop, OTHER, ENDLESS, |shop| {
            shop.consume();
            shop.produce();
        });
        shop.produce();
        let died = ended(victim).is_none();
        // What is there, the other gets, without another notification.
        let hold = shop.owner.take(Patience::ForEver).expect("it is free");
        let is_there = shop.items.load(Ordering::Relaxed) > 0;
        drop(hold);
        if !died || !is_there {
            shop.produce();
        }
        ended(other);
    });
}

#[test]
fn condvar_whose_waiters_lock_is_held_by_one_that_dies() {
    each_death(|fuel| {
        let shop = Shop::new();
        let other = start(&shop, OTHER, ENDLESS, |shop| {
            let hold = shop.owner.take(Patience::ForEver).expect("it is not held here");
            if shop.owner.failures() == 0 {
                shop.wait(hold, false);
            }
        });
        let victim = start(&shop, VICTIM, fuel, |shop| {
            let hold = shop.owner.take(Patience::ForEver).expect("it is not held here");
            crate::world::step();
            drop(hold);
        });
        ended(victim);
        // If the victim had the lock, we may be the first to learn of it; the other learns of it all the same.
        drop(shop.owner.take(Patience::ForEver).expect("it is free"));
        if shop.owner.failures() == 0 {
            let is_waited = || {
                let _hold = shop.owner.take(Patience::ForEver).expect("it is free");
                shop.changed.waiting().contains(&Who(OTHER))
            };
            while !is_waited() {
                thread::yield_now();
            }
            shop.changed.notify_all();
        }
        ended(other);
    });
}

#[test]
fn event_whose_setter_dies() {
    each_death(|fuel| {
        let flag = Arc::new(Flag::zeroes());
        let other = start(&flag, OTHER, ENDLESS, |flag| assert!(flag.wait(Patience::ForEver)));
        let victim = start(&flag, VICTIM, fuel, Flag::set);
        if ended(victim).is_none() && !flag.is_set() {
            flag.set();
        }
        ended(other);
    });
}

#[test]
fn event_with_a_waiter_that_dies() {
    each_death(|fuel| {
        let flag = Arc::new(Flag::zeroes());
        let wait = |flag: &Flag| assert!(flag.wait(Patience::ForEver));
        let victim = start(&flag, VICTIM, fuel, wait);
        let other = start(&flag, OTHER, ENDLESS, wait);
        flag.set();
        ended(victim);
        ended(other);
    });
}

#[test]
fn once() {
    each_death(|fuel| {
        let guarded = Guarded::new(Single::zeroes());
        let call = |guarded: &Guarded<Single>| {
            if let Some(turn) = guarded.lock.begin(Patience::ForEver).expect("it is not held here") {
                guarded.change();
                turn.finish();
            }
        };
        let victim = start(&guarded, VICTIM, fuel, call);
        let other = start(&guarded, OTHER, ENDLESS, call);
        let died = ended(victim).is_none();
        ended(other);
        let times = guarded.parts[1].load(Ordering::Relaxed);
        assert!(guarded.lock.is_done() && times >= 1 && (died || times == 1));
    });
}
