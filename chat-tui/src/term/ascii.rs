//! What is drawn where a terminal shows no more than ASCII: plain signs in place of lines and marks, letters without their
//! marks, and `?` for what has no likeness.

use ratatui::buffer::Buffer;
use unicode_normalization::UnicodeNormalization;

/// What stands for a sign, in as many cells.
fn sign(symbol: &str) -> char {
    match symbol {
        "│" | "▌" => '|',
        "─" => '-',
        "╭" | "╮" | "╰" | "╯" => '+',
        "●" => '*',
        "○" | "◌" => 'o',
        "◐" | "~" => '~',
        "⊖" | "✗" => 'x',
        "✎" => '&',
        "…" | "·" | "•" => '.',
        "↪" | "→" | "›" => '>',
        "←" | "‹" => '<',
        "↑" => '^',
        "↓" => 'v',
        "♥" => '+',
        "📎" => '=',
        "“" | "”" | "„" | "«" | "»" => '"',
        "‘" | "’" => '\'',
        "–" | "—" => '-',
        "␊" => ' ',
        other => letter(other),
    }
}

/// The letter under its marks; `?` for what is no letter of ASCII.
fn letter(symbol: &str) -> char {
    match symbol.nfd().next() {
        Some(c) if c.is_ascii() => c,
        Some('ø') => 'o',
        Some('Ø') => 'O',
        Some('ł') => 'l',
        Some('Ł') => 'L',
        Some('ß') => 's',
        Some('ı') => 'i',
        Some(_) => '?',
        None => ' ',
    }
}

/// Draws a picture with ASCII alone.
pub(super) fn draw(cells: &mut Buffer) {
    for cell in cells.content.iter_mut().filter(|cell| !cell.symbol().is_ascii()) {
        let drawn = sign(cell.symbol());
        cell.set_char(drawn);
    }
}

/// The same for a text.
pub(super) fn text(text: &str) -> String {
    text.chars().map(|c| sign(c.encode_utf8(&mut [0; 4]))).collect()
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn nothing_but_ascii_is_drawn() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 24, 1));
        buffer.set_string(0, 0, "│● Zürich … 日本 ♥ “x”", Style::new());
        draw(&mut buffer);
        let line = buffer.content.iter().map(|cell| cell.symbol()).collect::<String>();
        assert_eq!(line.trim_end(), "|* Zurich . ? ?  + \"x\"");
        assert_eq!(text("#küche — 3"), "#kuche - 3");
    }
}
