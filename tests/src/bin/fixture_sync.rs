//! What mutexes, events and shared values do; the first argument names a scene. Silent and code 0 if all is as it should be.

use std::env;
use std::io::ErrorKind;
use std::mem;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fixture_kit::ends::{LONG, MOMENT, at_once, join_all, kill, park};
use fixture_kit::{Gate, fds, stat, until};
use mp_runtime::sync::{Event, LockError, Mutex, MutexGuard, Once};
use mp_runtime::{Receiver, SharedBox, SharedBytes, SharedSlice, channel, process};

mod fixture_kit;

#[process]
fn hold(mutex: &Mutex<u32>) {
    let _guard = mutex.lock().unwrap();
    park();
}

#[process]
fn wait_for(event: &Event) {
    event.wait();
}

#[process]
fn add(mutex: &Mutex<[u64; 2]>, times: u64) {
    for _ in 0..times {
        let mut pair = mutex.lock().unwrap();
        pair[0] += 1;
        pair[1] += 1;
    }
}

#[process]
fn panic_with(mutex: &Mutex<u32>) {
    let mut guard = mutex.lock().unwrap();
    *guard = 1;
    panic!("on purpose");
}

#[process]
fn use_copy(guard: &mut MutexGuard<'_, u32>) {
    **guard = 7;
}

#[process]
fn drop_copy(guard: MutexGuard<'_, u32>) {
    drop(guard);
}

#[process]
fn forget_guard(mutex: Mutex<u32>, other: &Mutex<u32>) {
    mem::forget(mutex.lock().unwrap());
    drop(mutex);
    // Each lock and release walks the list that the forgotten one is in.
    for _ in 0..100 {
        *other.lock().unwrap() += 1;
    }
}

#[process]
fn begin_and_die(once: &Once, gate: &Gate) {
    let work = || {
        gate.open(1);
        park();
    };
    once.call_once(|_| work()).unwrap();
}

#[process]
fn begin_and_panic(once: &Once) {
    once.call_once(|_| panic!("on purpose")).unwrap();
}

/// The id of the one that failed before.
#[process]
fn begin(once: &Once, times: &SharedBox<AtomicU32>) -> Option<u32> {
    let mut failed = None;
    let mut work = |before: Option<u32>| {
        failed = before;
        times.fetch_add(1, Ordering::SeqCst);
    };
    once.call_once(|state| work(state.failed().map(|who| who.id()))).unwrap();
    failed
}

type Parts = (Mutex<u32>, Event, SharedSlice<AtomicU32>, SharedBytes);

/// Uses what it gets as a message.
#[process]
fn use_what_comes(parts: Receiver<Parts>) {
    for (mutex, event, slice, bytes) in parts {
        *mutex.lock().unwrap() += 1;
        slice[2].fetch_add(1, Ordering::Relaxed);
        bytes.grow(8).unwrap();
        bytes.write_at(4, b"here").unwrap();
        event.set();
    }
}

#[process]
fn append(bytes: &SharedBytes, letter: u8, to: usize) {
    bytes.grow(to).unwrap();
    bytes.write_at(to - 3, &[letter; 3]).unwrap();
}

