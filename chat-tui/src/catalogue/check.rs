//! Catalogue and code belong together: every key that is used is there, with exactly the arguments that it takes, and
//! every key that is there is used.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

use super::LANGUAGES;

type Arguments = BTreeSet<String>;

/// Gives every message of a catalogue with its arguments.
fn messages(text: &str) -> BTreeMap<String, Arguments> {
    let resource = fluent_syntax::parser::parse(text).unwrap_or_else(|(_, errors)| panic!("{errors:?}"));
    let mut found = BTreeMap::new();
    for entry in &resource.body {
        let Entry::Message(message) = entry else { continue };
        let mut arguments = Arguments::new();
        collect(message.value.as_ref().expect("a message has words"), &mut arguments);
        assert!(found.insert(message.id.name.to_owned(), arguments).is_none(), "{} stands twice", message.id.name);
    }
    found
}

fn collect(pattern: &Pattern<&str>, arguments: &mut Arguments) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { .. } => {}
            PatternElement::Placeable { expression: Expression::Inline(inline) } => variable(inline, arguments),
            PatternElement::Placeable { expression: Expression::Select { selector, variants } } => {
                variable(selector, arguments);
                variants.iter().for_each(|variant| collect(&variant.value, arguments));
            }
        }
    }
}

fn variable(inline: &InlineExpression<&str>, arguments: &mut Arguments) {
    if let InlineExpression::VariableReference { id } = inline {
        arguments.insert(id.name.to_owned());
    }
}

/// Finds `say!("key", name = …)`, `label!("key")` and `key!("key")` in a source, over line ends as rustfmt makes them.
fn uses(source: &str) -> Vec<(String, Option<Arguments>)> {
    let mut found = Vec::new();
    for (call, takes) in [("say!(", true), ("label!(", false), ("key!(", false)] {
        for (at, _) in source.match_indices(call) {
            if source[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let Some(rest) = source[at + call.len()..].trim_start().strip_prefix('"') else { continue };
            let (key, rest) = rest.split_once('"').expect("a key ends");
            found.push((key.to_owned(), takes.then(|| names(rest))));
        }
    }
    found
}

/// Reads the names before `=` at the depth of the call itself.
fn names(rest: &str) -> Arguments {
    let (mut depth, mut quoted, mut begins, mut word) = (0, false, false, String::new());
    let mut names = Arguments::new();
    let mut before = ' ';
    for (at, c) in rest.char_indices() {
        match c {
            '"' if before != '\\' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => (begins, word) = (true, String::new()),
            '=' if begins && depth == 0 && !rest[at + 1..].starts_with(['=', '>']) => {
                names.insert(word.trim().to_owned());
                begins = false;
            }
            _ if begins => word.push(c),
            _ => {}
        }
        before = c;
    }
    names
}

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("catalogue/check.rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).expect("a source")));
        }
    }
}

#[test]
fn catalogue_and_code_belong_together() {
    let english = messages(LANGUAGES[0].1);
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for (file, source) in &files {
        let code = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        for (key, arguments) in uses(&code) {
            match (english.get(&key), arguments) {
                (None, _) => wrong.push(format!("{file}: no message `{key}`")),
                (Some(wanted), Some(given)) if *wanted != given => {
                    wrong.push(format!("{file}: `{key}` takes {wanted:?}, not {given:?}"));
                }
                (Some(wanted), None) if !wanted.is_empty() => wrong.push(format!("{file}: `{key}` takes {wanted:?}")),
                _ => {}
            }
            used.insert(key);
        }
    }
    wrong.extend(english.keys().filter(|key| !used.contains(*key)).map(|key| format!("nobody uses `{key}`")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_language_says_the_same() {
    let english = messages(LANGUAGES[0].1);
    for (tag, text) in &LANGUAGES[1..] {
        let other = messages(text);
        for (key, arguments) in &english {
            let said = other.get(key).unwrap_or_else(|| panic!("{tag}: `{key}` is missing"));
            assert!(said.is_subset(arguments), "{tag}: `{key}` names what it is not given");
        }
        assert_eq!(other.len(), english.len(), "{tag} says more than English");
    }
}

#[test]
fn uses_are_found() {
    let given = |source: &str| uses(source);
    let set = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Arguments>());
    assert_eq!(
        given(r#"say!("a-b", count = list.len(), name = format!("x={}, y", 1))"#),
        [("a-b".to_owned(), set(&["count", "name"]))]
    );
    assert_eq!(
        given(
            "say!(\n    \"a\",\n    one = if a == b { f(x, y) } else { \"q, z = 1\" },\n    two = map(|c| c >= d),\n)"
        ),
        [("a".to_owned(), set(&["one", "two"]))]
    );
    assert_eq!(given(r#"x.then(|| label!("c")); key!( "d" )"#), [("c".to_owned(), None), ("d".to_owned(), None)]);
    assert!(given(r#"say_not!("e") "#).is_empty());
}
