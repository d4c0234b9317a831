//! Who is who: names and process ids, seen by a process and by the one that started it.
//!
//! Prints three lines, in this order, and the ids in them agree:
//!
//! ```text
//! I am `greeter`, id 102; my parent is `main`, id 101
//! I am `main`, id 101; my parent, id 100, is not of this program
//! my child was `greeter`, id 102
//! ```
use std::os::unix::process::parent_id;

use mp_runtime::{JoinError, current, mp_main, parent, process};

#[process]
fn introduce() {
    let me = current();
    match parent() {
        Some(parent) => {
            println!("I am `{}`, id {}; my parent is `{}`, id {}", me.name(), me.id(), parent.name(), parent.id());
        }
        None => println!("I am `{}`, id {}; my parent, id {}, is not of this program", me.name(), me.id(), parent_id()),
    }
}

mp_main! {
    greeter: introduce(); // a label is the name of the process

    fn main() -> Result<(), JoinError> {
        let (name, id) = (greeter.name().to_owned(), greeter.id());
        greeter.join()?;
        introduce(); // an ordinary call: it runs here
        println!("my child was `{name}`, id {id}");
        Ok(())
    }
}
