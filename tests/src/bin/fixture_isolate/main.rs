//! Programs in a PID namespace of their own; the first argument names one.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::fs;
use std::os::unix::process::{CommandExt, parent_id};
use std::process::{Command, ExitCode, id};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use fixture_kit::{Gate, children, sys, until};
use mp_runtime::{Builder, Rung, guarantees, isolate, mp_main, process};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, setsid};

#[path = "../fixture_kit/mod.rs"]
mod fixture_kit;
mod plain;

fn park() -> ! {
    loop {
        thread::park();
    }
}

/// The descriptors that the program began with.
static BEFORE: OnceLock<Vec<String>> = OnceLock::new();

/// Leaves processes behind that nothing else reaches: each with a session of its own, and no parent.
#[process]
fn leaves_daemons(ready: &Gate) {
    let daemonise = |body: &dyn Fn()| {
        let middle = sys::fork(|| {
            setsid().unwrap();
            sys::fork(|| {
                // The copy of the lifeline, and all else.
                (3..64).filter(|number| !ready.numbers().contains(number)).for_each(sys::close);
                body();
                ready.open(1);
                park();
            });
        });
        nix::sys::wait::waitpid(middle, None).unwrap();
    };
    daemonise(&|| ());
    daemonise(&|| (1..=64).filter(|signal| ![9, 19, 32, 33].contains(signal)).for_each(sys::ignore));
    daemonise(&|| {
        ready.open(1);
        mp_tests::raise(libc::SIGSTOP).unwrap();
    });
    daemonise(&sys::give_up_rights);
    park();
}

/// Runs the four above, and says so when they are there.
fn with_daemons() {
    let ready = Gate::new();
    let _leaver = leaves_daemons::spawn(&ready).unwrap();
    (0..4).for_each(|_| ready.wait());
    println!("ready");
    if env::args().nth(2).as_deref() == Some("abort") {
        std::process::abort();
    }
    park();
}

#[process(daemon)]
fn says_when_it_ends() {
    println!("ready");
    park();
}

#[process(start = fork)]
fn tells_its_place(text: String) -> (String, u32, u32) {
    (text, id(), parent_id())
}

#[process]
fn leaves_one_behind(ready: &Gate) {
    sys::fork(|| {
        setsid().unwrap();
        ready.open(1);
        park();
    });
    ready.wait();
}

/// What is true in the namespace.
fn looks_around() {
    assert!(guarantees().hold(Rung::PidNamespace));
    assert_eq!((id(), parent_id()), (2, 0));
    // procfs is the namespace's own: the first process, this one, and nobody else.
    let listed = fs::read_dir("/proc").unwrap().flatten();
    let mut ids: Vec<u32> = listed.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2]);
    assert_eq!(fs::read_link("/proc/self").unwrap().to_str(), Some("2"));
    // Nothing of what made it is left: no descriptor, no blocked signal, no child.
    assert_eq!(fixture_kit::fds(), *BEFORE.get().unwrap());
    assert_eq!(fixture_kit::status("SigBlk"), "0000000000000000");
    assert_eq!(children(), []);
    for start in [mp_runtime::StartMethod::Fork, mp_runtime::StartMethod::ForkServer, mp_runtime::StartMethod::Exec] {
        let child = tells_its_place::process("lucky".to_owned()).start(start).spawn().unwrap();
        let own = child.id();
        assert_eq!(child.join().unwrap(), ("lucky".to_owned(), own, 2));
    }
    let error = Builder::closure(|| ()).detached(true).spawn().unwrap_err();
    assert!(error.to_string().contains("no process outlives one that is isolated"), "{error}");
    assert!(isolate().is_ok(), "once more it does nothing");
    assert_eq!(id(), 2);
}

#[process(start = exec)]
fn detaches_in_an_image() -> String {
    Builder::closure(|| ()).detached(true).spawn().unwrap_err().to_string()
}

/// The argument after the name, as a number.
fn number() -> i32 {
    env::args().nth(2).and_then(|word| word.parse().ok()).expect("a number")
}

