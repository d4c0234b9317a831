//! Is nobody left of a program in a PID namespace of its own, whatever ends it, and is it for everybody else the program that it was?

use std::thread;
use std::time::{Duration, Instant};

use mp_tests::{Expect, Outcome, Process, Run, Running, fixture};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn program(args: &[&str]) -> Run {
    fixture("fixture_isolate").args(args)
}

#[track_caller]
fn ends_well(args: &[&str]) -> Outcome {
    let outcome = program(args).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "", "{outcome}");
    outcome
}

#[track_caller]
fn ready(args: &[&str]) -> Running {
    let mut running = program(args).start();
    assert_eq!(running.read_line().as_deref(), Some("ready"));
    running
}

/// As root, and as a user without rights, whose namespace needs another around it.
const USERS: [&[&str]; 2] = [&[], &["nobody"]];

/// The daemons have sessions of their own, no parent and no lifeline; one ignores all signals, one is stopped, one has changed its user, if it can.
#[test]
fn kill_of_the_program_leaves_no_daemon() {
    let running = ready(&["daemons"]);
    assert!(running.signal(libc::SIGKILL));
    let outcome = running.finish();
    outcome.assert_signal(libc::SIGKILL);
    assert_eq!(outcome.report.survivors, []);
}

/// The warden would find them.
#[test]
fn kill_of_a_program_that_is_not_isolated_leaves_all_of_them() {
    let mut running = program(&["daemons-outside"]).expect(Expect::Survivors).expect(Expect::Adopted).start();
    assert_eq!(running.read_line().as_deref(), Some("ready"));
    assert!(running.signal(libc::SIGKILL));
    assert_eq!(running.finish().report.survivors.len(), 4);
}

#[test]
fn kill_of_the_program_inside_leaves_no_daemon() {
    program(&["daemons", "abort"]).run().assert_signal(libc::SIGABRT);
}

#[test]
fn world_inside_is_the_programs_own() {
    ends_well(&["inside"]);
    ends_well(&["nobody", "inside"]);
    ends_well(&["become-nobody"]);
}

/// What a service manager says of the process that it has started is meant for the program.
#[test]
fn variables_with_the_id_of_the_process_have_that_of_the_program() {
    let script = "LISTEN_PID=$$ WATCHDOG_PID=1 exec \"$0\" variables";
    let outcome = Run::program("sh").args(["-c", script]).arg(program(&[]).path()).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stdout, "2 1 2\n");
}

#[test]
fn first_process_is_immune_to_those_inside() {
    ends_well(&["kills-the-first"]);
}

#[test]
fn strays_are_stopped_before_all_is_killed() {
    let outcome = program(&["strays"]).run();
    outcome.assert_code(0);
    assert!(outcome.stderr.starts_with("stopped process 4 ("), "{outcome}");
}

#[test]
fn codes_are_passed_on() {
    for user in USERS {
        for code in ["0", "1", "3", "101", "255"] {
            for way in ["ends", "exits"] {
                program(&[user, &[way, code]].concat()).run().assert_code(code.parse().unwrap());
            }
        }
    }
    program(&["panics"]).run().assert_code(101);
}

#[test]
fn signals_by_which_it_ends_are_passed_on() {
    let stops_or_does_nothing = [17, 18, 19, 20, 21, 22, 23, 28, 32, 33];
    for signal in (1..=64).filter(|signal| !stops_or_does_nothing.contains(signal)) {
        program(&["dies", &signal.to_string()]).run().assert_signal(signal);
    }
}

#[test]
fn order_to_stop_is_obeyed_and_ends_it_by_that_signal() {
    for user in USERS {
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT] {
            let running = ready(&[user, &["waits"]].concat());
            assert!(running.signal(signal));
            let outcome = running.finish();
            outcome.assert_signal(signal);
            assert!(outcome.elapsed < Duration::from_secs(4), "{outcome}");
        }
    }
}

#[test]
fn signal_is_passed_on_once() {
    for signal in [libc::SIGUSR1, libc::SIGTERM, libc::SIGWINCH, libc::SIGALRM, 40] {
        let mut running = ready(&["counts", &signal.to_string()]);
        assert!(running.signal(signal));
        assert_eq!(running.read_line().as_deref(), Some("handler"));
        assert_eq!(running.read_line().as_deref(), Some("1"));
        running.finish().assert_code(0);
    }
}

#[test]
fn stop_inside_is_a_stop_of_the_program_and_it_goes_on() {
    let running = stopped(&["waits"]);
    assert!(running.signal(libc::SIGCONT));
    assert!(running.signal(libc::SIGTERM));
    running.finish().assert_signal(libc::SIGTERM);
}

/// A program that was stopped as by Ctrl-Z.
#[track_caller]
fn stopped(args: &[&str]) -> Running {
    let mut running = ready(args);
    assert!(running.signal(libc::SIGTSTP));
    assert_eq!(running.wait_stopped(), libc::SIGTSTP);
    running
}

/// The program, as it is seen out here.
fn inside_of(running: &Running) -> Process {
    let [program] = &running.children().into_iter().filter(|child| child.comm != "mp-first").collect::<Vec<_>>()[..]
    else {
        panic!("expected the program alone: {:?}", running.children())
    };
    program.clone()
}

/// Waits until the program is in this state: stopped, or a zombie.
fn comes_to(running: &Running, state: char) {
    let begin = Instant::now();
    while inside_of(running).state != state {
        assert!(begin.elapsed() < Duration::from_secs(10), "it is {}", inside_of(running));
        thread::yield_now();
    }
}

