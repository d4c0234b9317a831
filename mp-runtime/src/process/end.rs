//! The end of a process, put together from what the kernel says and what the process said itself.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use crate::error::Stage;
use crate::process::exit::{self, Exit, ExitKind, Usage};
use crate::process::launch::Launch;
use crate::process::panic::Panic;
use crate::sys::clock;
use crate::sys::wait::Ended;
use crate::wire::codec;
use crate::wire::frame::{Head, State};

#[derive(Debug)]
pub(crate) struct End {
    pub(crate) exit: Exit,
    /// The head of the report, if its payload is the value.
    pub(crate) value: Option<Head>,
}

impl End {
    /// The end of the process with this id, whose status is `None` if somebody else has it.
    ///
    /// A report counts only if the exit status is the one that goes with it: a child that was killed after it had
    /// reported, or that ended itself from another thread, has not ended as it said it would.
    #[inline]
    pub(crate) fn new(launch: &Launch, id: u32, ended: Option<Ended>) -> End {
        let head = launch.report.head();
        let kind = match (&ended, head) {
            (None, _) => ExitKind::Lost,
            (Some(ended), None) => exit::bare(ended.status, false),
            (Some(ended), Some(head)) => match (head.state, ended.status.code(), ended.status.signal()) {
                (State::Returned, Some(0), _) => ExitKind::Returned,
                (State::Failed, Some(1), _) => ExitKind::Failed(failure(launch, head)),
                (State::Panicked, Some(101), _) => ExitKind::Panicked(panic(launch, head)),
                (State::Aborting, _, Some(libc::SIGABRT)) => ExitKind::Panicked(panic(launch, head)),
                (State::NotStarted, Some(1), _) => not_started(launch, head),
                (State::Overflowed, _, Some(libc::SIGSEGV | libc::SIGBUS | libc::SIGABRT)) => {
                    exit::bare(ended.status, true)
                }
                _ => exit::bare(ended.status, false),
            },
        };
        let run_time = head
            .filter(|head| head.run_time > Duration::ZERO)
            .map_or_else(|| clock::now().saturating_sub(launch.started), |head| head.run_time);
        let exit = Exit {
            name: launch.name.clone(),
            id,
            began: head.is_some_and(|head| head.state != State::NotStarted),
            run_time,
            usage: ended.and_then(|ended| ended.usage).as_ref().map(Usage::from_raw),
            kind,
        };
        End { value: head.filter(|_| exit.is_success()), exit }
    }
}

fn failure(launch: &Launch, head: Head) -> String {
    let lost = |error: &dyn fmt::Display| format!("(what it said was lost: {error})");
    match launch.report.payload(head, |bytes| codec::decode(bytes).map_err(|error| lost(&error))) {
        Ok(Ok(message)) | Ok(Err(message)) => message,
        Err(error) => lost(&error),
    }
}

fn panic(launch: &Launch, head: Head) -> Panic {
    launch.report.payload(head, Panic::decode).unwrap_or_else(|_| Panic::decode(&[]))
}

fn not_started(launch: &Launch, head: Head) -> ExitKind {
    let told: Option<(u8, i32)> = launch.report.payload(head, |bytes| codec::decode(bytes).ok()).ok().flatten();
    match told.and_then(|(stage, errno)| Some((*Stage::ALL.get(usize::from(stage))?, errno))) {
        Some((stage, errno)) => ExitKind::NotStarted { stage, errno },
        None => ExitKind::Exited(1),
    }
}
