use mp_runtime::process;

#[process]
thread_local! {}

fn main() {}
