//! From pixels to what a terminal is told to draw them.

use std::sync::Arc;

use picture::{Image, Pixels};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::widgets::Widget;
use ratatui_image::protocol::Protocol;
use ratatui_image::protocol::iterm2::Iterm2;
use ratatui_image::protocol::kitty::Kitty;
use ratatui_image::protocol::sixel::Sixel;

use super::{DrawnImage, ImageProtocol, ImageSetup, ImageSize, blocks};
use crate::term::{PixelImage, PixelRows, PixelTable};

/// Stands in each cell of a picture of kitty's, before what says which part of it that is.
const PLACEHOLDER: char = '\u{10EEEE}';

/// Makes a picture ready to be drawn, of what `at` gives at a size in pixels.
///
/// # Errors
/// Why it cannot be.
pub fn render(
    at: &dyn Fn(u32, u32) -> Pixels,
    size: ImageSize,
    setup: ImageSetup,
    table: &Arc<PixelTable>,
) -> Result<DrawnImage, String> {
    let (columns, rows) = (u32::from(size.columns), u32::from(size.rows));
    let (width, height) = setup.cell;
    let pixels = || at(columns * u32::from(width.max(1)), rows * u32::from(height.max(1)));
    let told = match setup.protocol {
        ImageProtocol::Blocks => return Ok(DrawnImage::Cells(Arc::new(blocks(&at(columns, 2 * rows))))),
        ImageProtocol::Sixel => in_rows(&pixels(), size, |row, size| {
            Sixel::new(row, size, setup.is_tmux).map(|sixel| sixel.data.into_bytes())
        }),
        ImageProtocol::Iterm2 => in_rows(&pixels(), size, |row, size| {
            Iterm2::new(row, size, setup.is_tmux).map(|image| image.data.into_bytes())
        }),
        ImageProtocol::Kitty => kitty(pixels(), size, setup.is_tmux),
    };
    let told = told.map_err(|error| error.to_string())?;
    Ok(DrawnImage::Pixels(Arc::new(PixelImage::new(table, told))))
}

/// Cuts a picture into rows that are drawn one by one, so that any of them can be where the screen ends.
fn in_rows<E>(
    pixels: &Pixels,
    size: ImageSize,
    encode: impl Fn(Image, Size) -> Result<Vec<u8>, E>,
) -> Result<PixelRows, E> {
    let height = pixels.height() / u32::from(size.rows.max(1));
    let rows = (0..u32::from(size.rows)).map(|row| {
        let part = picture::part(pixels, row * height, height);
        encode(part, Size::new(size.columns, 1))
    });
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    Ok(PixelRows { before: Vec::new(), rows, after: String::new(), columns: size.columns })
}

/// Kitty keeps the picture and draws it wherever cells name its parts by color and accents.
fn kitty(pixels: Pixels, size: ImageSize, is_tmux: bool) -> Result<PixelRows, ratatui_image::errors::Errors> {
    let id = picture_id();
    let area = Rect::new(0, 0, size.columns, size.rows);
    let mut cells = Buffer::empty(area);
    let protocol = Protocol::Kitty(Kitty::new(Image::from(pixels), area.as_size(), id, is_tmux, true)?);
    ratatui_image::Image::new(&protocol).render(area, &mut cells);
    let text = |y: u16| (0..size.columns).map(|x| cells[(x, y)].symbol()).collect::<String>();
    // The picture itself stands before the first of its cells.
    let first = text(0);
    let begin = first.find(PLACEHOLDER).unwrap_or(first.len());
    let (before, first) = first.split_at(begin);
    let [_, red, green, blue] = id.to_be_bytes();
    let row = |text: &str| format!("\x1b[38;2;{red};{green};{blue}m{text}\x1b[39m").into_bytes();
    let rows = (0..size.rows).map(|y| if y == 0 { row(first) } else { row(&text(y)) }).collect();
    let delete = format!("\x1b_Ga=d,d=I,i={id},q=2\x1b\\");
    let after = if is_tmux { format!("\x1bPtmux;{}\x1b\\", delete.replace('\x1b', "\x1b\x1b")) } else { delete };
    Ok(PixelRows { before: before.as_bytes().to_vec(), rows, after, columns: size.columns })
}

