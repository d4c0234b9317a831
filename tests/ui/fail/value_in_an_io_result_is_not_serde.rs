use mp_runtime::process;

#[process]
fn run() -> std::io::Result<std::fs::File> {
    std::fs::File::open("/dev/null")
}

fn main() {}
