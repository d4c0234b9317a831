//! Three processes that sleep for 400 ms, started and joined: by this framework or a peer, as the first argument says.
//!
//! `cargo xtask sweep --peers` kills it at its system calls and counts who is left.

use std::env;
use std::thread::sleep;
use std::time::Duration;

use benches::raw;

const TIME: Duration = Duration::from_millis(400);

#[mp_runtime::process]
fn ours() {
    sleep(TIME);
}

mod declared {
    #![expect(unexpected_cfgs, reason = "of what process-fun's macro puts here")]

    #[process_fun::process]
    fn theirs() {
        std::thread::sleep(super::TIME);
    }
}

fn main() {
    procspawn::init();
    raw::mark();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "mp-runtime" => {
            let children = [(); 3].map(|()| ours::spawn().expect("it starts"));
            children.into_iter().for_each(|child| child.join().expect("it returns"));
        }
        "process-fun" => {
            let mut children = [(); 3].map(|()| declared::theirs_process().expect("it starts"));
            children.iter_mut().for_each(|child| child.wait().expect("it returns"));
        }
        "procspawn" => {
            let children = [(); 3].map(|()| procspawn::spawn((), |()| sleep(TIME)));
            children.into_iter().for_each(|child| child.join().expect("it returns"));
        }
        peer => panic!("expected a peer, found `{peer}`"),
    }
}
