//! Counts the lines, words and bytes of files, each file in a process of its own, as many at once as there are cpus.
//!
//! ```text
//! cargo run --example word_count -- FILE ..
//! ```
//!
//! Without arguments it counts the sources of these examples. Prints a row for each file and one for the total.
//! A file that cannot be read is reported in its row; the others are counted, and the exit code is 1.
use std::collections::VecDeque;
use std::env;
use std::error::Error;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::available_parallelism;

use mp_runtime::{Child, ExitKind, process};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Counts {
    lines: u64,
    words: u64,
    bytes: u64,
}

#[process]
fn count(path: &Path) -> io::Result<Counts> {
    let mut counts = Counts::default();
    let mut in_word = false;
    for byte in BufReader::new(File::open(path)?).bytes() {
        let byte = byte?;
        counts.bytes += 1;
        if byte == b'\n' {
            counts.lines += 1;
        }
        if byte.is_ascii_whitespace() {
            in_word = false;
        } else if !in_word {
            in_word = true;
            counts.words += 1;
        }
    }
    Ok(counts)
}

/// Waits for the counts of one file, or for the reason why there are none.
fn wait(child: Child<Counts>) -> Result<Counts, String> {
    child.join().map_err(|error| match error.exit().map(|exit| exit.kind()) {
        Some(ExitKind::Failed(why)) => why.clone(), // the `io::Error` of `count`
        _ => error.to_string(),                     // it was killed, perhaps
    })
}

/// The files given as arguments, or else the sources of these examples.
fn files() -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        for entry in fs::read_dir(env!("CARGO_MANIFEST_DIR"))? {
            files.push(entry?.path());
        }
        files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
        files.sort();
    }
    Ok(files)
}

/// Prints a row of the table, its first three cells to the right and as wide as `width`.
fn row(width: usize, lines: impl Display, words: impl Display, bytes: impl Display, file: impl Display) {
    println!("{lines:>width$}  {words:>width$}  {bytes:>width$}  {file}");
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let files = files()?;
    let at_once = available_parallelism()?.get();

    let mut running = VecDeque::new();
    let mut results = Vec::new();
    for file in &files {
        if running.len() == at_once {
            results.extend(running.pop_front().map(wait)); // the oldest makes room
        }
        running.push_back(count::spawn(file)?);
    }
    results.extend(running.into_iter().map(wait));

    let mut total = Counts::default();
    for counts in results.iter().flatten() {
        total.lines += counts.lines;
        total.words += counts.words;
        total.bytes += counts.bytes;
    }

    // No number is wider than the total of the bytes, and no heading than 5.
    let width = total.bytes.to_string().len().max(5);
    row(width, "lines", "words", "bytes", "file");
    for (file, result) in files.iter().zip(&results) {
        match result {
            Ok(counts) => row(width, counts.lines, counts.words, counts.bytes, file.display()),
            Err(why) => row(width, "-", "-", "-", format!("{}: {why}", file.display())),
        }
    }
    row(width, total.lines, total.words, total.bytes, "total");

    let failed = results.iter().any(Result::is_err);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
