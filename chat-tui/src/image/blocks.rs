//! Pictures of half blocks, which every terminal with colors has: two pixels in a cell, one above the other.

use picture::{Blur, Pixels};
use ratatui::buffer::{Buffer, Cell};
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

/// Draws a cell of what is seen of a picture until it is there: the server's blur of it.
pub fn draw_blur(cell: &mut Cell, Blur(pixels): &Blur, size: ImageSize, (column, row): (u16, u16)) {
    let color = |half: u32| {
        let at = |place: u32, of: u32, pixels: u32| (place * pixels / of.max(1)).min(pixels.saturating_sub(1));
        let x = at(column.into(), size.columns.into(), pixels.width());
        let y = at(2 * u32::from(row) + half, 2 * u32::from(size.rows), pixels.height());
        let [red, green, blue, _] = pixels.get_pixel(x, y).0;
        Color::Rgb(red, green, blue)
    };
    cell.set_symbol("▀").set_fg(color(0)).set_bg(color(1));
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
    fn a_blur_has_its_colors_where_the_picture_has_them() {
        let blur = Blur::read("LEHV6nWB2yk8pyo0adR*.7kCMdnj", 24, 18).expect("it is one");
        let size = ImageSize { columns: 60, rows: 20 };
        for (place, at) in [((0, 0), (0, 0)), ((59, 19), (23, 17))] {
            let mut cell = Cell::EMPTY;
            draw_blur(&mut cell, &blur, size, place);
            let [red, green, blue, _] = blur.0.get_pixel(at.0, at.1).0;
            assert_eq!(if place.0 == 0 { cell.fg } else { cell.bg }, Color::Rgb(red, green, blue));
        }
        for text in ["", "L", "\u{1b}[2J", "LEHV6nWB2yk8", "~~~~~~~~~~~~~~~~~~~~~~~~~~~~"] {
            // Whatever it says, nothing stumbles.
            let _ = Blur::read(text, 24, 18);
        }
        assert!(Blur::read("\u{1b}[2J", 24, 18).is_none());
    }
}
