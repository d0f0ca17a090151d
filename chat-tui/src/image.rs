//! Pictures in messages: how large they are drawn, what is seen until they are there, and those that are there.

mod blocks;
mod cache;
mod fit;
pub mod qr;
mod render;

use std::sync::Arc;

use proto::FileId;
use ratatui::buffer::Buffer;

pub use blocks::{blocks, draw_blur};
pub use cache::{ImageCache, ImageState};
pub use fit::{ImageSize, fit};
pub use render::render;

use crate::term::PixelImage;

/// Pixels of a cell where nobody knows: half as wide as it is high, as in most terminals.
pub const CELL: (u16, u16) = (10, 20);

/// How a terminal draws pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageSetup {
    /// What it is told.
    pub protocol: ImageProtocol,
    /// Whether that goes through tmux, wrapped up.
    pub is_tmux: bool,
    /// Pixels of a cell, across and down.
    pub cell: (u16, u16),
}

/// What a terminal is told to draw pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageProtocol {
    /// Half blocks of two colors.
    Blocks,
    /// The graphics protocol of kitty, by placeholders.
    Kitty,
    /// Sixels, as of DEC's VT340.
    Sixel,
    /// Files inline, as in iTerm2.
    Iterm2,
}

impl ImageProtocol {
    /// How people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blocks => "half blocks",
            Self::Kitty => "kitty graphics",
            Self::Sixel => "sixel",
            Self::Iterm2 => "iTerm2 images",
        }
    }
}

impl ImageSetup {
    /// Half blocks, which need nothing but colors.
    pub const BLOCKS: Self = Self { protocol: ImageProtocol::Blocks, is_tmux: false, cell: CELL };
}

/// A picture as it is drawn at one size.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageKey {
    /// The file.
    pub file: FileId,
    /// How large it is drawn.
    pub size: ImageSize,
    /// What of it is drawn, where it is looked at closely; else all of it, of its small form.
    pub part: Option<ImagePart>,
    /// Whether it is all of its frames, of a picture that moves.
    pub moves: bool,
}

impl ImageKey {
    /// All of a picture as it stands still.
    pub fn still(file: FileId, size: ImageSize) -> Self {
        Self { file, size, part: None, moves: false }
    }

    /// The same as it moves.
    #[must_use]
    pub fn moving(&self) -> Self {
        Self { part: None, moves: true, ..self.clone() }
    }
}

/// A part of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ImagePart {
    /// How large all of it would be.
    pub whole: ImageSize,
    /// Cells of that to the left of what is drawn.
    pub left: u16,
    /// Cells of that above what is drawn.
    pub top: u16,
}

impl ImagePart {
    /// Tells whether it is all of a picture that is drawn at a size.
    pub fn is_all(self, size: ImageSize) -> bool {
        self.whole == size
    }
}

/// A picture that is ready to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DrawnImage {
    /// Drawn of characters.
    Cells(Arc<Buffer>),
    /// Drawn by the terminal.
    Pixels(Arc<PixelImage>),
    /// One after the other.
    Frames(Arc<Animation>),
}

/// A picture that moves: its frames, over and over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Animation {
    /// Each with how long it is shown, in milliseconds, at least one.
    frames: Vec<(DrawnImage, u64)>,
    /// How long all of them take.
    millis: u64,
}

impl Animation {
    /// Plays frames one after the other; none where there are fewer than two.
    pub fn of(frames: Vec<(DrawnImage, u64)>) -> Option<Self> {
        let millis = frames.iter().map(|(_, millis)| *millis).sum();
        (frames.len() > 1 && frames.iter().all(|(_, millis)| *millis > 0)).then_some(Self { frames, millis })
    }

    /// Gives about how many bytes its largest frame takes.
    pub fn frame_bytes(&self) -> u64 {
        self.frames.iter().map(|(frame, _)| frame.bytes() as u64).max().unwrap_or(0)
    }

    /// Gives the frame that is shown at a moment, and for how many milliseconds from then on.
    pub fn at(&self, millis: u64) -> (&DrawnImage, u64) {
        let mut left = millis % self.millis;
        for (frame, takes) in &self.frames {
            if left < *takes {
                return (frame, takes - left);
            }
            left -= takes;
        }
        unreachable!("what is left is less than all of them take")
    }
}

impl DrawnImage {
    /// Gives about how many bytes of memory it takes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Cells(cells) => cells.content.len() * size_of::<ratatui::buffer::Cell>(),
            Self::Pixels(pixels) => pixels.bytes(),
            Self::Frames(animation) => animation.frames.iter().map(|(frame, _)| frame.bytes()).sum(),
        }
    }
}
