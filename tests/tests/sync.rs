//! Do locks and shared values keep their word, also when somebody dies with them?

use mp_tests::{Outcome, fixture};

/// The scene asserts by itself.
#[track_caller]
fn scene(word: &str) -> Outcome {
    let program = match word.split('-').next() {
        Some("rwlock" | "semaphore" | "seats" | "many") => "fixture_sync_seats",
        Some("death") => "fixture_sync_deaths",
        Some("barrier" | "condvar" | "h1" | "h2") => "fixture_sync_meetings",
        _ => "fixture_sync",
    };
    let outcome = fixture(program).arg(word).run();
    outcome.assert_code(0);
    outcome
}

/// As above, and says nothing.
#[track_caller]
fn quiet(word: &str) {
    assert_eq!(scene(word).stderr, "");
}

#[test]
fn h1_barrier_whose_other_waiter_was_killed_breaks_and_names_it() {
    quiet("h1");
}

#[test]
fn h2_notify_returns_at_once_though_a_waiter_was_killed() {
    quiet("h2");
}

#[test]
fn h3_set_returns_at_once_though_a_waiter_was_killed() {
    quiet("h3");
}

#[test]
fn h4_lock_whose_holder_was_killed_is_handed_on_with_that_fact() {
    quiet("h4");
}

#[test]
fn mutex_excludes_other_processes() {
    quiet("mutex-excludes");
}

#[test]
fn mutex_taken_twice_by_a_thread_is_an_error() {
    quiet("mutex-twice");
}

#[test]
fn mutexes_of_a_thread_are_so_many_that_all_are_handed_on() {
    quiet("many-mutexes");
}

#[test]
fn mutex_is_not_waited_for_longer_than_asked() {
    quiet("mutex-timeout");
}

#[test]
fn mutex_is_not_slept_for_when_its_wake_up_died_with_the_one_who_released_it() {
    quiet("death-of-one-that-wakes");
}

#[test]
fn mutex_tells_of_a_holder_that_panicked() {
    assert_eq!(scene("mutex-panic").stderr.matches("panicked at").count(), 1);
}

#[test]
fn mutex_tells_each_until_it_is_cleared() {
    quiet("mutex-poison");
}

#[test]
fn guard_is_of_no_use_in_another_process() {
    assert_eq!(scene("guard-copy").stderr.matches("panicked at").count(), 1);
}

#[test]
fn guard_may_be_forgotten() {
    quiet("guard-forgotten");
}

#[test]
fn guard_keeps_no_other_handle_of_its_mutex() {
    quiet("guard-beside-handles");
}

#[test]
fn rwlock_excludes_other_processes() {
    quiet("rwlock-excludes");
}

#[test]
fn rwlock_lets_readers_in_together_and_forgets_a_dead_one() {
    quiet("rwlock-readers");
}

#[test]
fn rwlock_tells_of_a_dead_writer() {
    quiet("rwlock-dead-writer");
}

#[test]
fn rwlock_wakes_those_that_wait_for_one_that_dies() {
    quiet("rwlock-death-while-waiting");
}

#[test]
fn semaphore_lets_so_many_in_at_a_time() {
    quiet("semaphore-bounds");
}

#[test]
fn semaphore_takes_permits_back_from_the_dead() {
    quiet("semaphore-dead-holder");
}

#[test]
fn semaphore_takes_permits_back_from_a_dead_child_when_there_is_no_descriptor_left() {
    quiet("death-unseen-by-descriptor");
}

#[test]
fn semaphore_has_so_many_seats() {
    quiet("semaphore-full");
}

#[test]
fn semaphore_is_tried_in_bounded_time_beside_one_that_is_stopped_inside() {
    quiet("semaphore-tried-beside-one-that-is-stopped");
}

#[test]
fn seats_of_the_living_that_hold_nothing_are_free() {
    quiet("seats-of-the-idle");
}

#[test]
fn barrier_lets_nobody_run_ahead() {
    quiet("barrier-rounds");
}

#[test]
fn barrier_does_not_wait_for_one_that_died_elsewhere() {
    quiet("barrier-dead-member");
}

#[test]
fn barrier_serves_one_group_after_another() {
    quiet("barrier-newcomers");
}

#[test]
fn barrier_is_broken_by_hand_by_time_and_made_new() {
    quiet("barrier-abort-and-reset");
}

#[test]
fn condvar_wakes_as_many_as_are_notified() {
    quiet("condvar-notify");
}

#[test]
fn condvar_loses_no_notification_to_a_dead_waiter() {
    quiet("condvar-dead-waiter");
}

#[test]
fn condvar_is_not_waited_at_for_one_that_died_before_it_could_notify() {
    quiet("death-of-one-that-was-to-notify");
}

#[test]
fn condvar_is_waited_at_for_bounded_time_beside_one_that_is_stopped_inside() {
    quiet("death-that-does-not-come");
}

#[test]
fn condvar_gives_the_lock_back_from_a_dead_holder() {
    quiet("condvar-dead-holder");
}

#[test]
fn event_wakes_those_that_wait() {
    quiet("event");
}

#[test]
fn once_is_done_once() {
    quiet("once");
}

#[test]
fn once_is_done_by_the_next_if_one_dies_or_panics() {
    assert_eq!(scene("once-failed").stderr.matches("panicked at").count(), 1);
}

#[test]
fn shared_values_travel_in_messages() {
    quiet("travel");
}

#[test]
fn lack_of_memory_is_an_error() {
    quiet("memory");
}

#[test]
fn bytes_grow_for_all() {
    quiet("bytes");
}
