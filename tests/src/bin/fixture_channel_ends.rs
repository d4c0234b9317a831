//! How the ends of channels move, and what each side learns of the other; the first argument names a scene. Silent and
//! code 0 if all is as it should be.

use std::env;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use fixture_kit::ends::LONG;
use fixture_kit::stepper::{self, Step};
use fixture_kit::{Gate, asleep, ended, pid, stat, until};
use mp_runtime::{
    Receiver, RecvError, RecvTimeoutError, SendError, Sender, TryRecvError, TrySendError, channel, process,
};
use nix::sys::signal::{Signal, kill};

mod fixture_kit;

const MOMENT: Duration = Duration::from_millis(50);

#[process]
fn count_up(numbers: Sender<u64>, from: u64, count: u64) {
    (from..from + count).for_each(|number| numbers.send(number).unwrap());
}

/// Sends one number and keeps its end.
#[process]
fn send_and_stay(numbers: Sender<u64>) {
    numbers.send(7).unwrap();
    loop {
        thread::park();
    }
}

/// Keeps its end.
#[process]
fn hold<E>(_end: E) {
    loop {
        thread::park();
    }
}

#[process]
fn receive_and_tell(numbers: Receiver<u64>, gate: &Gate) -> (u64, bool) {
    let number = numbers.recv().unwrap();
    gate.open(1);
    (number, matches!(numbers.recv(), Err(RecvError::Disconnected)))
}

/// Fills the channel and sends one more; what became of that.
#[process]
fn overfill(numbers: Sender<u64>) -> bool {
    while numbers.try_send(1).is_ok() {}
    matches!(numbers.send(2), Err(SendError::Disconnected(2)))
}

#[process]
fn use_borrowed(numbers: &Sender<u64>, receiver: &Receiver<u64>) -> Vec<String> {
    let mut said = vec![
        numbers.send(1).unwrap_err().to_string(),
        numbers.try_send(1).unwrap_err().to_string(),
        numbers.clone().send_timeout(1, MOMENT).unwrap_err().to_string(),
        receiver.recv().unwrap_err().to_string(),
        receiver.try_recv().unwrap_err().to_string(),
        receiver.clone().recv_timeout(MOMENT).unwrap_err().to_string(),
    ];
    said.dedup();
    said
}

static CAUGHT: Mutex<Option<Sender<u64>>> = Mutex::new(None);

/// Takes an end that it has only inherited, tries it, and drops it.
#[process]
fn misuse() -> bool {
    let caught = CAUGHT.lock().unwrap().take().unwrap();
    matches!(caught.send(1), Err(SendError::Failed(1, error)) if error.is_not_moved())
}

/// Drops slowly, in the parent.
struct Slow<'a>(u32, &'a Gate);

impl Drop for Slow<'_> {
    fn drop(&mut self) {
        if std::process::id() == self.0 {
            self.1.wait();
        }
    }
}

#[process]
fn send_beside(_slow: Slow<'_>, numbers: Sender<u64>, gate: &Gate) {
    numbers.send(7).unwrap();
    gate.open(1);
}

/// Stops the process that made it, when that drops it.
struct Stops(u32);

impl Drop for Stops {
    fn drop(&mut self) {
        if std::process::id() == self.0 {
            mp_tests::raise(libc::SIGSTOP).unwrap();
        }
    }
}

#[process]
fn use_and_stay(_stops: Stops, numbers: Sender<u64>, used: bool, gate: &Gate) {
    if used {
        numbers.send(7).unwrap();
    }
    drop(numbers);
    gate.open(1);
    loop {
        thread::park();
    }
}

/// Stops before it has dropped the end that it has moved. `gates` are that of its child, and its own.
#[process]
fn stop_while_dropping(numbers: Sender<u64>, used: bool, gates: &[Gate; 2]) {
    let child = use_and_stay::spawn(Stops(std::process::id()), numbers, used, &gates[0]).unwrap();
    gates[1].wait();
    child.kill().unwrap();
    assert!(child.join().is_err());
}

/// Moves its end on, at once.
#[process]
fn pass_on(numbers: Sender<u64>) {
    count_up::spawn(numbers, 0, 3).unwrap().join().unwrap();
}

#[process]
fn drop_and_stay(numbers: Sender<u64>, gate: &Gate) {
    numbers.send(1).unwrap();
    drop(numbers);
    gate.wait();
}

/// Receives an end.
#[process]
fn receive_end(ends: Receiver<Sender<u64>>) {
    let end = stepper::stepped(|| ends.recv().unwrap());
    drop(end);
}

/// A receiver sleeps; a process that takes an end of the other side, and wakes it for that, is killed after so many halves of
/// system calls.
fn waker_killed(count: usize) -> Result<(), usize> {
    let gate = Gate::new();
    let (sender, receiver) = channel(4).unwrap();
    let (ends, received) = channel(4).unwrap();
    ends.send(sender.clone()).unwrap();
    let sleeper = receive_and_tell::spawn(receiver, &gate).unwrap();
    sender.send(7).unwrap();
    gate.wait();
    let victim = receive_end::spawn(received).unwrap();
    stepper::reach(&victim);
    asleep(sleeper.id());
    let walked = stepper::walk_and_kill(victim, Step::Syscall, count);
    drop((sender, ends));
    assert_eq!(sleeper.join_timeout(LONG).expect("it is woken").unwrap(), (7, true));
    walked
}

