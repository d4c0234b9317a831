//! Programs made by `mp_main!`; the first argument names one.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::process::{ExitCode, exit};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fixture_kit::{Gate, children, ended, stat, until};
use mp_runtime::{active_children, current, mp_main, process};
use nix::sys::signal::{SigSet, Signal};

mod fixture_kit;

/// The places where the processes of a program wait for each other. Made before the program and dropped after it:
/// all processes have the same, and no descriptor is left.
static GATES: Mutex<Option<Arc<[Gate; 2]>>> = Mutex::new(None);

fn gates() -> Arc<[Gate; 2]> {
    Arc::clone(GATES.lock().unwrap().as_ref().unwrap())
}

/// The argument of this number after the program's name.
fn word(number: usize) -> String {
    env::args().nth(number + 1).unwrap_or_default()
}

/// Ends as it is told.
#[process]
fn act(how: String) -> Result<(), String> {
    let (how, number) = how.split_once(':').unwrap_or((&how, "0"));
    let number = number.parse().unwrap();
    match how {
        "return" => Ok(()),
        "err" => Err("no luck".to_owned()),
        "panic" => panic!("out of luck"),
        "exit" => exit(number),
        "signal" => {
            mp_tests::raise(number).unwrap();
            unreachable!("signal {number} does not kill")
        }
        how => panic!("expected an end, found `{how}`"),
    }
}

/// Runs until SIGTERM, and says so. Opens the first gate when it runs.
#[process(daemon)]
fn serve() {
    let terminate = SigSet::from(Signal::SIGTERM);
    terminate.thread_block().unwrap();
    gates()[0].open(1);
    terminate.wait().unwrap();
    println!("{} stopped", current().name());
}

/// Passes the second gate, and then sees all servers run for a while. Were they stopped, that is when they would go.
#[process]
fn client(servers: Vec<u32>) {
    gates()[1].wait();
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(50) {
        assert!(servers.iter().all(|id| stat(*id).is_some_and(|(state, _)| state != 'Z')), "a server is gone");
    }
    println!("client ends");
}

/// Exits with `code` once the process `before` is no more, or a zombie; or, if there is none, once the first gate is open, or the second.
#[process]
fn fail_after(before: Option<u32>, second: bool, code: i32) {
    match before {
        Some(id) => until(|| stat(id).is_none_or(|(state, _)| second && state == 'Z')),
        None => gates()[usize::from(second)].wait(),
    }
    exit(code);
}

#[process(daemon)]
fn fail_as_a_daemon() {
    fail_after(None, false, 3);
}

#[process]
fn who() -> (String, Option<usize>) {
    (current().name().to_owned(), current().replica())
}

/// Prints and ends when the second gate is open.
#[process]
fn work() {
    gates()[1].wait();
    println!("{} ends", current().name());
}

/// In the scope of a module, a program each.
macro_rules! programs {
    ($($name:ident { $($tokens:tt)* })*) => {
        fixture_kit::programs::program_modules! { $($name { $($tokens)* })* }
        fn main() -> ExitCode {
            *GATES.lock().unwrap() = Some(Arc::new([Gate::new(), Gate::new()]));
            let code = match env::args().nth(1).as_deref() {
                $(Some(stringify!($name)) => $name::run(),)*
                Some("code") => code::run(),
                Some("fails") => fails::run(),
                other => panic!("expected a program, found {other:?}"),
            };
            GATES.lock().unwrap().take();
            code
        }
    };
}

mod code {
    use super::*;

    mp_main! {
        fn main() -> ExitCode {
            ExitCode::from(9)
        }
    }

    pub(super) fn run() -> ExitCode {
        main()
    }
}

mod fails {
    use super::*;

    mp_main! {
        worker: work();

        fn main() -> Result<(), String> {
            gates()[1].open(1);
            Err("main has no luck".to_owned())
        }
    }

    pub(super) fn run() -> ExitCode {
        main()
    }
}

