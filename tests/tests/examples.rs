//! Does each example print what its head promises? (`prefork_server` has a file of its own.)

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread::{self, available_parallelism};
use std::time::{Duration, Instant};

use mp_tests::{Outcome, example};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

const LUCKY: &str = "lucky is a good man";

/// All numbers in a text.
fn numbers(text: &str) -> Vec<u32> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect()
}

/// Asserts that stdout has these lines, in any order, and that all went well.
#[track_caller]
fn assert_lines(outcome: &Outcome, expected: &[(usize, &str)]) {
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
    let mut expected: Vec<_> = expected.iter().flat_map(|(count, line)| vec![*line; *count]).collect();
    let mut lines: Vec<_> = outcome.stdout.lines().collect();
    expected.sort_unstable();
    lines.sort_unstable();
    assert_eq!(lines, expected);
}

/// Asserts that stdout is this, and that all went well.
#[track_caller]
fn assert_stdout(outcome: &Outcome, expected: &str) {
    outcome.assert_code(0);
    assert_eq!((&*outcome.stdout, &*outcome.stderr), (expected, ""));
}

/// Asserts that two processes of 7 and 5 seconds have run at once, not one after the other.
#[track_caller]
fn assert_seven_seconds(seconds: f64) {
    assert!((6.5..9.5).contains(&seconds), "took {seconds} s");
}

#[test]
fn hello_prints_the_lines_of_both_processes() {
    let outcome = example("hello").run();
    assert_lines(&outcome, &[(7, LUCKY), (1, "xiaozhang is a good man")]);
}

#[test]
fn identity_is_the_same_from_both_sides() {
    let outcome = example("identity").run();
    let main = outcome.report.pid.unwrap();
    let [child, _, _, outside, _] = numbers(&outcome.stdout)[..] else { panic!("{outcome}") };
    let expected = format!(
        "I am `greeter`, id {child}; my parent is `main`, id {main}\n\
         I am `main`, id {main}; my parent, id {outside}, is not of this program\n\
         my child was `greeter`, id {child}\n"
    );
    assert_stdout(&outcome, &expected);
    assert!(child != outside && ![child, outside].contains(&main.unsigned_abs()));
}

#[test]
fn fork_has_two_sides_that_agree() {
    let outcome = example("fork").run();
    let main = outcome.report.pid.unwrap();
    let child_line = outcome.stdout.lines().find(|line| line.starts_with("child:"));
    let [child, _] = numbers(child_line.unwrap_or_default())[..] else { panic!("{outcome}") };
    assert_ne!(child, main.unsigned_abs());
    let before = format!("before: my id is {main}");
    let parent = format!("parent: my id is {main}, my child's id is {child}");
    let child = format!("child:  my id is {child}, my parent's id is {main}");
    assert_lines(&outcome, &[(1, &before), (1, &parent), (1, &child)]);
    assert_eq!(outcome.stdout.lines().next(), Some(&*before));
}

#[test]
fn one_process_never_reaches_the_second_function() {
    let mut running = example("one_process").start();
    assert_eq!(running.read_line().as_deref(), Some(LUCKY));
    assert_eq!(running.read_line().as_deref(), Some(LUCKY));
    // Not SIGINT: whoever runs this test in the background may have made us ignore it.
    assert!(running.signal(libc::SIGTERM));
    let outcome = running.finish();
    outcome.assert_signal(libc::SIGTERM);
    assert!(outcome.stdout.lines().all(|line| line == LUCKY), "{outcome}");
    assert_eq!(outcome.stderr, "");
}

#[test]
fn two_processes_run_at_once() {
    let running = example("two_processes").start();
    let status = fs::read_to_string(format!("/proc/{}/status", running.pid())).unwrap();
    let parent = status.lines().find(|line| line.starts_with("PPid:")).unwrap();
    let parent = format!("my parent's id is {}", numbers(parent)[0]);
    let outcome = running.finish();
    assert_lines(&outcome, &[(7, LUCKY), (5, "xiaozhang is a word man"), (1, &parent)]);
    assert_seven_seconds(outcome.elapsed.as_secs_f64());
}

