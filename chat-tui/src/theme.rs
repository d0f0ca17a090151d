//! Every color and weight in one place, passed to what draws. Without color everything stays
//! readable: what matters is also bold, reversed or marked by a sign.

use ratatui::style::{Color, Modifier, Style};

/// The look of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Own messages.
    pub own: Style,
    /// Code in what others say.
    pub code: Style,
    /// Code in what one says oneself.
    pub own_code: Style,
    /// Names and times beneath messages, hints, rules between panes.
    pub dim: Style,
    /// A message that names the reader.
    pub mention: Style,
    /// The reader's name inside such a message, and mention counts.
    pub mention_strong: Style,
    /// The chosen row of a list.
    pub selected: Style,
    /// The message that was chosen.
    pub chosen: Style,
    /// What waits to be read.
    pub unread: Style,
    /// The line where the unread part begins.
    pub divider: Style,
    /// Something failed.
    pub error: Style,
    /// Somebody is there.
    pub online: Style,
    /// Titles.
    pub title: Style,
}

/// The looks that one can choose, by name; the first is the usual one.
pub const NAMES: [&str; 4] = ["default", "light", "contrast", "plain"];

impl Theme {
    /// Gives a look by its name; the usual one for a name that is not known here.
    pub fn named(name: &str) -> Self {
        match name {
            "light" => Self::light(),
            "contrast" => Self::contrast(),
            "plain" => Self::plain(),
            _ => Self::colored(),
        }
    }

    /// For terminals with a light background.
    fn light() -> Self {
        let black = Style::new().fg(Color::Black);
        Self {
            own: black.bg(Color::Rgb(0xcf, 0xe4, 0xff)),
            code: Style::new().fg(Color::Blue),
            own_code: black.bg(Color::Rgb(0xb4, 0xd0, 0xf2)),
            dim: Style::new().fg(Color::Rgb(0x66, 0x66, 0x66)),
            mention: Style::new().fg(Color::Rgb(0x9a, 0x4a, 0x00)),
            mention_strong: black.bg(Color::Rgb(0xff, 0xcf, 0x66)).add_modifier(Modifier::BOLD),
            chosen: black.bg(Color::Rgb(0xe2, 0xe4, 0xec)),
            online: Style::new().fg(Color::Rgb(0x0a, 0x7a, 0x2f)),
            ..Self::colored()
        }
    }

    /// The strongest colors, and nothing that is hard to see.
    fn contrast() -> Self {
        let strong = |color| Style::new().fg(color).add_modifier(Modifier::BOLD);
        Self {
            own: Style::new().fg(Color::Black).bg(Color::White),
            code: Style::new().fg(Color::White).add_modifier(Modifier::UNDERLINED),
            own_code: Style::new().fg(Color::Black).bg(Color::White).add_modifier(Modifier::UNDERLINED),
            dim: Style::new(),
            mention: strong(Color::Yellow),
            chosen: Style::new().add_modifier(Modifier::REVERSED),
            divider: strong(Color::Red),
            online: strong(Color::Green),
            ..Self::colored()
        }
    }

    /// The colors of the program; others take the terminal's own sixteen, so that they fit its theme.
    pub fn colored() -> Self {
        Self {
            own: Style::new().fg(Color::Rgb(0xff, 0xff, 0xff)).bg(Color::Rgb(0x1d, 0x90, 0xfa)),
            code: Style::new().fg(Color::Cyan),
            own_code: Style::new().bg(Color::Rgb(0x14, 0x6a, 0xba)),
            dim: Style::new().fg(Color::DarkGray),
            mention: Style::new().fg(Color::Yellow),
            mention_strong: Style::new().fg(Color::Black).bg(Color::Yellow).add_modifier(Modifier::BOLD),
            selected: Style::new().add_modifier(Modifier::REVERSED),
            chosen: Style::new().bg(Color::Rgb(0x3a, 0x3f, 0x58)),
            unread: Style::new().add_modifier(Modifier::BOLD),
            divider: Style::new().fg(Color::Red),
            error: Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
            online: Style::new().fg(Color::Green),
            title: Style::new().add_modifier(Modifier::BOLD),
        }
    }

    /// The look without color, as `NO_COLOR` asks for (no-color.org).
    pub fn plain() -> Self {
        let plain = Style::new();
        Self {
            own: plain.add_modifier(Modifier::REVERSED),
            code: plain.add_modifier(Modifier::UNDERLINED),
            own_code: plain.add_modifier(Modifier::UNDERLINED),
            dim: plain.add_modifier(Modifier::DIM),
            mention: plain.add_modifier(Modifier::BOLD),
            mention_strong: plain.add_modifier(Modifier::BOLD | Modifier::REVERSED),
            selected: plain.add_modifier(Modifier::REVERSED),
            chosen: plain.add_modifier(Modifier::REVERSED),
            unread: plain.add_modifier(Modifier::BOLD),
            divider: plain.add_modifier(Modifier::BOLD),
            error: plain.add_modifier(Modifier::BOLD),
            online: plain,
            title: plain.add_modifier(Modifier::BOLD),
        }
    }
}
