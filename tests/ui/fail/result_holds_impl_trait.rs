use mp_runtime::process;

#[process]
fn run() -> Option<impl Iterator<Item = u32>> {
    Some(0..4)
}

fn main() {}
