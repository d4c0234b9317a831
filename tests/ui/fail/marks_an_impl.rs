use mp_runtime::process;

struct Run;
#[process]
impl Run {}

fn main() {}
