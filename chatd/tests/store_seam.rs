//! Checks the seam under the store: only `store/sqlite/` knows which database there is.

use std::fs;
use std::path::{Path, PathBuf};

/// Gives the source files under a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    paths.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

#[test]
fn only_the_folder_of_sqlite_names_rusqlite() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (inside, outside): (Vec<_>, Vec<_>) = sources(&src)
        .into_iter()
        .filter(|path| fs::read_to_string(path).is_ok_and(|source| source.contains("rusqlite")))
        .map(|path| path.strip_prefix(&src).expect("it is in the folder").to_owned())
        .partition(|path| path.starts_with("store/sqlite") || path == Path::new("store/sqlite.rs"));
    assert!(!inside.is_empty(), "the folder of SQLite has moved: this test looks at nothing");
    assert!(outside.is_empty(), "these files name rusqlite and are outside of `store/sqlite/`: {outside:?}");
}
