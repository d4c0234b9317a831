//! Multiplies two matrices by blocks of rows, one process for each block, into shared memory.
//!
//! The factors are not shared: each process has them, for it has a copy of all memory. The product is, by blocks of rows
//! with a lock for each, which its process holds as long as it works on it. A block whose process has died is done again
//! here. `matrix [rows] [processes] [crash]`, the last of which has the first process die of it:
//!
//! ```text
//! 240 x 240, 4 processes: all right
//! ```

use std::env;

use mp_runtime::process;
use mp_runtime::sync::{LockError, Mutex};

/// A square matrix, row by row.
type Matrix = Vec<f64>;

/// Rows of the product, in shared memory.
type Block = Mutex<[f64]>;

#[process(name = "multiplier")]
fn multiply(left: &[f64], right: &Matrix, block: &Block, crash: bool) {
    let mut guard = block.lock().unwrap();
    let rows = &mut *guard;
    fill(rows, left, right);
    if crash {
        rows[0] = f64::NAN;
        std::process::abort();
    }
}

/// Computes the rows of the product that belong to the rows of `left`.
fn fill(rows: &mut [f64], left: &[f64], right: &Matrix) {
    let size = right.len().isqrt();
    for (row, factors) in rows.chunks_exact_mut(size).zip(left.chunks_exact(size)) {
        row.fill(0.0);
        for (factor, other) in factors.iter().zip(right.chunks_exact(size)) {
            row.iter_mut().zip(other).for_each(|(sum, value)| *sum += factor * value);
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    let mut number = |default| arguments.next().map_or(Ok(default), |text| text.parse::<usize>());
    let (size, processes) = (number(240)?, number(4)?.max(1));
    let crash = arguments.next().is_some();
    // Whole numbers, so that the sums are exact in whatever order.
    let left: Matrix = (0..size * size).map(|n| (n % 7) as f64).collect();
    let right: Matrix = (0..size * size).map(|n| (n % 5) as f64).collect();

    let rows_each = size.div_ceil(processes).max(1);
    let parts: Vec<&[f64]> = left.chunks(rows_each * size.max(1)).collect();
    let blocks: Result<Vec<Block>, _> = parts.iter().map(|part| Block::zeroed(part.len())).collect();
    let blocks = blocks?;
    let mut workers = Vec::new();
    for (index, (part, block)) in parts.iter().zip(&blocks).enumerate() {
        workers.push(multiply::spawn(part, &right, block, crash && index == 0)?);
    }

    let mut product = Matrix::new();
    for (worker, (part, block)) in workers.into_iter().zip(parts.iter().zip(&blocks)) {
        let ended = worker.join();
        let answer = block.lock();
        if let Err(warning) = &answer {
            println!("block {}: {warning}", product.len() / part.len());
        }
        let mut rows = answer.or_else(LockError::recover).map_err(|error| error.to_string())?;
        if ended.is_err() {
            fill(&mut rows, part, &right);
            block.clear_poison();
        }
        product.extend_from_slice(&rows);
    }
    let mut expected = vec![0.0; size * size];
    fill(&mut expected, &left, &right);
    let verdict = if product == expected { "all right" } else { "WRONG" };
    println!("{size} x {size}, {} processes: {verdict}", blocks.len());
    Ok(())
}
