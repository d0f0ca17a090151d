//! How a cell looks beside its letter, and what a terminal is told to change from one look to another.

use std::fmt::Write;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// The colors and the weight of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) letter: Color,
    pub(super) ground: Color,
    pub(super) modifier: Modifier,
}

/// What is seen where there is no letter.
const SEEN_ON_BLANKS: Modifier = Modifier::REVERSED.union(Modifier::UNDERLINED).union(Modifier::CROSSED_OUT);

/// Each modifier with the number that sets it and the one that takes it away (ECMA-48, 8.3.117).
const MODIFIERS: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

impl Look {
    /// What a terminal begins with.
    pub(super) const PLAIN: Self = Self { letter: Color::Reset, ground: Color::Reset, modifier: Modifier::empty() };

    /// Gives the look of a cell.
    pub(super) fn of(cell: &Cell) -> Self {
        Self { letter: cell.fg, ground: cell.bg, modifier: cell.modifier }
    }

    /// Tells whether a cell looks the same drawn with this: of a blank only the ground is seen.
    pub(super) fn draws(&self, cell: &Cell) -> bool {
        *self == Self::of(cell) || is_bare(cell) && self.leaves_blanks_bare() && self.ground == cell.bg
    }

    /// Tells whether what is erased looks as nothing was ever written. Not every terminal erases with the ground it is told.
    pub(super) fn erases(&self) -> bool {
        self.ground == Color::Reset && self.leaves_blanks_bare()
    }

    fn leaves_blanks_bare(&self) -> bool {
        !self.modifier.intersects(SEEN_ON_BLANKS)
    }
}

/// Tells whether a cell shows its ground alone.
pub(super) fn is_bare(cell: &Cell) -> bool {
    cell.symbol() == " " && !cell.modifier.intersects(SEEN_ON_BLANKS)
}

/// Takes from a cell without a letter what cannot be seen, so that cells which look the same are the same.
pub(super) fn bare(cell: &mut Cell) {
    if is_bare(cell) {
        (cell.fg, cell.modifier) = (Color::Reset, Modifier::empty());
    }
}

/// Gives the shortest sequence from one look to another; empty when they are the same.
pub(super) fn change_of_look(from: Look, to: Look) -> String {
    if from == to {
        return String::new();
    }
    let (step, anew) = (sequence(&steps(from, to)), sequence(&from_plain(to)));
    if anew.len() < step.len() { anew } else { step }
}

fn sequence(numbers: &str) -> String {
    format!("\x1b[{numbers}m")
}

/// What differs, one by one.
fn steps(from: Look, to: Look) -> String {
    let mut numbers = Numbers::default();
    let gone = from.modifier.difference(to.modifier);
    let mut kept = from.modifier.intersection(to.modifier);
    for (modifier, _, off) in MODIFIERS {
        if gone.contains(modifier) && !numbers.has(off) {
            numbers.add(off);
            // Bold and dim go together, and so do both ways to blink.
            MODIFIERS.iter().filter(|(.., shared)| *shared == off).for_each(|(shared, ..)| kept.remove(*shared));
        }
    }
    numbers.add_modifiers(to.modifier.difference(kept));
    if from.letter != to.letter {
        numbers.add_color(to.letter, 30);
    }
    if from.ground != to.ground {
        numbers.add_color(to.ground, 40);
    }
    numbers.0
}

/// Everything taken away, and what is wanted set.
fn from_plain(to: Look) -> String {
    let mut numbers = Numbers::default();
    if to == Look::PLAIN {
        return numbers.0;
    }
    numbers.add(0);
    numbers.add_modifiers(to.modifier);
    if to.letter != Color::Reset {
        numbers.add_color(to.letter, 30);
    }
    if to.ground != Color::Reset {
        numbers.add_color(to.ground, 40);
    }
    // An empty number is 0.
    numbers.0.trim_start_matches('0').to_owned()
}

/// Numbers with semicolons between them.
#[derive(Default)]
struct Numbers(String);

