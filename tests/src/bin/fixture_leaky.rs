//! Leaves behind what its first argument names. The tests of the runner want to see each of it caught.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the test reads what this program prints")]

use std::env;
use std::fs::{self, File};
use std::io::{self, Read};
use std::mem;
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::thread;

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

fn main() -> io::Result<()> {
    let mut args = env::args().skip(1);
    let mode = args.next().unwrap_or_default();
    let mut number = || args.next().and_then(|number| number.parse::<i32>().ok()).unwrap_or(1);
    match mode.as_str() {
        "clean" => {
            Command::new("true").status()?;
            let scratch = env::temp_dir().join("scratch");
            fs::write(&scratch, "clean")?;
            fs::remove_file(&scratch)?;
            println!("clean");
        }
        "leak-fd" => mem::forget(File::open("/dev/null")?),
        "zombie" => zombie()?,
        "orphan" => drop(Command::new("sleep").arg("1000").spawn()?),
        "adopted" => adopted()?,
        "tempfile" => fs::write(env::temp_dir().join("forgotten"), "left")?,
        "shared-memory" => {
            // This name tells other runs that it is not theirs.
            let scratch = env::temp_dir();
            let path = Path::new("/dev/shm").join(scratch.file_name().unwrap_or_default());
            fs::write(&path, "left")?;
            println!("{}", path.display());
        }
        "alert" => eprintln!("fatal runtime error: so it says"),
        "hang" => loop {
            thread::park();
        },
        "code" => process::exit(number()),
        // From a thread that is not the first.
        "thread-code" => {
            let code = number();
            let _ = thread::spawn(move || process::exit(code)).join();
        }
        // Once is not enough for SIGSEGV: std's handler takes the first.
        "signal" => {
            let signal = number();
            loop {
                mp_tests::raise(signal)?;
            }
        }
        "stopped" => {
            println!("before");
            mp_tests::raise(libc::SIGSTOP)?;
            println!("after");
        }
        // Copies stdin, several times, to both outputs.
        "flood" => {
            let mut input = String::new();
            io::stdin().read_to_string(&mut input)?;
            for _ in 0..number() {
                println!("{input}");
                eprintln!("{input}");
            }
        }
        mode => panic!("expected a mode, found `{mode}`"),
    }
    Ok(())
}

/// Ends a child and does not reap it.
fn zombie() -> io::Result<()> {
    let child = Command::new("true").spawn()?;
    let pid = Pid::from_raw(child.id() as i32);
    waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
    Ok(())
}

/// Makes a grandchild whose parent ends, and which itself ends when we do at the latest.
fn adopted() -> io::Result<()> {
    let mut child = Command::new("sh").args(["-c", "cat <&0 &"]).stdin(Stdio::piped()).spawn()?;
    let pipe = child.stdin.take();
    child.wait()?;
    drop(pipe);
    Ok(())
}