/// Draws a name for a picture that no other program in the terminal has, and none of ours.
fn picture_id() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    (RandomState::new().hash_one(0) as u32).max(1)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use bytes::Bytes;
    use picture::{Format, Limits, decode, pixel, scaled};

    use super::*;

    const SIZE: ImageSize = ImageSize { columns: 4, rows: 3 };
    const CELL: (u16, u16) = (5, 7);

    /// A picture that is as large in pixels as it is drawn, with a color of its own in each quarter.
    fn image() -> Pixels {
        let (width, height) = (u32::from(SIZE.columns * CELL.0), u32::from(SIZE.rows * CELL.1));
        Pixels::from_fn(width, height, |x, y| {
            pixel([if x < width / 2 { 250 } else { 20 }, if y < height / 2 { 200 } else { 10 }, 90, 255])
        })
    }

    fn told(protocol: ImageProtocol, is_tmux: bool) -> PixelRows {
        let size = SIZE;
        match protocol {
            ImageProtocol::Sixel => {
                in_rows(&image(), size, |row, size| Sixel::new(row, size, is_tmux).map(|sixel| sixel.data.into_bytes()))
            }
            ImageProtocol::Iterm2 => in_rows(&image(), size, |row, size| {
                Iterm2::new(row, size, is_tmux).map(|image| image.data.into_bytes())
            }),
            ImageProtocol::Kitty | ImageProtocol::Blocks => kitty(image(), size, is_tmux),
        }
        .expect("it can be encoded")
    }

    /// Gives what stands between two marks of a text.
    fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
        let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("no {begin:?} in {text:?}"));
        rest.split_once(end).unwrap_or_else(|| panic!("no {end:?} in {text:?}")).0
    }

    fn from_base64(text: &str) -> Vec<u8> {
        base64::engine::general_purpose::STANDARD.decode(text).expect("it is base64")
    }

    #[test]
    fn the_rows_of_iterm2_are_the_picture() {
        let mut seen = Vec::new();
        for row in told(ImageProtocol::Iterm2, false).rows {
            let text = String::from_utf8(row).expect("it is text");
            assert!(text.contains("]1337;File=inline=1;") && text.contains("width=20px;height=7px"), "{text}");
            let png = Bytes::from(from_base64(between(&text, "doNotMoveCursor=1:", "\x07")));
            seen.extend(
                scaled(&decode(&png, Format::Png, Limits::PREVIEW).expect("it is a picture"), 20, 7).into_raw(),
            );
        }
        assert!(seen == image().into_raw());
    }

    #[test]
    fn the_sixels_of_the_rows_are_the_picture() {
        let rows = told(ImageProtocol::Sixel, false).rows;
        assert_eq!(rows.len(), usize::from(SIZE.rows));
        for (number, row) in (0..).zip(rows) {
            let begin = row.windows(2).position(|pair| pair == b"\x1bP").expect("sixels begin so");
            let seen = icy_sixel::SixelImage::decode(&row[begin..]).expect("they are sixels");
            let part = picture::part(&image(), number * u32::from(CELL.1), CELL.1.into()).to_rgba8();
            assert_eq!(seen.width, 20);
            for (x, y, expected) in part.enumerate_pixels() {
                let at = 4 * (y as usize * seen.width + x as usize);
                // Each part of a color has a hundred steps.
                let near = (0..3).all(|part| seen.pixels[at + part].abs_diff(expected.0[part]) <= 3);
                assert!(near, "row {number}, {x}, {y}: {:?} for {:?}", &seen.pixels[at..at + 4], expected.0);
            }
        }
    }

    #[test]
    fn kitty_gets_the_picture_once_and_places_for_its_parts() {
        let PixelRows { before, rows, after, columns } = told(ImageProtocol::Kitty, false);
        let before = String::from_utf8(before).expect("it is text");
        let encoded = before.split("\x1b_G").skip(1).map(|part| between(part, ";", "\x1b\\"));
        let packed = from_base64(&encoded.collect::<String>());
        let pixels = miniz_oxide::inflate::decompress_to_vec_zlib(&packed).expect("it is packed");
        assert!(pixels == image().into_raw() && before.contains("o=z"));
        let id = between(&before, "i=", ",");
        assert!(after.contains(&format!("a=d,d=I,i={id},")), "{after:?}");
        assert_eq!((rows.len(), columns), (3, 4));
        for row in rows {
            let row = String::from_utf8(row).expect("it is text");
            assert_eq!(row.matches(PLACEHOLDER).count(), 4);
            assert!(row.starts_with("\x1b[38;2;") && row.ends_with("\x1b[39m"));
        }
    }

    #[test]
    fn through_tmux_it_is_wrapped_up() {
        let PixelRows { before, after, .. } = told(ImageProtocol::Kitty, true);
        for text in [String::from_utf8(before).expect("it is text"), after] {
            let inner = text.split("\x1bPtmux;").skip(1);
            for part in inner {
                let part = part.strip_suffix("\x1b\\").expect("it ends");
                assert!(part.starts_with("\x1b\x1b_G") && !part.replace("\x1b\x1b", "").contains('\x1b'), "{part:?}");
            }
        }
    }
}
