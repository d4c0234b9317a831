use mp_runtime::process;

#[process]
#[target_feature(enable = "avx2")]
fn run(n: u32) -> u32 {
    n
}

fn main() {}
