//! Every color and weight in one place, passed to what draws. Without color everything stays
//! readable: what matters is also bold, reversed or marked by a sign.

use ratatui::style::{Color, Modifier, Style};

use crate::term::{Background, Depth, Traits};

/// The look of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// The reader's own messages.
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
    /// What is said of something that failed.
    pub error: Style,
    /// Somebody is there.
    pub online: Style,
    /// Titles of pages and popups.
    pub title: Style,
    /// The letters of people who are seen by a picture, where none can be drawn.
    pub people: [Style; Self::PEOPLE],
}

/// The looks that one can choose, by name; the first is the usual one.
pub const NAMES: [&str; 4] = ["default", "light", "contrast", "plain"];

/// The looks of the frame of a color in a palette of six steps, and where its greys begin (xterm's 256 colors).
const STEPS: [u8; 6] = [0, 0x5f, 0x87, 0xaf, 0xd7, 0xff];

impl Theme {
    /// How many colors people have.
    pub const PEOPLE: usize = 6;

    /// Gives a look by its name, for what a terminal can show; the usual one, which goes with the background, for a name that
    /// is not known here.
    pub fn named(name: &str, traits: &Traits) -> Self {
        let theme = match (name, traits.background) {
            ("plain", _) => return Self::plain(),
            ("contrast", Some(Background::Light)) => Self::light_contrast(),
            ("contrast", _) => Self::contrast(),
            ("light", _) | (_, Some(Background::Light)) => Self::light(),
            (_, _) => Self::dark(),
        };
        match traits.depth {
            Depth::Full => theme,
            Depth::Indexed => theme.map(indexed),
            Depth::Sixteen if name == "contrast" => theme.map(|color| color),
            Depth::Sixteen => Self::sixteen(traits.background == Some(Background::Light) || name == "light"),
        }
    }

    /// The usual look, on a dark background. Each ground brings the color of the letters on it, and what is dim can be read on a
    /// light background and in Solarized, too: nobody knows every terminal's.
    pub fn dark() -> Self {
        let white = Style::new().fg(Color::Rgb(0xff, 0xff, 0xff));
        Self {
            own: white.bg(Color::Rgb(0x1d, 0x90, 0xfa)),
            code: Style::new().fg(Color::Cyan),
            own_code: white.bg(Color::Rgb(0x14, 0x6a, 0xba)),
            dim: Style::new().fg(Color::Rgb(0x8a, 0x8a, 0x8a)),
            mention: Style::new().fg(Color::Yellow),
            mention_strong: Style::new()
                .fg(Color::Rgb(0, 0, 0))
                .bg(Color::Rgb(0xe5, 0xc0, 0x7b))
                .add_modifier(Modifier::BOLD),
            selected: Style::new().add_modifier(Modifier::REVERSED),
            chosen: white.bg(Color::Rgb(0x3a, 0x3f, 0x58)),
            unread: Style::new().add_modifier(Modifier::BOLD),
            divider: Style::new().fg(Color::Red),
            error: Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
            online: Style::new().fg(Color::Green),
            title: Style::new().add_modifier(Modifier::BOLD),
            people: [
                white.bg(Color::Rgb(0x9a, 0x33, 0x24)),
                white.bg(Color::Rgb(0x7a, 0x3e, 0x9d)),
                white.bg(Color::Rgb(0x2b, 0x5f, 0xa8)),
                white.bg(Color::Rgb(0x1f, 0x6f, 0x54)),
                white.bg(Color::Rgb(0x7d, 0x52, 0x00)),
                white.bg(Color::Rgb(0x5e, 0x5e, 0x66)),
            ],
        }
    }

    /// For terminals with a light background.
    pub fn light() -> Self {
        let black = Style::new().fg(Color::Rgb(0, 0, 0));
        Self {
            own: black.bg(Color::Rgb(0xcf, 0xe4, 0xff)),
            code: Style::new().fg(Color::Rgb(0x00, 0x55, 0xaa)),
            own_code: black.bg(Color::Rgb(0xb4, 0xd0, 0xf2)),
            dim: Style::new().fg(Color::Rgb(0x66, 0x66, 0x66)),
            mention: Style::new().fg(Color::Rgb(0x9a, 0x4a, 0x00)),
            mention_strong: black.bg(Color::Rgb(0xff, 0xcf, 0x66)).add_modifier(Modifier::BOLD),
            chosen: black.bg(Color::Rgb(0xe2, 0xe4, 0xec)),
            divider: Style::new().fg(Color::Rgb(0xb0, 0x20, 0x20)),
            error: Style::new().fg(Color::Rgb(0xb0, 0x20, 0x20)).add_modifier(Modifier::BOLD),
            online: Style::new().fg(Color::Rgb(0x0a, 0x7a, 0x2f)),
            ..Self::dark()
        }
    }

