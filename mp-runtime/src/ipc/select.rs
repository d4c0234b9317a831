//! Waiting for the first of several things.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use crate::ipc::end::End;
use crate::ipc::inbox;
use crate::ipc::link::Link;
use crate::ipc::links;
use crate::ipc::receiver::Receiver;
use crate::ipc::sender::Sender;
use crate::ipc::spin;
use crate::ipc::watch::Watch;
use crate::shm::packet::Packet;
use crate::shm::roster::Side;
use crate::sys::identity::{self, Identity};
use crate::sys::pidfd;

/// Several things, of which the first that is ready is waited for: channels, processes, files, times.
///
/// Add what to wait for; each gets a number, from 0. Then [`ready`](Select::ready) tells the number of one that is ready,
/// and it can be used without waiting, by `try_recv` and the like: unless another thread or process comes first, so
/// go round again when there is nothing after all. Of several that are ready each has its turn, also where each round makes a
/// `Select` of its own.
///
/// It may go round for long while a value to send is larger than the room there is, or while somebody reads the next message in
/// place: then wait by the end itself, with a timeout. It blocks its thread; `async` code waits by the futures of the ends.
///
/// ```
/// use std::time::Duration;
/// use mp_runtime::{Select, Sender, channel, process};
///
/// #[process]
/// fn say(words: Sender<String>, word: &str) {
///     words.send(word.to_owned()).unwrap();
/// }
///
/// # fn main() {
/// let (sender, words) = channel(4).unwrap();
/// let (_quiet, silence) = channel::<String>(4).unwrap();
/// let child = say::spawn(sender, "hello").unwrap();
///
/// let mut select = Select::new();
/// let (from_words, _) = (select.recv(&words), select.recv(&silence));
/// assert_eq!(select.ready(), from_words);
/// assert_eq!(words.try_recv().unwrap(), "hello");
///
/// let mut select = Select::new();
/// let (ended, _) = (select.readable(&child), select.after(Duration::from_secs(60)));
/// assert_eq!(select.ready(), ended);
/// child.join().unwrap();
/// # }
/// ```
pub struct Select<'a> {
    what: Vec<What<'a>>,
    /// Where to begin to look, so that none is always first: anywhere, and then behind the last.
    next: usize,
    /// What the last wait was done with, by which process, and for how many things.
    watch: Option<(Identity, usize, Watch)>,
}

