//! Programs made by `mp_main!` that get signals; the first argument names one. They say when they are ready.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::hint::spin_loop;
use std::io::Read;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use fixture_kit::{Gate, stat, sys, until};
use mp_runtime::{Child, current, mp_main, process};
use nix::sys::signal::{SigSet, Signal};

mod fixture_kit;

/// Made before the program, so that all processes have it.
static GATE: Mutex<Option<Arc<Gate>>> = Mutex::new(None);

fn gate() -> Arc<Gate> {
    Arc::clone(GATE.lock().unwrap().as_ref().unwrap())
}

/// Says which of `signals` it gets, each time, until it is SIGTERM, SIGINT or SIGUSR1. Opens the gate when it listens.
#[process]
fn listen() {
    let mut signals = SigSet::empty();
    [Signal::SIGTERM, Signal::SIGINT, Signal::SIGUSR1, Signal::SIGWINCH].into_iter().for_each(|one| signals.add(one));
    signals.thread_block().unwrap();
    gate().open(1);
    loop {
        let signal = signals.wait().unwrap();
        println!("{} got {signal}", current().name());
        if signal != Signal::SIGWINCH {
            return;
        }
    }
}

/// Ends by SIGKILL only.
#[process]
fn stubborn() {
    [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT].into_iter().for_each(sys::ignore);
    gate().open(1);
    park();
}

/// As `listen`, and is asked by another signal.
#[process(stop_signal = SIGUSR1, grace = "1min")]
fn listen_for_another() {
    listen();
}

/// As `stubborn`, and not given much time.
#[process(grace = "50ms")]
fn stubborn_for_a_moment() {
    stubborn();
}

fn park() -> ! {
    loop {
        thread::park();
    }
}

fn ready(count: usize) {
    (0..count).for_each(|_| gate().wait());
    println!("ready");
}

fn until_all(children: &[&Child<()>], states: &[char]) {
    until(|| children.iter().all(|child| stat(child.id()).is_some_and(|(state, _)| states.contains(&state))));
}

/// In the scope of a module, a program each.
macro_rules! programs {
    ($($name:ident { $($tokens:tt)* })*) => {
        fixture_kit::programs::program_modules! { $($name { $($tokens)* })* }
        fn main() -> ExitCode {
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
    busy {
        one: listen();
        two: listen();
        three: listen();

        fn main() {
            ready(3);
            loop { spin_loop() }
        }
    }
    reading {
        one: listen();
        two: listen();

        fn main() {
            ready(2);
            let _ = std::io::stdin().read(&mut [0]);
            park();
        }
    }
    locked {
        one: listen();
        two: listen();

        fn main() {
            ready(2);
            // What the handler does needs no lock.
            let _out = std::io::stdout().lock();
            let _gate = GATE.lock();
            loop { spin_loop() }
        }
    }
    joining {
        one: listen();
        two: listen();

        fn main() {
            ready(2);
        }
    }
    many {
        worker[70]: listen();

        fn main() {
            ready(70);
            park();
        }
    }
    some_have_ended {
        one: listen();
        two: listen();
        three: listen();

        fn main() {
            (0..3).for_each(|_| gate().wait());
            two.kill().unwrap();
            assert!(two.join().is_err());
            let _four = listen::process().name("four").spawn().unwrap();
            ready(1);
            park();
        }
    }
    by_another_signal {
        one: listen_for_another();

        fn main() {
            let _two = listen::process().name("two").stop_signal(libc::SIGUSR1).spawn().unwrap();
            ready(2);
            park();
        }
    }
    short_grace {
        one: listen();

        fn main() {
            let _two = stubborn::process().name("two").grace(Duration::from_millis(50)).spawn().unwrap();
            let _three = stubborn_for_a_moment::spawn().unwrap();
            ready(3);
            park();
        }
    }
    long_grace {
        fn main() {
            let _one = stubborn::process().name("one").grace(Duration::from_secs(3600)).spawn().unwrap();
            let _two = stubborn::process().name("two").grace(Duration::MAX).spawn().unwrap();
            ready(2);
            park();
        }
    }
    stopped {
        one: listen();

        fn main() {
            gate().wait();
            nix::sys::signal::kill(fixture_kit::pid(one.id()), Signal::SIGSTOP).unwrap();
            until_all(&[&one], &['T']);
            println!("ready");
            park();
        }
    }
    suspended {
        one: listen();
        two: stubborn();

        fn main() {
            let stops = sys::fork(|| {
                until_all(&[&one, &two], &['T']);
                println!("stopped");
                until_all(&[&one, &two], &['S', 'R']);
                println!("continued");
            });
            ready(2);
            nix::sys::wait::waitpid(stops, None).unwrap();
            park();
        }
    }
    handled_by_the_user {
        one: listen();

        fn main() {
            sys::handle(libc::SIGTERM);
            ready(1);
            until(|| sys::HANDLED.load(std::sync::atomic::Ordering::SeqCst) == 1);
            one.stop(Duration::from_secs(60)).unwrap();
        }
    }
    threaded {
        one: listen();
        two: listen();

        fn main() {
            // The signal may come to any thread.
            (0..4).for_each(|_| drop(thread::spawn(|| loop { spin_loop() })));
            ready(2);
            drop(one.join());
            park();
        }
    }
    ends_before {
        one: listen();

        fn main() {
            gate().wait();
            one.terminate().unwrap();
        }
    }
    forks {
        one: listen();

        fn main() {
            gate().wait();
            // A copy of the handler in a process that has no children.
            let copy = sys::fork(|| {
                mp_tests::raise(libc::SIGWINCH).unwrap();
                mp_tests::raise(libc::SIGTERM).unwrap();
            });
            let status = nix::sys::wait::waitpid(copy, None).unwrap();
            assert!(matches!(status, nix::sys::wait::WaitStatus::Signaled(_, Signal::SIGTERM, _)), "{status:?}");
            one.interrupt().unwrap();
        }
    }
}
