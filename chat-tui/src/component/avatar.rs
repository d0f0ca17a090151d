//! What somebody is seen by beside their name: their picture where the terminal draws pixels, else the first letters of their
//! handle on a color of their own. Both take two cells.

use std::collections::BTreeMap;
use std::rc::Rc;

use proto::{FileId, Handle};
use ratatui::style::Style;

use crate::image::{DrawnImage, ImageCache, ImageKey, ImageProtocol, ImageSize, ImageState};
use crate::theme::Theme;

/// Cells of one.
pub const AVATAR_CELLS: usize = 2;

/// What somebody is seen by, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// Two cells of text.
    pub text: String,
    /// Which of the colors of people it has; none for a picture.
    pub color: Option<u8>,
}

impl Badge {
    /// Gives the badge of somebody with a picture, of which a part may be here.
    pub fn of(handle: &Handle, avatar: FileId, images: &ImageCache) -> Self {
        match images.state(&key(avatar)) {
            Some(ImageState::Ready(DrawnImage::Pixels(drawn))) => {
                Self { text: drawn.sign(0).to_string().repeat(AVATAR_CELLS), color: None }
            }
            _ => Self::letters(handle),
        }
    }

    fn letters(handle: &Handle) -> Self {
        let letters = handle.as_str().chars().filter(|c| c.is_ascii_alphanumeric());
        let text = format!("{:<AVATAR_CELLS$}", letters.take(AVATAR_CELLS).collect::<String>().to_ascii_uppercase());
        // The same on every machine and at every start (FNV-1a).
        let hash = handle
            .as_str()
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        Self { text, color: Some((hash % Theme::PEOPLE as u32) as u8) }
    }
}

/// Gives how a badge looks that has a color, or is a picture.
pub fn person_style(color: Option<u8>, theme: &Theme) -> Style {
    color.map_or_else(Style::reset, |color| theme.people[usize::from(color)])
}

/// Gives the pictures of people that are to be fetched where the terminal draws pixels.
pub fn wanted(avatars: impl Iterator<Item = FileId>, images: &ImageCache) -> Vec<ImageKey> {
    match images.setup() {
        Some(setup) if setup.protocol != ImageProtocol::Blocks => avatars.map(key).collect(),
        _ => Vec::new(),
    }
}

fn key(file: FileId) -> ImageKey {
    ImageKey::still(file, ImageSize { columns: AVATAR_CELLS as u16, rows: 1 })
}

/// What the members of a channel are seen by who have a picture.
pub type Badges = Rc<BTreeMap<Handle, Badge>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_colors_are_of_the_handle() {
        let badge = |handle: &str| Badge::letters(&handle.parse().unwrap());
        assert_eq!(
            (badge("bob").text.as_str(), badge("x").text.as_str(), badge("a-b").text.as_str()),
            ("BO", "X ", "AB")
        );
        assert_eq!(badge("bob"), badge("bob"));
        let colors = ["alice", "bob", "carol", "dave", "erin", "frank"].map(|handle| badge(handle).color);
        assert!(colors.iter().any(|color| *color != colors[0]), "{colors:?}");
    }
}
