//! Items with a time limit, tasks that are cancelled while they run, and a worker that dies: the others have their values.
//!
//! ```text
//! cargo run --example timeouts
//! ```

use std::time::Duration;

use mp_runtime::{Pool, PoolError};

/// How many steps it takes from `n` to 1. From 0 it takes for ever.
fn steps(mut n: u64) -> u64 {
    if n == 13 {
        std::process::abort(); // as a C library may do
    }
    let mut steps = 0;
    while n != 1 {
        n = if n.is_multiple_of(2) { n / 2 } else { 3 * n + 1 };
        steps += 1;
    }
    steps
}

fn main() -> Result<(), PoolError> {
    let pool = Pool::builder().workers(2).timeout(Duration::from_millis(200)).start(steps)?;
    for (n, steps) in [27, 0, 97, 13, 871].into_iter().zip(pool.imap([27, 0, 97, 13, 871]).chunk(1)) {
        match steps {
            Ok(steps) => println!("{n}: {steps} steps"),
            Err(error) if error.is_timeout() => println!("{n}: too long"),
            Err(error) => println!("{n}: signal {}", error.exit().and_then(|exit| exit.signal()).unwrap_or(0)),
        }
    }
    let endless = pool.task(0).timeout(Duration::from_secs(60)).submit();
    println!("done within 10 ms: {}", endless.join_timeout(Duration::from_millis(10)).is_some());
    println!("cancelled: {}", endless.cancel());
    println!("workers replaced: {}", pool.stats().restarts);
    Ok(())
}
