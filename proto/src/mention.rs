//! Finding handles in a text. The daemon fills a message's `mentions` with it, the client lights up
//! the same places with it, so both mean the same by a mention.
//!
//! A word is bounded by anything that is neither a letter or digit of any script nor `_`; a `.` or `-` counts to it
//! where a letter, digit or `_` follows. Nobody is mentioned in code, in a quoted line, in an address of the web or of
//! mail, in a path or in an option (`--name`).

use std::ops::Range;

use crate::code::{TextPart, blocks};
use crate::name::Handle;

/// Finds every word of a text that could be a handle and that may mean somebody, with its place in bytes.
///
/// Dots and hyphens at its ends belong to the sentence, not to it (`bob.` and `-bob` name `bob`). A leading `@` is not
/// part of the word. What is no handle by its form is left out.
pub fn words(text: &str) -> impl Iterator<Item = (Range<usize>, Handle)> + '_ {
    let spoken = blocks(text).into_iter().filter_map(|block| match block {
        TextPart::Words(words) => Some(words),
        TextPart::Code(_) | TextPart::Sign(_) => None,
    });
    spoken.flat_map(|part| {
        let begin = part.start;
        words_of(&text[part]).map(move |(place, handle)| (begin + place.start..begin + place.end, handle))
    })
}

/// The same for text between blocks of code.
fn words_of(text: &str) -> impl Iterator<Item = (Range<usize>, Handle)> + '_ {
    let mut fence: Option<&str> = None;
    lines(text).filter(move |(_, line)| is_spoken(line, &mut fence)).flat_map(|(start, line)| {
        tokens(line).filter(|(_, token)| !is_technical(token)).flat_map(move |(place, token)| {
            runs(token).filter_map(move |run| {
                let handle = token[run.clone()].parse().ok()?;
                let start = start + place + run.start;
                Some((start..start + run.len(), handle))
            })
        })
    })
}

/// The lines of a text with their places.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |place, line| {
        let start = *place;
        *place += line.len();
        Some((start, line))
    })
}

/// Tells whether a line is neither quoted nor between fences of tildes, which are kept from line to line; blocks between
/// backticks are left out before.
fn is_spoken<'a>(line: &'a str, fence: &mut Option<&'a str>) -> bool {
    let line = line.trim();
    let here = Some(&line[..line.len() - line.trim_start_matches('~').len()]).filter(|run| run.len() >= 3);
    match (*fence, here) {
        (Some(open), Some(run)) if run.starts_with(open) && run == line => *fence = None,
        (Some(_), _) => {}
        (None, Some(run)) => *fence = Some(run),
        (None, _) => return !line.starts_with('>'),
    }
    false
}

/// The words outside of code, with their places. Code begins and ends with the same number of backticks.
fn tokens(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut place = 0;
    std::iter::from_fn(move || {
        loop {
            place += line[place..].len() - line[place..].trim_start().len();
            let rest = &line[place..];
            let run = rest.len() - rest.trim_start_matches('`').len();
            if run > 0 {
                place += run + code(&rest[run..], run).unwrap_or(0);
                continue;
            }
            let end = rest.find(|c: char| c.is_whitespace() || c == '`').unwrap_or(rest.len());
            let start = place;
            place += end;
            return (end > 0).then_some((start, &rest[..end]));
        }
    })
}

/// Gives the bytes up to and including the next run of exactly this many backticks.
fn code(rest: &str, marks: usize) -> Option<usize> {
    let mut place = 0;
    while let Some(found) = rest[place..].find('`') {
        place += found;
        let run = rest[place..].len() - rest[place..].trim_start_matches('`').len();
        place += run;
        if run == marks {
            return Some(place);
        }
    }
    None
}

/// Tells whether a token is an address, a path or an option.
fn is_technical(token: &str) -> bool {
    let token = token.trim_start_matches(['(', '[', '{', '<', '"', '\'', '“', '‘', '«', ',', ';', ':', '*', '=']);
    let mail = |(place, _): (usize, &str)| token[..place].ends_with(is_word);
    token.starts_with("--")
        || token.contains("://")
        || ["www.", "mailto:"].iter().any(|begin| begins_with(token, begin))
        || token.match_indices('@').any(mail)
        || is_path(token)
}

