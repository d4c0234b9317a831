//! Three processes in a row, with channels between them: one counts, one squares, one adds up. Prints what comes out, and
//! how far the first one ever got ahead: a channel that is full makes its senders wait.
#![allow(clippy::print_stdout, reason = "an example prints")]

use mp_runtime::{Receiver, Sender, channel, process};

const CAPACITY: usize = 8;

#[process]
fn count(numbers: Sender<u64>, last: u64) -> usize {
    let mut ahead = 0;
    for number in 1..=last {
        numbers.send(number).expect("the next stage runs");
        ahead = ahead.max(numbers.len());
    }
    ahead
}

#[process]
fn square(numbers: Receiver<u64>, squares: Sender<u64>) {
    for number in numbers {
        squares.send(number * number).expect("the next stage runs");
    }
}

#[process]
fn sum(squares: Receiver<u64>) -> u64 {
    squares.into_iter().sum()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (numbers, counted) = channel(CAPACITY)?;
    let (squares, squared) = channel(CAPACITY)?;

    let count = count::spawn(numbers, 10_000)?;
    let square = square::spawn(counted, squares)?;
    let sum = sum::spawn(squared)?;

    // Each stage ends when the one before it has: nobody has its sender any more.
    let ahead = count.join()?;
    square.join()?;
    println!("the sum of the squares from 1 to 10000 is {}", sum.join()?);
    println!("never more than {CAPACITY} ahead: {}", ahead <= CAPACITY);
    Ok(())
}
