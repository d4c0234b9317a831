//! Reads all files below a folder in a pool, and prints their sizes and checksums, sorted by path: a real parallel file job,
//! in which a file that cannot be read is only a line, and one that kills its reader too.
//!
//! ```text
//! cargo run --release --example file_sums -- src
//! ```

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mp_runtime::Pool;

/// The files below a folder, found while others are read.
fn files(folder: PathBuf) -> impl Iterator<Item = PathBuf> {
    let mut folders = vec![folder];
    let mut found: Vec<PathBuf> = Vec::new();
    std::iter::from_fn(move || {
        while found.is_empty() {
            let entries = fs::read_dir(folders.pop()?).into_iter().flatten().flatten();
            for entry in entries {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    Ok(kind) if kind.is_file() => found.push(entry.path()),
                    _ => {}
                }
            }
        }
        found.pop()
    })
}

/// The size of a file and its FNV-1a hash.
fn sum(path: &Path) -> io::Result<(u64, u64)> {
    let (mut file, mut buffer) = (File::open(path)?, vec![0; 64 << 10]);
    let (mut size, mut hash) = (0, 0xcbf2_9ce4_8422_2325_u64);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((size, hash));
        }
        size += read as u64;
        hash = buffer[..read].iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let pool = Pool::builder().name("reader").start(|path: PathBuf| {
        let sum = sum(&path).map_err(|error| error.to_string());
        (path, sum)
    })?;
    let mut lines = Vec::new();
    for (index, read) in pool.imap_unordered(files(folder)) {
        match read {
            Ok((path, Ok((size, hash)))) => lines.push(format!("{} {size} {hash:016x}", path.display())),
            Ok((path, Err(error))) => lines.push(format!("{} {error}", path.display())),
            Err(error) => eprintln!("file {index}: {error}"),
        }
    }
    lines.sort_unstable();
    lines.iter().for_each(|line| println!("{line}"));
    Ok(())
}
