//! Files of this machine: which begin as a path does, and whether there are some.

use std::path::{Path, PathBuf};

use super::Runtime;
use super::transfer::at_home;
use crate::msg::Msg;

/// Paths that are offered.
const LISTED_MAX: usize = 50;
/// Entries of a folder that are looked at.
const ENTRIES_MAX: usize = 20_000;

impl Runtime {
    /// Lists the files and folders whose paths begin so.
    pub(super) fn list_paths(&self, begin: String) {
        self.answer_of_session(async move {
            let typed = begin.clone();
            let found = tokio::task::spawn_blocking(move || listed(&begin)).await;
            Msg::PathsListed(typed, found.unwrap_or_default())
        });
    }

    /// Looks whether all of these are files.
    pub(super) fn look_for_files(&self, text: String, paths: Vec<PathBuf>) {
        self.answer_of_session(async move {
            let found = tokio::task::spawn_blocking(move || {
                let is_file = |path: &PathBuf| at_home(path.clone()).metadata().is_ok_and(|found| found.is_file());
                if paths.iter().all(is_file) { paths } else { Vec::new() }
            });
            Msg::FilesPasted(text, found.await.unwrap_or_default())
        });
    }
}

/// Gives what lies where a path leads so far, by name; folders end in a slash. Hidden files are for who has begun with a dot.
fn listed(begin: &str) -> Vec<String> {
    let (folder, name) = begin.rsplit_once('/').map_or(("", begin), |(folder, name)| (&begin[..=folder.len()], name));
    let place = if folder.is_empty() { Path::new(".").to_owned() } else { at_home(PathBuf::from(folder)) };
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries.take(ENTRIES_MAX).flatten() {
        // What is no text could not be typed.
        let Ok(called) = entry.file_name().into_string() else { continue };
        let is_hidden = called.starts_with('.') && !name.starts_with('.');
        if called.starts_with(name) && !is_hidden && !called.chars().any(char::is_control) {
            let slash = if entry.path().is_dir() { "/" } else { "" };
            found.push(format!("{folder}{called}{slash}"));
        }
    }
    found.sort();
    found.truncate(LISTED_MAX);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_so_is_listed_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["photo 2.jpg", "photo 1.jpg", ".hidden", "two\nlines"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("pictures")).unwrap();
        let at = |rest: &str| format!("{}/{rest}", folder.path().display());
        assert_eq!(listed(&at("p")), [at("photo 1.jpg"), at("photo 2.jpg"), at("pictures/")]);
        assert_eq!(listed(&at("")).len(), 3, "nothing hidden, and nothing that is no line");
        assert_eq!(listed(&at(".h")), [at(".hidden")]);
        assert_eq!(listed(&at("nothing/x")), [""; 0]);
    }
}
