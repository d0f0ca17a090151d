//! Names of channels that look like others, and functions of ours that the migrations use.

use proto::{Emoji, Topic};
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, params};
use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton as skeleton_of;

use super::writer::Work;
use super::{Refused, StoreError};

/// Gives what a name looks like: names with the same skeleton cannot be told apart by the eye (Unicode UTS #39,
/// section 4). Compatibility forms such as full width are resolved first, and case does not count.
pub(super) fn skeleton(name: &str) -> String {
    let plain = name.nfkc().collect::<String>().to_lowercase();
    skeleton_of(&plain).collect::<String>().to_lowercase()
}

/// Refuses the name of a channel that looks like a public one and is not its name.
pub(super) fn require_no_look_alike(work: &Work<'_>, channel: i64, name: &str) -> Result<(), StoreError> {
    let passes_for = work
        .transaction
        .prepare_cached("SELECT 1 FROM channel WHERE kind = 'public' AND skeleton = ?1 AND name <> ?2 AND id <> ?3")?
        .exists(params![skeleton(name), name, channel])?;
    if passes_for { Err(Refused::LooksTaken.into()) } else { Ok(()) }
}

/// Lets SQL of the migrations use rules that are written in Rust.
pub(super) fn teach(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("skeleton", 1, flags, |call| Ok(skeleton(&call.get::<String>(0)?)))?;
    connection.create_scalar_function("visible_line", 1, flags, |call| Ok(visible_line(&call.get::<String>(0)?)))?;
    connection.create_scalar_function("same_emoji", 1, flags, |call| {
        let text = call.get::<String>(0)?;
        let read = Emoji::listed(&text).or_else(|_| text.parse());
        Ok(read.ok().map(|emoji| emoji.as_str().to_owned()))
    })
}

/// Gives a line without what may not stand in one, empty when nothing of it can be seen.
fn visible_line(text: &str) -> String {
    let kept = text.chars().filter(|c| format!("x{c}").parse::<Topic>().is_ok()).collect::<String>();
    // A name of one character is empty or refused where nothing is drawn.
    let draws = |c: char| c.to_string().parse::<proto::DisplayName>().is_ok_and(|name| !name.is_empty());
    if kept.chars().any(draws) { kept } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_have_the_same_skeleton() {
        for alike in ["lobby", "lоbby", "ｌｏｂｂｙ", "lobbу", "l0bby", "1obby", "𝗅obby", "ⅼobby", "𝐥𝐨𝐛𝐛𝐲"]
        {
            assert_eq!(skeleton(alike), skeleton("lobby"), "{alike}");
        }
        for other in ["lobby2", "lob-by", "lobbies", "köln", "koln", "日本語", "日木語"] {
            assert_ne!(skeleton(other), skeleton("lobby"), "{other}");
        }
        assert_ne!(skeleton("köln"), skeleton("koln"));
        assert_ne!(skeleton("日本語"), skeleton("日木語"));
    }

    #[test]
    fn lines_keep_what_can_be_seen() {
        assert_eq!(visible_line("tea \u{202E}time"), "tea time");
        assert_eq!(visible_line("\u{3164}\u{200B}"), "");
        assert_eq!(visible_line(&"\u{AD}".repeat(70)), "");
        assert_eq!(visible_line("plain"), "plain");
    }
}