#[test]
fn join_timing_takes_as_long_as_the_longer_process() {
    let outcome = example("join_timing").run();
    let last = outcome.stdout.lines().last().unwrap_or_default();
    assert_lines(&outcome, &[(7, LUCKY), (5, "xiaozhang is a word man"), (1, last)]);
    let seconds = last.strip_prefix("both ended after ").and_then(|rest| rest.strip_suffix(" s"));
    assert_seven_seconds(seconds.unwrap_or_default().parse().unwrap());
    assert_seven_seconds(outcome.elapsed.as_secs_f64());
}

#[test]
fn globals_of_the_parent_keep_their_value() {
    let expected = "parent: the number is 100\nchild:  the number is 101\nparent: the number is still 100\n";
    assert_stdout(&example("globals").run(), expected);
}

#[test]
fn daemon_is_gone_when_main_ends() {
    let outcome = example("daemon").run();
    assert_stdout(&outcome, "Worker process started\nMain process finished\n");
    // The worker has ten seconds of work, and SIGTERM five until SIGKILL follows.
    assert!(outcome.elapsed < Duration::from_secs(4), "{outcome}");
}

#[test]
fn results_tell_the_kinds_of_end_apart() {
    let outcome = example("results").run();
    outcome.assert_code(0);
    let source = include_str!("../../examples/results.rs");
    let line = 1 + source.lines().position(|line| line == "    n / by").unwrap();
    let expected = format!(
        "square: returned 49\n\
         measure: returned Size {{ words: 5, longest: \"lucky\" }}\n\
         parse: failed: invalid digit found in string\n\
         divide: panicked: attempt to divide by zero (line {line})\n\
         leave: exited with code 7\n\
         hang: was killed by signal 9\n"
    );
    assert_eq!(outcome.stdout, expected);
    // The head of the example shows the same.
    let shown = source.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim_start);
    assert_eq!(
        shown.skip_while(|line| !line.starts_with("square")).take(6).collect::<Vec<_>>().join("\n") + "\n",
        expected
    );
    // Nothing but the panic's own message.
    assert!(outcome.stderr.trim_start().starts_with("thread 'main' "), "{outcome}");
    assert!(
        outcome.stderr.contains(&format!("panicked at examples/results.rs:{line}:5:\nattempt to divide by zero\n"))
    );
    assert_eq!(outcome.stderr.matches("panicked at").count(), 1, "{outcome}");
}

/// A folder for one test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn word_count_prints_a_row_for_each_file_and_a_total() {
    let folder = Folder::new("rows");
    let poem = folder.file("poem", "lucky is\n a  good\tman\n");
    let empty = folder.file("empty", "");
    let binary = folder.file("binary", b"\xff\xfe no line end");
    let large = folder.file("large", "x \n".repeat(100_000));
    let outcome = example("word_count").args([&poem, &empty, &binary, &large]).run();
    let [poem, empty, binary, large] = [poem, empty, binary, large].map(|path| path.display().to_string());
    let expected = format!(
        " lines   words   bytes  file\n     \
              2       5      22  {poem}\n     \
              0       0       0  {empty}\n     \
              0       4      14  {binary}\n\
         100000  100000  300000  {large}\n\
         100002  100009  300036  total\n"
    );
    assert_stdout(&outcome, &expected);
}

