//! What becomes of buffered output; the first argument names a scene.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the test reads what this program prints")]

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, fs, process, thread};

use fixture_kit::sys::{self, Stream};
use mp_runtime::process;

mod fixture_kit;

#[process(unsafe(threads))]
fn print(text: &str) -> u32 {
    print!("{text}");
    7
}

#[process]
fn print_and_panic(text: &str) {
    print!("{text}");
    panic!("out of luck");
}

#[process(unsafe(threads))]
fn print_much(panics: bool) {
    println!("from a child");
    eprintln!("from a child");
    assert!(!panics, "out of luck");
}

#[process]
fn print_c(text: &str) {
    sys::print(text);
}

#[process]
fn write_c(stream: &Stream, text: &str) {
    stream.write(text);
}

#[process]
fn leave() {
    process::exit(7);
}

/// Ends of all kinds, none of which hangs on output.
fn ends() {
    // Writing may fail; whether it does is not the question here, so nothing panics on it.
    assert_eq!(silent::spawn().unwrap().join().unwrap(), 7);
    let exit = leave::spawn().unwrap().join().unwrap_err().into_exit().unwrap();
    assert_eq!(exit.code(), Some(7));
    let exit = print_and_panic::spawn("").unwrap().join().unwrap_err().into_exit().unwrap();
    assert_eq!(exit.panic().unwrap().message(), "out of luck");
    // Nobody looks at this one: the runtime has a line to say and nowhere to say it.
    drop(leave::spawn().unwrap());
}

/// Writes to stdout by a way that does not panic.
#[process]
fn silent() -> u32 {
    use std::io::Write;
    let _ = write!(std::io::stdout(), "much ado");
    sys::print("about nothing");
    7
}

fn main() {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "std" => {
            print!("parent ");
            assert_eq!(print::spawn("child ").unwrap().join().unwrap(), 7);
            print!("parent ");
            assert!(print_and_panic::spawn("panic ").unwrap().join().is_err());
        }
        "c" => {
            sys::print("parent ");
            print_c::spawn("child ").unwrap().join().unwrap();
            sys::print("parent ");
            print_c::spawn("child").unwrap().join().unwrap();
        }
        "c-file" => {
            let path = env::temp_dir().join("stream");
            let stream = Stream::create(&CString::new(path.as_os_str().as_bytes()).unwrap());
            stream.write("parent ");
            write_c::spawn(&stream, "child ").unwrap().join().unwrap();
            stream.write("parent ");
            write_c::spawn(&stream, "child").unwrap().join().unwrap();
            drop(stream);
            println!("{}", fs::read_to_string(&path).unwrap());
            fs::remove_file(path).unwrap();
        }
        "threads" => {
            let done = AtomicBool::new(false);
            thread::scope(|scope| {
                let printer = || {
                    while !done.load(Ordering::Relaxed) {
                        println!("from a thread");
                        eprintln!("from a thread");
                    }
                };
                let _printers = [(); 3].map(|()| scope.spawn(printer));
                for count in 0..300 {
                    let panics = count % 2 == 1;
                    let ended = print_much::spawn(panics).unwrap().join();
                    assert_eq!(ended.is_err(), panics);
                }
                done.store(true, Ordering::Relaxed);
            });
        }
        "ends" => ends(),
        "ends-closed" => {
            sys::close(1);
            sys::close(2);
            ends();
        }
        scene => panic!("expected a scene, found `{scene}`"),
    }
}
