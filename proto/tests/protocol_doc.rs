//! `docs/protocol.md` says what the types say: the same examples, error codes and bounds.

#[path = "support/files.rs"]
mod files;

use std::collections::BTreeMap;

use proto::{ClientPacket, ErrorCode, ServerPacket};

const DOCUMENT: &str = include_str!("../../docs/protocol.md");
const BOUNDS: &str = include_str!("../src/bounds.rs");

/// Gives the examples of the document: `folder/name` of their golden file, and text.
fn examples() -> BTreeMap<String, String> {
    let mut examples = BTreeMap::new();
    let mut lines = DOCUMENT.lines();
    let mut before = "";
    while let Some(line) = lines.next() {
        if line == "```json" {
            let name = tag(before).unwrap_or_else(|| panic!("an example without a tag follows `{before}`"));
            let body = lines.by_ref().take_while(|line| *line != "```").collect::<Vec<_>>().join("\n");
            assert!(examples.insert(name.clone(), body).is_none(), "`{name}` has two examples");
        } else {
            assert!(tag(before).is_none(), "no example follows `{before}`");
        }
        before = line;
    }
    examples
}

/// Reads `<!-- answer: ok dm_open -->` as `answer/ok_dm_open`.
fn tag(line: &str) -> Option<String> {
    let (folder, name) = line.strip_prefix("<!-- ")?.strip_suffix(" -->")?.split_once(": ")?;
    Some(format!("{folder}/{}", name.replace(' ', "_")))
}

/// Gives the cells of the table row whose first cell is this name.
#[track_caller]
fn row(name: &str) -> Vec<&'static str> {
    let start = format!("| `{name}` |");
    let mut rows = DOCUMENT.lines().filter(|line| line.starts_with(&start));
    let row = rows.next().unwrap_or_else(|| panic!("no table has a row for `{name}`"));
    row.trim_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn the_examples_are_the_golden_files() {
    let examples = examples();
    let mut golden = BTreeMap::new();
    for folder in files::FOLDERS {
        golden.extend(files::texts(folder).into_iter().map(|(name, text)| (format!("{folder}/{name}"), text)));
    }
    assert_eq!(examples.keys().collect::<Vec<_>>(), golden.keys().collect::<Vec<_>>());
    for (name, example) in &examples {
        assert_eq!(files::value(name, example), files::value(name, &golden[name]), "`{name}`");
    }
}

#[test]
fn every_error_code_stands_in_the_table_with_its_status() {
    for code in ErrorCode::ALL {
        let row = row(code.as_str());
        assert_eq!(row[1], code.http_status().to_string(), "`{code}`");
        assert!(!row[2].is_empty(), "`{code}` says when");
    }
}

#[test]
fn every_bound_stands_in_the_table_with_its_value() {
    let constants = BOUNDS.lines().filter_map(|line| line.strip_prefix("pub const ")?.strip_suffix(';'));
    let mut checked = 0;
    for constant in constants {
        let (declared, value) = constant.split_once(" = ").expect("a constant has a value");
        let (name, _) = declared.split_once(':').expect("a constant has a type");
        let (number, _unit) = row(name)[1].split_once(' ').unwrap_or_else(|| panic!("`{name}` has no unit"));
        assert_eq!(number.replace(',', ""), value.replace('_', ""), "`{name}`");
        checked += 1;
    }
    assert!(checked > 10, "the constants of bounds.rs were found");
}

#[test]
fn every_packet_stands_in_its_table() {
    for name in ClientPacket::TYPE_NAMES.iter().chain(ServerPacket::TYPE_NAMES) {
        let rows = DOCUMENT.lines().filter(|line| line.starts_with(&format!("| `{name}` |"))).count();
        assert!(rows > 0, "`{name}` has no row that says who may say it or who hears it");
    }
    let both = |name: &&&str| ServerPacket::TYPE_NAMES.contains(name);
    for name in ClientPacket::TYPE_NAMES.iter().filter(both) {
        let rows = DOCUMENT.lines().filter(|line| line.starts_with(&format!("| `{name}` |"))).count();
        assert!(rows > 1, "`{name}` goes both ways and needs two rows");
    }
}
