//! Runs one program under a deadline and reports what it leaves behind. Tests start it through `mp_tests::Run`.

fn main() -> std::io::Result<()> {
    mp_tests::warden::main(std::env::args_os().skip(1))
}
