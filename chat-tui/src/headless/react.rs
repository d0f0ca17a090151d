//! Reactions: one's own, and taking other people's away.

use proto::{DeviceName, Emoji, Index, RemoveReactions};

use super::arguments::{React, Unreact};
use super::change::change;
use crate::failure::Failure;
use crate::session::Session;
use crate::shortcodes;

/// Reacts to a message, or takes that back.
pub(super) async fn react(session: &Session, device: &DeviceName, react: React) -> Result<(), Failure> {
    let emoji = react.emoji.as_deref().map_or_else(|| Ok(Emoji::like()), read)?;
    let (index, on) = (Index::new(react.index), !react.remove);
    let words = format!("{emoji} {} message {index}", if on { "to" } else { "no longer to" });
    let packet = |id| proto::React { id, index, emoji, on };
    change(session, device, &react.target, packet, react.json, || words).await
}

/// Takes reactions away from a message.
pub(super) async fn unreact(session: &Session, device: &DeviceName, unreact: Unreact) -> Result<(), Failure> {
    let emoji = unreact.emoji.as_deref().map(read).transpose()?;
    let (index, handle) = (Index::new(unreact.index), unreact.by);
    let what = emoji.as_ref().map_or_else(|| "reactions".to_owned(), ToString::to_string);
    let whose = handle.as_ref().map_or_else(String::new, |handle| format!(" by {handle}"));
    let words = format!("no {what}{whose} to message {index} any more");
    let packet = |id| RemoveReactions { id, index, emoji, handle };
    change(session, device, &unreact.target, packet, unreact.json, || words).await
}

/// Reads an emoji, or its shortcode with or without colons.
fn read(text: &str) -> Result<Emoji, Failure> {
    match Emoji::listed(text) {
        Ok(emoji) => Ok(emoji),
        Err(error) => shortcodes::emoji(text)
            .ok_or_else(|| Failure::Usage(format!("`{text}`: {error}, or a shortcode as :tada:"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_are_read_by_picture_or_shortcode() {
        for (text, emoji) in [("🎉", "🎉"), ("tada", "🎉"), (":tada:", "🎉"), ("+1", "👍"), ("♥️", "♥"), ("TADA", "🎉")]
        {
            assert_eq!(read(text).unwrap().as_str(), emoji, "{text}");
        }
        for bad in ["", ":", "nonsense", "вор", "🎉🎉", "zz", "日本語"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
