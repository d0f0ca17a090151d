//! What a terminal can show, as far as its environment says.

/// How many colors there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The sixteen that the terminal's own palette has.
    Sixteen,
    /// Those sixteen, a cube of 216 and 24 greys.
    Indexed,
    /// Any color (24 bits).
    Full,
}

/// Whether the background is dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// The background is dark.
    Dark,
    /// The background is light.
    Light,
}

impl Background {
    /// Judges a color by its luma (ITU-R BT.601).
    pub fn of(red: u8, green: u8, blue: u8) -> Self {
        let luma = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
        if luma > 127_000 { Self::Light } else { Self::Dark }
    }
}

/// What is known of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits {
    /// How many colors the terminal has.
    pub depth: Depth,
    /// Its background, once that is known.
    pub background: Option<Background>,
    /// Whether it shows more than ASCII.
    pub is_utf8: bool,
    /// Whether it can be asked for its background.
    pub answers: bool,
    /// Whether the mouse can be heard of at no price: GNU screen holds the key Esc back as long as it is.
    pub takes_mouse: bool,
    /// Whether it marks what is pasted (xterm's mode 2004).
    pub marks_pastes: bool,
    /// Whether it may understand no more than a VT100 (the console of Linux knows little more).
    pub is_old: bool,
}

impl Traits {
    /// Reads the environment.
    pub fn of_environment() -> Self {
        Self::read(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// Tells whether there are colors enough for pictures of half blocks.
    pub fn has_many_colors(&self) -> bool {
        self.depth != Depth::Sixteen
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let term = variable("TERM").unwrap_or_default();
        // GNU screen hands the environment of the terminal on, and knows no color of 24 bits.
        let in_screen = variable("STY").is_some() || term.starts_with("screen") && variable("TMUX").is_none();
        let full = matches!(variable("COLORTERM").as_deref(), Some("truecolor" | "24bit"));
        let depth = match () {
            () if (full || term.ends_with("-direct")) && !in_screen => Depth::Full,
            () if term.contains("256color") => Depth::Indexed,
            () if ["foot", "alacritty", "xterm-kitty", "xterm-ghostty", "wezterm"].contains(&term.as_str()) => {
                Depth::Full
            }
            () => Depth::Sixteen,
        };
        // `15;0`, or `15;default;0`: the last number is the background's.
        let background = variable("COLORFGBG").and_then(|value| value.rsplit(';').next()?.parse::<u8>().ok());
        let background = background.map(|number| match number {
            7 | 9..=15 => Background::Light,
            _ => Background::Dark,
        });
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(&variable);
        // Where nothing is said, as in most containers, terminals show it all the same.
        let is_utf8 = locale.is_none_or(|locale| {
            let locale = locale.to_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        let is_old = term == "linux" || term.starts_with("vt") || term == "ansi";
        let is_modern = !is_old && !in_screen;
        Self {
            depth,
            background,
            is_utf8,
            answers: is_modern,
            takes_mouse: !in_screen,
            marks_pastes: is_modern,
            is_old,
        }
    }
}

/// Says why a terminal cannot show the screen, if it cannot.
pub fn trouble() -> Option<String> {
    let term = std::env::var("TERM").unwrap_or_default();
    matches!(term.as_str(), "" | "dumb" | "unknown").then(|| {
        let name = if term.is_empty() { "no terminal is named".to_owned() } else { format!("the terminal is `{term}`") };
        format!("the screen needs a terminal that it can draw on, and {name} (TERM); `chat-tui --help` lists what works without")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Traits {
        Traits::read(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn colors_are_as_many_as_the_terminal_has() {
        let depth = |variables: &[(&str, &str)]| read(variables).depth;
        assert_eq!(depth(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), Depth::Full);
        assert_eq!(depth(&[("TERM", "xterm-256color")]), Depth::Indexed);
        assert_eq!(depth(&[("TERM", "screen"), ("COLORTERM", "truecolor")]), Depth::Sixteen);
        assert_eq!(
            depth(&[("TERM", "screen.xterm-256color"), ("COLORTERM", "truecolor"), ("STY", "1.x")]),
            Depth::Indexed
        );
        assert_eq!(depth(&[("TERM", "screen-256color"), ("COLORTERM", "truecolor"), ("TMUX", "x")]), Depth::Full);
        assert!(!read(&[("TERM", "screen.xterm-256color"), ("STY", "1.x")]).takes_mouse);
        assert!(read(&[("TERM", "screen-256color"), ("TMUX", "x")]).takes_mouse);
        assert_eq!(depth(&[("TERM", "linux")]), Depth::Sixteen);
        assert_eq!(depth(&[("TERM", "xterm")]), Depth::Sixteen);
    }

    #[test]
    fn the_background_is_told_by_some() {
        let background = |value: &str| read(&[("TERM", "xterm"), ("COLORFGBG", value)]).background;
        assert_eq!(background("15;0"), Some(Background::Dark));
        assert_eq!(background("0;default;15"), Some(Background::Light));
        assert_eq!(background("nonsense"), None);
        assert_eq!(Background::of(0x00, 0x2b, 0x36), Background::Dark);
        assert_eq!(Background::of(0xfd, 0xf6, 0xe3), Background::Light);
    }

    #[test]
    fn letters_are_those_of_the_locale() {
        let is_utf8 = |variables: &[(&str, &str)]| read(variables).is_utf8;
        assert!(is_utf8(&[]) && is_utf8(&[("LANG", "C.UTF-8")]) && is_utf8(&[("LC_CTYPE", "de_DE.utf8")]));
        assert!(!is_utf8(&[("LANG", "C")]) && !is_utf8(&[("LC_ALL", "POSIX"), ("LANG", "de_DE.UTF-8")]));
        assert!(!is_utf8(&[("LANG", "de_DE.ISO-8859-1")]));
    }
}
