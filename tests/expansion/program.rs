//! All that a program can say.
use mp_runtime::{mp_main, process};

mod jobs {
    use mp_runtime::process;

    #[process]
    pub(crate) fn crunch(jobs: Vec<u32>) -> u32 {
        jobs.iter().sum()
    }
}

#[process]
fn keep<T: serde::Serialize + serde::de::DeserializeOwned>(value: T) -> T {
    value
}

mp_main! {
    worker[4]: jobs::crunch(vec![1, 2]);
    #[cfg(debug_assertions)]
    kept: keep::<u8>(7);
    keep("text".to_owned());

    /// The parent's own code.
    fn main() -> Result<(), Box<dyn std::error::Error>> {
        for worker in worker {
            assert_eq!(worker.join()?, 3);
        }
        assert_eq!(keep.join()?, "text");
        Ok(())
    }
}
