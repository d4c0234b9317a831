//! The repository knows nothing of the machine it was written on.

use super::Violation;
use crate::tree::{File, Tree};

/// Where someone's files are. In two pieces, so that this file does not break its own rule.
const PLACES: &[&str] = &[concat!("/ro", "ot/"), concat!("/wo", "rk/")];
/// These need a name and a slash after them to be someone's.
const HOMES: &[&str] = &[concat!("/ho", "me/"), concat!("/Us", "ers/")];

pub(super) fn subjects(tree: &Tree) -> Vec<&File> {
    tree.files().collect()
}

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in subjects(tree) {
        if file.name() == "Cargo.lock" {
            found.push(Violation::new(
                file,
                1,
                "`Cargo.lock` is not kept in a library; untrack it and keep it in .gitignore",
            ));
            continue;
        }
        for (line, text) in file.lines() {
            if let Some(path) = machine_path(text) {
                let message = format!("`{path}` exists on one machine only; name the place relative to the repository");
                found.push(Violation::new(file, line, message));
            }
        }
    }
    found
}

/// The first path in `text` that starts at the root of a machine.
fn machine_path(text: &str) -> Option<&str> {
    let starts =
        |(at, _): &(usize, &str)| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || "_-.~/}".contains(c));
    let places = PLACES.iter().flat_map(|place| text.match_indices(place));
    let place = places.clone().find(starts).map(|(_, place)| place);
    place.or_else(|| {
        let homes = HOMES.iter().flat_map(|home| text.match_indices(home)).filter(starts);
        homes
            .filter_map(|(at, home)| {
                let name = text[at + home.len()..].split_once('/')?.0;
                let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
                is_name.then(|| &text[at..at + home.len() + name.len() + 1])
            })
            .next()
    })
}

#[cfg(test)]
mod tests {
    use super::{super::places, super::printed, *};

    #[test]
    fn portable_text_passes() {
        let text = format!("a{} https://x.y{} ../wo{} the {}directory", PLACES[0], PLACES[1], "rk/", HOMES[0]);
        assert_eq!(printed(check, &[("README.md", &text)]), [""; 0]);
    }

    #[test]
    fn a_machine_path_is_found() {
        for path in
            [PLACES[0].to_owned(), PLACES[1].to_owned(), format!("{}ann/", HOMES[0]), format!("{}ann/", HOMES[1])]
        {
            let text = format!("\nsee `{path}x`");
            let message =
                format!("a.toml:2: `{path}` exists on one machine only; name the place relative to the repository");
            assert_eq!(printed(check, &[("a.toml", &text)]), [message]);
        }
    }

    #[test]
    fn a_tracked_lock_file_is_found() {
        assert_eq!(places(check, &[("Cargo.lock", ""), ("Cargo.toml", "")]), ["Cargo.lock:1"]);
    }
}
