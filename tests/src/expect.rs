//! What a test may declare as intended.

/// Something a run may leave behind because the test means it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expect {
    /// Fds are open at the exit that were not open at the start.
    FdsOpen,
    /// Two sockets are open at the exit, and nothing else: `tokio::signal` has a pair of them, which is never closed.
    SocketPair,
    /// Children, alive or zombies, are there at the exit.
    ChildrenAtExit,
    /// Descendants lose their parent and end by themselves soon after the program.
    Adopted,
    /// Descendants outlive the program until the warden kills them (a detached process).
    Survivors,
    /// Files are left in the temporary directory.
    TempFiles,
    /// stderr holds `IO Safety`, `Sanitizer` or `fatal runtime error`.
    Alerts,
}
