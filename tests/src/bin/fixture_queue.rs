//! What a queue of work does; the first argument names a scene. Silent and code 0 if all is as it should be.

use std::env;
use std::panic::catch_unwind;
use std::thread;
use std::time::Duration;

use fixture_kit::{Gate, asleep, ended};
use mp_runtime::{
    Delivery, QueueReceiver, RecvError, SendError, SendTimeoutError, Sender, TryRecvError, channel, process, queue,
};

mod fixture_kit;

const MOMENT: Duration = Duration::from_millis(50);

/// Does all there is; the items with their attempts.
#[process]
fn work(jobs: QueueReceiver<u64>) -> Vec<(u64, u32)> {
    let mut done = Vec::new();
    loop {
        match jobs.recv() {
            Ok(job) => {
                done.push((*job, job.attempt()));
                job.ack();
            }
            Err(RecvError::Disconnected) => return done,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Takes one item and never finishes it.
#[process]
fn take_and_stay(jobs: QueueReceiver<u64>, gate: &Gate) {
    let _job = jobs.recv().unwrap();
    gate.open(1);
    loop {
        thread::park();
    }
}

/// Dropped, waits at the gate.
struct Waits<'g>(&'g Gate);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.wait();
    }
}

/// Says that an item is done which is not its, gives its receiver up, and stays.
#[process]
fn take_over(jobs: QueueReceiver<u64>, waits: Waits<'_>, job: Delivery<u64>) {
    job.ack();
    waits.0.open(1);
    let again = jobs.recv().unwrap();
    assert_eq!((*again, again.attempt()), (7, 2));
    again.ack();
    drop(jobs);
    waits.0.open(1);
    loop {
        thread::park();
    }
}

fn main() {
    let gate = Gate::new();
    let (jobs, receiver) = queue::<u64>(64).unwrap();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "workers" => {
            // CPython's test_task_done: four workers, ten items; the join returns when all are done.
            let workers = [(); 4].map(|()| work::spawn(receiver.clone()).unwrap());
            (0..10).for_each(|job| jobs.send(job).unwrap());
            jobs.join().unwrap();
            assert!(jobs.is_empty());
            (10..1000).for_each(|job| jobs.send(job).unwrap());
            drop(jobs);
            let mut done: Vec<_> = workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
            done.sort_unstable();
            assert_eq!(done, (0..1000).map(|job| (job, 1)).collect::<Vec<_>>());
        }
        "killed-worker" => {
            // H9: the worker dies before it says that it is done.
            let unlucky = take_and_stay::spawn(receiver.clone(), &gate).unwrap();
            (0..3).for_each(|job| jobs.send(job).unwrap());
            gate.wait();
            unlucky.kill().unwrap();
            ended(unlucky.id());
            let worker = work::spawn(receiver).unwrap();
            jobs.join().unwrap();
            drop(jobs);
            // Others may come before it: that its worker is dead is found out when somebody looks.
            let mut done = worker.join().unwrap();
            done.sort_unstable();
            assert_eq!(done, [(0, 2), (1, 1), (2, 1)]);
        }
        "sleeping-worker" => {
            // There is nothing but what another one has, and no sender; then that one dies.
            let unlucky = take_and_stay::spawn(receiver.clone(), &gate).unwrap();
            jobs.send(7).unwrap();
            gate.wait();
            drop(jobs);
            let worker = work::spawn(receiver).unwrap();
            asleep(worker.id());
            unlucky.kill().unwrap();
            assert_eq!(worker.join().unwrap(), [(7, 2)]);
        }
        "no-worker-left" => {
            let unlucky = take_and_stay::spawn(receiver, &gate).unwrap();
            jobs.send(7).unwrap();
            gate.wait();
            assert!(matches!(jobs.join_timeout(MOMENT), Err(SendTimeoutError::Timeout(()))));
            unlucky.kill().unwrap();
            assert!(matches!(jobs.join(), Err(SendError::Disconnected(()))));
        }
        "given-back" => {
            jobs.send(7).unwrap();
            drop(receiver.recv().unwrap());
            let caught = catch_unwind(|| {
                let _job = receiver.recv().unwrap();
                std::panic::resume_unwind(Box::new(()));
            });
            assert!(caught.is_err());
            let job = receiver.recv().unwrap();
            assert_eq!((*job, job.attempt()), (7, 3));
            assert!(matches!(receiver.try_recv(), Err(TryRecvError::Empty)));
            job.ack();
            jobs.join().unwrap();
            drop(jobs);
            assert!(matches!(receiver.recv(), Err(RecvError::Disconnected)));
        }
        "moved-at-work" => {
            // Its receiver goes to a worker, while an item is worked on here.
            (1..=2).for_each(|job| jobs.send(job).unwrap());
            let (first, second) = (receiver.recv().unwrap(), receiver.recv().unwrap());
            let worker = work::spawn(receiver).unwrap();
            jobs.send(3).unwrap();
            first.ack();
            drop(second);
            jobs.join().unwrap();
            drop(jobs);
            let mut done = worker.join().unwrap();
            done.sort_unstable();
            assert_eq!(done, [(2, 2), (3, 1)]);
        }
        "moved-with-work" => {
            // Both go, the receiver first: what is worked on comes back to the queue, and all of the receiver goes.
            jobs.send(7).unwrap();
            let job = receiver.recv().unwrap();
            let worker = take_over::spawn(receiver, Waits(&gate), job).unwrap();
            gate.wait();
            assert!(jobs.is_empty());
            assert!(matches!(jobs.send(8), Err(SendError::Disconnected(8))));
            worker.kill().unwrap();
        }
        "out-of-order" => {
            (0..64).for_each(|job| jobs.send(job).unwrap());
            assert!(jobs.try_send(64).is_err());
            let mut taken: Vec<_> = (0..64).map(|_| receiver.recv().unwrap()).collect();
            while taken.len() > 1 {
                taken.pop().unwrap().ack();
            }
            // The first one keeps all of them in the queue.
            assert!(jobs.try_send(64).is_err() && !jobs.is_empty());
            taken.pop().unwrap().ack();
            assert!(jobs.is_empty());
            jobs.send(64).unwrap();
        }
        "refused" => {
            let (texts, texts_receiver) = queue::<String>(4).unwrap();
            let error = texts.send("x".repeat(100_000)).unwrap_err();
            assert!(error.to_string().contains("larger than half of the queue's memory"), "{error}");
            let (ends, _ends_receiver) = queue::<Sender<u64>>(4).unwrap();
            let (end, kept) = channel(1).unwrap();
            let error = ends.send(end).unwrap_err();
            assert!(error.to_string().contains("cannot wait in a queue"), "{error}");
            drop(error);
            assert!(matches!(kept.recv(), Err(RecvError::Disconnected)));
            texts.send("y".to_owned()).unwrap();
            assert_eq!(texts_receiver.recv().unwrap().take(), "y");
        }
        scene => panic!("no scene `{scene}`"),
    }
}
