//! Four processes count in shared memory: with a lock, with an atomic, and with neither. One more dies with the lock.
//!
//! ```text
//! with a lock:    40000
//! with an atomic: 40000
//! with neither:   0
//! process `saboteur` died while it held the lock; the count was 40000, and is again 40000
//! ```

use std::sync::atomic::{AtomicU64, Ordering};

use mp_runtime::sync::{LockError, Mutex};
use mp_runtime::{SharedBox, process};

const EACH: u64 = 10_000;

#[process]
fn count(locked: &Mutex<u64>, atomic: &SharedBox<AtomicU64>, mut neither: u64) {
    for _ in 0..EACH {
        *locked.lock().unwrap() += 1;
        atomic.fetch_add(1, Ordering::Relaxed);
        neither += 1; // this process's own copy
    }
    assert_eq!(neither, EACH);
}

#[process]
fn saboteur(locked: &Mutex<u64>) {
    let mut count = locked.lock().unwrap();
    *count = 0;
    std::process::abort();
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let locked = Mutex::new(0)?;
    let atomic = SharedBox::new(AtomicU64::new(0))?;
    let neither = 0;
    let counters: Result<Vec<_>, _> = (0..4).map(|_| count::spawn(&locked, &atomic, neither)).collect();
    for counter in counters? {
        counter.join()?;
    }
    let correct = *locked.lock().unwrap();
    println!("with a lock:    {correct}");
    println!("with an atomic: {}", atomic.load(Ordering::Relaxed));
    println!("with neither:   {neither}");

    saboteur::spawn(&locked)?.join().unwrap_err();
    let Err(error) = locked.lock() else { return Err("nobody was told".into()) };
    let name = error.culprit().map(|culprit| culprit.name()).unwrap_or_default();
    let mut guard = error.recover().map_err(|error: LockError<_>| error.to_string())?;
    *guard = correct; // this program knows what is right
    locked.clear_poison();
    drop(guard);
    let again = *locked.lock().unwrap();
    println!("process `{name}` died while it held the lock; the count was {correct}, and is again {again}");
    Ok(())
}
