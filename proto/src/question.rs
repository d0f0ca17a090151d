//! What a search looks for: words and phrases, and what must not be there. The daemon and a client that searches what it has
//! saved find the same.

use crate::fold::{fold, is_dense, is_short};
use crate::search::SearchWords;

/// Words and phrases, in the form in which they are compared.
#[derive(Debug, PartialEq, Eq)]
pub struct SearchQuestion {
    terms: Vec<Term>,
    without: Vec<Term>,
}

#[derive(Debug, PartialEq, Eq)]
struct Term {
    text: String,
    /// Whether it is found as a word of its own only.
    whole: bool,
}

impl SearchQuestion {
    /// Reads the words; `None` when they hold nothing that can be looked for, such as blanks alone.
    pub fn of(words: &SearchWords) -> Option<Self> {
        let question = Self { terms: terms(&words.terms), without: terms(&words.without) };
        (!question.terms.is_empty() || words.from.is_some()).then_some(question)
    }

    /// Gives the texts that must all be there, folded.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().map(|term| term.text.as_str())
    }

    /// Tells whether it is what a folded text says.
    pub fn fits(&self, folded: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str) -> Option<SearchQuestion> {
        SearchQuestion::of(&SearchWords::parse(text).unwrap())
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