programs! {
    order {
        who();
        first: who();
        worker[2]: who();
        last: who();

        fn main() {
            // Named in the order of their ids, which is that of their start.
            let mut started = vec![(who.id(), who.name().to_owned()), (first.id(), first.name().to_owned())];
            started.extend(worker.iter().map(|child| (child.id(), child.name().to_owned())));
            started.push((last.id(), last.name().to_owned()));
            let mut sorted = started.clone();
            sorted.sort_unstable();
            assert_eq!(started, sorted);
            let joined = [who, first].into_iter().chain(worker).chain([last]).map(|child| child.join().unwrap());
            joined.for_each(|(name, replica)| println!("{name} {replica:?}"));
        }
    }
    daemons {
        one: serve();
        two: serve();
        three: serve();
        client(vec![one.id(), two.id(), three.id()]);

        fn main() {
            (0..3).for_each(|_| gates()[0].wait());
            println!("main ends");
            gates()[1].open(1);
        }
    }
    panics {
        daemon: serve();
        worker: work_until_told();

        fn main() {
            (0..2).for_each(|_| gates()[0].wait());
            panic!("main is out of luck");
        }
    }
    exits {
        daemon: serve();
        worker: work();

        fn main() {
            gates()[0].wait();
            gates()[1].open(1);
            exit(5);
        }
    }
    acts {
        first: act(word(1));
        second: act(word(2));
    }
    judged {
        joined: act(word(1));
        seen: act(word(1));
        stopped: act("signal:19".to_owned());

        fn main() {
            assert!(joined.join().is_err());
            ended(seen.id());
            assert!(seen.exit().is_some_and(|exit| !exit.is_success()));
            stopped.kill().unwrap();
        }
    }
    tried {
        joined: act(word(1));
        asked: act(word(1));

        fn main() {
            assert!(joined.join_timeout(Duration::MAX).unwrap().is_err());
            ended(asked.id());
            assert!(!asked.is_alive(), "whether it lives is not how it ended");
        }
    }
    // Both fail while the program waits for them. The second one first.
    watched_failures {
        early: act("signal:19".to_owned());
        late: fail_after(Some(early.id()), false, 4);

        fn main() {
            // It ends by a signal that nobody sent through the handle.
            until(|| stat(early.id()).is_some_and(|(state, _)| state == 'T'));
            nix::sys::signal::kill(fixture_kit::pid(early.id()), Signal::SIGKILL).unwrap();
        }
    }
    // Both have failed, the first one first, when `fn main` ends.
    failures_in_order {
        early: fail_after(None, false, 3);
        late: fail_after(Some(early.id()), true, 4);

        fn main() {
            gates()[0].open(1);
            ended(late.id());
            assert!(word(1) != "panics", "main is out of luck");
        }
    }
    daemon_fails_first {
        early: fail_as_a_daemon();
        late: fail_after(Some(early.id()), true, 4);

        fn main() {
            gates()[0].open(1);
        }
    }
    // As above, with the labels not used by `fn main`.
    unused_failures_in_order {
        early: fail_after(None, false, 3);
        fail_after(Some(early.id()), true, 4);

        fn main() {
            gates()[0].open(1);
            until(|| children().iter().all(|(_, state)| *state == 'Z'));
        }
    }
    // Both have failed, the second one first, when `fn main` ends.
    failures_out_of_order {
        late: fail_after(None, true, 4);
        early: fail_after(None, false, 3);

        fn main() {
            gates()[0].open(1);
            ended(early.id());
            gates()[1].open(1);
            ended(late.id());
        }
    }
    unstartable {
        running: work_until_told();
        second: who_with(fixture_kit::sys::limit_fds({ gates()[0].wait(); 3 }));
        third: who();

        fn main() {
            println!("main runs {} {} {}", running.id(), second.id(), third.id());
        }
    }
    listed {
        one: work();
        two: work();

        fn main() {
            let names: Vec<_> = active_children().iter().map(|child| child.name().to_owned()).collect();
            assert_eq!(names, [one.name(), two.name()]);
            gates()[1].open(2);
        }
    }
}

/// As `serve`, and no daemon.
#[process]
fn work_until_told() {
    serve();
}

#[process]
fn who_with(_limit: u64) {}
