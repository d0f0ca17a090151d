//! Hints: which keys do something now, as they stand below a page or a selected message.

use crate::text::width;

/// A key and what it does.
pub type Hint = (&'static str, &'static str);

/// What stands between two hints.
pub const GAP: &str = "  ";

/// Lays hints out in lines. An entry is never cut: where there is no room for all, the last ones are left out, but not the
/// very last, which leads out of the page.
pub fn lines(hints: &[Hint], cells: usize, lines_max: usize) -> Vec<String> {
    let Some((last, others)) = hints.split_last() else { return Vec::new() };
    for kept in (0..=others.len()).rev() {
        // What is left out is found in the help.
        let more = (kept < others.len()).then(|| ("F1", label!("page-key-more")));
        let shown = others[..kept].iter().chain(&more).chain([last]);
        let lines = filled(shown.map(|(key, words)| format!("{key} {words}")), cells);
        if lines.len() <= lines_max {
            return lines;
        }
    }
    vec![format!("{} {}", last.0, last.1)]
}

/// Puts entries into lines of so many cells; none is divided.
pub fn filled(entries: impl Iterator<Item = String>, cells: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for entry in entries {
        match lines.last_mut() {
            Some(line) if width(line) + GAP.len() + width(&entry) <= cells => {
                line.push_str(GAP);
                line.push_str(&entry);
            }
            _ => lines.push(entry),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_never_cut_and_the_way_out_is_always_there() {
        let hints = [("r", "reply"), ("f", "like"), ("+", "react"), ("Esc", "back")];
        assert_eq!(lines(&hints, 40, 1), ["r reply  f like  + react  Esc back"]);
        assert_eq!(lines(&hints, 20, 2), ["r reply  f like", "+ react  Esc back"]);
        assert_eq!(lines(&hints, 30, 1), ["r reply  F1 more  Esc back"]);
        assert_eq!(lines(&hints, 3, 1), ["Esc back"]);
        assert_eq!(lines(&[], 40, 1), [""; 0]);
    }
}