    /// With the sixteen colors of the terminal's own palette, and of those only what palettes do not make unreadable: never
    /// bright black, which is the background of Solarized. What is dim is said so, by the attribute.
    fn sixteen(is_light: bool) -> Self {
        let own = Style::new().fg(Color::White).bg(Color::Blue);
        Self {
            own,
            people: [Style::new().add_modifier(Modifier::REVERSED); Self::PEOPLE],
            code: Style::new().fg(if is_light { Color::Blue } else { Color::Cyan }),
            own_code: own.add_modifier(Modifier::UNDERLINED),
            dim: Style::new().add_modifier(Modifier::DIM),
            mention: Style::new()
                .fg(if is_light { Color::Magenta } else { Color::Yellow })
                .add_modifier(Modifier::BOLD),
            mention_strong: Style::new().fg(Color::Black).bg(Color::Yellow).add_modifier(Modifier::BOLD),
            chosen: Style::new().add_modifier(Modifier::REVERSED),
            divider: Style::new().fg(Color::Red),
            error: Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
            online: Style::new().fg(Color::Green),
            ..Self::dark()
        }
    }

    /// The strongest colors, and nothing that is hard to see.
    fn contrast() -> Self {
        let strong = |color| Style::new().fg(color).add_modifier(Modifier::BOLD);
        let own = Style::new().fg(Color::Black).bg(Color::White);
        Self {
            own,
            people: [own; Self::PEOPLE],
            code: Style::new().add_modifier(Modifier::UNDERLINED),
            own_code: own.add_modifier(Modifier::UNDERLINED),
            dim: Style::new(),
            mention: strong(Color::Yellow),
            mention_strong: Style::new().fg(Color::Black).bg(Color::Yellow).add_modifier(Modifier::BOLD),
            chosen: Style::new().add_modifier(Modifier::REVERSED),
            divider: strong(Color::Red),
            online: strong(Color::Green),
            ..Self::dark()
        }
    }

    /// The same on a light background: own messages have a ground there, too.
    fn light_contrast() -> Self {
        let own = Style::new().fg(Color::White).bg(Color::Black);
        Self {
            own,
            people: [own; Self::PEOPLE],
            own_code: own.add_modifier(Modifier::UNDERLINED),
            mention: Style::new().fg(Color::Blue).add_modifier(Modifier::BOLD),
            ..Self::contrast()
        }
    }

    fn map(self, color: impl Fn(Color) -> Color) -> Self {
        let map = |style: Style| Style { fg: style.fg.map(&color), bg: style.bg.map(&color), ..style };
        Self {
            own: map(self.own),
            code: map(self.code),
            own_code: map(self.own_code),
            dim: map(self.dim),
            mention: map(self.mention),
            mention_strong: map(self.mention_strong),
            selected: map(self.selected),
            chosen: map(self.chosen),
            unread: map(self.unread),
            divider: map(self.divider),
            error: map(self.error),
            online: map(self.online),
            title: map(self.title),
            people: self.people.map(map),
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
            people: [plain.add_modifier(Modifier::REVERSED); Self::PEOPLE],
        }
    }
}

