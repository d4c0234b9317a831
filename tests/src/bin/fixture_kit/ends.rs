//! What scenes with locks do with their children.

use std::fmt::Debug;
use std::thread;
use std::time::{Duration, Instant};

use mp_runtime::Child;

use super::until;

/// Long enough for anything, and shorter than the runner's deadline.
pub(crate) const LONG: Duration = Duration::from_secs(10);
pub(crate) const MOMENT: Duration = Duration::from_millis(50);

pub(crate) fn park() -> ! {
    loop {
        thread::park();
    }
}

/// Waits until the process shows in what `Debug` says.
pub(crate) fn shows<T>(what: &dyn Debug, child: &Child<T>) {
    let id = format!("(pid {})", child.id());
    until(|| format!("{what:?}").contains(&id));
}

/// Kills a process, and waits for its end.
pub(crate) fn kill<T>(child: Child<T>) -> u32 {
    let id = child.id();
    child.kill().unwrap();
    assert_eq!(child.stop(LONG).unwrap().signal(), Some(libc::SIGKILL));
    id
}

pub(crate) fn join_all<T>(children: impl IntoIterator<Item = Child<T>>) -> Vec<T> {
    children.into_iter().map(|child| child.join().unwrap()).collect()
}

/// Does what must not take long.
pub(crate) fn at_once<T>(act: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = act();
    assert!(start.elapsed() < LONG / 2, "took {:?}", start.elapsed());
    result
}