fixture_kit::programs::program_modules! {
    daemons {
        #![isolate = pid_namespace, require(pid_namespace, subreaper)]
        fn main() {
            with_daemons();
        }
    }
    daemons_outside {
        fn main() {
            with_daemons();
        }
    }
    inside {
        #![isolate = pid_namespace]
        fn main() {
            assert_eq!(guarantees().to_string(), "death signal, lifeline, subreaper, pid namespace");
            looks_around();
            assert!(detaches_in_an_image::spawn().unwrap().join().unwrap().contains("isolated"));
        }
    }
    variables {
        #![isolate = pid_namespace]
        fn main() {
            println!("{} {} {}", env::var("LISTEN_PID").unwrap(), env::var("WATCHDOG_PID").unwrap(), std::process::id());
        }
    }
    strays {
        #![isolate = pid_namespace]
        fn main() {
            let ready = Gate::new();
            leaves_one_behind::spawn(&ready).unwrap().join().unwrap();
        }
    }
    ends {
        #![isolate = pid_namespace]
        fn main() -> ExitCode {
            ExitCode::from(number() as u8)
        }
    }
    exits {
        #![isolate = pid_namespace]
        fn main() {
            std::process::exit(number());
        }
    }
    dies {
        #![isolate = pid_namespace]
        fn main() {
            if number() != libc::SIGKILL {
                sys::default_action(number());
            }
            let _ = mp_tests::raise(number());
            park();
        }
    }
    panics {
        #![isolate = pid_namespace]
        fn main() {
            panic!("as it is meant to");
        }
    }
    waits {
        #![isolate = pid_namespace]
        says_when_it_ends();
        fn main() {
            park();
        }
    }
    counts {
        #![isolate = pid_namespace]
        fn main() {
            sys::handle(number());
            println!("ready");
            until(|| sys::HANDLED.load(std::sync::atomic::Ordering::SeqCst) > 0);
            fixture_kit::pass(Duration::from_millis(50));
            println!("{}", sys::HANDLED.load(std::sync::atomic::Ordering::SeqCst));
        }
    }
    closes_its_output {
        #![isolate = pid_namespace]
        fn main() {
            println!("ready");
            sys::close(1);
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).unwrap();
        }
    }
    kills_the_first {
        #![isolate = pid_namespace]
        fn main() {
            assert_eq!(fs::read("/proc/1/comm").unwrap(), b"mp-first\n", "not the first process of the machine");
            for signal in Signal::iterator() {
                kill(Pid::from_raw(1), signal).unwrap();
            }
            looks_around();
        }
    }
}

/// Goes on as another program, as which all of the arguments behind are.
fn become_other(words: impl Iterator<Item = String>) -> ! {
    let words: Vec<String> = words.collect();
    panic!("{}", Command::new(&words[0]).args(&words[1..]).exec());
}

fn main() -> ExitCode {
    BEFORE.get_or_init(fixture_kit::fds);
    let name = env::args().nth(1).expect("a program");
    match name.as_str() {
        "daemons" => daemons::run(),
        "daemons-outside" => daemons_outside::run(),
        "inside" => inside::run(),
        "strays" => strays::run(),
        "ends" => ends::run(),
        "exits" => exits::run(),
        "dies" => dies::run(),
        "panics" => panics::run(),
        "variables" => variables::run(),
        "waits" => waits::run(),
        "counts" => counts::run(),
        "closes-its-output" => closes_its_output::run(),
        "kills-the-first" => kills_the_first::run(),
        // The arguments behind are a program that runs in a namespace of this one's.
        "exec" => {
            isolate().unwrap();
            become_other(env::args().skip(2))
        }
        // The same, of a user without rights.
        "nobody" => {
            sys::give_up_rights();
            become_other(env::args().take(1).chain(env::args().skip(2)))
        }
        // A program that has given its rights away itself.
        "become-nobody" => {
            sys::give_up_rights();
            inside::run()
        }
        "refused-program" => {
            sys::refuse(&[libc::SYS_clone3], number());
            inside::run()
        }
        scene => {
            plain::run(scene);
            ExitCode::SUCCESS
        }
    }
}
