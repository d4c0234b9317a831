//! A daemon is not waited for: when its parent ends, it is stopped.
//!
//! Prints "Worker process started" and "Main process finished", and ends at once, although the worker has ten
//! seconds of work to do. "Worker process finished" is never printed. Without `daemon` it would be.
use std::error::Error;
use std::io::{self, PipeWriter, Read};
use std::thread::sleep;
use std::time::Duration;

use mp_runtime::process;

#[process(daemon)]
fn worker(started: PipeWriter) {
    println!("Worker process started");
    drop(started); // closes the pipe, which tells the parent
    sleep(Duration::from_secs(10));
    println!("Worker process finished");
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut reader, writer) = io::pipe()?;
    worker::spawn(writer)?;
    // The writing end went to the worker. There is nothing to read, but we learn when it is closed.
    reader.read_to_end(&mut Vec::new())?;
    println!("Main process finished");
    Ok(())
}
