//! What the index knows of a text: grams, each hashed to one of few, so that it stays small whatever the script.
//!
//! Three characters in a row find words, parts of words and signs; of scripts that write without spaces two in a row and one
//! alone. What is shorter is found as a word of its own, signs and emoji one by one. Several grams may be one in the index,
//! so what has all of them is looked at once more.

use proto::{PART_CHARS, SearchQuestion, is_dense, is_short};

use super::numbers::PlaceNumber;
use crate::store::UserId;

/// Bits of a hash: 16,384 grams of each sort. So a message of 8,000 characters costs about 2 bytes for each of them, of
/// whatever script, and one of 60 characters shares none of its grams by chance with 99 of 100 others.
const HASH_BITS: u32 = 14;
/// Of a character of a script without spaces, and of the one behind it.
const DENSE_BITS: u32 = 10;
const BEHIND_BITS: u32 = 4;
/// Characters of a gram.
const GRAM_CHARS: usize = PART_CHARS;
/// Letters and digits that the index holds grams as: 5 bits each, in the order of their bytes.
const ALPHABET: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

/// What a gram is of; the letter that it begins with in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    /// A channel, by its number in the index.
    Place = b'c' as isize,
    /// Two characters in a row of a script without spaces, or the last one.
    Dense = b'd' as isize,
    /// Three characters in a row.
    Three = b'g' as isize,
    /// A word of one or two characters.
    Short = b's' as isize,
    /// Who said it, by the number of their account.
    User = b'u' as isize,
    /// A sign or an emoji.
    Sign = b'y' as isize,
}

/// Something that the index knows of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gram(Sort, u64);

impl Gram {
    /// Stands for the channel of a message.
    pub(super) fn of_place(place: PlaceNumber) -> Self {
        Self(Sort::Place, place.0.unsigned_abs())
    }

    /// Stands for who said it.
    pub(super) fn of_user(user: UserId) -> Self {
        Self(Sort::User, user.0.unsigned_abs())
    }

    /// Writes it as the index holds it.
    fn write(self, out: &mut String) {
        let Self(sort, number) = self;
        out.push(char::from(sort as u8));
        let digits = match sort {
            Sort::Place | Sort::User => (64 - number.leading_zeros()).div_ceil(5).max(1),
            // The first two of the three are of the first character.
            Sort::Dense | Sort::Three | Sort::Short | Sort::Sign => 3,
        };
        for digit in (0..digits).rev() {
            out.push(char::from(ALPHABET[(number >> (5 * digit)) as usize & 31]));
        }
    }
}

/// Writes grams as the index takes them, each once.
pub(super) fn written(mut grams: Vec<Gram>) -> String {
    grams.sort_unstable();
    grams.dedup();
    let mut text = String::with_capacity(grams.len() * 5);
    for gram in grams {
        if !text.is_empty() {
            text.push(' ');
        }
        gram.write(&mut text);
    }
    text
}

/// Gives all grams of a folded text.
pub(super) fn grams_of(folded: &str) -> Vec<Gram> {
    let mut grams = Vec::with_capacity(folded.len() + 8);
    for run in runs(folded) {
        if run.dense {
            let mut pairs = run.text.chars().zip(run.text.chars().skip(1).map(Some).chain([None]));
            grams.extend(pairs.by_ref().map(|(c, behind)| dense(c, behind)));
        } else {
            grams.extend(threes(run.text));
            grams.extend(run.text.chars().filter(|c| is_sign(*c)).map(sign));
            let words = run.text.split(|c: char| !c.is_alphanumeric());
            grams.extend(words.filter(|word| is_short(word)).map(short));
        }
    }
    grams
}

