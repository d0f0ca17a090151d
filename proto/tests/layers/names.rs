//! Names that leave the file that defines them.

use std::collections::BTreeMap;

use super::module::Crate;
use super::tokens::KINDS;

/// Gives the names that several files of a crate define for others, with those files. Methods do not count, nor do modules.
pub(crate) fn repeated(it: &Crate) -> BTreeMap<&str, Vec<&str>> {
    let mut names = BTreeMap::<&str, Vec<&str>>::new();
    for (file, tokens) in it.sources() {
        for name in given_out(tokens) {
            names.entry(name).or_default().push(file);
        }
    }
    names.retain(|_, files| files.len() > 1);
    names
}

/// Gives what is defined with `pub` outside of all braces.
fn given_out(tokens: &[String]) -> Vec<&str> {
    let (mut found, mut depth, mut is_pub) = (Vec::new(), 0_usize, false);
    for pair in tokens.windows(2) {
        match &*pair[0] {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            "pub" if depth == 0 => is_pub = true,
            "async" | "unsafe" => {}
            // `const fn` has the name behind the second word.
            "const" if pair[1] == "fn" => {}
            kind if depth == 0 => {
                if is_pub && KINDS.contains(&kind) {
                    found.push(&*pair[1]);
                }
                is_pub = false;
            }
            _ => {}
        }
    }
    found
}
