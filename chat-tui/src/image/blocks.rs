//! Pictures of half blocks, which every terminal with colors has: two pixels in a cell, one above the other.

use picture::{Blur, Pixels};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

use super::ImageSize;

/// Pixels that let more through than this are not drawn.
const SEEN_FROM: u8 = 128;

/// Draws pixels, two of them in each cell; there are as many columns as pixels across, and half as many rows as down.
pub fn blocks(pixels: &Pixels) -> Buffer {
    let (columns, rows) = (pixels.width() as u16, pixels.height().div_ceil(2) as u16);
    let mut drawn = Buffer::empty(Rect::new(0, 0, columns, rows));
    let color = |x: u16, y: u32| {
        let [red, green, blue, seen] = pixels.get_pixel_checked(u32::from(x), y)?.0;
        (seen >= SEEN_FROM).then_some(Color::Rgb(red, green, blue))
    };
    for y in 0..rows {
        for x in 0..columns {
            let cell = &mut drawn[(x, y)];
            match (color(x, 2 * u32::from(y)), color(x, 2 * u32::from(y) + 1)) {
                (Some(upper), Some(lower)) if upper == lower => cell.set_bg(upper),
                (Some(upper), Some(lower)) => cell.set_symbol("▀").set_fg(upper).set_bg(lower),
                (Some(upper), None) => cell.set_symbol("▀").set_fg(upper),
                (None, Some(lower)) => cell.set_symbol("▄").set_fg(lower),
                (None, None) => cell,
            };
        }
    }
    drawn
}

/// Draws what is seen of a picture until it is there: the server's blur of it, or nothing if that cannot be read.
pub fn blur(blurhash: &str, size: ImageSize) -> Buffer {
    match Blur::read(blurhash, u32::from(size.columns), 2 * u32::from(size.rows)) {
        Some(Blur(pixels)) => blocks(&pixels),
        None => Buffer::empty(Rect::new(0, 0, size.columns, size.rows)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_pixels_share_a_cell() {
        let mut pixels = Pixels::new(2, 3);
        pixels.put_pixel(0, 0, picture::pixel([255, 0, 0, 255]));
        pixels.put_pixel(0, 1, picture::pixel([0, 255, 0, 255]));
        pixels.put_pixel(1, 1, picture::pixel([0, 0, 255, 255]));
        pixels.put_pixel(0, 2, picture::pixel([9, 9, 9, 20]));
        let drawn = blocks(&pixels);
        assert_eq!((drawn.area.width, drawn.area.height), (2, 2));
        let cell = |x, y| (drawn[(x, y)].symbol(), drawn[(x, y)].fg, drawn[(x, y)].bg);
        assert_eq!(cell(0, 0), ("▀", Color::Rgb(255, 0, 0), Color::Rgb(0, 255, 0)));
        assert_eq!(cell(1, 0), ("▄", Color::Rgb(0, 0, 255), Color::Reset));
        assert_eq!(cell(0, 1), (" ", Color::Reset, Color::Reset), "it is hardly seen");
    }

    #[test]
    fn a_blur_that_cannot_be_read_is_nothing() {
        let size = ImageSize { columns: 4, rows: 3 };
        assert_eq!(blur("\u{1b}[2J", size), Buffer::empty(Rect::new(0, 0, 4, 3)));
        assert_ne!(blur("LEHV6nWB2yk8pyo0adR*.7kCMdnj", size), Buffer::empty(Rect::new(0, 0, 4, 3)));
    }
}
