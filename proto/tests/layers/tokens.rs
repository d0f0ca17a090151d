//! Rust, as far as imports and names need it: words and signs without comments, texts and unit tests.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

/// The words before the name of what is defined, but for modules.
pub(crate) const KINDS: [&str; 8] = ["struct", "enum", "union", "trait", "type", "fn", "const", "static"];

/// Gives the words and signs of a source; `::` is one sign.
pub(crate) fn tokens(source: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), source.chars().peekable());
    while let Some(next) = rest.next() {
        match next {
            '/' if rest.peek() == Some(&'/') => drop(rest.by_ref().find(|c| *c == '\n')),
            '"' => skip_text(&mut rest),
            '\'' => skip_letter(&mut rest),
            ':' if rest.next_if_eq(&':').is_some() => found.push("::".to_owned()),
            c if is_word(c) => {
                let mut word = c.to_string();
                while let Some(more) = rest.next_if(|c| is_word(*c)) {
                    word.push(more);
                }
                match (&*word, rest.peek()) {
                    ("r" | "br", Some('"' | '#')) => skip_raw_text(&mut rest),
                    _ => found.push(word),
                }
            }
            c if c.is_whitespace() => {}
            c => found.push(c.to_string()),
        }
    }
    without_tests(&found)
}

/// Gives the names of what is defined, but for modules; nothing within braces.
pub(crate) fn definitions(tokens: &[String]) -> BTreeSet<String> {
    let mut depth = 0;
    let mut found = BTreeSet::new();
    for pair in tokens.windows(2) {
        match &*pair[0] {
            "{" => depth += 1,
            "}" => depth -= 1,
            kind if depth == 0 && KINDS.contains(&kind) => _ = found.insert(pair[1].clone()),
            _ => {}
        }
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn skip_text(rest: &mut Peekable<Chars<'_>>) {
    while let Some(c) = rest.next() {
        match c {
            '\\' => drop(rest.next()),
            '"' => return,
            _ => {}
        }
    }
}

/// Behind `r`: to the quote with as many `#` as stand before the text. A raw name (`r#type`) has no quote.
fn skip_raw_text(rest: &mut Peekable<Chars<'_>>) {
    let mut signs = 0;
    while rest.next_if_eq(&'#').is_some() {
        signs += 1;
    }
    if rest.next_if_eq(&'"').is_none() {
        return;
    }
    while rest.by_ref().any(|c| c == '"') {
        let mut seen = 0;
        while seen < signs && rest.next_if_eq(&'#').is_some() {
            seen += 1;
        }
        if seen == signs {
            return;
        }
    }
}

/// Behind `'`: a letter, or the name of a lifetime. `'static` must not look like the `static` that defines something.
fn skip_letter(rest: &mut Peekable<Chars<'_>>) {
    let mut ahead = rest.clone();
    match (ahead.next(), ahead.next()) {
        (Some('\\'), _) => {
            rest.nth(1);
            rest.find(|c| *c == '\'');
        }
        (_, Some('\'')) => drop(rest.nth(1)),
        _ => while rest.next_if(|c| is_word(*c)).is_some() {},
    }
}

/// Leaves out what stands behind `#[cfg(test)]`: one item each.
fn without_tests(tokens: &[String]) -> Vec<String> {
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        if tokens[at..].iter().take(7).eq(["#", "[", "cfg", "(", "test", ")", "]"]) {
            at = behind_item(tokens, at + 7);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Gives where an item ends: behind its braces, or its semicolon.
fn behind_item(tokens: &[String], from: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match &**token {
            "{" => depth += 1,
            "}" if depth == 1 => return at + 1,
            "}" => depth -= 1,
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}