/// Gives the nearest of the 256 colors.
pub(crate) fn indexed(color: Color) -> Color {
    let Color::Rgb(red, green, blue) = color else { return color };
    let step = |value: u8| (0..STEPS.len()).min_by_key(|step| STEPS[*step].abs_diff(value)).unwrap_or_default();
    let (r, g, b) = (step(red), step(green), step(blue));
    let far = |other: (u8, u8, u8)| {
        let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        square(red, other.0) + square(green, other.1) + square(blue, other.2)
    };
    // 24 greys from 8 on, each 10 lighter.
    let grey = (0..24_u8).min_by_key(|grey| far((8 + 10 * grey, 8 + 10 * grey, 8 + 10 * grey))).unwrap_or_default();
    let level = 8 + 10 * grey;
    let in_cube = far((STEPS[r], STEPS[g], STEPS[b])) <= far((level, level, level));
    Color::Indexed(if in_cube { 16 + 36 * r as u8 + 6 * g as u8 + b as u8 } else { 232 + grey })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red, green and blue of the sixteen colors, the letters and the ground of some palettes, as their makers give them.
    const PALETTES: [(&str, [u32; 16], u32, u32, bool); 4] = [
        (
            "xterm",
            [
                0x00_0000, 0xcd_0000, 0x00_cd00, 0xcd_cd00, 0x00_00ee, 0xcd_00cd, 0x00_cdcd, 0xe5_e5e5, 0x7f_7f7f,
                0xff_0000, 0x00_ff00, 0xff_ff00, 0x5c_5cff, 0xff_00ff, 0x00_ffff, 0xff_ffff,
            ],
            0xe5_e5e5,
            0x00_0000,
            false,
        ),
        ("Solarized Dark", SOLARIZED, 0x83_9496, 0x00_2b36, false),
        ("Solarized Light", SOLARIZED, 0x65_7b83, 0xfd_f6e3, true),
        (
            "white",
            [
                0x00_0000, 0xc0_1c28, 0x26_a269, 0xa2_734c, 0x12_488b, 0xa3_47ba, 0x2a_a1b3, 0xd0_cfcc, 0x5e_5c64,
                0xf6_6151, 0x33_da7a, 0xe9_ad0c, 0x2a_7bde, 0xc0_61cb, 0x33_c7de, 0xff_ffff,
            ],
            0x17_1421,
            0xff_ffff,
            true,
        ),
    ];
    const SOLARIZED: [u32; 16] = [
        0x07_3642, 0xdc_322f, 0x85_9900, 0xb5_8900, 0x26_8bd2, 0xd3_3682, 0x2a_a198, 0xee_e8d5, 0x00_2b36, 0xcb_4b16,
        0x58_6e75, 0x65_7b83, 0x83_9496, 0x6c_71c4, 0x93_a1a1, 0xfd_f6e3,
    ];

    fn rgb(color: Color, palette: &[u32; 16]) -> Option<u32> {
        let number = |place: usize| Some(palette[place]);
        match color {
            Color::Black => number(0),
            Color::Red => number(1),
            Color::Green => number(2),
            Color::Yellow => number(3),
            Color::Blue => number(4),
            Color::Magenta => number(5),
            Color::Cyan => number(6),
            Color::Gray => number(7),
            Color::DarkGray => number(8),
            Color::White => number(15),
            Color::Rgb(red, green, blue) => Some(u32::from_be_bytes([0, red, green, blue])),
            Color::Indexed(index @ 16..=231) => {
                let of = |step: u8| u32::from(STEPS[usize::from(step)]);
                let index = index - 16;
                Some(of(index / 36) << 16 | of(index / 6 % 6) << 8 | of(index % 6))
            }
            Color::Indexed(index @ 232..) => Some(u32::from(8 + 10 * (index - 232)) * 0x01_0101),
            _ => None,
        }
    }

    /// The contrast of two colors by WCAG 2: from 1 to 21.
    fn contrast(one: u32, other: u32) -> f64 {
        let light = |color: u32| {
            let part = |shift: u32| {
                let value = f64::from(color >> shift & 0xff) / 255.0;
                if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.212_6 * part(16) + 0.715_2 * part(8) + 0.072_2 * part(0)
        };
        let (a, b) = (light(one), light(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// "Light, dark and Solarized palettes readable (no text in bright black)".
    #[test]
    fn everything_can_be_read_on_every_palette() {
        for (name, palette, letters, ground, is_light) in &PALETTES {
            for depth in [Depth::Full, Depth::Indexed, Depth::Sixteen] {
                let background = Some(if *is_light { Background::Light } else { Background::Dark });
                for look in ["default", "contrast"] {
                    let traits = Traits {
                        depth,
                        background,
                        is_utf8: true,
                        answers: true,
                        takes_mouse: true,
                        marks_pastes: true,
                        is_old: false,
                    };
                    let theme = Theme::named(look, &traits);
                    let styles = [
                        ("own", theme.own),
                        ("code", theme.code),
                        ("own code", theme.own_code),
                        ("dim", theme.dim),
                        ("mention", theme.mention),
                        ("mention strong", theme.mention_strong),
                        ("chosen", theme.chosen),
                        ("divider", theme.divider),
                        ("error", theme.error),
                        ("online", theme.online),
                    ];
                    for (what, style) in styles.into_iter().chain(theme.people.map(|style| ("people", style))) {
                        assert_ne!(style.fg, Some(Color::DarkGray), "{what}");
                        let fg = style.fg.and_then(|color| rgb(color, palette)).unwrap_or(*letters);
                        let bg = style.bg.and_then(|color| rgb(color, palette)).unwrap_or(*ground);
                        let found = contrast(fg, bg);
                        // Colors of the palette itself are as readable as its maker wanted them.
                        let least =
                            if matches!(style.fg, Some(Color::Rgb(..) | Color::Indexed(_))) { 3.0 } else { 2.4 };
                        assert!(found >= least, "{name}, {depth:?}, {look}: {what} has a contrast of {found:.1}");
                    }
                }
            }
        }
    }

    #[test]
    fn colors_of_24_bits_go_only_where_they_are_known() {
        for depth in [Depth::Indexed, Depth::Sixteen] {
            for background in [None, Some(Background::Dark), Some(Background::Light)] {
                for look in NAMES {
                    let theme = Theme::named(
                        look,
                        &Traits {
                            depth,
                            background,
                            is_utf8: true,
                            answers: true,
                            takes_mouse: true,
                            marks_pastes: true,
                            is_old: false,
                        },
                    );
                    assert!(!format!("{theme:?}").contains("Rgb"), "{depth:?}, {look}");
                }
            }
        }
        assert_eq!(indexed(Color::Rgb(0x8a, 0x8a, 0x8a)), Color::Indexed(245));
        assert_eq!(indexed(Color::Rgb(0xff, 0, 0)), Color::Indexed(196));
    }
}