/// What happens behind the back of the process outside, while that is stopped with the program.
#[test]
fn end_and_continuation_inside_are_seen_by_a_program_that_is_stopped() {
    for kill_it in [true, false] {
        let mut running = ready(&["waits"]);
        let program = Pid::from_raw(inside_of(&running).pid);
        kill(program, Signal::SIGSTOP).unwrap();
        assert_eq!(running.wait_stopped(), libc::SIGSTOP);
        let begin = Instant::now();
        if kill_it {
            kill(program, Signal::SIGKILL).unwrap();
            running.finish().assert_signal(libc::SIGKILL);
        } else {
            kill(program, Signal::SIGCONT).unwrap();
            // It comes to one that is stopped, who does nothing about it.
            assert!(running.signal(libc::SIGTERM));
            running.finish().assert_signal(libc::SIGTERM);
        }
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    }
}

/// Nobody is left who watches.
#[test]
fn program_that_is_stopped_can_be_killed() {
    let running = stopped(&["waits"]);
    assert!(running.signal(libc::SIGKILL));
    running.finish().assert_signal(libc::SIGKILL);
}

/// The process outside is stopped, and comes to all that has happened when it goes on.
#[track_caller]
fn stopped_alone() -> (Running, Pid) {
    let mut running = ready(&["waits"]);
    let program = Pid::from_raw(inside_of(&running).pid);
    assert!(running.signal(libc::SIGSTOP));
    assert_eq!(running.wait_stopped(), libc::SIGSTOP);
    (running, program)
}

#[test]
fn signals_that_come_after_the_end_do_not_change_it() {
    let (running, program) = stopped_alone();
    kill(program, Signal::SIGABRT).unwrap();
    comes_to(&running, 'Z');
    assert!([libc::SIGUSR1, libc::SIGTERM, libc::SIGCONT].into_iter().all(|signal| running.signal(signal)));
    running.finish().assert_signal(libc::SIGABRT);
}

#[test]
fn program_that_is_told_to_go_on_before_its_stop_was_seen_goes_on() {
    let (running, program) = stopped_alone();
    kill(program, Signal::SIGTSTP).unwrap();
    comes_to(&running, 'T');
    assert!(running.signal(libc::SIGCONT) && running.signal(libc::SIGTERM));
    running.finish().assert_signal(libc::SIGTERM);
}

#[test]
fn continuation_of_a_stopped_program_is_passed_on_once() {
    let mut running = stopped(&["counts", &libc::SIGCONT.to_string()]);
    assert!(running.signal(libc::SIGCONT));
    assert_eq!(running.read_line().as_deref(), Some("handler"));
    assert_eq!(running.read_line().as_deref(), Some("1"));
    running.finish().assert_code(0);
}

/// What the kernel or a sandbox refuses, and what the error says to do.
const REFUSALS: [(&str, i32, &str); 5] = [
    (
        "refused",
        libc::EPERM,
        "making the namespace: Operation not permitted (os error 1); this system lets it make neither ",
    ),
    (
        "refused",
        libc::ENOSPC,
        "making the namespace: No space left on device (os error 28); there are as many as are allowed",
    ),
    ("refused", libc::ENOSYS, "making the namespace: Function not implemented (os error 38); the kernel, or a filter "),
    (
        "refused-mount",
        libc::EPERM,
        "mounting its `/proc`: Operation not permitted (os error 1); parts of `/proc` are hidden",
    ),
    ("refused-mount", libc::EACCES, "mounting its `/proc`: Permission denied (os error 13); a security module keeps "),
];

#[test]
fn refusal_is_told_and_changes_nothing() {
    for (scene, errno, words) in REFUSALS {
        let outcome = ends_well(&[scene, &errno.to_string()]);
        assert!(outcome.stdout.starts_with(&format!("it cannot be isolated: {words}")), "{outcome}");
    }
}

#[test]
fn program_that_cannot_be_isolated_does_not_begin() {
    let outcome = program(&["refused-program", "1"]).run();
    outcome.assert_code(1);
    assert_eq!(outcome.stdout, "");
    assert!(outcome.stderr.starts_with("this program was not started: it cannot be isolated: making the namespace: "));
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome}");
}

#[test]
fn program_with_a_main_of_its_own_is_isolated_by_a_call() {
    ends_well(&["plain"]);
    ends_well(&["nobody", "plain"]);
}

#[test]
fn threads_and_processes_come_after_the_call() {
    ends_well(&["plain-threaded"]);
    ends_well(&["plain-late"]);
    ends_well(&["plain-in-a-process"]);
}

/// Programs of other tests, that know nothing of it. All of them: `MP_TESTS_ISOLATED=1 cargo test -p mp-tests`. Those fail whose subject
/// is what is different: ids, detached processes, SIGSTOP for the program.
#[test]
fn program_that_is_executed_in_the_namespace_is_as_it_was() {
    for (name, scene) in [
        ("fixture_strays", "one"),
        ("fixture_strays", "served"),
        ("fixture_statuses", "stolen"),
        ("fixture_statuses", "handled"),
        ("fixture_sync", "h4"),
        ("fixture_faults", "storm"),
    ] {
        fixture(name).arg(scene).isolated().run().assert_code(0);
    }
    let mut running = fixture("fixture_orphans").arg("nested").isolated().start();
    assert_eq!(running.read_line().as_deref(), Some("ready"));
    assert!(running.signal(libc::SIGKILL));
    running.finish().assert_signal(libc::SIGKILL);
}