fn main() {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "h3" => {
            let event = Event::new().unwrap();
            let [first, second] = [(); 2].map(|()| wait_for::spawn(&event).unwrap());
            until(|| stat(first.id()).unwrap().0 == 'S' && stat(second.id()).unwrap().0 == 'S');
            kill(first);
            at_once(|| event.set());
            second.join().unwrap();
        }
        "h4" => {
            let mutex = Mutex::new(5).unwrap();
            let child = hold::spawn(&mutex).unwrap();
            until(|| mutex.holder().is_some());
            assert_eq!(mutex.holder().unwrap().name(), "hold");
            assert!(mutex.try_lock().unwrap_err().is_timeout());
            let id = kill(child);
            let error = at_once(|| mutex.lock_timeout(LONG)).unwrap_err();
            let culprit = error.culprit().unwrap();
            assert_eq!((culprit.id(), &*culprit.name(), error.is_panic()), (id, "hold", false));
            let expected = format!("process `hold` (pid {id}) died while it held the lock; `recover` gives the guard");
            assert_eq!(error.to_string(), expected);
            assert_eq!(*error.recover().unwrap(), 5);
            // Until it is cleared, each is told.
            assert!(mutex.lock().unwrap_err().is_poisoned());
            mutex.clear_poison();
            assert_eq!(*mutex.lock().unwrap(), 5);
        }
        "mutex-excludes" => {
            let mutex = Mutex::new([0, 0]).unwrap();
            join_all([(); 4].map(|()| add::spawn(&mutex, 20_000).unwrap()));
            assert_eq!(*mutex.lock().unwrap(), [80_000, 80_000]);
        }
        "mutex-twice" => {
            let mutex = Mutex::new(0).unwrap();
            let guard = mutex.lock().unwrap();
            assert!(mutex.lock().unwrap_err().is_deadlock());
            assert!(mutex.lock_timeout(MOMENT).unwrap_err().is_deadlock());
            assert!(mutex.try_lock().is_err());
            let text = "this thread holds it already and would wait for itself";
            assert_eq!(mutex.lock().unwrap_err().to_string(), text);
            drop(guard);
            drop(mutex.lock().unwrap());
        }
        "mutex-timeout" => {
            let mutex = Mutex::new(0).unwrap();
            let child = hold::spawn(&mutex).unwrap();
            until(|| mutex.holder().is_some());
            let start = Instant::now();
            assert!(mutex.lock_timeout(MOMENT).unwrap_err().is_timeout());
            assert!((MOMENT..20 * MOMENT).contains(&start.elapsed()));
            assert!(mutex.lock_timeout(Duration::ZERO).unwrap_err().is_timeout());
            kill(child);
            // For ever is as good as long.
            assert!(mutex.lock_timeout(Duration::MAX).unwrap_err().is_poisoned());
        }
        "mutex-panic" => {
            let mutex = Mutex::new(0).unwrap();
            let child = panic_with::spawn(&mutex).unwrap();
            let id = child.id();
            child.join().unwrap_err();
            let error = mutex.lock().unwrap_err();
            assert!(error.is_panic() && error.culprit().unwrap().id() == id);
            assert_eq!(*error.recover().unwrap(), 1);
        }
        "mutex-poison" => {
            let mutex = Mutex::new(0).unwrap();
            let child = hold::spawn(&mutex).unwrap();
            until(|| mutex.holder().is_some());
            let id = kill(child);
            let guard = mutex.lock().or_else(LockError::recover).unwrap();
            assert_eq!(mutex.holder().unwrap().id(), std::process::id());
            drop(guard);
            assert_eq!(mutex.lock().unwrap_err().culprit().unwrap().id(), id);
            let said = format!("Mutex {{ holder: None, poisoned_by: Some(`hold` (pid {id})), .. }}");
            assert_eq!((mutex.is_poisoned(), format!("{mutex:?}")), (true, said));
        }
        "guard-copy" => {
            let mutex = Mutex::new(5).unwrap();
            let mut guard = mutex.lock().unwrap();
            let error = use_copy::spawn(&mut guard).unwrap().join().unwrap_err();
            let panic = error.exit().unwrap().panic().unwrap().message().to_owned();
            assert!(panic.contains("was taken by another process"), "{panic}");
            assert_eq!(*guard, 5);
            drop(guard);
            // In the child it does nothing; here, where it was moved from, it is dropped.
            drop_copy::spawn(mutex.lock().unwrap()).unwrap().join().unwrap();
            assert_eq!(*mutex.try_lock().unwrap(), 5);
            assert!(!mutex.is_poisoned());
        }
        "guard-forgotten" => {
            let (mutex, other) = (Mutex::new(0).unwrap(), Mutex::new(0).unwrap());
            forget_guard::spawn(mutex, &other).unwrap().join().unwrap();
            assert_eq!(*other.lock().unwrap(), 100);
        }
        "guard-beside-handles" => {
            let mutex = Mutex::new(0).unwrap();
            let guard = mutex.lock().unwrap();
            let before = fds();
            (0..10).for_each(|_| drop(mutex.try_clone().unwrap()));
            assert_eq!(fds(), before);
            drop(guard);
        }
        "event" => {
            let event = Event::new().unwrap();
            assert!(!event.is_set() && !event.wait_timeout(Duration::ZERO));
            let start = Instant::now();
            assert!(!event.wait_timeout(MOMENT) && start.elapsed() >= MOMENT);
            for _ in 0..100 {
                let pair = [(); 2].map(|()| wait_for::spawn(&event).unwrap());
                event.set();
                join_all(pair);
                assert!(event.is_set() && event.wait_timeout(Duration::ZERO));
                event.clear();
                event.clear();
                assert_eq!(format!("{event:?}"), "Event { is_set: false, .. }");
            }
        }
        "once" => {
            let times = SharedBox::new(AtomicU32::new(0)).unwrap();
            let once = Once::new().unwrap();
            assert_eq!(join_all([(); 5].map(|()| begin::spawn(&once, &times).unwrap())), [None; 5]);
            assert_eq!(times.load(Ordering::SeqCst), 1);
            let inner = Once::new().unwrap();
            inner.call_once(|_| assert!(inner.call_once(|_| ()).unwrap_err().is_deadlock())).unwrap();
        }
        "once-failed" => {
            let times = SharedBox::new(AtomicU32::new(0)).unwrap();
            let (once, gate) = (Once::new().unwrap(), Gate::new());
            let child = begin_and_die::spawn(&once, &gate).unwrap();
            gate.wait();
            assert!(once.call_once_timeout(MOMENT, |_| ()).unwrap_err().is_timeout());
            assert!(format!("{once:?}").contains("`begin_and_die`"));
            let waits = begin::spawn(&once, &times).unwrap();
            let id = kill(child);
            assert_eq!(at_once(|| waits.join()).unwrap(), Some(id));
            let once = Once::new().unwrap();
            let child = begin_and_panic::spawn(&once).unwrap();
            let id = child.id();
            child.join().unwrap_err();
            assert_eq!(begin::spawn(&once, &times).unwrap().join().unwrap(), Some(id));
            assert!(once.is_completed());
            assert_eq!(times.load(Ordering::SeqCst), 2);
        }
        "travel" => {
            let (parts, receiver) = channel::<Parts>(1).unwrap();
            let child = use_what_comes::spawn(receiver).unwrap();
            // Made after the fork: there is no other way for the child to have them.
            let (mutex, event) = (Mutex::new(1).unwrap(), Event::new().unwrap());
            let (slice, bytes) = (SharedSlice::zeroed(3).unwrap(), SharedBytes::with_capacity(1 << 20).unwrap());
            let (mutex_too, event_too) = (mutex.try_clone().unwrap(), event.try_clone().unwrap());
            let (slice_too, bytes_too) = (slice.try_clone().unwrap(), bytes.try_clone().unwrap());
            parts.send((mutex_too, event_too, slice_too, bytes_too)).unwrap();
            event.wait();
            assert_eq!((*mutex.lock().unwrap(), slice[2].load(Ordering::Relaxed)), (2, 1));
            assert_eq!(bytes.to_vec(), b"\0\0\0\0here");
            drop(parts);
            child.join().unwrap();
        }
        "memory" => {
            let error = SharedSlice::<AtomicU64>::zeroed(1 << 42).unwrap_err();
            let kinds = [ErrorKind::OutOfMemory, ErrorKind::StorageFull];
            assert!(kinds.contains(&error.kind()), "{error:?}");
            assert!(SharedSlice::<AtomicU64>::zeroed(usize::MAX / 2).is_err());
            assert!(Mutex::<[f64]>::zeroed(1 << 42).is_err());
            // Beyond the memory that there is, and not only beyond the capacity.
            let bytes = SharedBytes::with_capacity(1 << 44).unwrap();
            assert!(kinds.contains(&bytes.grow(1 << 43).unwrap_err().kind()));
            assert!(bytes.is_empty());
        }
        "bytes" => {
            let bytes = SharedBytes::with_capacity(100).unwrap();
            for (letter, to) in [(b'a', 5), (b'b', 12), (b'c', 9)] {
                append::spawn(&bytes, letter, to).unwrap().join().unwrap();
            }
            assert_eq!(bytes.to_vec(), b"\0\0aaa\0cccbbb");
            assert_eq!(bytes.grow(1000).unwrap_err().kind(), ErrorKind::FileTooLarge);
            assert!(bytes.write_at(11, b"dd").is_err() && bytes.read_at(usize::MAX, &mut [0]).is_err());
            let mut middle = [0; 4];
            bytes.read_at(4, &mut middle).unwrap();
            assert_eq!(&middle, b"a\0cc");
        }
        scene => panic!("expected a scene, found `{scene}`"),
    }
}
