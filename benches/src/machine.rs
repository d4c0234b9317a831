//! What the numbers depend on besides the code: the machine, and the state of this process.

use std::{fs, thread};

/// Describes the machine in one line: kernel, cores, huge pages.
///
/// Huge pages matter because they shrink the page tables that `fork` copies.
pub fn describe() -> String {
    let kernel = read("/proc/sys/kernel/osrelease");
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let huge_pages = read("/sys/kernel/mm/transparent_hugepage/enabled");
    format!("Linux {}, {cores} cores, huge pages: {}", kernel.trim(), huge_pages.trim())
}

/// Returns the resident size of this process in MiB.
///
/// # Panics
///
/// If procfs does not tell.
pub fn resident_mib() -> f64 {
    let status = read("/proc/self/status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("procfs has `VmRSS`");
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("`VmRSS` is a number of kB");
    kib / 1024.0
}

/// Counts the threads of this process.
///
/// # Panics
///
/// If procfs does not tell.
pub fn threads() -> usize {
    fs::read_dir("/proc/self/task").expect("procfs lists threads").count()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|_| "unknown".to_owned())
}
