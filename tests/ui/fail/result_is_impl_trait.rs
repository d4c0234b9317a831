use mp_runtime::process;

#[process]
fn run() -> impl Iterator<Item = u32> {
    0..4
}

fn main() {}
