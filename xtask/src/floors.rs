//! Which module stands on which floor. `tidy/imports.rs` holds the tree to this table.

/// The floors of one crate, lowest first: a file imports from lower floors and from its own module.
#[derive(Debug)]
pub(crate) struct Floors {
    /// Where the crate's sources are, with the closing slash.
    pub(crate) src: &'static str,
    /// `floors[n]` is floor n; modules are named as in `lib.rs`, and `lib` is the crate root itself.
    pub(crate) floors: &'static [Floor],
}

/// Modules of one height.
#[derive(Debug)]
pub(crate) enum Floor {
    /// They do not know each other.
    Apart(&'static [&'static str]),
    /// They may import one another.
    Together(&'static [&'static str]),
}

use Floor::{Apart, Together};

/// mp-runtime: the table in ARCHITECTURE.md.
pub(crate) const RUNTIME: Floors = Floors {
    src: "mp-runtime/src/",
    floors: &[
        Apart(&["error"]),            // F0 what went wrong
        Apart(&["sys"]),              // F1 system calls
        Apart(&["shm", "wire"]),      // F2 memory that is shared; bytes
        Apart(&["ipc"]),              // F3 what processes hold in common
        Apart(&["process"]),          // F4 one process, from start to report
        Apart(&["program"]),          // F5 what `mp_main!` runs on
        Apart(&["pool"]),             // F6 many processes as one
        Apart(&["__private", "lib"]), // F7 the macro ABI; the guide and re-exports
    ],
};

/// mp-macros: the two macros share the rules below them and do not know each other.
pub(crate) const MACROS: Floors = Floors {
    src: "mp-macros/src/",
    floors: &[
        Together(&["errors", "item", "options", "runtime_path", "signature"]),
        Apart(&["process", "program"]),
        Apart(&["tests", "lib"]),
    ],
};

/// The module no `expand.rs` of mp-macros may import: expansion cannot fail.
pub(crate) const NOT_IN_EXPAND: &str = "errors";

impl Floor {
    fn modules(&self) -> &'static [&'static str] {
        match self {
            Apart(modules) | Together(modules) => modules,
        }
    }
}

impl Floors {
    /// The height of `module`, if the table has it.
    pub(crate) fn height(&self, module: &str) -> Option<usize> {
        self.floors.iter().position(|floor| floor.modules().contains(&module))
    }

    /// Whether code in module `from` may name something in module `to`; both are in the table.
    pub(crate) fn allows(&self, from: &str, to: &str) -> bool {
        let (Some(here), Some(there)) = (self.height(from), self.height(to)) else {
            return false;
        };
        from == to || there < here || (there == here && matches!(self.floors[here], Together(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_go_down_only() {
        assert!(RUNTIME.allows("process", "sys"));
        assert!(RUNTIME.allows("sys", "sys"));
        assert!(!RUNTIME.allows("sys", "process"));
        assert!(!RUNTIME.allows("lib", "__private"));
    }

    #[test]
    fn modules_standing_together_may_import_one_another() {
        assert!(MACROS.allows("options", "errors"));
        assert!(!MACROS.allows("process", "program"));
        assert!(!MACROS.allows("errors", "process"));
    }
}
