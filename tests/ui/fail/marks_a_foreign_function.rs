use mp_runtime::process;

unsafe extern "C" {
    #[process]
    fn abs(value: i32) -> i32;
}

fn main() {}
