//! What a process finds.

use std::env;
use std::io::{Read, Write, pipe};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mp_runtime::sync::{Barrier, Event, Mutex, Semaphore};
use mp_runtime::{ExitKind, Fd, SharedBytes, SharedSlice, StartMethod, Stdio, channel};

use crate::fixture_kit::sys;
use crate::functions::{add, changed, environment, identity, masks, open_fds, speak, use_common, write_to};
use crate::reports::kind;

pub(crate) fn identities(method: StartMethod) {
    let child = identity::process().start(method).spawn().unwrap();
    let id = child.id();
    let (name, comm, above, ppid, ids, replica) = child.join().unwrap();
    let me = std::process::id();
    assert_eq!((&*name, &*comm), ("a name of its own", "a name of its o"));
    assert_eq!((above, ppid, replica), (me, me, None));
    assert_eq!(ids.split_whitespace().last().unwrap(), id.to_string());
    let [blocked, caught] = masks::process().start(method).spawn().unwrap().join().unwrap();
    assert_eq!(blocked, "0000000000000000");
    // SIGSEGV and SIGBUS.
    assert_eq!(u64::from_str_radix(&caught, 16).unwrap() & 0xffff_ffff & !(1 << 10 | 1 << 6), 0, "{caught}");
}

pub(crate) fn surroundings(method: StartMethod) {
    let (arguments, variable, directory, ours) = environment::process().start(method).spawn().unwrap().join().unwrap();
    assert_eq!(arguments, env::args().collect::<Vec<_>>());
    assert_eq!((variable, directory), (env::var("MP_METHODS").ok(), env::current_dir().unwrap()));
    assert!(ours.is_empty(), "{ours:?}");
    // The directory is that of the moment, not that of an earlier start.
    env::set_current_dir("/").unwrap();
    assert_eq!(environment::process().start(method).spawn().unwrap().join().unwrap().2, PathBuf::from("/"));
    let changed = changed::process().start(method).spawn().unwrap().join().unwrap();
    assert_eq!(changed, (Some("yes".into()), PathBuf::from("/"), 7));
    let refused = changed::process().current_dir("/nowhere").start(method).spawn().unwrap();
    assert!(matches!(kind(refused), ExitKind::NotStarted { errno: libc::ENOENT, .. }));
}

pub(crate) fn descriptors(method: StartMethod) {
    let usual = open_fds::process(String::new()).start(method).spawn().unwrap().join().unwrap();
    // Files of the program, one of them kept over an `exec`: whoever is not forked has none of them.
    let (reader, writer) = pipe().unwrap();
    sys::keep_over_exec(&writer);
    let with = open_fds::process(String::new()).start(method).spawn().unwrap().join().unwrap();
    let more = if method == StartMethod::Fork { 2 } else { 0 };
    assert_eq!(with.len(), usual.len() + more, "{usual:?} {with:?}");
    if method != StartMethod::Fork {
        let ours =
            |fd: &&String| !["/memfd:mp-report", "anon_inode:[pidfd]", "pipe:["].iter().any(|own| fd.starts_with(own));
        assert!(with.iter().filter(ours).count() <= 3, "beside the standard streams: {with:?}");
    }
    // Arguments that are too many for a message come by a file, which is gone.
    let much = open_fds::process("x".repeat(1 << 20)).start(method).spawn().unwrap().join().unwrap();
    assert_eq!(much.len(), with.len(), "{with:?} {much:?}");
    // One that is moved in arrives, and is gone here: the pipe ends with the process.
    let file = Fd(OwnedFd::from(writer));
    let child = write_to::process(file, "through a pipe".into()).start(method).spawn().unwrap();
    let mut text = String::new();
    { reader }.read_to_string(&mut text).unwrap();
    assert_eq!(text, "through a pipe");
    child.join().unwrap();
}

pub(crate) fn channels(method: StartMethod) {
    let (numbers, receiver) = channel::<u64>(16).unwrap();
    let (sender, sums) = channel::<u64>(1).unwrap();
    let child = add::process(receiver, sender).start(method).spawn().unwrap();
    (1..=1000).for_each(|number| numbers.send(number).unwrap());
    drop(numbers);
    assert_eq!(sums.recv().unwrap(), 500_500);
    child.join().unwrap();
    assert!(sums.recv().is_err(), "the sender has ended with its process");
}

pub(crate) fn common(method: StartMethod) {
    let (mutex, semaphore, barrier) = (Mutex::new(1).unwrap(), Semaphore::new(1).unwrap(), Barrier::new(2).unwrap());
    let (event, slice) = (Event::new().unwrap(), SharedSlice::<AtomicU64>::zeroed(3).unwrap());
    let bytes = SharedBytes::with_capacity(1 << 20).unwrap();
    bytes.grow(4).unwrap();
    let (mutex_too, semaphore_too) = (mutex.try_clone().unwrap(), semaphore.try_clone().unwrap());
    let (barrier_too, event_too) = (barrier.try_clone().unwrap(), event.try_clone().unwrap());
    let (slice_too, bytes_too) = (slice.try_clone().unwrap(), bytes.try_clone().unwrap());
    let handles = (mutex_too, semaphore_too, barrier_too, event_too, slice_too, bytes_too);
    let child = use_common::process(handles).start(method).spawn().unwrap();
    barrier.wait_timeout(Duration::from_secs(20)).unwrap();
    assert!(event.wait_timeout(Duration::from_secs(20)));
    assert_eq!((slice[2].load(Ordering::SeqCst), bytes.to_vec()), (1, b"here".to_vec()));
    assert!(mutex.try_lock().unwrap_err().is_timeout() && semaphore.try_acquire().unwrap_err().is_timeout());
    let id = child.id();
    child.kill().unwrap();
    child.join().unwrap_err();
    let error = mutex.lock_timeout(Duration::from_secs(20)).unwrap_err();
    assert_eq!(error.culprit().map(|culprit| culprit.id()), Some(id));
    assert_eq!(*error.recover().unwrap(), 2);
    assert!(semaphore.acquire_timeout(Duration::from_secs(20)).unwrap().recovered_from().is_some());
}

pub(crate) fn streams(method: StartMethod) {
    let mut child =
        speak::process().stdin(Stdio::Piped).stdout(Stdio::Piped).stderr(Stdio::Piped).start(method).spawn().unwrap();
    child.take_stdin().unwrap().write_all(b"in").unwrap();
    let (mut out, mut err) = (String::new(), String::new());
    child.take_stdout().unwrap().read_to_string(&mut out).unwrap();
    child.take_stderr().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((&*out, &*err), ("out\nin", "err\n"));
    child.join().unwrap();
    speak::process().stdin(Stdio::Null).stderr(Stdio::Null).start(method).spawn().unwrap().join().unwrap();
}
