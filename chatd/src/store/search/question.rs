//! What a search looks for: words and phrases, and what must not be there.

use std::time::Instant;

use proto::{Index, SearchWords, Timestamp};

use super::fold::{fold, is_dense, is_short};
use crate::store::UserId;
use crate::store::channel_key::ChannelKey;

/// Words and phrases, in the form in which they are compared.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::store) struct Question {
    terms: Vec<Term>,
    without: Vec<Term>,
}

#[derive(Debug, PartialEq, Eq)]
struct Term {
    text: String,
    /// Whether it is found as a word of its own only.
    whole: bool,
}

impl Question {
    /// Reads the words; `None` when they hold nothing that can be looked for, such as blanks alone.
    pub(in crate::store) fn of(words: &SearchWords) -> Option<Self> {
        let question = Self { terms: terms(&words.terms), without: terms(&words.without) };
        (!question.terms.is_empty() || words.from.is_some()).then_some(question)
    }

    /// Gives the texts that must all be there, folded.
    pub(in crate::store) fn texts(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().map(|term| term.text.as_str())
    }

    /// Tells whether it is what a folded text says.
    pub(in crate::store) fn fits(&self, folded: &str) -> bool {
        self.terms.iter().all(|term| term.is_in(folded)) && !self.without.iter().any(|term| term.is_in(folded))
    }
}

fn terms(texts: &[String]) -> Vec<Term> {
    let folded = texts.iter().map(|text| fold(text)).filter(|text| !text.is_empty());
    folded.map(|text| Term { whole: is_short(&text), text }).collect()
}

impl Term {
    fn is_in(&self, folded: &str) -> bool {
        if !self.whole {
            return folded.contains(&self.text);
        }
        let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() || is_dense(c));
        folded.match_indices(&self.text).any(|(at, found)| {
            ends(folded[..at].chars().next_back()) && ends(folded[at + found.len()..].chars().next())
        })
    }
}

/// What the index is asked for.
pub(in crate::store) struct IndexQuery<'a> {
    /// What the messages say.
    pub(in crate::store) question: &'a Question,
    /// Who has said it.
    pub(in crate::store) author: Option<UserId>,
    /// Where, from which message on.
    pub(in crate::store) channels: Vec<(ChannelKey, Index)>,
    /// Before which moment.
    pub(in crate::store) before: Option<Timestamp>,
    /// At which moment or after it.
    pub(in crate::store) after: Option<Timestamp>,
    /// How many are enough.
    pub(in crate::store) enough: usize,
    /// When the search gives what it has found.
    pub(in crate::store) ends: Instant,
}

/// What the index has found.
pub(in crate::store) struct Candidates {
    /// The newest first.
    pub(in crate::store) newest: Vec<Candidate>,
    /// Whether everything was looked through.
    pub(in crate::store) complete: bool,
}

/// A message that says what is looked for, as far as the index knows.
pub(in crate::store) struct Candidate {
    pub(in crate::store) channel: ChannelKey,
    pub(in crate::store) at: Index,
    pub(in crate::store) date: Timestamp,
    /// What it says, folded.
    pub(in crate::store) content: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str) -> Option<Question> {
        Question::of(&SearchWords::parse(text).unwrap())
    }

    #[test]
    fn what_is_said_fits_or_not() {
        for (words, said, fits) in [
            ("kettle", "two KETTLES", true),
            ("ok", "is it ok?", true),
            ("ok", "a book", false),
            ("ok", "京ok塔", true),
            ("c#", "I write C#.", true),
            ("\"is on\"", "the kettle is\non", true),
            ("tea -green", "black tea", true),
            ("tea -green", "Green tea", false),
            ("tea -\"too hot\"", "tea, too  hot", false),
            ("%", "100 % sure", true),
            ("👍🏽", "fine 👍🏽", true),
        ] {
            assert_eq!(question(words).unwrap().fits(&fold(said)), fits, "{words}: {said}");
        }
        assert_eq!(question("\"\u{200b}\""), None);
    }
}
