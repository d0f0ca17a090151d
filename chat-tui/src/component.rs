//! The parts of the screen, one file each, and what they share in drawing.

pub mod avatar;
pub mod composer;
pub mod confirm;
pub mod delete_account;
pub mod emoji;
pub mod field;
pub mod form;
pub mod help;
pub mod link;
pub mod login;
pub mod members;
pub mod password;
pub mod popup;
pub mod prompt;
pub mod selfie;
pub mod server_key;
pub mod sidebar;
pub mod status;
pub mod timeline;
pub mod viewer;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use crate::text::{CleanLine, truncate, width, wrap};
use crate::theme::Theme;

/// Empties a part of the screen.
fn clear(area: Rect, buffer: &mut Buffer) {
    for position in area.positions() {
        buffer[position].reset();
    }
}

fn rule(x: u16, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    for y in area.top()..area.bottom() {
        buffer.set_string(x, y, "│", theme.dim);
    }
}

fn right_rule(area: Rect, buffer: &mut Buffer, theme: &Theme) {
    if area.width > 0 {
        rule(area.right() - 1, area, buffer, theme);
    }
}

fn left_rule(area: Rect, buffer: &mut Buffer, theme: &Theme) {
    if area.width > 0 {
        rule(area.x, area, buffer, theme);
    }
}

/// Gives where a frame around so many rows stands: in the middle of the screen.
fn frame_area(width_max: u16, rows: u16, screen: Rect) -> Rect {
    let outer_width = screen.width.min(width_max);
    let outer_height = screen.height.min(rows.saturating_add(2));
    Rect::new(
        screen.x + (screen.width - outer_width) / 2,
        screen.y + (screen.height - outer_height) / 2,
        outer_width,
        outer_height,
    )
}

/// Gives the room inside a frame; all of it where there is no room for a frame.
fn inside_frame(area: Rect) -> Rect {
    if area.width < 4 || area.height < 3 {
        return area;
    }
    Rect::new(area.x + 2, area.y + 1, area.width - 4, area.height - 2)
}

/// Draws a frame with a title in the middle of the screen and gives the room inside.
pub(crate) fn framed(title: &str, width_max: u16, rows: u16, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Rect {
    let area = frame_area(width_max, rows, screen);
    let inner = inside_frame(area);
    clear(area, buffer);
    if inner == area {
        return inner;
    }
    let bar = "─".repeat(usize::from(area.width - 2));
    buffer.set_string(area.x, area.y, format!("╭{bar}╮"), theme.dim);
    buffer.set_string(area.x, area.bottom() - 1, format!("╰{bar}╯"), theme.dim);
    for y in area.y + 1..area.bottom() - 1 {
        buffer.set_string(area.x, y, "│", theme.dim);
        buffer.set_string(area.right() - 1, y, "│", theme.dim);
    }
    let title = truncate(&format!(" {title} "), usize::from(area.width - 4));
    // The color of the frame is not that of its title.
    buffer.set_stringn(area.x + 2, area.y, &title, width(&title), Style::reset().patch(theme.title));
    inner
}

/// Shows that a line is chosen. What has a color of its own keeps it: the rest of the line shows it.
pub(crate) fn show_chosen(line: Rect, buffer: &mut Buffer, theme: &Theme) {
    for position in line.positions() {
        let cell = &mut buffer[position];
        if cell.bg == Color::Reset {
            // What is dim elsewhere would be hard to read on that ground; other colors stay.
            let has_color = cell.fg != Color::Reset && Some(cell.fg) != theme.dim.fg;
            let color = cell.fg;
            cell.modifier.remove(theme.dim.add_modifier);
            cell.set_style(theme.chosen);
            if has_color {
                cell.fg = color;
            }
        }
    }
}

/// Gives the lines of a text in so much room.
pub(crate) fn wrapped(text: &CleanLine, cells: usize) -> Vec<String> {
    wrap(text.as_str(), cells).into_iter().map(|range| text.as_str()[range].trim().to_owned()).collect()
}

/// Gives a row of a part of the screen, if it has that many.
fn row_of(area: Rect, row: u16) -> Option<Rect> {
    (row < area.height).then(|| Rect { y: area.y + row, height: 1, ..area })
}

/// Writes lines below each other from a row of a part of the screen on, as far as it goes.
fn put_lines(lines: &[String], top: u16, area: Rect, style: Style, buffer: &mut Buffer) {
    for (row, line) in (top..area.height).zip(lines) {
        put(line, area.x, area.y + row, area.width, style, buffer);
    }
}

/// Writes two words side by side of which one is chosen.
fn put_either(words: [&str; 2], second: bool, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let styles = if second { [theme.dim, theme.selected] } else { [theme.selected, theme.dim] };
    let mut x = area.x;
    for (word, style) in words.into_iter().zip(styles) {
        let padded = format!(" {word} ");
        put(&padded, x, area.y, area.right().saturating_sub(x), style, buffer);
        x = x.saturating_add(width(&padded) as u16 + 1);
    }
}

/// Gives the cells inside a frame that may be so wide.
fn inner_cells(width_max: u16, screen: Rect) -> usize {
    usize::from(screen.width.min(width_max).saturating_sub(4)).max(1)
}

/// Writes one line, cut to its room.
pub(crate) fn put(text: &str, x: u16, y: u16, room: u16, style: Style, buffer: &mut Buffer) {
    buffer.set_stringn(x, y, truncate(text, usize::from(room)), usize::from(room), style);
}
