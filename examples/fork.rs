//! The two sides of a fork. In C, `fork` returns twice and an `if` tells the sides apart; here the child's side is
//! a function, and `spawn` returns in the parent only.
//!
//! Prints one line before the fork and one on each side of it, the last two in either order:
//!
//! ```text
//! before: my id is 101
//! parent: my id is 101, my child's id is 102
//! child:  my id is 102, my parent's id is 101
//! ```
use std::error::Error;
use std::os::unix::process::parent_id;
use std::process::id;

use mp_runtime::process;

#[process]
fn child() {
    println!("child:  my id is {}, my parent's id is {}", id(), parent_id());
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("before: my id is {}", id());
    let child = child::spawn()?;
    println!("parent: my id is {}, my child's id is {}", id(), child.id());
    child.join()?;
    Ok(())
}
