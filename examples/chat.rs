//! A room with three guests, each a process. A guest says something, hears what the others say, and leaves. The host waits
//! for whoever speaks first, tells the others, and prints it.
#![allow(clippy::print_stdout, reason = "an example prints")]

use mp_runtime::{Duplex, Select, TryRecvError, duplex, process};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Line {
    from: String,
    text: String,
}

#[process]
fn guest(name: &str, others: usize, room: Duplex<Line, Line>) -> usize {
    let text = format!("hello, I am {name}");
    room.send(Line { from: name.to_owned(), text }).expect("the host listens");
    (0..others).map(|_| room.recv().expect("the others speak")).filter(|line| line.from != name).count()
}

/// Passes on what the guests say until all have left.
fn host(mut guests: Vec<Duplex<Line, Line>>) {
    while !guests.is_empty() {
        let mut select = Select::new();
        for guest in &guests {
            select.recv(&guest.receiver);
        }
        let speaker = select.ready();
        match guests[speaker].try_recv() {
            Ok(line) => {
                println!("{}: {}", line.from, line.text);
                for (listener, guest) in guests.iter().enumerate() {
                    if listener != speaker {
                        guest.send(line.clone()).expect("a guest stays until all have spoken");
                    }
                }
            }
            Err(TryRecvError::Empty) => {}
            Err(_) => drop(guests.swap_remove(speaker)),
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let names = ["ada", "bob", "eve"];
    let (mut guests, mut children) = (Vec::new(), Vec::new());
    for name in names {
        let (here, there) = duplex(4)?;
        guests.push(here);
        children.push(guest::spawn(name, names.len() - 1, there)?);
    }
    host(guests);
    for (name, child) in names.iter().zip(children) {
        println!("{name} has heard {} others", child.join()?);
    }
    Ok(())
}
