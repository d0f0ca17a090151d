//! Imports run in layers: files that import each other, directly or by others, form a circle, and a circle can only be read as a
//! whole. A few files that belong together may; more may not.
//!
//! Arrows are `use` lines and paths inside the code. What a module gives out by `pub use` counts for the file that defines it.
//! Unit tests beside the code do not count, nor do methods: who holds a value may call it.
//!
//! A name that leaves its file says what it names without the path before it: no other file of its crate gives out the same.

mod layers {
    pub(crate) mod circle;
    pub(crate) mod module;
    pub(crate) mod names;
    pub(crate) mod tokens;
}

use std::path::Path;

use layers::circle::circles;
use layers::module::Crate;
use layers::names::repeated;

/// Files that may import each other.
const CIRCLE_FILES_MAX: usize = 8;

/// The roots of all crates that have more files than that. `main.rs` beside `lib.rs` only starts what is in there.
const CRATES: [&str; 7] = [
    "proto/src/lib.rs",
    "e2ee/src/lib.rs",
    "chatd/src/lib.rs",
    "chat-tui/src/lib.rs",
    "tests/main.rs",
    "tests/chaos/main.rs",
    "tests/yardstick/main.rs",
];

fn read(root: &str) -> Crate {
    Crate::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(root))
}

#[test]
fn no_crate_has_a_large_circle() {
    let mut told = String::new();
    for root in CRATES {
        let read = read(root);
        let arrows = read.arrows();
        for circle in circles(&arrows).into_iter().filter(|circle| circle.len() > CIRCLE_FILES_MAX) {
            told += &format!("{root}: {}", read.tell(&circle, &arrows));
        }
    }
    assert!(told.is_empty(), "files import each other, which only at most {CIRCLE_FILES_MAX} may:\n{told}");
}

#[test]
fn a_name_that_leaves_its_file_stands_once() {
    let mut told = String::new();
    for root in CRATES {
        for (name, files) in repeated(&read(root)) {
            told += &format!("{root}: {name} in {}\n", files.join(", "));
        }
    }
    assert!(told.is_empty(), "names are given out by several files:\n{told}");
}

#[test]
fn arrows_lead_to_where_a_thing_is_defined() {
    let files = [
        ("lib.rs", "mod a; mod b; pub use b::inner::Thing as Given; fn f() { a::go(); }"),
        (
            "a.rs",
            "use crate::b::{self, Thing, inner::Other as Else}; fn go(_: crate::Given) { b::TEXT } // crate::Nothing",
        ),
        (
            "b.rs",
            "mod inner; pub(crate) use inner::*; use std::fmt; pub const TEXT: &str = \"crate::a\"; fn f<'a>() {}",
        ),
        (
            "b/inner.rs",
            "pub(in crate::b) struct Thing; pub enum Other { One } #[cfg(test)] mod tests { use crate::a; }",
        ),
        ("main.rs", "fn main() { a::crate::go(); }"),
    ];
    let it = Crate::of("lib.rs", files);
    let arrows = it.arrows().into_iter().map(|(from, to)| format!("{} {}", it.name(from), it.name(to)));
    assert_eq!(arrows.collect::<Vec<_>>(), ["lib.rs a.rs", "a.rs b.rs", "a.rs b/inner.rs"]);
}

#[test]
fn a_lifetime_defines_nothing() {
    let files = [
        ("main.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::c::Thing; pub fn all() -> &'static Thing { todo() }"),
        ("b.rs", "use crate::a::Thing; fn f(c: char) -> bool { c == 'a' || c == '\\'' || g::<Thing>() }"),
        ("c.rs", "pub struct Thing;"),
    ];
    let it = Crate::of("main.rs", files);
    let arrows = it.arrows().into_iter().map(|(from, to)| format!("{} {}", it.name(from), it.name(to)));
    assert_eq!(arrows.collect::<Vec<_>>(), ["a.rs c.rs", "b.rs c.rs"]);
}

#[test]
fn names_are_found_where_they_leave_a_file() {
    let files = [
        (
            "main.rs",
            "mod a; mod b; pub(crate) struct State(pub u8); pub(in crate::a) const fn view() {} pub use crate::a::Else;",
        ),
        ("a.rs", "pub enum State { View } pub(super) async fn view(at: fn()) {} pub struct Else; const KEYS: u8 = 1;"),
        ("c.rs", "pub struct State;"),
        (
            "b.rs",
            "struct State; impl State { pub fn view() {} } pub fn other() { fn view() {} } pub const KEYS: u8 = 2;",
        ),
    ];
    let it = Crate::of("main.rs", files);
    let found = repeated(&it).into_iter().map(|(name, files)| format!("{name} {}", files.join(" ")));
    assert_eq!(found.collect::<Vec<_>>(), ["State main.rs a.rs", "view main.rs a.rs"]);
}

#[test]
fn circles_are_found() {
    let arrows = [(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 3), (5, 0)].into_iter().collect();
    assert_eq!(circles(&arrows), [vec![0, 1, 2], vec![3, 4]]);
}
