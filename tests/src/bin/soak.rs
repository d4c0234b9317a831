//! Starts, kills and joins processes for a long time and looks whether anything grows: `soak [CYCLES [SECONDS]]`.
#![allow(clippy::print_stdout, reason = "telling what it found is its job")]

use std::env;
use std::fs;
use std::io;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use mp_runtime::{Child, active_children, process};

#[process]
fn double(n: u64) -> u64 {
    n * 2
}

#[process]
fn park() {
    loop {
        thread::park();
    }
}

#[process]
fn long(length: usize) -> Vec<u8> {
    vec![7; length]
}

/// What must not grow.
#[derive(Debug, Clone, Copy)]
struct State {
    fds: usize,
    children: usize,
    mappings: usize,
    /// Resident memory, in KiB.
    memory: usize,
}

fn state() -> io::Result<State> {
    let id = std::process::id();
    let statm = fs::read_to_string("/proc/self/statm")?;
    let resident = statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    Ok(State {
        fds: fs::read_dir("/proc/self/fd")?.count(),
        children: fs::read_to_string(format!("/proc/self/task/{id}/children"))?.split_whitespace().count(),
        mappings: fs::read_to_string("/proc/self/maps")?.lines().count(),
        memory: resident.unwrap_or(0) * 4,
    })
}

/// Does something to one of `children`, or starts one more.
fn disturb(children: &mut Vec<Child<()>>, random: &mut Rng) -> Result<(), Box<dyn std::error::Error>> {
    match random.u64(..6) {
        0 | 1 if children.len() < 12 => children.push(park::spawn()?),
        2 if !children.is_empty() => {
            let child = children.swap_remove(random.usize(..children.len()));
            child.kill()?;
            if random.u64(..2) == 0 {
                drop(child);
            } else if child.join().is_ok() {
                return Err("a process that was killed returned".into());
            }
        }
        3 if !children.is_empty() => {
            let child = children.swap_remove(random.usize(..children.len()));
            child.stop(Duration::from_millis(random.u64(..3)))?;
        }
        4 => {
            let child = long::spawn(random.usize(..20_000))?;
            if random.u64(..2) == 0 {
                child.kill()?;
            }
            let _ = child.join();
        }
        _ => {
            let n = random.u64(..1 << 40);
            if double::spawn(n)?.join()? != n * 2 {
                return Err("a value is wrong".into());
            }
        }
    }
    Ok(())
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut numbers = env::args().skip(1).map(|word| word.parse::<u64>());
    let cycles = numbers.next().transpose()?.unwrap_or(10_000);
    let seconds = numbers.next().transpose()?.unwrap_or(600);

    (0..100).try_for_each(|n| double::spawn(n)?.join().map(drop).map_err(Box::<dyn std::error::Error>::from))?;
    let before = state()?;
    let begin = Instant::now();
    for n in 0..cycles {
        if double::spawn(n)?.join()? != n * 2 {
            return Err("a value is wrong".into());
        }
    }
    let cycled = state()?;
    println!("{cycles} cycles in {:.1} s: {before:?} -> {cycled:?}", begin.elapsed().as_secs_f64());

    let (begin, mut random, mut children, mut steps) = (Instant::now(), Rng::with_seed(7), Vec::new(), 0_u64);
    while begin.elapsed() < Duration::from_secs(seconds) {
        disturb(&mut children, &mut random)?;
        steps += 1;
    }
    for child in children.drain(..) {
        child.kill()?;
        let _ = child.join();
    }
    let running = active_children().len();
    let after = state()?;
    println!("{steps} steps in {seconds} s: {cycled:?} -> {after:?}");
    // What is kept for the next start is made once: some report memory, a few lifelines.
    let grown = after.fds > before.fds + 16 || after.mappings > before.mappings + 16 || cycled.fds > before.fds;
    let failed = grown || running + after.children > 0 || after.memory > before.memory + 1024;
    println!("{}", if failed { "something has grown" } else { "nothing has grown" });
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
