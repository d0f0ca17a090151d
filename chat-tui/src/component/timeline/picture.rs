//! The pictures of messages: how large they are laid out, and how a row of one is drawn.

use picture::Blur;
use proto::{FileId, Picture};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::image::{DrawnImage, ImageCache, ImageKey, ImageSetup, ImageSize, ImageState, draw_blur, fit};
use crate::text::truncate;
use crate::theme::Theme;

/// Pixels of a blur that are kept, across and down.
const BLUR: (u32, u32) = (24, 18);
/// Cells of a picture at most, across and down.
const IMAGE_COLUMNS_MAX: usize = 60;
const IMAGE_ROWS_MAX: u16 = 20;
const IMAGE_ROWS_MIN: u16 = 4;

/// A picture of a message, and what is seen of it until it is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LaidImage {
    pub(super) key: ImageKey,
    pub(super) blur: Option<Blur>,
    /// Whether it moves.
    pub(super) moves: bool,
}

impl LaidImage {
    /// Lays a picture out within so many cells and rows.
    pub(super) fn of(file: FileId, picture: &Picture, setup: ImageSetup, (cells, rows): (usize, u16)) -> Self {
        let columns = cells.min(IMAGE_COLUMNS_MAX) as u16;
        let size = fit(picture, setup.cell, ImageSize { columns, rows });
        let blur = Blur::read(&picture.blurhash, BLUR.0, BLUR.1);
        Self { key: ImageKey::still(file, size), blur, moves: picture.animated }
    }
}

/// Gives how many rows a picture takes at most on a screen: what was said about it is seen with it.
pub(super) fn image_rows(screen_rows: u16) -> u16 {
    (screen_rows / 2).clamp(IMAGE_ROWS_MIN, IMAGE_ROWS_MAX)
}

/// Draws a row of a picture, or what is seen of it until it is there, or why it is not.
pub fn draw_image(
    key: &ImageKey,
    blur: Option<&Blur>,
    images: &ImageCache,
    row: u16,
    area: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    let state = images.drawn(key);
    let drawn = match state {
        Some(ImageState::Ready(DrawnImage::Frames(animation))) => Some(animation.at(images.played()).0),
        Some(ImageState::Ready(drawn)) => Some(drawn),
        _ => None,
    };
    for column in 0..area.width {
        let cell = &mut buffer[(area.x + column, area.y)];
        match (drawn, blur) {
            (Some(DrawnImage::Cells(drawn)), _) => *cell = drawn[(column, row)].clone(),
            (Some(DrawnImage::Pixels(drawn)), _) => _ = cell.set_char(drawn.sign(row)),
            (_, Some(blur)) => draw_blur(cell, blur, key.size, (column, row)),
            (_, None) => {}
        }
    }
    if let Some(ImageState::Failed(reason)) = state
        && row == key.size.rows / 2
    {
        let room = usize::from(area.width);
        buffer.set_stringn(area.x, area.y, truncate(reason, room), room, theme.error);
    }
}
