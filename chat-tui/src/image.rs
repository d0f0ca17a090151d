//! Pictures in messages: how large they are drawn, what is seen until they are there, and those that are there.

mod blocks;
mod cache;
mod fit;

use std::sync::Arc;

use proto::FileId;
use ratatui::buffer::Buffer;

pub use blocks::{blocks, blur};
pub use cache::{ImageCache, ImageState};
pub use fit::{ImageSize, fit};

/// Pixels of a cell where nobody knows: half as wide as it is high, as in most terminals.
pub const CELL: (u16, u16) = (10, 20);

/// How a terminal draws pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageSetup {
    /// Pixels of a cell, across and down.
    pub cell: (u16, u16),
}

/// A picture as it is drawn at one size.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageKey {
    /// The file.
    pub file: FileId,
    /// How large it is drawn.
    pub size: ImageSize,
}

/// A picture that is ready to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnImage(pub Arc<Buffer>);

impl DrawnImage {
    /// Gives about how many bytes of memory it takes.
    fn bytes(&self) -> usize {
        self.0.content.len() * size_of::<ratatui::buffer::Cell>()
    }
}
