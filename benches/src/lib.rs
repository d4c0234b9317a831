//! Parts of our benchmarks: fair sampling of several contenders in one process, and plain tables of what came out.
//!
//! Absolute times belong to one machine on one day, so a benchmark here judges ratios between contenders that took
//! turns in the same run. The programs are in `benches/`; each states its question at its top.

pub mod bar;
pub mod machine;
pub mod python;
pub mod raw;
pub mod robust;
pub mod sample;
pub mod starts;
pub mod table;
pub mod yardstick;
