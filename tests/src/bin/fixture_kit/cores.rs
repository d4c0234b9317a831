//! On which cores processes run.

use nix::sched::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
use nix::unistd::Pid;

/// Has this process, and those it starts, run on the core it runs on now; those it could run on before.
pub(crate) fn stay_on_one_core() -> CpuSet {
    let before = sched_getaffinity(Pid::from_raw(0)).expect("it runs somewhere");
    let mut one = CpuSet::new();
    one.set(sched_getcpu().expect("it runs somewhere")).expect("a core that there is");
    return_to(&one);
    before
}

/// Has this process run on these cores.
pub(crate) fn return_to(cores: &CpuSet) {
    sched_setaffinity(Pid::from_raw(0), cores).expect("cores that there are");
}

/// Has this process run on one core and process `other` on another; whether there are two.
pub(crate) fn keep_apart_from(other: u32) -> bool {
    let all = sched_getaffinity(Pid::from_raw(0)).expect("it runs somewhere");
    let mut cores = (0..CpuSet::count()).filter(|core| all.is_set(*core) == Ok(true));
    let (Some(first), Some(second)) = (cores.next(), cores.next()) else { return false };
    for (id, core) in [(0, first), (other, second)] {
        let mut one = CpuSet::new();
        one.set(core).expect("a core that there is");
        sched_setaffinity(Pid::from_raw(id.cast_signed()), &one).expect("cores that there are");
    }
    true
}
