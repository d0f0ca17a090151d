//! The keys of a popup as a table from key to what it does there. The line below the popup is written from the same table,
//! so it cannot promise what the popup does not do.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::catalogue::Key;
use crate::keymap::hints::filled;

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub(in crate::component) struct PopupKey<A> {
    code: KeyCode,
    action: A,
    /// What the hint line says, key and word; a second name of a key says nothing.
    hint: Option<Key>,
}

/// A key with its hint.
pub(in crate::component) const fn hinted<A>(code: KeyCode, action: A, hint: Key) -> PopupKey<A> {
    PopupKey { code, action, hint: Some(hint) }
}

/// Another name of a key.
pub(in crate::component) const fn also<A>(code: KeyCode, action: A) -> PopupKey<A> {
    PopupKey { code, action, hint: None }
}

/// Finds what a key does. Ctrl+C is Esc in every popup.
pub(in crate::component) fn action_of<A: Copy>(keys: &[PopupKey<A>], key: KeyEvent) -> Option<A> {
    let interrupts = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    let code = if interrupts { KeyCode::Esc } else { key.code };
    keys.iter().find(|key| key.code == code).map(|key| key.action)
}

/// Gives the hints of a table, as many lines as they need.
pub(in crate::component) fn hint_lines<A>(keys: &[PopupKey<A>], cells: usize) -> Vec<String> {
    in_lines(popup_hints(keys), cells)
}

/// Gives the hints of a table.
pub(in crate::component) fn popup_hints<A>(keys: &[PopupKey<A>]) -> impl Iterator<Item = &'static str> {
    keys.iter().filter_map(|key| key.hint).map(Key::label)
}

/// Sets hints side by side; none is divided between two lines.
pub(in crate::component) fn in_lines<H: AsRef<str>>(hints: impl IntoIterator<Item = H>, cells: usize) -> Vec<String> {
    filled(hints.into_iter().map(|hint| hint.as_ref().to_owned()), cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_not_divided() {
        let hints = ["Enter create account", "Tab next field", "F2 sign in instead", "Ctrl+Q quit"];
        assert_eq!(in_lines(hints, 56), ["Enter create account  Tab next field  F2 sign in instead", "Ctrl+Q quit"]);
        assert_eq!(in_lines(hints, 10), hints, "what has no room is cut, and still says its key");
    }
}
