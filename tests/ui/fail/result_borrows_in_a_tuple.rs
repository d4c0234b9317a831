use mp_runtime::process;

#[process]
fn run() -> (u32, &'static str) {
    (1, "text")
}

fn main() {}
