//! Processes share no variables: a child works on a copy of its parent's memory.
//!
//! Prints, in this order:
//!
//! ```text
//! parent: the number is 100
//! child:  the number is 101
//! parent: the number is still 100
//! ```
use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use mp_runtime::process;

static NUMBER: AtomicU32 = AtomicU32::new(1);

#[process]
fn add_one() {
    NUMBER.fetch_add(1, Relaxed);
    println!("child:  the number is {}", NUMBER.load(Relaxed));
}

fn main() -> Result<(), Box<dyn Error>> {
    NUMBER.store(100, Relaxed); // before the start: the child's copy has it
    println!("parent: the number is {}", NUMBER.load(Relaxed));
    add_one::spawn()?.join()?;
    println!("parent: the number is still {}", NUMBER.load(Relaxed));
    Ok(())
}