fn main() {
    let gate = Gate::new();
    let (sender, receiver) = channel::<u64>(64).unwrap();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "end-by-drop" => {
            let child = receive_and_tell::spawn(receiver, &gate).unwrap();
            sender.send(7).unwrap();
            gate.wait();
            asleep(child.id());
            drop(sender);
            assert_eq!(child.join().unwrap(), (7, true));
        }
        "end-by-drop-in-a-clone" => {
            // The child drops its only sender and lives on; a clone of it was dropped here before the start, another is
            // moved elsewhere.
            drop(sender.clone());
            let holder = hold::spawn(sender.clone()).unwrap();
            let child = drop_and_stay::spawn(sender, &gate).unwrap();
            assert_eq!(receiver.recv().unwrap(), 1);
            assert!(matches!(receiver.recv_timeout(MOMENT), Err(RecvTimeoutError::Timeout)));
            holder.kill().unwrap();
            assert!(matches!(receiver.recv(), Err(RecvError::Disconnected)));
            gate.open(1);
            child.join().unwrap();
        }
        "end-by-kill" => {
            let holder = send_and_stay::spawn(sender).unwrap();
            let child = receive_and_tell::spawn(receiver, &gate).unwrap();
            gate.wait();
            asleep(child.id());
            holder.kill().unwrap();
            assert_eq!(child.join().unwrap(), (7, true));
        }
        "full-and-killed" => {
            let holder = hold::spawn(receiver).unwrap();
            let child = overfill::spawn(sender).unwrap();
            asleep(child.id());
            holder.kill().unwrap();
            assert!(child.join().unwrap());
        }
        "full-and-dropped" => {
            let child = overfill::spawn(sender).unwrap();
            asleep(child.id());
            drop(receiver);
            assert!(child.join().unwrap());
        }
        "killed-while-not-full" => {
            let (sender, receiver) = channel::<u64>(1 << 22).unwrap();
            let holder = hold::spawn(receiver).unwrap();
            sender.send(1).unwrap();
            holder.kill().unwrap();
            ended(holder.id());
            until(|| matches!(sender.try_send(2), Err(TrySendError::Disconnected(2))));
            assert!(sender.len() < sender.capacity());
            assert!(matches!(sender.send(3), Err(SendError::Disconnected(3))));
        }
        "borrowed" => {
            let said = use_borrowed::spawn(&sender, &receiver).unwrap().join().unwrap();
            let [only] = &said[..] else { panic!("{said:?}") };
            assert!(only.contains("was not moved into this process"), "{only}");
            sender.send(5).unwrap();
            assert_eq!(receiver.recv().unwrap(), 5);
        }
        "inherited" => {
            *CAUGHT.lock().unwrap() = Some(sender);
            assert!(misuse::spawn().unwrap().join().unwrap());
            assert!(matches!(receiver.try_recv(), Err(TryRecvError::Empty)));
            CAUGHT.lock().unwrap().as_ref().unwrap().send(4).unwrap();
            assert_eq!(receiver.recv().unwrap(), 4);
            drop(CAUGHT.lock().unwrap().take());
            assert!(matches!(receiver.recv(), Err(RecvError::Disconnected)));
        }
        "slow-drop" => {
            // The parent goes on dropping the arguments only when the child has sent.
            let child = send_beside::spawn(Slow(std::process::id(), &gate), sender, &gate).unwrap();
            assert_eq!(receiver.recv().unwrap(), 7);
            assert!(matches!(receiver.recv(), Err(RecvError::Disconnected)));
            child.join().unwrap();
        }
        "stopped-drop" => {
            for used in [true, false] {
                let gates = [Gate::new(), Gate::new()];
                let (sender, receiver) = channel(4).unwrap();
                let parent = stop_while_dropping::spawn(sender, used, &gates).unwrap();
                // The child is past its drop, though its parent does not get on.
                gates[0].wait();
                assert!(stat(parent.id()).is_some_and(|(state, _)| state.eq_ignore_ascii_case(&'T')));
                if used {
                    assert_eq!(receiver.recv().unwrap(), 7);
                }
                assert!(matches!(receiver.try_recv(), Err(TryRecvError::Empty)));
                kill(pid(parent.id()), Signal::SIGCONT).unwrap();
                assert!(matches!(receiver.recv(), Err(RecvError::Disconnected)));
                gates[1].open(1);
                parent.join().unwrap();
            }
        }
        "moved-twice" => {
            let child = pass_on::spawn(sender).unwrap();
            assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [0, 1, 2]);
            child.join().unwrap();
        }
        "waker-killed" => {
            let steps = (0..).find_map(|count| waker_killed(count).err());
            assert!(steps.is_some_and(|steps| steps > 10), "{steps:?}");
        }
        "start-fails" => {
            // A name that is none: the start is refused, the arguments dropped.
            assert!(count_up::process(sender, 0, 1).name("").spawn().is_err());
            assert!(matches!(receiver.recv(), Err(RecvError::Disconnected)));
        }
        scene => panic!("no scene `{scene}`"),
    }
}