/// One thing to wait for.
enum What<'a> {
    End(&'a End),
    Readable(BorrowedFd<'a>),
    At(Option<Instant>),
}

impl<'a> Select<'a> {
    /// Waits for nothing yet.
    pub fn new() -> Self {
        let anywhere = RandomState::new().hash_one(0_u8) as u16;
        Select { what: Vec::new(), next: anywhere.into(), watch: None }
    }

    /// Also waits until there is a message to receive, or every sender is gone, or `receiver` cannot be used here.
    pub fn recv<T>(&mut self, receiver: &'a Receiver<T>) -> usize {
        self.add(What::End(receiver.end()))
    }

    /// Also waits until there is room for a small message, or every receiver is gone, or `sender` cannot be used here.
    pub fn send<T>(&mut self, sender: &'a Sender<T>) -> usize {
        self.add(What::End(sender.end()))
    }

    /// Also waits until there is something to read: from a file or socket, or, from a [`Child`](crate::Child), that it has
    /// ended, which it cannot while nobody reads what it has written into its pipes.
    ///
    /// # Panics
    ///
    /// For a [`Child`](crate::Child) that another process has started.
    pub fn readable<F: AsFd>(&mut self, file: &'a F) -> usize {
        self.add(What::Readable(file.as_fd()))
    }

    /// Also waits until `timeout` from now has passed.
    pub fn after(&mut self, timeout: Duration) -> usize {
        self.add(What::At(Instant::now().checked_add(timeout)))
    }

    /// Also waits until `time`.
    pub fn at(&mut self, time: Instant) -> usize {
        self.add(What::At(Some(time)))
    }

    fn add(&mut self, what: What<'a>) -> usize {
        self.what.push(what);
        self.what.len() - 1
    }

    /// Waits until one is ready; its number.
    ///
    /// # Panics
    ///
    /// If there is nothing to wait for, or the process has no descriptors left to wait with, or the kernel no memory.
    pub fn ready(&mut self) -> usize {
        assert!(!self.what.is_empty(), "a `Select` of nothing would wait for ever");
        match self.wait(None) {
            Some(number) => number,
            None => unreachable!("it waits without a deadline"),
        }
    }

    /// Tells the number of one that is ready now.
    ///
    /// ```
    /// let (sender, receiver) = mp_runtime::channel(4).unwrap();
    /// let mut select = mp_runtime::Select::new();
    /// let number = select.recv(&receiver);
    /// assert_eq!(select.try_ready(), None);
    /// sender.send(1).unwrap();
    /// assert_eq!(select.try_ready(), Some(number));
    /// ```
    ///
    /// # Panics
    ///
    /// If the process has no descriptors left to look with, or the kernel no memory.
    pub fn try_ready(&mut self) -> Option<usize> {
        self.wait(Some(Instant::now()))
    }

    /// Waits until one is ready, at most for `timeout`; its number.
    ///
    /// # Panics
    ///
    /// If the process has no descriptors left to wait with, or the kernel no memory.
    pub fn ready_timeout(&mut self, timeout: Duration) -> Option<usize> {
        self.wait(Instant::now().checked_add(timeout))
    }

    fn wait(&mut self, deadline: Option<Instant>) -> Option<usize> {
        let me = identity::current();
        let first = self.what.iter().filter_map(|what| if let What::At(time) = what { *time } else { None }).min();
        let until = [deadline, first].into_iter().flatten().min();
        let mut found = self.find();
        let over = |until: Option<Instant>| until.is_some_and(|until| Instant::now() >= until);
        if found.is_none() && !over(until) && self.what.iter().any(|what| matches!(what, What::End(_))) {
            spin::until(|| {
                found = self.find_ends();
                found.is_some()
            });
        }
        while found.is_none() {
            found = match self.sleep(me, until) {
                Ok(found) => found,
                Err(errno) => panic!("cannot wait: {}", std::io::Error::from(errno)),
            };
            if over(deadline) {
                break;
            }
        }
        if let Some(number) = found {
            self.next = number + 1;
        }
        found
    }

    /// The order is that of [`Link::wait`], for all of them.
    fn sleep(&mut self, me: Identity, mut until: Option<Instant>) -> nix::Result<Option<usize>> {
        let watch = match self.watch.take() {
            Some((owner, count, watch)) if owner == me && count == self.what.len() => watch,
            _ => self.watch_all()?,
        };
        let (_, _, watch) = self.watch.insert((me, self.what.len(), watch));
        let ends = || self.what.iter().filter_map(|what| if let What::End(end) = what { Some(*end) } else { None });
        ends().for_each(|end| end.link().ring.fall_asleep(end.side()));
        let peers = ends().flat_map(|end| end.link().ring.roster().holders(end.side().other()));
        let ended = watch.follow(peers, me);
        ends().for_each(|end| end.link().bury(&ended));
        ends().filter(|end| end.side() == Side::Receive).for_each(|end| inbox::sweep(end.link(), me));
        let blindly = ends().any(|end| end.link().ring.roster().only_travel(end.side().other()));
        if blindly {
            links::sweep(me);
        }
        if let found @ Some(_) = find(&self.what, self.next) {
            return Ok(found);
        }
        for _ in 0..watch.rounds(self.what.len()) {
            let ended = watch.wait(until, blindly)?;
            ends().for_each(|end| end.link().bury(&ended));
            until = Some(Instant::now());
        }
        Ok(self.find())
    }

    fn watch_all(&self) -> nix::Result<Watch> {
        let watch = Watch::of_many()?;
        for what in &self.what {
            match what {
                What::End(end) => watch.also_event(end.link().event())?,
                What::Readable(file) => watch.also(*file)?,
                What::At(_) => {}
            }
        }
        Ok(watch)
    }

    fn find(&self) -> Option<usize> {
        find(&self.what, self.next)
    }

    fn find_ends(&self) -> Option<usize> {
        (0..self.what.len()).find(|number| matches!(&self.what[*number], What::End(end) if is_ready(end)))
    }
}

/// The number of one that is ready, from `next` on and then from the first.
fn find(what: &[What<'_>], next: usize) -> Option<usize> {
    let count = what.len();
    (0..count).map(|number| (next + number) % count).find(|number| match &what[*number] {
        What::End(end) => is_ready(end),
        // Where `poll` is refused, nobody can say: who reads will see.
        What::Readable(file) => pidfd::wait(*file, Some(Instant::now())).unwrap_or(true),
        What::At(time) => time.is_some_and(|time| Instant::now() >= time),
    })
}

fn is_ready(end: &End) -> bool {
    let link: &Link = end.link();
    let ready = match end.side() {
        Side::Receive => link.ring.has_message(),
        Side::Send => link.ring.has_room(Packet { length: 64, enclosed: true, spilled: false }),
    };
    ready || end.here().is_err() || !link.is_attended(end.side().other())
}

impl Default for Select<'_> {
    fn default() -> Self {
        Select::new()
    }
}

impl fmt::Debug for Select<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select").field("count", &self.what.len()).finish_non_exhaustive()
    }
}
