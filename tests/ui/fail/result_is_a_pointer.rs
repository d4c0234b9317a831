use mp_runtime::process;

#[process]
fn run() -> *const u8 {
    std::ptr::null()
}

fn main() {}
