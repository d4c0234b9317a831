//! What the programs that wait by futures have in common.

use std::env;
use std::future::Future;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

pub(crate) const MOMENT: Duration = Duration::from_millis(20);
pub(crate) const LONG: Duration = Duration::from_secs(10);

/// Gives what the future does, which does not take long.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(LONG, future).await.expect("it does not take long")
}

/// The scene that the arguments name, and a runtime of the flavor that they name, if it is to be `threads` or one thread.
pub(crate) fn arguments() -> (String, Runtime) {
    let mut words = env::args().skip(1);
    let runtime = |flavor: Option<String>| match flavor.as_deref() {
        Some("threads") => Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap(),
        _ => Builder::new_current_thread().enable_all().build().unwrap(),
    };
    (words.next().expect("a scene"), runtime(words.next()))
}