/// Tells whether a token begins with something, in whatever case it is written.
fn begins_with(token: &str, begin: &str) -> bool {
    token.get(..begin.len()).is_some_and(|start| start.eq_ignore_ascii_case(begin))
}

/// Tells whether a token is a path: from a root, with several parts, or down to a file with an ending. `alice/bob` is
/// two people.
fn is_path(token: &str) -> bool {
    let from_a_root = ["/", "~", "./", "../"].iter().any(|root| token.starts_with(root) && token.len() > root.len());
    let ends_in_a_file = || {
        let (_, last) = token.rsplit_once('/').unwrap_or_default();
        last.is_empty() || last.trim_end_matches(|c: char| !is_word(c)).contains('.')
    };
    match token.matches('/').count() {
        0 => token.contains('\\') || (token.starts_with('~') && token.len() > 1),
        1 => from_a_root || ends_in_a_file(),
        _ => true,
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The words of a token, with their places.
fn runs(token: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + token[rest..].find(is_word)?;
        let mut end = start;
        let mut following = token[start..].chars().peekable();
        while let Some(c) = following.next() {
            let joins = matches!(c, '.' | '-') && following.peek().is_some_and(|next| is_word(*next));
            if !is_word(c) && !joins {
                break;
            }
            end += c.len_utf8();
        }
        rest = end;
        Some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handles(text: &str) -> Vec<String> {
        words(text).map(|(_, handle)| handle.as_str().to_owned()).collect()
    }

    #[test]
    fn words_end_where_a_handle_must() {
        assert_eq!(
            handles("Hi @Bob, bob: (bob)! b.ob. bob-- x/bob?"),
            ["hi", "bob", "bob", "bob", "b.ob", "bob", "x", "bob"]
        );
        assert_eq!(handles("…bob… ...bob... -bob bob--alice"), ["bob", "bob", "bob", "bob", "alice"]);
        assert_eq!(handles("bobby _bob @ - . @bob's **bob** bob/alice"), ["bobby", "bob", "s", "bob", "bob", "alice"]);
    }

    #[test]
    fn letters_of_any_script_belong_to_a_word() {
        for text in ["ünbob", "réalice", "日本bob語", "bobé", "٣bob", "bob_語"] {
            assert_eq!(handles(text), [""; 0], "{text}");
        }
        assert_eq!(handles("日本、bob。 «bob»"), ["bob", "bob"]);
    }

    #[test]
    fn nobody_is_meant_by_code_quotes_addresses_paths_and_options() {
        for text in [
            "`bob`",
            "``a ` bob``",
            "```\nbob\n```",
            "~~~ bob\nbob\n~~~",
            "``` bob",
            "```\nbob```",
            "```sh bob\nx\n```",
            "> bob",
            "  > bob",
            "https://example.org/bob/profile",
            "(https://bob.example.org)",
            "www.bob.org",
            "bob@example.org",
            "mailto:bob@example.org",
            "/home/bob/x",
            "~bob",
            "~/bob",
            "./bob",
            "src/bob/main.rs",
            "src/bob.rs",
            "bob/",
            r"C:\Users\bob",
            "--bob",
            "--name=bob",
        ] {
            assert!(!handles(text).contains(&"bob".to_owned()), "{text:?} {:?}", handles(text));
        }
        for text in [
            "```\nx\n``` bob",
            "```\nx```\nbob",
            "`x` bob",
            "```\nx\n```\nbob",
            "> x\nbob",
            "` bob",
            "https://x.org bob",
            "/ bob",
        ] {
            assert!(handles(text).contains(&"bob".to_owned()), "{text:?} {:?}", handles(text));
        }
    }

    #[test]
    fn places_are_bytes_of_the_text() {
        let text = "> x\nü `c` @Bob.";
        let (place, _) = words(text).next().unwrap();
        assert_eq!(&text[place], "Bob");
    }
}
