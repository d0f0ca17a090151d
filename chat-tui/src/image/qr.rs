//! QR codes in half blocks: dark on light whatever the theme, with the light edge that cameras look for.

use qrcode::{Color as Module, EcLevel};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

/// Light modules around it. The standard (ISO/IEC 18004) wants four; cameras find it with two, and it fits on a small terminal.
const EDGE: usize = 2;

/// A QR code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrCode {
    /// Modules of a side, with the edge.
    side: usize,
    dark: Vec<bool>,
}

impl QrCode {
    /// Makes the code of a text; none of one that is too long for any.
    pub fn of(text: &str) -> Option<Self> {
        let code = qrcode::QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
        let (width, modules) = (code.width(), code.to_colors());
        let side = width + 2 * EDGE;
        let is_dark = |at: usize| {
            let (x, y) = ((at % side).checked_sub(EDGE)?, (at / side).checked_sub(EDGE)?);
            (x < width && y < width).then(|| modules[y * width + x] == Module::Dark)
        };
        Some(Self { side, dark: (0..side * side).map(|at| is_dark(at).unwrap_or(false)).collect() })
    }

    /// Rows of the terminal that it takes.
    pub fn rows(&self) -> u16 {
        self.side.div_ceil(2) as u16
    }

    /// Cells of the terminal that it takes in each.
    pub fn cells(&self) -> u16 {
        self.side as u16
    }

    /// Gives its rows as text: what is dark is drawn.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        (0..self.side).step_by(2).map(|y| (0..self.side).map(|x| self.half_blocks(x, y)).collect())
    }

    /// Draws it.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer) {
        let style = Style::new().fg(Color::Black).bg(Color::White);
        for (y, line) in (area.y..area.bottom()).zip(self.lines()) {
            buffer.set_stringn(area.x, y, line, usize::from(area.width), style);
        }
    }

    fn half_blocks(&self, x: usize, y: usize) -> char {
        let is_dark = |y: usize| self.dark.get(y * self.side + x).copied().unwrap_or(false);
        match (is_dark(y), is_dark(y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_fits_on_a_small_terminal() {
        let code = QrCode::of("https://chat.example.org/l/3n8v0c5rk2w9z7d4h1qt").unwrap();
        assert_eq!((code.cells(), code.rows()), (33, 17));
        let lines = code.lines().collect::<Vec<_>>();
        assert!(lines.iter().all(|line| line.chars().count() == 33));
        assert!(lines[0].trim().is_empty(), "the edge is light");
        // The mark in the corner: seven dark modules above a light row between two.
        assert!(lines[1].starts_with("  █▀▀▀▀▀█ "), "{}", lines[1]);
        assert!(QrCode::of(&"x".repeat(10_000)).is_none());
    }
}