#[test]
fn word_count_reports_what_it_cannot_read_and_counts_the_rest() {
    let folder = Folder::new("unreadable");
    let [first, last] = ["first", "last"].map(|name| folder.file(name, "one two\n"));
    let missing = folder.0.join("missing");
    let outcome = example("word_count").args([&first, &missing, &folder.0, &last]).run();
    let [first, missing, directory, last] = [&first, &missing, &folder.0, &last].map(|path| path.display());
    let expected = format!(
        "lines  words  bytes  file\n    \
             1      2      8  {first}\n    \
             -      -      -  {missing}: No such file or directory (os error 2)\n    \
             -      -      -  {directory}: Is a directory (os error 21)\n    \
             1      2      8  {last}\n    \
             2      4     16  total\n"
    );
    outcome.assert_code(1);
    assert_eq!((outcome.stdout, &*outcome.stderr), (expected, ""));
}

#[test]
fn word_count_without_arguments_counts_the_examples() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("examples");
    let mut sizes = Vec::new();
    for entry in fs::read_dir(examples).unwrap() {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|extension| extension == "rs") {
            sizes.push(entry.metadata().unwrap().len());
        }
    }
    let outcome = example("word_count").run();
    outcome.assert_code(0);
    let rows: Vec<_> = outcome.stdout.lines().map(|row| row.split_whitespace().collect::<Vec<_>>()).collect();
    assert_eq!(rows.len(), sizes.len() + 2, "{outcome}");
    assert!(rows.iter().any(|row| row[3].ends_with("/examples/word_count.rs")), "{outcome}");
    assert_eq!(rows.last().unwrap()[2..], [&*sizes.iter().sum::<u64>().to_string(), "total"]);
}

#[test]
fn scope_comes_to_the_sum_of_one_pass() {
    let outcome = example("scope").run();
    outcome.assert_code(0);
    let sums: Vec<_> =
        outcome.stdout.lines().map(|line| line.split_once(" by ").expect("a sum by somebody").0).collect();
    assert!(sums.len() == 2 && sums[0] == sums[1] && sums[0].len() == 16, "{outcome}");
}

#[test]
fn threads_start_processes_and_survive_their_crashes() {
    let expected = "1: 1\n-20: -20\nlucky: no number, invalid digit found in string\n300: 300\n\
                    crash: its parser was killed by signal 6\n4000: 4000\n\
                    : no number, cannot parse integer from empty string\n50000: 50000\n";
    assert_stdout(&example("threads").run(), expected);
}

/// Opens a fifo for writing as soon as somebody reads it.
fn open_when_read(fifo: &Path) -> File {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        match open_if_read(fifo) {
            Some(file) => return file,
            None => assert!(Instant::now() < until, "nobody reads {}", fifo.display()),
        }
        thread::yield_now();
    }
}

/// Opens a fifo for writing, if somebody reads it.
fn open_if_read(fifo: &Path) -> Option<File> {
    match OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(fifo) {
        Ok(file) => Some(file),
        Err(error) => {
            assert_eq!(error.raw_os_error(), Some(libc::ENXIO));
            None
        }
    }
}

#[test]
fn word_count_reads_as_many_files_at_once_as_there_are_cpus() {
    let folder = Folder::new("at_once");
    let cpus = available_parallelism().unwrap().get();
    let fifos: Vec<_> = (0..=cpus).map(|index| folder.0.join(index.to_string())).collect();
    for fifo in &fifos {
        mkfifo(fifo, Mode::S_IRWXU).unwrap();
    }
    let running = example("word_count").args(&fifos).start();
    let (waiting, at_once) = fifos.split_last().unwrap();
    let writers: Vec<_> = at_once.iter().map(|fifo| open_when_read(fifo)).collect();
    assert!(open_if_read(waiting).is_none(), "more than {cpus} at once");
    for writer in writers {
        (&writer).write_all(b"word\n").unwrap();
    }
    drop(open_when_read(waiting));
    let outcome = running.finish();
    outcome.assert_code(0);
    let total = outcome.stdout.lines().last().unwrap_or_default();
    assert_eq!(numbers(total), [cpus, cpus, 5 * cpus].map(|number| u32::try_from(number).unwrap()));
}
