//! One output of the run, read by a thread so that no pipe is ever full.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Instant;

/// What reading one line gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A line, without its end.
    Line(String),
    /// Nobody can write any more.
    End,
    /// The time is over.
    Late,
}

/// The lines of one output, and all that was taken from it so far.
#[derive(Debug)]
pub(crate) struct Stream {
    lines: Receiver<Vec<u8>>,
    read: Vec<u8>,
}

impl Stream {
    pub(crate) fn of(source: impl Read + Send + 'static) -> Self {
        let (sender, lines) = channel();
        thread::spawn(move || {
            let mut source = BufReader::new(source);
            loop {
                let mut line = Vec::new();
                match source.read_until(b'\n', &mut line) {
                    Ok(1..) if sender.send(line).is_ok() => {}
                    _ => break,
                }
            }
        });
        Self { lines, read: Vec::new() }
    }

    /// Waits for the next line.
    pub(crate) fn next(&mut self, until: Instant) -> Next {
        match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                self.read.extend_from_slice(&line);
                let line = String::from_utf8_lossy(&line);
                Next::Line(line.strip_suffix('\n').unwrap_or(&line).to_owned())
            }
            Err(RecvTimeoutError::Disconnected) => Next::End,
            Err(RecvTimeoutError::Timeout) => Next::Late,
        }
    }

    /// Reads to the end; false if it did not come in time.
    pub(crate) fn drain(&mut self, until: Instant) -> bool {
        loop {
            match self.next(until) {
                Next::Line(_) => {}
                Next::End => return true,
                Next::Late => return false,
            }
        }
    }

    /// All that was read.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.read).into_owned()
    }
}
