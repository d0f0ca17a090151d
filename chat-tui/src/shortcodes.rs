//! Emoji by their shortcodes (`:tada:`), the names that GitHub, Slack and Discord share.

use proto::{Content, ContentError, Emoji};

use crate::markdown;

/// Gives the emoji of a shortcode, with or without colons. A heart is the like, so that hearts are counted together.
pub fn emoji(code: &str) -> Option<Emoji> {
    let code = code.trim_matches(':').to_lowercase();
    let found = emojis::get_by_shortcode(&code)?;
    Some(one_heart(Emoji::listed(found.as_str()).ok()?))
}

/// Gives the like for a red heart, however that was written.
pub fn one_heart(emoji: Emoji) -> Emoji {
    if emoji.as_str().trim_end_matches('\u{FE0F}') == "❤" { Emoji::like() } else { emoji }
}

/// Reads what is said: shortcodes are emoji.
///
/// # Errors
/// The rule of contents that it breaks.
pub fn content(text: &str) -> Result<Content, ContentError> {
    Content::parse(&expanded(text))
}

/// Puts emoji where their shortcodes stand as words, outside of code.
pub fn expanded(text: &str) -> String {
    if text.matches(':').nth(1).is_none() {
        return text.to_owned();
    }
    let code = markdown::code(text);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(colon) = text[at..].find(':').map(|colon| at + colon) {
        let found =
            shortcode_at(text, colon).filter(|(end, _)| !code.iter().any(|code| code.start < *end && colon < code.end));
        out.push_str(&text[at..colon]);
        match found {
            Some((end, emoji)) => {
                out.push_str(emoji);
                at = end;
            }
            None => {
                out.push(':');
                at = colon + 1;
            }
        }
    }
    out.push_str(&text[at..]);
    out
}

/// Reads the shortcode that begins at a colon: where it ends, and its emoji.
fn shortcode_at(text: &str, colon: usize) -> Option<(usize, &'static str)> {
    let belongs = |c: char| c.is_alphanumeric() || matches!(c, ':' | '_' | '/');
    if text[..colon].chars().next_back().is_some_and(belongs) {
        return None;
    }
    let (code, rest) = text[colon + 1..].split_once(':')?;
    let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte));
    if !is_code || rest.chars().next().is_some_and(belongs) {
        return None;
    }
    let emoji = emojis::get_by_shortcode(&code.to_lowercase())?;
    Some((colon + code.len() + 2, emoji.as_str()))
}

/// Gives the shortcodes that begin so, the shortest first, with their emoji.
pub fn beginning(with: &str) -> Vec<(&'static str, &'static str)> {
    let all = emojis::iter().flat_map(|emoji| emoji.shortcodes().map(move |code| (code, emoji.as_str())));
    let mut found = all.filter(|(code, _)| code.starts_with(with)).collect::<Vec<_>>();
    found.sort_by_key(|(code, _)| (code.len(), *code));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortcodes_become_emoji_where_they_are_words() {
        for (written, said) in [
            ("done :tada:", "done 🎉"),
            (":+1: :Rocket:!", "👍 🚀!"),
            ("(:eyes:)", "(👀)"),
            ("at 10:30:45", "at 10:30:45"),
            ("std::io::Error", "std::io::Error"),
            ("a:tada:b", "a:tada:b"),
            ("`:tada:` is :tada:", "`:tada:` is 🎉"),
            ("```\n:tada:\n```", "```\n:tada:\n```"),
            ("http://x/:tada:/", "http://x/:tada:/"),
            (":nothing_is_called_so:", ":nothing_is_called_so:"),
            ("::", "::"),
        ] {
            assert_eq!(expanded(written), said);
        }
    }

    #[test]
    fn hearts_are_one() {
        for code in ["heart", ":heart:", "HEART"] {
            assert_eq!(emoji(code), Some(Emoji::like()));
        }
        assert_eq!(emoji("tada").unwrap().as_str(), "🎉");
        assert_eq!(emoji("zz"), None);
    }

    #[test]
    fn shortcodes_are_found_by_how_they_begin() {
        assert_eq!(beginning("tad")[0], ("tada", "🎉"));
        assert!(beginning("hear").iter().any(|(code, _)| *code == "heart"));
    }
}
