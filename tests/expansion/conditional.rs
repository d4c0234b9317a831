//! A `fn main` that a condition may leave out, and that does not return.
use mp_runtime::{mp_main, process};

#[process]
fn run() {}

mp_main! {
    run();

    #[cfg(target_os = "linux")]
    fn main() -> ! {
        run.join().unwrap();
        std::process::exit(0)
    }
}
