//! Checks the walk of a message in `docs/architecture.md`: its files are there, have what is named, and each is entered once.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

const HEADING: &str = "## A message from socket to sockets";
/// Files that the walk may have.
const FILES_MAX: usize = 8;

/// Gives what stands between backticks.
fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Gives the numbered items of the walk, each with the lines that go on with it.
fn items(page: &str) -> Vec<String> {
    let (_, walk) = page.split_once(HEADING).expect("the page has the walk");
    let walk = walk.split("\n## ").next().expect("a text has a beginning");
    let mut items = Vec::<String>::new();
    for line in walk.lines().filter(|line| !line.is_empty()) {
        if line.starts_with(|first: char| first.is_ascii_digit()) {
            items.push(line.to_owned());
        } else if let Some(item) = items.last_mut().filter(|_| line.starts_with(' ')) {
            *item += line;
        }
    }
    items
}

#[test]
fn the_walk_of_a_message_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("docs/architecture.md")).expect("the page can be read");
    let items = items(&page);
    assert!((1..=FILES_MAX).contains(&items.len()), "the walk has {} files", items.len());
    let mut entered = HashSet::new();
    for item in &items {
        let mut spans = code_spans(item);
        let file = spans.next().expect("each item begins with its file");
        assert!(entered.insert(file.to_owned()), "{file} is entered twice");
        let source = fs::read_to_string(root.join("chatd/src").join(file));
        let source = source.unwrap_or_else(|error| panic!("{file}: {error}"));
        let functions = spans.filter(|span| span.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'));
        let mut functions = functions.peekable();
        assert!(functions.peek().is_some(), "{file}: no function is named");
        for function in functions {
            let has = ["(", "<"].iter().any(|next| source.contains(&format!("fn {function}{next}")));
            assert!(has, "{file} has no function `{function}`");
        }
    }
}