/// Writes a question, in the language of FTS5: all the words, said by somebody and in one of these channels, if any are
/// named.
pub(super) fn asked(question: &SearchQuestion, author: Option<UserId>, places: &[PlaceNumber]) -> Option<String> {
    let mut parts = question.texts().flat_map(wanted).collect::<Vec<_>>();
    parts.extend(author.map(|user| written(vec![Gram::of_user(user)])));
    if !places.is_empty() {
        let places = places.iter().map(|place| written(vec![Gram::of_place(*place)])).collect::<Vec<_>>();
        parts.push(format!("({})", places.join(" OR ")));
    }
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

/// Writes, in the language of FTS5, what a message must have that holds a folded text: a bounded number of grams.
fn wanted(folded: &str) -> Vec<String> {
    let quoted = |gram: Gram| {
        let mut text = String::new();
        gram.write(&mut text);
        text
    };
    let mut parts = Vec::new();
    for run in runs(folded) {
        match (run.dense, run.text.chars().count()) {
            (true, 1) => {
                let mut prefix = quoted(dense(run.text.chars().next().unwrap_or_default(), None));
                prefix.pop();
                parts.push(format!("\"{prefix}\" *"));
            }
            (true, _) => {
                let pairs = run.text.chars().zip(run.text.chars().skip(1));
                parts.extend(pairs.map(|(c, behind)| quoted(dense(c, Some(behind)))));
            }
            (false, length) if length >= GRAM_CHARS => parts.extend(threes(run.text).map(quoted)),
            (false, _) => {
                parts.extend(run.text.chars().filter(|c| is_sign(*c)).map(|c| quoted(sign(c))));
                // Only a word that is all that is looked for is one of its own.
                if is_short(folded) {
                    parts.push(quoted(short(folded)));
                }
            }
        }
    }
    spread(parts)
}

/// Grams of one term that are asked for: more would find nothing else, and each costs.
const WANTED_MAX: usize = 24;

/// Takes a bounded number out of many, from the beginning to the end.
fn spread(parts: Vec<String>) -> Vec<String> {
    let step = parts.len().div_ceil(WANTED_MAX).max(1);
    parts.into_iter().step_by(step).collect()
}

fn is_sign(c: char) -> bool {
    !c.is_alphanumeric() && c != ' '
}

fn threes(text: &str) -> impl Iterator<Item = Gram> {
    let chars = || text.chars().map(|c| u64::from(u32::from(c)));
    let windows = chars().zip(chars().skip(1)).zip(chars().skip(2));
    windows.map(|((one, two), three)| Gram(Sort::Three, hash(one | two << 21 | three << 42, HASH_BITS)))
}

fn dense(c: char, behind: Option<char>) -> Gram {
    let of = |c: char, bits| hash(u64::from(u32::from(c)), bits);
    // Ten bits are two letters of the index; who looks for one character alone looks for what begins with them.
    Gram(Sort::Dense, of(c, DENSE_BITS) << 5 | behind.map_or(0, |c| of(c, BEHIND_BITS)))
}

fn short(word: &str) -> Gram {
    let letters = word.chars().fold(0, |letters, c| letters << 21 | u64::from(u32::from(c)));
    Gram(Sort::Short, hash(letters, HASH_BITS))
}

fn sign(c: char) -> Gram {
    Gram(Sort::Sign, hash(u64::from(u32::from(c)), HASH_BITS))
}

/// The multiplier is 2⁶⁴ by the golden ratio (Knuth, The Art of Computer Programming, volume 3, section 6.4).
fn hash(value: u64, bits: u32) -> u64 {
    let mixed = value.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits)
}

/// Characters in a row, of scripts with spaces or without.
struct Run<'a> {
    text: &'a str,
    dense: bool,
}

fn runs(text: &str) -> impl Iterator<Item = Run<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let dense = is_dense(rest.chars().next()?);
        let end = if rest.is_ascii() { rest.len() } else { rest.find(|c| is_dense(c) != dense).unwrap_or(rest.len()) };
        let (text, after) = rest.split_at(end);
        rest = after;
        Some(Run { text, dense })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str) -> SearchQuestion {
        SearchQuestion::of(&proto::SearchWords::parse(text).unwrap()).unwrap()
    }

    fn has_all(text: &str, looked_for: &str) -> bool {
        let held = written(grams_of(text));
        let held = held.split(' ').collect::<Vec<_>>();
        wanted(looked_for).iter().all(|part| match part.strip_suffix("\" *") {
            Some(prefix) => held.iter().any(|gram| gram.starts_with(prefix.trim_start_matches('"'))),
            None => held.contains(&part.as_str()),
        })
    }

    #[test]
    fn what_holds_a_text_has_its_grams() {
        let text = "it is 👍 at 东京塔, ok? 100% お茶 a->b";
        for part in
            ["it is", "👍", "京塔", "塔", "东", "ok", "ok?", "%", "0%", "お茶 a", "->", "a->b", "at 东", "s 👍 a"]
        {
            assert!(text.contains(part) && has_all(text, part), "{part}: {:?}", wanted(part));
        }
        for other in ["okay", "塔东", "👎", "at it", "xyz"] {
            assert!(!has_all(text, other), "{other}");
        }
    }

    #[test]
    fn a_text_has_few_grams_whatever_its_script() {
        let han = (0..2_666).filter_map(|n| char::from_u32(0x4e00 + n * 7 % 20_000)).collect::<String>();
        let letters = (0..8_000_u32).map(|n| char::from(b'a' + (n * n % 9_973 % 26) as u8)).collect::<String>();
        for text in [&han, &letters] {
            let count = written(grams_of(text)).split(' ').count();
            assert!(count <= 8_000, "{count}");
        }
        assert!(wanted(&letters[..512]).len() <= WANTED_MAX);
    }

    #[test]
    fn numbers_are_told_apart() {
        let text = |gram| written(vec![gram]);
        assert_ne!(text(Gram::of_place(PlaceNumber(5))), text(Gram::of_user(UserId(5))));
        assert_ne!(text(Gram::of_user(UserId(1))), text(Gram::of_user(UserId(33))));
        assert_eq!(text(Gram::of_user(UserId(0))), "u2");
    }

    #[test]
    fn the_index_is_asked_for_grams() {
        let query = asked(&question("tea from:bob"), Some(UserId(7)), &[PlaceNumber(1), PlaceNumber(2)]).unwrap();
        assert_eq!(query.matches(" AND ").count(), 2, "{query}");
        assert!(query.ends_with("ub AND (c3 OR c4)"), "{query}");
        assert_eq!(asked(&question("\"a \""), None, &[]).unwrap().split(' ').count(), 1);
    }
}
