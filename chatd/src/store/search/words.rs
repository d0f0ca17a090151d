//! From words to the two indexes: one of every three characters in a row, and one of what is shorter.
//!
//! Three characters in a row find words, parts of words and text without spaces. What is shorter is found as a word of
//! its own, or, in scripts that write without spaces, as one or two characters anywhere.

use proto::{Handle, SearchWords};

/// Begins the three characters that stand for who said something.
const WHO_BEGINS: char = '\u{2}';
/// Characters of each of the two planes for private use.
const PRIVATE_CHARS: u64 = 65_534;
/// Characters that the first index looks at together.
const GRAM_CHARS: usize = 3;

/// A question to the indexes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// What the first index is asked, in the language of FTS5.
    pub(super) long: Option<String>,
    /// What the second one is asked.
    pub(super) short: Option<String>,
}

impl Question {
    /// Asks for all the words; `None` when they hold nothing that can be looked for, such as signs alone.
    pub(super) fn of(words: &SearchWords) -> Option<Self> {
        let mut long = Vec::new();
        let mut short = Vec::new();
        for term in &words.terms {
            if term.chars().count() >= GRAM_CHARS {
                long.push(format!("content : {}", quoted(term)));
            } else {
                short.extend(runs(term).map(|run| {
                    if run.dense && run.text.chars().count() == 1 {
                        format!("{} *", quoted(run.text))
                    } else {
                        quoted(run.text)
                    }
                }));
            }
        }
        if let Some(handle) = &words.from {
            long.push(format!("who : {}", quoted(&who(handle))));
        }
        let all = |parts: Vec<String>| (!parts.is_empty()).then(|| parts.join(" AND "));
        let question = Self { long: all(long), short: all(short) };
        (question.long.is_some() || question.short.is_some()).then_some(question)
    }
}

/// Writes a string of FTS5.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Gives what the first index holds of who said something: three characters, so that it is one entry. Two handles may have
/// the same, so hits are looked at once more.
pub(super) fn who(handle: &Handle) -> String {
    // FNV-1a, 64 bits (Fowler, Noll, Vo).
    let hash = handle
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let private = |plane: u32, number: u64| {
        char::from_u32(plane + (number % PRIVATE_CHARS) as u32).expect("a plane for private use holds it")
    };
    [WHO_BEGINS, private(0xf_0000, hash), private(0x10_0000, hash / PRIVATE_CHARS)].iter().collect()
}

/// Gives what the second index holds of a text: short words, and every two characters in a row, and the last one, of
/// scripts without spaces.
pub(super) fn short_tokens(text: &str) -> String {
    let mut tokens = String::new();
    let mut add = |token: &str| {
        if !tokens.is_empty() {
            tokens.push(' ');
        }
        tokens.push_str(token);
    };
    for run in runs(text) {
        if run.dense {
            let starts = run.text.char_indices().map(|(start, _)| start).collect::<Vec<_>>();
            for (place, start) in starts.iter().enumerate() {
                add(&run.text[*start..starts.get(place + 2).copied().unwrap_or(run.text.len())]);
            }
        } else if run.text.chars().count() < GRAM_CHARS {
            add(run.text);
        }
    }
    tokens
}

/// Letters and digits in a row, of scripts with spaces or without.
struct Run<'a> {
    text: &'a str,
    dense: bool,
}

fn runs(text: &str) -> impl Iterator<Item = Run<'_>> {
    text.split(|c: char| !c.is_alphanumeric()).flat_map(|word| {
        let mut rest = word;
        std::iter::from_fn(move || {
            let dense = is_dense(rest.chars().next()?);
            let end = rest.find(|c| is_dense(c) != dense).unwrap_or(rest.len());
            let (text, after) = rest.split_at(end);
            rest = after;
            Some(Run { text, dense })
        })
    })
}

/// Tells whether a character belongs to a script whose words are short and stand without spaces: Han, Kana, Hangul.
fn is_dense(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x11ff | 0x2e80..=0x9fff | 0xa960..=0xa97f | 0xac00..=0xd7ff | 0xf900..=0xfaff | 0xff66..=0xff9f
        | 0x20000..=0x3ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str) -> Option<Question> {
        Question::of(&SearchWords::parse(text).unwrap())
    }

    #[test]
    fn long_terms_are_phrases_and_short_ones_words() {
        let asked = question(r#"kettle ok from:bob 日本 茶"#).unwrap();
        let (long, short) = (asked.long.unwrap(), asked.short.unwrap());
        let bob = who(&"bob".parse().unwrap());
        assert_eq!(bob.chars().count(), 3);
        assert_eq!(long, format!("content : \"kettle\" AND who : \"{bob}\""));
        assert_eq!(short, "\"ok\" AND \"日本\" AND \"茶\" *");
        assert_eq!(question("c#").unwrap().short.unwrap(), "\"c\"");
        assert_eq!(question("a\"b").unwrap().long.unwrap(), "content : \"a\"\"b\"");
        assert_eq!(question("?!"), None);
    }

    #[test]
    fn short_tokens_are_every_two_characters_and_short_words() {
        assert_eq!(short_tokens("使用ok吧, it is 日本語"), "使用 用 ok 吧 it is 日本 本語 語");
        assert_eq!(short_tokens("nothing here"), "");
    }
}
