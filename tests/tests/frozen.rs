//! What becomes of a program with a process that cannot be killed?

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, thread};

use mp_tests::{Expect, Run, fixture, not_tested};

/// A group of processes that can be frozen; thawed and removed when it is dropped.
struct Freezer(PathBuf);

impl Freezer {
    /// `None` where there is none to be had: it takes root, and control groups of version 1.
    fn new() -> Option<Freezer> {
        let path = Path::new("/sys/fs/cgroup/freezer").join(format!("mp-test-{}", std::process::id()));
        fs::create_dir(&path).ok().map(|()| Freezer(path))
    }

    fn thaw(&self) {
        fs::write(self.0.join("freezer.state"), "THAWED").expect("it is ours");
    }
}

impl Drop for Freezer {
    fn drop(&mut self) {
        self.thaw();
        let begin = Instant::now();
        while fs::remove_dir(&self.0).is_err() && begin.elapsed() < Duration::from_secs(10) {
            thread::yield_now();
        }
    }
}

#[test]
fn process_that_cannot_be_killed_is_told_and_given_up() {
    let Some(freezer) = Freezer::new() else {
        not_tested("there is no freezer of control groups (version 1) to be had here");
        return;
    };
    let run = fixture("fixture_frozen").arg(&freezer.0).deadline(Duration::from_secs(60));
    let left = [Expect::Adopted, Expect::Survivors, Expect::ChildrenAtExit, Expect::FdsOpen];
    let mut running = left.into_iter().fold(run, Run::expect).start();
    assert_eq!(running.read_line().as_deref(), Some("frozen"));
    let pid = running.pid();
    let outcome = thread::scope(|scope| {
        scope.spawn(|| {
            // It ends only now, by the SIGKILL that it got long ago.
            while Path::new(&format!("/proc/{pid}/fd/0")).exists() {
                thread::yield_now();
            }
            freezer.thaw();
        });
        running.finish()
    });
    outcome.assert_code(1);
    let told: Vec<_> = outcome.stderr.lines().collect();
    assert_eq!(told.len(), 1, "{outcome}");
    assert!(
        told[0].starts_with("process `hangs` (pid ")
            && told[0].contains("could not be stopped: SIGKILL has not ended it in 10s")
    );
    assert!((10..14).contains(&outcome.elapsed.as_secs()), "{outcome}");
}
