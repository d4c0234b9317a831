//! Who lives, who sleeps, and how somebody dies.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use loom::sync::{Condvar, Mutex, MutexGuard};

use crate::shm::robust::Inner;

loom::lazy_static! {
    static ref WORLD: World = World { state: Mutex::new(State::default()), changed: Condvar::new() };
}

loom::thread_local! {
    static ME: Me = Me::default();
}

struct World {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
pub(crate) struct State {
    /// Where they sleep, and the number of their sleep.
    sleepers: Vec<(usize, usize)>,
    sleeps: usize,
    dead: Vec<u64>,
}

/// One thread, that is one process.
struct Me {
    id: Cell<u64>,
    /// How many steps it has left.
    fuel: Cell<usize>,
    dead: Cell<bool>,
    /// Whether it dies where it would sleep.
    dies_asleep: Cell<bool>,
    /// Of how many deaths it knows.
    seen: Cell<usize>,
    held: RefCell<Vec<Arc<Inner>>>,
}

impl Default for Me {
    fn default() -> Me {
        let [dead, dies_asleep] = [(); 2].map(|()| Cell::new(false));
        let held = RefCell::default();
        Me { id: Cell::new(1), fuel: Cell::new(usize::MAX), dead, dies_asleep, seen: Cell::new(0), held }
    }
}

/// What a thread that dies unwinds with.
struct Death;

/// Whether a victim has run out of steps since this was last asked.
static DIED: AtomicBool = AtomicBool::new(false);

/// Runs `scene` in every order, for a victim that dies before its first step, its second, and so on until it gets through.
pub(crate) fn each_death(scene: impl Fn(usize) + Copy + Send + Sync + 'static) {
    for fuel in 0.. {
        DIED.store(false, Ordering::SeqCst);
        each_order(move || scene(fuel));
        if !DIED.load(Ordering::SeqCst) {
            return;
        }
    }
}

/// Runs `scene` in every order.
pub(crate) fn each_order(scene: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    let preemptions = std::env::var("MODELS_PREEMPTIONS").map_or(2, |text| text.parse().expect("a number"));
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 20_000;
    builder.check(scene);
}

/// Lives the life of process `id`, of so many steps; `None` if they were too few.
pub(crate) fn live<T>(id: u64, fuel: usize, life: impl FnOnce() -> T) -> Option<T> {
    ME.with(|me| {
        me.id.set(id);
        me.fuel.set(fuel);
    });
    match catch_unwind(AssertUnwindSafe(life)) {
        Ok(value) => Some(value),
        Err(payload) if payload.is::<Death>() => None,
        Err(payload) => resume_unwind(payload),
    }
}

/// Lives the life of process `id` up to where it sleeps, and dies there.
pub(crate) fn live_until_asleep<T>(id: u64, life: impl FnOnce() -> T) -> Option<T> {
    ME.with(|me| me.dies_asleep.set(true));
    live(id, usize::MAX, life)
}

/// Takes a step, or dies before it.
pub(crate) fn step() {
    let alive = ME.with(|me| {
        assert!(!me.dead.get(), "the dead do nothing");
        let fuel = me.fuel.get();
        me.fuel.set(fuel.saturating_sub(usize::from(fuel != usize::MAX)));
        fuel > 0
    });
    if !alive {
        DIED.store(true, Ordering::SeqCst);
        die();
    }
}

fn die() -> ! {
    // The kernel does it in this order: locks, then whoever watches the process.
    let held = ME.with(|me| me.held.take());
    held.iter().for_each(|lock| lock.release(true));
    let mut state = lock();
    state.dead.push(me());
    drop(state);
    WORLD.changed.notify_all();
    ME.with(|me| me.dead.set(true));
    resume_unwind(Box::new(Death))
}

/// The id of the calling process; 0 once it is dead.
pub(crate) fn me() -> u64 {
    ME.with(|me| if me.dead.get() { 0 } else { me.id.get() })
}

pub(crate) fn is_dead() -> bool {
    ME.with(|me| me.dead.get())
}

/// Notes which locks are to be handed on.
pub(crate) fn holds(lock: &Arc<Inner>) {
    ME.with(|me| me.held.borrow_mut().push(Arc::clone(lock)));
}

pub(crate) fn lets_go(lock: &Arc<Inner>) {
    ME.with(|me| me.held.borrow_mut().retain(|other| !Arc::ptr_eq(other, lock)));
}

pub(crate) fn has_ended(id: u64) -> bool {
    lock().dead.contains(&id)
}

fn lock() -> MutexGuard<'static, State> {
    WORLD.state.lock().expect("nobody panics with it")
}

/// Sleeps at `place` unless `go_on` says no; where it is `watchful`, until somebody else has died, too.
pub(crate) fn sleep(place: usize, watchful: bool, go_on: impl FnOnce() -> bool) {
    if ME.with(|me| me.dies_asleep.get()) {
        die();
    }
    let mut state = lock();
    if !go_on() {
        return;
    }
    state.sleeps += 1;
    let sleep = (place, state.sleeps);
    state.sleepers.push(sleep);
    while state.sleepers.contains(&sleep) {
        let deaths = state.dead.len();
        if watchful && ME.with(|me| me.seen.replace(deaths)) < deaths {
            state.sleepers.retain(|other| *other != sleep);
            return;
        }
        state = WORLD.changed.wait(state).expect("nobody panics with it");
    }
}

/// Makes a change and wakes up to `count` of those that sleep at `place`, in one step.
pub(crate) fn change_and_wake(place: usize, count: usize, change: impl FnOnce()) -> usize {
    let mut state = lock();
    change();
    let mut woken = 0;
    state.sleepers.retain(|(other, _)| {
        let wakes = *other == place && woken < count;
        woken += usize::from(wakes);
        !wakes
    });
    drop(state);
    WORLD.changed.notify_all();
    woken
}
