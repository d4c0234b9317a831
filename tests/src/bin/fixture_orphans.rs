//! Programs whose processes must not outlive them; the first argument names a scene. They print "ready" and are killed.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::hint::spin_loop;
use std::process::Command;
use std::thread;

use fixture_kit::{Gate, pid, stat, sys, until};
use mp_runtime::process;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Uid, setuid};

mod fixture_kit;

fn park() -> ! {
    loop {
        thread::park();
    }
}

/// Leaves the child its lifeline only.
fn without_death_signal(ready: &Gate) {
    set_pdeathsig(None).unwrap();
    ready.open(1);
}

#[process]
fn idle(ready: &Gate) {
    without_death_signal(ready);
    park();
}

#[process]
fn busy(ready: &Gate) {
    without_death_signal(ready);
    loop {
        spin_loop();
    }
}

#[process]
fn ignores_all(ready: &Gate) {
    (1..=64).filter(|signal| ![9, 19, 32, 33].contains(signal)).for_each(sys::ignore);
    without_death_signal(ready);
    park();
}

#[process]
fn of_another_user(ready: &Gate) {
    setuid(Uid::from_raw(65534)).unwrap();
    without_death_signal(ready);
    park();
}

#[process]
fn with_grandchildren(ready: &Gate) {
    set_pdeathsig(None).unwrap();
    // One that a fork has made and one that has executed another program: neither knows of us.
    sys::fork(|| park());
    let mut sleep = Command::new("sleep").arg("1000").spawn().unwrap();
    ready.open(1);
    sleep.wait().unwrap();
}

#[process]
fn leaves_one_behind() {
    sys::fork(|| park());
}

#[process]
fn nested(depth: u32, ready: &Gate) {
    if depth == 0 {
        without_death_signal(ready);
        park();
    }
    let child = nested::spawn(depth - 1, ready).unwrap();
    set_pdeathsig(None).unwrap();
    drop(child.join());
}

#[process(unsafe(threads))]
fn beside_threads(ready: &Gate) {
    without_death_signal(ready);
    park();
}

#[process]
fn without_lifeline(ready: &Gate) {
    (3..64).filter(|number| !ready.numbers().contains(number)).for_each(sys::close);
    ready.open(1);
    park();
}

#[process]
fn returns() {}

/// What a program is that is killed by `end`, after its processes are `ready`.
fn ready(gate: &Gate, count: usize) {
    (0..count).for_each(|_| gate.wait());
    println!("ready");
}

fn main() {
    let gate = Gate::new();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "many" => {
            let children: Vec<_> = (0..20).map(|_| idle::spawn(&gate).unwrap()).collect();
            ready(&gate, children.len());
        }
        "busy" => {
            let _child = busy::spawn(&gate).unwrap();
            ready(&gate, 1);
        }
        "ignoring" => {
            let _child = ignores_all::spawn(&gate).unwrap();
            ready(&gate, 1);
        }
        "stopped" => {
            let child = idle::spawn(&gate).unwrap();
            gate.wait();
            kill(pid(child.id()), Signal::SIGSTOP).unwrap();
            until(|| stat(child.id()).is_some_and(|(state, _)| state == 'T'));
            println!("ready");
        }
        "child-of-another-user" => {
            let _child = of_another_user::spawn(&gate).unwrap();
            ready(&gate, 1);
        }
        "program-of-another-user" => {
            let _child = idle::spawn(&gate).unwrap();
            sys::give_up_rights();
            // The pipe was root's, so these need another.
            let _others = [idle::spawn(&gate).unwrap(), idle::spawn(&gate).unwrap()];
            ready(&gate, 3);
        }
        "grandchildren" => {
            let _child = with_grandchildren::spawn(&gate).unwrap();
            ready(&gate, 1);
        }
        "nested" => {
            let _child = nested::spawn(3, &gate).unwrap();
            ready(&gate, 1);
        }
        "forked-by-thread" => {
            let begun = thread::scope(|scope| scope.spawn(|| beside_threads::spawn(&gate)).join());
            let _child = begun.unwrap().unwrap();
            ready(&gate, 1);
        }
        "after-others" => {
            // The ends of those that have ended are used again.
            for _ in 0..30 {
                returns::spawn().unwrap().join().unwrap();
            }
            let _children: Vec<_> = (0..3).map(|_| idle::spawn(&gate).unwrap()).collect();
            returns::spawn().unwrap().join().unwrap();
            ready(&gate, 3);
        }
        "after-one-with-a-leftover" => {
            leaves_one_behind::spawn().unwrap().join().unwrap();
            let _child = idle::spawn(&gate).unwrap();
            ready(&gate, 1);
        }
        "without-lifeline" => {
            let _child = without_lifeline::spawn(&gate).unwrap();
            ready(&gate, 1);
        }
        "many-cycles" => {
            for _ in 0..10 {
                let children: Vec<_> = (0..12).map(|_| returns::spawn().unwrap()).collect();
                children.into_iter().for_each(|child| child.join().unwrap());
            }
            let open = fixture_kit::fds().len();
            assert!(open < 32, "{open} descriptors");
            println!("ready");
        }
        scene => panic!("expected a scene, found `{scene}`"),
    }
    if env::args().nth(2).as_deref() == Some("abort") {
        std::process::abort();
    }
    park();
}
