#![deny(warnings)]

use mp_runtime::{Child, mp_main, process};

mod jobs {
    pub(crate) mod inner {
        #[mp_runtime::process]
        pub(crate) fn count(text: &str) -> usize {
            text.len()
        }
    }
}

#[process(daemon)]
fn serve() {
    loop {
        std::thread::park()
    }
}

// Listed in the program and used nowhere else.
#[process]
fn listed() {}

#[process]
fn keep<T: serde::Serialize + serde::de::DeserializeOwned, const N: usize>(values: [T; N]) -> Vec<T> {
    values.into_iter().collect()
}

#[process]
fn watch(child: &Child<usize>, id: u32) -> bool {
    child.id() == id
}

#[process]
fn crunch(jobs: Vec<u32>) -> u32 {
    jobs.iter().sum()
}

const REPLICAS: usize = 2;

mp_main! {
    serve();
    listed();
    counter: crate::jobs::inner::count("lucky");
    second: jobs::inner::count(&format!("a{}", 1),);
    watcher: watch(&counter, counter.id());
    worker[2]: crunch(vec![1, 2]);
    many[REPLICAS + 1]: crunch(Vec::new());
    kept: keep::<u8, 3>([1, 2, 3]);
    #[cfg(any())]
    absent: no_such_function();
    #[cfg(all())]
    present: listed();
    #[cfg(any())]
    present: serve();

    /// The parent's own code.
    pub fn main() -> Result<(), Box<dyn std::error::Error>> {
        assert!(serve.is_alive());
        assert_eq!(counter.join()?, 5);
        assert_eq!(second.join()?, 2);
        assert!(watcher.join()?);
        for worker in worker {
            assert_eq!(worker.join()?, 3);
        }
        assert_eq!(many.len(), 3);
        assert_eq!(kept.join()?, [1, 2, 3]);
        if many.is_empty() {
            return Err("none".into());
        }
        Ok(())
    }
}
