//! Do the examples of pools do what their heads promise?

use std::fs;

use mp_tests::{Outcome, example};

#[track_caller]
fn assert_stdout(outcome: &Outcome, expected: &str) {
    outcome.assert_code(0);
    assert_eq!((&*outcome.stdout, &*outcome.stderr), (expected, ""));
}

#[test]
fn monte_carlo_pi_is_the_same_for_any_number_of_workers() {
    let outcome = example("monte_carlo_pi").run();
    assert_stdout(&outcome, "pi is about 3.1418\ntwo and three workers threw the same darts: true\n");
}

#[test]
fn timeouts_tells_what_became_of_each() {
    let expected = "27: 111 steps\n0: too long\n97: 118 steps\n13: signal 6\n871: 178 steps\n\
                    done within 10 ms: false\ncancelled: true\nworkers replaced: 2\n";
    assert_stdout(&example("timeouts").run(), expected);
}

#[test]
fn mandelbrot_writes_an_image() {
    let path = std::env::temp_dir().join(format!("mandelbrot-{}.png", std::process::id()));
    let outcome = example("mandelbrot").arg(&path).args(["60", "40"]).run();
    let image = fs::read(&path);
    let _ = fs::remove_file(&path);
    assert_stdout(&outcome, &format!("{}: 60 x 40\n", path.display()));
    let image = image.unwrap();
    assert!(image.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x3c\0\0\0\x28\x08\x02"));
    assert!(image.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"));
    // A chunk for each row, of its colours, its filter, the head of its block, and 12 bytes of its own.
    assert!(image.len() > 40 * (3 * 60 + 1 + 5 + 12));
}

#[test]
fn file_sums_has_each_file_once_in_order() {
    let folder = std::env::temp_dir().join(format!("file-sums-{}", std::process::id()));
    fs::create_dir_all(folder.join("deep/er")).unwrap();
    for n in 0..50 {
        fs::write(folder.join(format!("deep/{n:02}")), vec![b'a'; n]).unwrap();
    }
    fs::write(folder.join("deep/er/a"), "a").unwrap();
    let outcome = example("file_sums").arg(&folder).run();
    fs::remove_dir_all(&folder).unwrap();
    outcome.assert_code(0);
    let lines: Vec<_> = outcome.stdout.lines().map(|line| line.rsplit_once('/').unwrap().1).collect();
    assert_eq!(lines.len(), 51);
    assert_eq!((lines[0], lines[1]), ("00 0 cbf29ce484222325", "01 1 af63dc4c8601ec8c"));
    assert_eq!(lines[50], "a 1 af63dc4c8601ec8c");
}
