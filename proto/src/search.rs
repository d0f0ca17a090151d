//! What people write to search: words, "phrases", `-without`, and `from:`, `in:`, `before:`, `after:`.

use crate::bounds;
use crate::name::{ChannelName, Handle};
use crate::time::Timestamp;

/// Milliseconds of a day.
const DAY_MILLIS: i64 = 86_400_000;

/// The words of a search, read into what they ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchWords {
    /// Words and phrases that must all be there.
    pub terms: Vec<String>,
    /// Words and phrases of which none may be there.
    pub without: Vec<String>,
    /// Only what this person said.
    pub from: Option<Handle>,
    /// Only in this channel.
    pub place: Option<SearchPlace>,
    /// Only what was said before this moment.
    pub before: Option<Timestamp>,
    /// Only what was said at this moment or later.
    pub after: Option<Timestamp>,
}

/// The channel or conversation to search in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchPlace {
    /// The channel of this name.
    Channel(ChannelName),
    /// The direct conversation with somebody.
    Dm(Handle),
}

/// Why words cannot be searched for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// There is nothing to look for.
    #[error("nothing to search for: give a word, or `from:HANDLE`")]
    Empty,
    /// It is too long.
    #[error("a search has at most {} bytes and {} words", bounds::SEARCH_BYTES_MAX, bounds::SEARCH_TERMS_MAX)]
    TooLong,
    /// A character that no message holds.
    #[error("a message cannot contain U+0000")]
    Nul,
    /// A restriction that says nothing, as `before:soon`.
    #[error("`{0}` is not understood: from:HANDLE, in:#CHANNEL, in:@HANDLE, before:YYYY-MM-DD, after:YYYY-MM-DD")]
    Restriction(String),
}

impl SearchWords {
    /// Reads what was written.
    ///
    /// # Errors
    /// See [`SearchError`].
    pub fn parse(text: &str) -> Result<Self, SearchError> {
        if text.len() > bounds::SEARCH_BYTES_MAX {
            return Err(SearchError::TooLong);
        }
        if text.contains('\0') {
            return Err(SearchError::Nul);
        }
        let mut words = Self::default();
        for Word { text, quoted, without } in split(text) {
            if without {
                words.without.push(text.to_owned());
            } else if quoted || !words.restrict(text)? {
                words.terms.push(text.to_owned());
            }
        }
        if words.terms.len() + words.without.len() > bounds::SEARCH_TERMS_MAX {
            return Err(SearchError::TooLong);
        }
        if words.terms.is_empty() && words.from.is_none() {
            return Err(SearchError::Empty);
        }
        Ok(words)
    }

    /// Takes a restriction in; false when the word is none.
    fn restrict(&mut self, word: &str) -> Result<bool, SearchError> {
        let Some((name, value)) = word.split_once(':') else { return Ok(false) };
        let wrong = || SearchError::Restriction(word.to_owned());
        // Keyboards of phones begin with a capital.
        match &*name.to_ascii_lowercase() {
            "from" => self.from = Some(value.trim_start_matches('@').parse().map_err(|_| wrong())?),
            "in" => {
                self.place = Some(match value.strip_prefix('@') {
                    Some(handle) => SearchPlace::Dm(handle.parse().map_err(|_| wrong())?),
                    None => SearchPlace::Channel(value.trim_start_matches('#').parse().map_err(|_| wrong())?),
                });
            }
            "before" => self.before = Some(Timestamp::from_millis(day(value).ok_or_else(wrong)? * DAY_MILLIS)),
            // Messages of that day are not after it.
            "after" => self.after = Some(Timestamp::from_millis((day(value).ok_or_else(wrong)? + 1) * DAY_MILLIS)),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// A word, or a phrase in quotes.
struct Word<'a> {
    text: &'a str,
    quoted: bool,
    /// Whether a `-` is before it.
    without: bool,
}

fn split(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        // A dash alone, or several, is what is looked for.
        let denied = rest.strip_prefix('-').filter(|rest| rest.starts_with(|c: char| !c.is_whitespace() && c != '-'));
        let without = denied.is_some();
        rest = denied.unwrap_or(rest);
        // Phones make other quotes of those that are typed.
        let phrase = rest.strip_prefix(QUOTES);
        let (word, after) = match phrase {
            // A quote that never ends goes to the end.
            Some(phrase) => phrase.split_once(QUOTES).unwrap_or((phrase, "")),
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        if !word.trim().is_empty() {
            words.push(Word { text: word.trim(), quoted: phrase.is_some(), without });
        }
        rest = after.trim_start();
    }
    words
}

const QUOTES: [char; 4] = ['"', '“', '”', '„'];

/// Counts the days from 1970-01-01 to a day of the Gregorian calendar, written `YYYY-MM-DD`. The rule is Howard
/// Hinnant's `days_from_civil` (chrono-Compatible Low-Level Date Algorithms).
fn day(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let mut part = |digits: usize| -> Option<i64> {
        let part =
            parts.next().filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        part.parse().ok()
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if parts.next().is_some() || !(1..=days).contains(&day) {
        return None;
    }
    // The year begins in March, so that the leap day is its last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_restrictions_are_told_apart() {
        let words = SearchWords::parse(r#"kettle "green tea" from:@Bob in:#Tea before:2026-11-21 after:1970-01-01"#);
        let words = words.unwrap();
        assert_eq!(words.terms, ["kettle", "green tea"]);
        assert_eq!(words.from, Some("bob".parse().unwrap()));
        assert_eq!(words.place, Some(SearchPlace::Channel("tea".parse().unwrap())));
        assert_eq!(words.before, Some(Timestamp::from_millis(1_795_219_200_000)));
        assert_eq!(words.after, Some(Timestamp::from_millis(86_400_000)));
        let words = SearchWords::parse("https://example.org 12:30 \"from:bob\" in:@bob").unwrap();
        assert_eq!(words.terms, ["https://example.org", "12:30", "from:bob"]);
        assert_eq!(words.place, Some(SearchPlace::Dm("bob".parse().unwrap())));
        assert_eq!(SearchWords::parse("from:bob").unwrap().terms, [""; 0]);
        assert_eq!(SearchWords::parse("\"never ends").unwrap().terms, ["never ends"]);
        assert_eq!(SearchWords::parse("From:bob IN:#tea").unwrap().from, Some("bob".parse().unwrap()));
        let words = SearchWords::parse("tea -green -\"too hot\" – -- - a-b “hot water”").unwrap();
        assert_eq!(words.terms, ["tea", "–", "--", "-", "a-b", "hot water"]);
        assert_eq!(words.without, ["green", "too hot"]);
    }

    #[test]
    fn what_says_nothing_is_refused() {
        for text in ["", "  ", "\"\"", "in:#tea", "before:2026-01-01", "-tea"] {
            assert_eq!(SearchWords::parse(text), Err(SearchError::Empty), "{text}");
        }
        for text in ["x from:", "x from:a!b", "x in:", "x before:soon", "x after:2026-02-29", "x after:2026-2-2"] {
            assert!(matches!(SearchWords::parse(text), Err(SearchError::Restriction(_))), "{text}");
        }
        assert_eq!(SearchWords::parse(&"x".repeat(513)), Err(SearchError::TooLong));
        assert_eq!(SearchWords::parse(&"x ".repeat(17)), Err(SearchError::TooLong));
        assert_eq!(SearchWords::parse("a\0b"), Err(SearchError::Nul));
    }

    #[test]
    fn days_are_counted() {
        for (text, days) in [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-11-21", 20_778), ("1969-12-31", -1)] {
            assert_eq!(day(text), Some(days), "{text}");
        }
    }
}
