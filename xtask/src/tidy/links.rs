//! A relative link in a Markdown file leads somewhere.

use super::Violation;
use crate::tree::{File, Tree};

pub(super) fn subjects(tree: &Tree) -> Vec<&File> {
    tree.files().filter(|file| file.path.ends_with(".md")).collect()
}

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in subjects(tree) {
        let mut fence = None;
        for (line, text) in file.lines() {
            let marker = ["```", "~~~"].into_iter().find(|marker| text.trim_start().starts_with(marker));
            match (fence, marker) {
                (None, Some(_)) => fence = marker,
                (Some(_), _) if fence == marker => fence = None,
                (Some(_), _) => {}
                (None, None) => {
                    for target in targets(&outside_code(text)).iter().filter(|target| is_broken(tree, file, target)) {
                        let message =
                            format!("link to `{target}`, where no tracked file is; mend the path or take the link out");
                        found.push(Violation::new(file, line, message));
                    }
                }
            }
        }
    }
    found
}

/// The line without what stands between backticks.
fn outside_code(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

/// What `[text](target)` and `[name]: target` point at, as written.
fn targets(text: &str) -> Vec<String> {
    let inline = text.match_indices("](").map(|(at, open)| {
        let rest = &text[at + open.len()..];
        rest.split_once(')').map_or(rest, |(target, _)| target)
    });
    let definition =
        text.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target);
    inline.chain(definition).filter_map(target).collect()
}

/// The path in a link, without its title and its angle brackets.
fn target(link: &str) -> Option<String> {
    let link = link.trim();
    match link.strip_prefix('<') {
        Some(rest) => rest.split_once('>').map(|(path, _)| path.to_owned()),
        None => link.split_whitespace().next().map(str::to_owned),
    }
}

fn is_broken(tree: &Tree, file: &File, target: &str) -> bool {
    let end = target.find(['#', '?']).unwrap_or(target.len());
    let path = target[..end].replace("%20", " ");
    // A scheme leads out of the tree, and `module::Item` is rustdoc's to check.
    if path.is_empty() || path.contains(':') {
        return false;
    }
    // GitHub takes a leading slash as the root of the repository.
    let mut parts: Vec<&str> = if path.starts_with('/') { Vec::new() } else { file.path.split('/').collect() };
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return true;
                }
            }
            name => parts.push(name),
        }
    }
    !tree.has(&parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{super::places, super::printed, *};

    #[test]
    fn links_that_lead_somewhere_pass() {
        let readme = "[a](docs/a.md) [b](./docs#top \"title\") [c](https://x.y/z) [d](#here) [e](process::Handle) ![f](</docs/a.md>)\n\
                      `[code](nowhere)`\n```\n[code](nowhere)\n```\n[g]: docs/a.md\n[h]: mailto:a@b.c";
        let files = [("README.md", readme), ("docs/a.md", "[up](../README.md) [root](..) [me](a.md?plain=1)")];
        assert_eq!(printed(check, &files), [""; 0]);
    }

    #[test]
    fn a_link_to_nowhere_is_found() {
        let message = "docs/a.md:2: link to `b.md#x`, where no tracked file is; mend the path or take the link out";
        assert_eq!(printed(check, &[("docs/a.md", "\nsee [b](b.md#x)"), ("b.md", "")]), [message]);
    }

    #[test]
    fn every_kind_of_link_is_followed() {
        for text in [
            "[a](x.md)",
            "[a](../README.md)",
            "[a][b]\n\n[b]: x.md",
            "[`code`](x.md)",
            "```\n```\n[a](x.md)",
            "[![i](https://x.y)](x.md)",
            "[a](/docs)",
        ] {
            assert_eq!(places(check, &[("README.md", text)]).len(), 1, "{text}");
        }
    }
}
