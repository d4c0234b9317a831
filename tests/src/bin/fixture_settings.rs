//! Is a process what its settings say? The first argument names a scene. Silent and code 0 if all is as it should be.

use std::collections::HashSet;
use std::env;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::path::PathBuf;

use fixture_kit::{fds, status};
use mp_runtime::{Body, Builder, ExitKind, Stage, Stdio, current, process, spawn};

mod fixture_kit;

#[process(env(MP_ONE = "1", MP_TWO = "2"), current_dir = "/")]
fn place() -> (Option<String>, Option<String>, PathBuf) {
    (env::var("MP_ONE").ok(), env::var("MP_TWO").ok(), env::current_dir().unwrap())
}

#[process(nice = 7, affinity = [0], oom_score = 300, limit(open_files = 50, core_size = 0))]
fn limited() -> [String; 5] {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let nice = stat.rsplit_once(") ").unwrap().1.split(' ').nth(16).unwrap().to_owned();
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let limit = |name| {
        let line: &str = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    };
    let score = fs::read_to_string("/proc/self/oom_score_adj").unwrap().trim().to_owned();
    [nice, status("Cpus_allowed_list"), score, limit("Max open files"), limit("Max core file size")]
}

fn environment() {
    let both = (Some("1".to_owned()), Some("2".to_owned()), PathBuf::from("/"));
    assert_eq!(place::spawn().unwrap().join().unwrap(), both);
    let one = place::process().env_remove("MP_ONE").env("MP_TWO", "two").current_dir("/proc");
    assert_eq!(one.spawn().unwrap().join().unwrap(), (None, Some("two".to_owned()), PathBuf::from("/proc")));
    let cleared = place::process().env_clear().env("MP_ONE", "one").spawn().unwrap().join().unwrap();
    assert_eq!(cleared, (Some("one".to_owned()), None, PathBuf::from("/")));
    assert!(env::var_os("MP_ONE").is_none() && env::current_dir().unwrap() != *"/");
}

fn limits() {
    let limited = limited::spawn().unwrap().join().unwrap();
    assert_eq!(limited, ["7", "0", "300", "50 50", "0 0"]);
}

/// What a setting that cannot be is answered with.
fn refusals() {
    let not_started = |stage, errno| ExitKind::NotStarted { stage, errno };
    assert_eq!(kind(place::process().current_dir("/nowhere")), not_started(Stage::Directory, libc::ENOENT));
    assert_eq!(kind(place::process().affinity([5000])), not_started(Stage::Affinity, libc::EINVAL));
    assert_eq!(kind(place::process().affinity([])), not_started(Stage::Affinity, libc::EINVAL));
    assert_eq!(kind(place::process().oom_score(2000)), not_started(Stage::OomScore, libc::EINVAL));
    assert_eq!(kind(place::process().env("A=B", "")), not_started(Stage::Environment, libc::EINVAL));
    let zero = place::process().env("A", "\0").spawn().unwrap_err();
    assert_eq!((zero.stage(), zero.raw_os_error()), (Some(Stage::Environment), Some(libc::EINVAL)));
    let closed = place::process().current_dir("a\0b").spawn().unwrap_err();
    assert_eq!(closed.stage(), Some(Stage::Directory));
}

/// How a process ends that is not started after all.
fn kind<B: Body>(builder: Builder<B>) -> ExitKind {
    let exit = builder.spawn().unwrap().join().map(drop).unwrap_err().into_exit().unwrap();
    assert!(!exit.began());
    exit.kind().clone()
}

fn park() {
    loop {
        std::thread::park();
    }
}

fn echo() -> String {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).unwrap();
    io::stdout().write_all(text.to_uppercase().as_bytes()).unwrap();
    io::stderr().write_all(b"done").unwrap();
    text
}

fn pipes() {
    let piped = || Builder::closure(echo).stdin(Stdio::Piped).stdout(Stdio::Piped).stderr(Stdio::Piped);
    let mut child = piped().spawn().unwrap();
    // A sibling holds none of the ends: else the reading below would not end.
    let sibling = spawn(park).unwrap();
    child.take_stdin().unwrap().write_all(b"lucky").unwrap();
    assert!(child.take_stdin().is_none());
    let mut text = String::new();
    child.take_stdout().unwrap().read_to_string(&mut text).unwrap();
    child.take_stderr().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "LUCKYdone");
    assert_eq!(child.join().unwrap(), "lucky");
    sibling.kill().unwrap();
    assert!(sibling.join().is_err());

    // Nobody reads: the join does, and ends what is read.
    let loud = Builder::closure(|| {
        let mut rest = String::new();
        io::stdin().read_to_string(&mut rest).unwrap();
        io::stdout().write_all(&[b'x'; 1 << 20]).unwrap();
    });
    loud.stdin(Stdio::Piped).stdout(Stdio::Piped).spawn().unwrap().join().unwrap();
}

fn files() {
    let path = env::temp_dir().join("mp-settings");
    let file = File::create(&path).unwrap();
    let before = fds().len();
    let printed = Builder::closure(|| io::stdout().write_all(b"to a file").unwrap()).stdout(file).spawn().unwrap();
    printed.join().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "to a file");
    fs::remove_file(path).unwrap();
    let quiet = Builder::closure(echo).stdin(Stdio::Null).stdout(Stdio::Null).stderr(Stdio::Null).spawn().unwrap();
    assert_eq!(quiet.join().unwrap(), "");
    let kept = fds().len();
    assert!(kept <= before + 5, "{kept} descriptors after {before}");
    // None of the originals stays open in the process.
    let usual = spawn(|| fds().len()).unwrap().join().unwrap();
    let nulls = Builder::closure(|| fds().len()).stdin(Stdio::Null).stdout(Stdio::Null).spawn().unwrap();
    assert_eq!(nulls.join().unwrap(), usual);
}

fn seeds() {
    let hash = || (current().seed(), RandomState::new().hash_one(7));
    let _ = RandomState::new();
    let all: Vec<(u64, u64)> = (0..20).map(|_| spawn(hash).unwrap().join().unwrap()).collect();
    assert_eq!(all.iter().map(|(seed, _)| seed).collect::<HashSet<_>>().len(), 20);
    assert_eq!(all.iter().map(|(_, hash)| hash).collect::<HashSet<_>>().len(), 20);
    assert!(all.iter().all(|(seed, _)| *seed != current().seed()));
    // The same row each time, below a seed that was given.
    let below = || [(); 2].map(|()| spawn(|| current().seed()).unwrap().join().unwrap());
    let rows = [(); 2].map(|()| Builder::closure(below).seed(7).spawn().unwrap().join().unwrap());
    assert!(rows[0] == rows[1] && rows[0][0] != rows[0][1]);
}

fn main() {
    match env::args().nth(1).as_deref() {
        Some("environment") => environment(),
        Some("limits") => limits(),
        Some("refusals") => refusals(),
        Some("pipes") => pipes(),
        Some("files") => files(),
        Some("seeds") => seeds(),
        other => panic!("no scene {other:?}"),
    }
}
