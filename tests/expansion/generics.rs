//! Lifetimes, types, constants and bounds; a function that exists under a condition.
use mp_runtime::process;
use serde::Serialize;
use serde::de::DeserializeOwned;

#[process]
fn largest<'a, T, const N: usize>(values: &'a [T; N]) -> Option<T>
where
    T: Copy + Ord + Serialize + DeserializeOwned,
{
    values.iter().max().copied()
}

#[cfg(target_os = "linux")]
#[process(daemon)]
fn serve() -> ! {
    std::process::exit(0)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    serve::spawn()?;
    assert_eq!(largest::spawn(&[1, 3, 2])?.join()?, Some(3));
    Ok(())
}