impl Numbers {
    fn add(&mut self, number: u8) {
        let between = if self.0.is_empty() { "" } else { ";" };
        let _ = write!(self.0, "{between}{number}");
    }

    fn has(&self, number: u8) -> bool {
        self.0.split(';').any(|known| known.parse() == Ok(number))
    }

    fn add_modifiers(&mut self, modifiers: Modifier) {
        MODIFIERS.iter().filter(|(modifier, ..)| modifiers.contains(*modifier)).for_each(|(_, on, _)| self.add(*on));
    }

    /// Adds a color, of letters from 30 on or of grounds from 40 on. The sixteen have numbers of their own, which also terminals
    /// without 256 colors know.
    fn add_color(&mut self, color: Color, base: u8) {
        let (number, is_bright) = match color {
            Color::Reset => (9, false),
            Color::Black => (0, false),
            Color::Red => (1, false),
            Color::Green => (2, false),
            Color::Yellow => (3, false),
            Color::Blue => (4, false),
            Color::Magenta => (5, false),
            Color::Cyan => (6, false),
            Color::Gray => (7, false),
            Color::DarkGray => (0, true),
            Color::LightRed => (1, true),
            Color::LightGreen => (2, true),
            Color::LightYellow => (3, true),
            Color::LightBlue => (4, true),
            Color::LightMagenta => (5, true),
            Color::LightCyan => (6, true),
            Color::White => (7, true),
            Color::Indexed(index) => return [base + 8, 5, index].into_iter().for_each(|number| self.add(number)),
            // The greys of the 256 are named in half the bytes.
            Color::Rgb(red, green, blue) if red == green && green == blue && red % 10 == 8 && red <= 238 => {
                return [base + 8, 5, 232 + red / 10].into_iter().for_each(|number| self.add(number));
            }
            Color::Rgb(red, green, blue) => {
                return [base + 8, 2, red, green, blue].into_iter().for_each(|number| self.add(number));
            }
        };
        self.add(base + number + if is_bright { 60 } else { 0 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(letter: Color, ground: Color, modifier: Modifier) -> Look {
        Look { letter, ground, modifier }
    }

    #[test]
    fn only_what_differs_is_said() {
        let red = look(Color::Red, Color::Reset, Modifier::empty());
        let bold = look(Color::Red, Color::Reset, Modifier::BOLD);
        let dim = look(Color::Red, Color::Blue, Modifier::DIM);
        assert_eq!(change_of_look(red, red), "");
        assert_eq!(change_of_look(Look::PLAIN, red), "\x1b[31m");
        assert_eq!(change_of_look(red, Look::PLAIN), "\x1b[m");
        assert_eq!(change_of_look(red, bold), "\x1b[1m");
        assert_eq!(change_of_look(bold, red), "\x1b[22m");
        assert_eq!(change_of_look(bold, dim), "\x1b[22;2;44m");
        assert_eq!(change_of_look(dim, red), "\x1b[;31m");
        let both = look(Color::Red, Color::Reset, Modifier::BOLD | Modifier::DIM);
        assert_eq!(change_of_look(both, bold), "\x1b[22;1m", "what bold shares with dim is set again");
        let grey = look(Color::Rgb(0x8a, 0x8a, 0x8a), Color::Reset, Modifier::empty());
        assert_eq!(change_of_look(Look::PLAIN, grey), "\x1b[38;5;245m");
        assert_eq!(
            change_of_look(Look::PLAIN, look(Color::Rgb(1, 2, 3), Color::Indexed(9), Modifier::empty())).len(),
            20
        );
    }

    #[test]
    fn of_a_blank_only_the_ground_is_seen() {
        let bold = look(Color::Red, Color::Reset, Modifier::BOLD);
        assert!(bold.draws(&Cell::EMPTY));
        assert!(!look(Color::Reset, Color::Blue, Modifier::empty()).draws(&Cell::EMPTY));
        assert!(!look(Color::Reset, Color::Reset, Modifier::REVERSED).draws(&Cell::EMPTY));
        assert!(!bold.draws(&Cell::new("a")));
    }
}
