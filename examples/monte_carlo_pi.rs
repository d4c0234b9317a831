//! Estimates pi by darts, in a pool of processes; the same darts in every run, however many workers throw them.
//!
//! ```text
//! cargo run --example monte_carlo_pi
//! ```
//!
//! Prints `pi is about 3.14...`, and that two pools of different sizes have thrown the very same darts.

use mp_runtime::{Pool, TaskError};

const ROUNDS: u64 = 400;
const DARTS: u64 = 20_000;

/// Numbers that look random, and depend on the seed only.
struct Random(u64);

impl Random {
    /// A number from 0 to 1.
    fn next(&mut self) -> f64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as f64 / u64::MAX as f64
    }
}

/// Throws some darts at a square; how many hit the circle in it. The seed is the round's, not the worker's.
fn throw(round: u64) -> u64 {
    let mut random = Random(round << 32);
    let hits = (0..DARTS).filter(|_| {
        let (x, y) = (random.next(), random.next());
        x * x + y * y <= 1.0
    });
    hits.count() as u64
}

fn hits(workers: usize) -> Result<Vec<u64>, TaskError> {
    let pool = Pool::builder().workers(workers).name("thrower").start(throw).expect("a pool starts");
    pool.map(0..ROUNDS)
}

fn main() -> Result<(), TaskError> {
    let (two, three) = (hits(2)?, hits(3)?);
    let pi = 4.0 * two.iter().sum::<u64>() as f64 / (ROUNDS * DARTS) as f64;
    println!("pi is about {pi:.4}");
    println!("two and three workers threw the same darts: {}", two == three);
    Ok(())
}
