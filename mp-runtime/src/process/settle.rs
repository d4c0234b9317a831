//! What a start waits for, where the user may rely on it when the start returns.

use std::time::Duration;

use crate::process::record::Record;
use crate::process::terminal;
use crate::sys::{direct, mark};

/// Waits until a child just begun is detached or owns the terminal, if it is to.
///
/// One that somebody has stopped before it came to that is not waited for without end.
#[inline]
pub(crate) fn settle(child: &Record) {
    const PATIENCE: Duration = Duration::from_secs(10);
    const SLICE: Duration = Duration::from_micros(100);
    if !child.is_detached() && !child.owns_terminal() {
        return;
    }
    let Some(pidfd) = child.pidfd().get() else { return };
    let id = child.id() as i32;
    // It may have given the terminal to a child of its own already.
    let done = || if child.is_detached() { mark::is_marked(pidfd, id) } else { terminal::is_ours() != Ok(true) };
    let begin = direct::now();
    while !done() && !direct::has_ended(pidfd, SLICE) && direct::now() - begin < PATIENCE {}
}
