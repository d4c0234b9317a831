//! The files git knows or would take, as text.

use std::{
    collections::BTreeSet,
    fs, io,
    path::PathBuf,
    process::{Command, Output},
};

use crate::tokens::{Token, tokens};

/// All files to check; in a test, a list made in memory.
#[derive(Debug)]
pub(crate) struct Tree {
    files: Vec<File>,
    /// Every file and every directory above one, for links.
    places: BTreeSet<String>,
}

/// One file; its path starts at the root of the repository.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Tree {
    #[cfg(test)]
    pub(crate) fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let own = |(path, text): (&str, &str)| File { path: path.to_owned(), text: text.to_owned() };
        Self::of(files.into_iter().map(own).collect())
    }

    /// Reads the repository around the current directory: what is tracked, and what `git add .` would track.
    pub(crate) fn load() -> io::Result<Self> {
        let root = PathBuf::from(git(&["rev-parse", "--show-toplevel"])?.trim_end());
        let top = root.to_string_lossy();
        let names =
            git(&["-C", &top, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"])?;
        let mut files = Vec::new();
        for name in names.split_terminator('\0') {
            let file = root.join(name);
            // A file deleted but not yet committed, or a link to a directory, has no text.
            if file.is_file() {
                let text = String::from_utf8_lossy(&fs::read(&file)?).into_owned();
                files.push(File { path: name.to_owned(), text });
            }
        }
        let tree = Self::of(files);
        // In a tree that is not ours every check would pass over nothing.
        if !tree.has("Cargo.toml") {
            return Err(io::Error::other(format!("no Cargo.toml in {top}")));
        }
        Ok(tree)
    }

    fn of(files: Vec<File>) -> Self {
        let mut places = BTreeSet::from([String::new()]);
        for file in &files {
            places.extend(file.path.match_indices('/').map(|(at, _)| file.path[..at].to_owned()));
            places.insert(file.path.clone());
        }
        Self { files, places }
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    /// The Rust files, ui cases included.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files().filter(|file| file.path.ends_with(".rs"))
    }

    /// Whether there is a file or a directory at `path`.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.places.contains(path)
    }
}

impl File {
    pub(crate) fn tokens(&self) -> Vec<Token<'_>> {
        tokens(&self.text)
    }

    /// The lines with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    pub(crate) fn is_in(&self, directories: &[&str]) -> bool {
        directories.iter().any(|directory| self.path.starts_with(directory))
    }

    /// A program whose mistakes are the point of it.
    pub(crate) fn is_ui_case(&self) -> bool {
        self.path.starts_with("tests/ui/") || self.path.contains("/tests/ui/")
    }

    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

fn git(args: &[&str]) -> io::Result<String> {
    let Output { status, stdout, stderr } = Command::new("git").args(args).output()?;
    if !status.success() {
        return Err(io::Error::other(format!("git {}: {}", args.join(" "), String::from_utf8_lossy(&stderr).trim())));
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_has_its_files_and_their_directories() {
        let tree = Tree::new([("a/b/c.rs", "")]);
        assert!(["", "a", "a/b", "a/b/c.rs"].iter().all(|place| tree.has(place)));
        assert!(!tree.has("a/b/c"));
    }

    #[test]
    fn ui_cases_are_found_in_every_crate() {
        let tree = Tree::new([("tests/ui/pass/a.rs", ""), ("x/tests/ui/fail/a.rs", ""), ("tests/tests/ui.rs", "")]);
        assert_eq!(tree.files().map(File::is_ui_case).collect::<Vec<_>>(), [true, true, false]);
    }
}
