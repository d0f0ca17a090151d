//! What a search looks for: grams to ask the index for, and the words that must stand in what has them.

use proto::SearchWords;

use super::fold::fold;
use super::grams::{Gram, is_dense, is_short, wanted, written};

/// Words and phrases, in the form in which they are compared.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
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
    pub(super) fn of(words: &SearchWords) -> Option<Self> {
        let question = Self { terms: terms(&words.terms), without: terms(&words.without) };
        (!question.terms.is_empty() || words.from.is_some()).then_some(question)
    }

    /// Writes the question to the index, in the language of FTS5: all the words, said by one of these and in one of these
    /// channels, if any are named.
    pub(super) fn to_index(&self, user: Option<i64>, places: &[i64]) -> Option<String> {
        let mut parts = self.terms.iter().flat_map(|term| wanted(&term.text)).collect::<Vec<_>>();
        parts.extend(user.map(|user| written(vec![Gram::of_user(user)])));
        if !places.is_empty() {
            let places = places.iter().map(|place| written(vec![Gram::of_place(*place)])).collect::<Vec<_>>();
            parts.push(format!("({})", places.join(" OR ")));
        }
        (!parts.is_empty()).then(|| parts.join(" AND "))
    }

    /// Tells whether it is what a folded text says.
    pub(super) fn fits(&self, folded: &str) -> bool {
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

    #[test]
    fn the_index_is_asked_for_grams() {
        let asked = question("tea from:bob").unwrap().to_index(Some(7), &[1, 2]).unwrap();
        assert_eq!(asked.matches(" AND ").count(), 2, "{asked}");
        assert!(asked.ends_with("ub AND (c3 OR c4)"), "{asked}");
        assert_eq!(question("\"a \"").unwrap().to_index(None, &[]).unwrap().split(' ').count(), 1);
    }
}
