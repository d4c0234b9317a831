//! What a test prints, libtest keeps, by a place of the thread's that std's `print!` and the panic message look at first.
//! In a forked child that would be a copy of the place, which nobody reads.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::OnceLock;

use crate::process::panic as panics;

/// Whether the calling thread may be one whose output is kept. To [`end`] it costs as much as a start, and most programs are
/// no test: nor is a benchmark without libtest, which lies beside the tests.
pub(crate) fn is_likely(by_first_thread: bool) -> bool {
    // While it keeps output, libtest has a hook of its own, unless a test has set another. And each test has a thread of its own,
    // unless there is to be but one.
    let likely = match (by_first_thread, panics::has_other_hook()) {
        (true, false) => false,
        (false, true) => true,
        _ => is_test_program(),
    };
    cfg!(panic = "unwind") && likely
}

/// Whether this is where cargo puts its test programs, or somebody has said how many threads tests are to have.
fn is_test_program() -> bool {
    static IS: OnceLock<bool> = OnceLock::new();
    *IS.get_or_init(|| {
        let told = |argument: OsString| argument.as_encoded_bytes().starts_with(b"--test-threads");
        let folder =
            env::current_exe().ok().is_some_and(|path| path.parent().is_some_and(|path| path.ends_with("deps")));
        folder || env::var_os("RUST_TEST_THREADS").is_some() || env::args_os().any(told)
    })
}

/// Sends what this thread prints from now on to the standard streams.
///
/// Of what std offers for that, nothing is stable but this: `print!` takes the place empty while it formats, so that what is
/// printed meanwhile goes to the stream, and fills it again afterwards. A formatting that unwinds leaves it empty. Where nothing is kept, it
/// does nothing: stdout is unlocked by the unwinding, and no byte was written.
#[cold]
#[allow(clippy::print_stdout, reason = "nothing is printed")]
pub(crate) fn end() {
    struct Unwinds;

    impl fmt::Display for Unwinds {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic::resume_unwind(Box::new(())) // without the hook
        }
    }

    let _ = panic::catch_unwind(AssertUnwindSafe(|| print!("{Unwinds}")));
}
