//! Programs made by `mp_main!` whose processes leave others behind; the first argument names one.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex};
use std::{env, fs, thread};

use fixture_kit::{Gate, children, ended, stat, sys, until};
use mp_runtime::{Rung, current, fork_server, guarantees, mp_main, process};
use nix::sys::prctl::get_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Uid, getppid, setsid, setuid};

mod fixture_kit;

/// Made before the program, so that all processes have it.
static GATE: Mutex<Option<Arc<Gate>>> = Mutex::new(None);

fn gate() -> Arc<Gate> {
    Arc::clone(GATE.lock().unwrap().as_ref().unwrap())
}

fn park() -> ! {
    loop {
        thread::park();
    }
}

/// Leaves behind a process with a session of its own, whose parent is gone, as daemons do. It runs `body`.
fn daemonise(body: impl FnOnce()) {
    let middle = sys::fork(|| {
        setsid().unwrap();
        sys::fork(body);
    });
    nix::sys::wait::waitpid(middle, None).unwrap();
}

#[process(start = forkserver)]
fn is_armed() -> bool {
    get_pdeathsig().unwrap() == Some(Signal::SIGKILL)
}

#[process]
fn leaves_one() {
    daemonise(|| {
        gate().open(1);
        park();
    });
    gate().wait();
}

/// Two that ignore SIGTERM, the one a child of the other.
#[process]
fn leaves_stubborn_ones() {
    daemonise(|| {
        sys::ignore(libc::SIGTERM);
        sys::fork(|| {
            setsid().unwrap();
            gate().open(1);
            park();
        });
        park();
    });
    gate().wait();
}

#[process]
fn leaves_one_stopped() {
    daemonise(|| {
        gate().open(1);
        mp_tests::raise(libc::SIGSTOP).unwrap();
        park();
    });
    gate().wait();
}

#[process]
fn leaves_one_that_ends() {
    daemonise(|| ());
}

fn programs_children() -> Vec<u32> {
    let program = getppid();
    let children = fs::read_to_string(format!("/proc/{program}/task/{program}/children")).unwrap();
    children.split_whitespace().map(|id| id.parse().unwrap()).collect()
}

/// More dead ones than are read at a time, and one that lives.
#[process]
fn leaves_many() {
    (0..300).for_each(|_| daemonise(|| ()));
    let have_ended =
        || programs_children().iter().filter(|id| stat(**id).is_some_and(|(state, _)| state == 'Z')).count();
    until(|| have_ended() == 300);
    leaves_one();
}

/// Waits until the program, which waits for it, has none left.
#[process]
fn leaves_one_and_waits() {
    daemonise(|| ());
    until(|| programs_children() == [current().id()]);
}

#[process]
fn stays() {
    gate().open(1);
    park();
}

#[process]
fn returns() {}

#[process(start = forkserver)]
fn is_served(n: u32) -> u32 {
    n
}

/// In the scope of a module, a program each.
macro_rules! programs {
    ($($name:ident { $($tokens:tt)* })*) => {
        fixture_kit::programs::program_modules! { $($name { $($tokens)* })* }
        fn main() -> ExitCode {
            if env::args().nth(2).as_deref() == Some("hidden") {
                sys::hide_procfs();
            }
            *GATE.lock().unwrap() = Some(Arc::new(Gate::new()));
            let code = match env::args().nth(1).as_deref() {
                $(Some(stringify!($name)) => $name::run(),)*
                other => panic!("expected a program, found {other:?}"),
            };
            GATE.lock().unwrap().take();
            code
        }
    };
}

programs! {
    one {
        leaves_one();

        fn main() {
            assert!(guarantees().hold(Rung::Subreaper));
            assert_eq!(guarantees().to_string(), "death signal, lifeline, subreaper");
        }
    }
    stubborn {
        leaves_stubborn_ones();
    }
    stopped {
        leaves_one_stopped();
    }
    many {
        leaver: leaves_many();

        fn main() {
            ended(leaver.id());
        }
    }
    reaped_in_the_end {
        leaves_one_and_waits();
    }
    reaped_meanwhile {
        leaver: leaves_one_and_waits();

        fn main() {
            leaver.join().unwrap();
        }
    }
    out_of_reach {
        stays();

        fn main() {
            gate().wait();
            setuid(Uid::from_raw(65534)).unwrap();
            println!("ready");
            park();
        }
    }
    exits {
        leaver: leaves_one();

        fn main() {
            leaver.join().unwrap();
            std::process::exit(0);
        }
    }
    waits {
        leaver: leaves_one();

        fn main() {
            leaver.join().unwrap();
            println!("ready");
            park();
        }
    }
    ended {
        fn main() {
            leaves_one_that_ends::spawn().unwrap().join().unwrap();
            until(|| children().iter().all(|(_, state)| *state == 'Z') && children().len() == 1);
            returns::spawn().unwrap().join().unwrap();
            assert_eq!(children(), []);
        }
    }
    served {
        one: is_served(1);
        two: is_served(2);

        fn main() {
            assert_eq!(one.join().unwrap(), 1);
        }
    }
    server_has_ended {
        one: is_served(1);

        fn main() {
            assert_eq!(one.join().unwrap(), 1);
            let [(server, _)] = children()[..] else { panic!("expected the server alone: {:?}", children()) };
            kill(fixture_kit::pid(server), Signal::SIGKILL).unwrap();
            ended(server);
            returns::spawn().unwrap().join().unwrap();
            assert_eq!(children(), [(server, 'Z')], "it is not a stray, but somebody's to reap");
            assert_eq!(is_served::spawn(2).unwrap().join().unwrap(), 2);
            assert!(children().iter().all(|(id, _)| *id != server));
        }
    }
    served_and_waits {
        one: is_served(1);

        fn main() {
            one.join().unwrap();
            println!("ready");
            park();
        }
    }
    unlisted {
        fn main() {
            assert!(!guarantees().hold(Rung::Subreaper));
            assert_eq!(guarantees().to_string(), "death signal, lifeline");
        }
    }
    requiring {
        #![require(death_signal, lifeline, subreaper)]
        fn main() {
            println!("began");
        }
    }
    requiring_a_namespace {
        #![require(pid_namespace)]
        fn main() {
            println!("began");
        }
    }
    beside_threads {
        fn main() {
            let elsewhere = thread::spawn(|| guarantees().to_string()).join().unwrap();
            assert_eq!(elsewhere, "lifeline, subreaper");
            assert_eq!(guarantees().to_string(), "death signal, lifeline, subreaper");
        }
    }
    served_by_the_first_thread {
        fn main() {
            fork_server().start().unwrap();
            assert!(guarantees().hold(Rung::DeathSignal) && is_armed::spawn().unwrap().join().unwrap());
        }
    }
    served_by_another_thread {
        fn main() {
            thread::spawn(|| fork_server().start().unwrap()).join().unwrap();
            assert_eq!(guarantees().to_string(), "lifeline, subreaper");
            assert!(!is_armed::spawn().unwrap().join().unwrap());
            let [(server, _)] = children()[..] else { panic!("expected the server alone: {:?}", children()) };
            kill(fixture_kit::pid(server), Signal::SIGKILL).unwrap();
            ended(server);
            // The next one is this thread's.
            assert!(guarantees().hold(Rung::DeathSignal) && is_armed::spawn().unwrap().join().unwrap());
        }
    }
    by_command {
        fn main() {
            let mut foreign = Command::new("sleep").arg("0.05").spawn().unwrap();
            returns::spawn().unwrap().join().unwrap();
            assert!(foreign.wait().unwrap().success());
        }
    }
}
