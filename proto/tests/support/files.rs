//! The golden files: one JSON text per packet, answer and HTTP body.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// The folders below `golden/`.
pub(crate) const FOLDERS: &[&str] = &["client", "server", "answer", "http"];

/// Reads the golden files of a folder: name without `.json`, and text.
///
/// # Panics
/// When the folder cannot be read.
pub(crate) fn texts(folder: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
    let entries = std::fs::read_dir(&folder).expect("the folder of golden files can be read");
    entries
        .map(|entry| {
            let path = entry.expect("the folder of golden files can be listed").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("golden files have plain names");
            let name = name.strip_suffix(".json").unwrap_or_else(|| panic!("`{name}` is no golden file"));
            (name.to_owned(), std::fs::read_to_string(&path).expect("a golden file can be read"))
        })
        .collect()
}

/// Reads a JSON text.
///
/// # Panics
/// When it is none.
pub(crate) fn value(name: &str, text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("`{name}` is no JSON text: {error}"))
}
