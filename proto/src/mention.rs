//! Finding handles in a text. The daemon fills a message's `mentions` with it, the client lights up
//! the same places with it, so both mean the same by a mention.

use std::ops::Range;

use crate::name::Handle;

/// Finds every word of a text that could be a handle, with its place in bytes.
///
/// A word is as long a run of handle characters as there is; dots and hyphens at its ends belong to
/// the sentence, not to it (`bob.` and `-bob` name `bob`). A leading `@` is not part of the word. What
/// is no handle by its form is left out.
pub fn words(text: &str) -> impl Iterator<Item = (Range<usize>, Handle)> + '_ {
    let mut rest = 0;
    std::iter::from_fn(move || {
        while rest < text.len() {
            let start = rest + text[rest..].find(Handle::may_hold)?;
            let run = &text[start..];
            let run = &run[..run.find(|c| !Handle::may_hold(c)).unwrap_or(run.len())];
            rest = start + run.len();
            let word = run.trim_matches(['.', '-']);
            if let Ok(handle) = word.parse::<Handle>() {
                let start = start + (run.len() - run.trim_start_matches(['.', '-']).len());
                return Some((start..start + word.len(), handle));
            }
        }
        None
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
        assert_eq!(handles("…bob… ...bob... ünbob"), ["bob", "bob", "nbob"]);
        assert_eq!(handles("bobby _bob @ - . "), ["bobby"]);
    }

    #[test]
    fn places_are_bytes_of_the_text() {
        let text = "ü @Bob.";
        let (place, _) = words(text).next().unwrap();
        assert_eq!(&text[place], "Bob");
    }
}
