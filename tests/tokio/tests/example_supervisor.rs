//! Does the example `async_supervisor` keep what lives, give up what does not, and stop when it is told to?

use std::time::Duration;

use mp_tests::{Expect, Run, example};

fn supervisor() -> Run {
    example("async_supervisor").expect(Expect::SocketPair)
}

fn count(text: &str, line: &str) -> usize {
    text.lines().filter(|other| other.starts_with(line)).count()
}

#[test]
fn services_are_restarted_or_given_up_until_time_is_up() {
    let outcome = supervisor().arg("1.5").run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
    let text = &outcome.stdout;
    assert_eq!((count(text, "mailer: started"), count(text, "mailer: died 3 times in 5s, given up")), (3, 1), "{text}");
    assert_eq!(text.matches(") failed: there is no mail server").count(), 3, "{text}");
    assert!((1..=3).contains(&count(text, "parser: started")) && text.contains("  parsed 22\n"), "{text}");
    assert_eq!(count(text, "clock: started"), 1, "{text}");
    // No line is lost, whatever else happens.
    let ticks: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("  tick ")).collect();
    assert!(!ticks.is_empty() && ticks.iter().enumerate().all(|(n, tick)| *tick == (n + 1).to_string()), "{text}");
    assert!(text.contains("time is up\n") && text.ends_with("all stopped\n"), "{text}");
}

#[test]
fn ctrl_c_stops_all_services_in_order() {
    let mut running = supervisor().start();
    while running.read_line().expect("the clock ticks").trim() != "tick 3" {}
    assert!(running.signal(libc::SIGINT));
    let outcome = running.finish();
    outcome.assert_code(0);
    let text = &outcome.stdout;
    assert!(text.contains("interrupted\n") && text.ends_with("all stopped\n"), "{text}");
    assert!(text.contains("process `clock` (pid ") && outcome.elapsed < Duration::from_secs(15), "{text}");
}
