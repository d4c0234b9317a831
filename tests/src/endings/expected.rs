//! What the account of an end has to say.

/// The account of the way of this name, when the process was spawned by this thread.
///
/// # Panics
///
/// If there is no such way.
pub fn account(way: &str, thread: &str) -> String {
    match way {
        "returns" => returned("49"),
        "errs" => failed(way, "invalid digit found in string"),
        "panics" => panicked(way, "out of luck", r#"panic!("out of luck")"#, thread),
        "panics_across_c" => {
            let message = "out of luck in C; then: panic in a function that cannot unwind";
            panicked(way, message, r#"panic!("out of luck in C")"#, thread)
        }
        "exits" => exited(way, 7),
        "exits_at_once" => exited(way, 8),
        "aborts" => killed(way, 6, "SIGABRT"),
        "segfaults" => killed(way, 11, "SIGSEGV"),
        "is_killed" => killed(way, 9, "SIGKILL"),
        "gets_a_real_time_signal" => killed(way, 37, "SIGRTMIN+3"),
        "overflows_its_stack" => overflowed(way),
        "never_begins" => unbegun(way),
        _ => panic!("expected a way to end, found `{way}`"),
    }
}

/// The account of a process that was not started, by one of two threads.
pub fn refused(name: &str) -> String {
    format!(
        "refused | threaded true, children 0 | process `{name}` could not be started: this program has 2 threads, \
         and a lock that another thread holds would stay locked in a forked process for ever; start it by \
         `forkserver` or by `exec`, as in `#[process(start = forkserver)]`, spawn before the first \
         thread is started, or answer for the other threads with `#[process(unsafe(threads))]`"
    )
}

/// One that returned.
pub fn returned(value: &str) -> String {
    format!("Returned | began true, code Some(0), signal None | Ok({value}) | wrong: []")
}

/// One whose function gave an `Err`.
pub fn failed(name: &str, message: &str) -> String {
    format!("Failed({message:?}) | {}", error("true", "Some(1)", "None", name, &format!("failed: {message}")))
}

/// One that panicked, at the only place where the sources say `text`.
pub fn panicked(name: &str, message: &str, text: &str, thread: &str) -> String {
    let at = place(text);
    let error = error("true", "Some(101)", "None", name, &format!("panicked at {at}: {message}"));
    format!("Panicked {message:?} at Some({at:?}), thread Some({thread:?}), backtrace whole | {error}")
}

/// One that panicked, and that is all there is to know.
pub fn panicked_somewhere(name: &str, message: &str) -> String {
    let error = error("true", "Some(101)", "None", name, &format!("panicked: {message}"));
    format!("Panicked {message:?} at None, thread None, backtrace none | {error}")
}

/// One that ended itself.
pub fn exited(name: &str, code: i32) -> String {
    let what = format!("exited with code {code} before its function returned");
    format!("Exited({code}) | {}", error("true", &format!("Some({code})"), "None", name, &what))
}

/// One that a signal killed.
pub fn killed(name: &str, number: i32, signal: &str) -> String {
    let kind = format!("Signaled {{ signal: {number}, core_dumped: false, stack_overflow: false }}");
    let what = format!("was killed by signal {number} ({signal})");
    format!("{kind} | {}", error("true", "None", &format!("Some({number})"), name, &what))
}

/// One that has left a core file.
pub fn dumped_core(name: &str) -> String {
    let what = "was killed by signal 6 (SIGABRT), core dumped";
    let kind = "Signaled { signal: 6, core_dumped: true, stack_overflow: false }";
    format!("{kind} | {}", error("true", "None", "Some(6)", name, what))
}

/// One that had no stack left. std aborts it.
pub fn overflowed(name: &str) -> String {
    let what = "overflowed its stack and was killed by signal 6 (SIGABRT)";
    let kind = "Signaled { signal: 6, core_dumped: false, stack_overflow: true }";
    format!("{kind} | {}", error("true", "None", "Some(6)", name, what))
}

/// One that was killed before its function began.
fn unbegun(name: &str) -> String {
    let what = "was killed by signal 9 (SIGKILL) before its function began";
    let kind = "Signaled { signal: 9, core_dumped: false, stack_overflow: false }";
    format!("{kind} | {}", error("false", "None", "Some(9)", name, what))
}

fn error(began: &str, code: &str, signal: &str, name: &str, what: &str) -> String {
    format!("began {began}, code {code}, signal {signal} | Err(process `{name}` (pid ID) {what}) | wrong: []")
}

/// The only place in the sources of the process functions with this text, as a panic names it.
fn place(text: &str) -> String {
    let sources = [("ways.rs", include_str!("ways.rs")), ("oddities.rs", include_str!("oddities.rs"))];
    let mut found = Vec::new();
    for (file, source) in sources {
        found.extend(source.match_indices(text).map(|(index, _)| {
            let before = &source[..index];
            let line = 1 + before.matches('\n').count();
            let column = 1 + before.rsplit('\n').next().unwrap_or_default().chars().count();
            format!("tests/src/endings/{file}:{line}:{column}")
        }));
    }
    assert_eq!(found.len(), 1, "expected one place with `{text}`, found {found:?}");
    found.remove(0)
}

/// How many messages the way of this name leaves on stderr: of panics, of used-up stacks. Nobody else may write there.
pub fn messages(way: &str) -> (usize, usize) {
    match way {
        "panics" => (1, 0),
        "panics_across_c" => (2, 0),
        "overflows_its_stack" => (0, 1),
        _ => (0, 0),
    }
}

/// Asserts that stderr holds that many messages, and nothing else that could be told apart from them.
///
/// # Panics
///
/// If it does not.
#[track_caller]
pub fn assert_messages(stderr: &str, (panics, overflows): (usize, usize)) {
    let count = |text| stderr.matches(text).count();
    assert_eq!((count("panicked at"), count("overflowed its stack")), (panics, overflows), "{stderr}");
    assert_eq!(stderr.is_empty(), panics + overflows == 0, "{stderr}");
    // The runtime has nothing to add: somebody has looked at each end.
    assert!(!stderr.contains("process `"), "{stderr}");
}
