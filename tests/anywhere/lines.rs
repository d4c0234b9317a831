use mp_runtime::StartMethod::{Exec, Fork, ForkServer};
use mp_runtime::process;

#[process(start = forkserver, unsafe(threads))]
fn shout(text: String) -> String {
    println!("{text} speaks");
    text.to_uppercase()
}

fn shouts() -> [String; 3] {
    [Fork, ForkServer, Exec].map(|way| shout::process(format!("{way:?}")).start(way).spawn().unwrap().join().unwrap())
}
