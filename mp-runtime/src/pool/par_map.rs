//! A map over data that the workers inherit.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::pool::batch::Batch;
use crate::pool::engine::Engine;
use crate::pool::error::{TaskError, TaskErrorKind};
use crate::pool::gather::Gather;
use crate::pool::job::Limits;
use crate::pool::pool::Shutdown;
use crate::pool::settings::{Settings, available_workers};
use crate::pool::work::Each;

/// Runs `function` on each element of `data` in processes, as many as this one may use processors; the values in the order of
/// the elements.
///
/// The processes are forked for this call: they have the data and the closure as a copy, so both may be of any type; only the
/// values are sent. A call costs the start of the processes, about a millisecond; for many short calls keep a [`Pool`](crate::Pool).
/// With `MP_POOL_BACKEND` set to `sequential` or `threads` there are none; see [`Backend`](crate::Backend).
///
/// ```
/// let words = ["lucky", "is", "a", "good", "man"];
/// let lengths = mp_runtime::par_map(&words, |word| word.len())?;
/// assert_eq!(lengths, [5, 2, 1, 4, 3]);
/// # Ok::<(), mp_runtime::TaskError>(())
/// ```
///
/// # Errors
///
/// That of the first element, in their order, on which the function has failed: panicked, or ended its process. The function is
/// run on the others all the same. When no process can be started, see [`Builder::spawn`](crate::Builder::spawn), that of
/// the first.
pub fn par_map<T, R, F>(data: &[T], function: F) -> Result<Vec<R>, TaskError>
where
    R: Serialize + DeserializeOwned,
    F: Fn(&T) -> R,
{
    if data.is_empty() {
        return Ok(Vec::new());
    }
    let workers = available_workers().min(data.len());
    let settings = Settings { name: "par_map".to_owned(), workers, ..Settings::default() };
    let engine = settings
        .hands(Each::new(data, function), Each::serve)
        .and_then(|(settings, hands)| Engine::new(settings, hands));
    let mut engine = engine.map_err(|error| TaskError::new(0, 0, TaskErrorKind::NotRun(error)))?;
    let job = engine.open_job(Limits::default());
    let mut gather = Gather::new();
    let (mut begun, mut done) = (0, 0);
    while done < data.len() {
        while begun < data.len() && engine.has_room() {
            let left = data.len() - begun;
            // Smaller and smaller towards the end, so that all workers end at about the same time.
            let count = (engine.pace.chunk() as usize).min(left / (2 * workers)).max(1);
            let message = engine.blank();
            engine.add(Batch::new(job, begun as u64, count as u32, message));
            engine.dispatch();
            begun += count;
        }
        engine.drive(None);
        while let Some(delivery) = engine.take(job) {
            done += delivery.count as usize;
            gather.add(delivery, &mut engine);
        }
    }
    engine.end(Shutdown::Wait, None);
    gather.finish()
}
