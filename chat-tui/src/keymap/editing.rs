//! The keys with which a text is edited, wherever one writes: one table, from which the match and the help are drawn.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::catalogue::Key;

/// What a key does to the text or its cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditAction {
    /// To the start of the line.
    LineStart,
    /// To the end of the line.
    LineEnd,
    /// To the character before.
    Left,
    /// To the character after.
    Right,
    /// To the word before.
    WordLeft,
    /// To the word after.
    WordRight,
    /// A row up.
    Up,
    /// A row down.
    Down,
    /// Delete the character before.
    DeleteLeft,
    /// Delete the character after.
    DeleteRight,
    /// Cut the word before.
    CutWordLeft,
    /// Cut the word after.
    CutWordRight,
    /// Cut to the start of the line.
    CutToStart,
    /// Cut to the end of the line.
    CutToEnd,
    /// Paste what was cut.
    Paste,
    /// Take back the last change.
    Undo,
    /// Show what was sent before.
    Earlier,
    /// Show what was sent after that.
    Later,
}

/// Which modifiers are held; Shift does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Nothing,
    Ctrl,
    Alt,
    Whatever,
}

/// A row of the table.
pub struct EditBinding {
    code: KeyCode,
    held: Held,
    edit: EditAction,
    /// The keys as people write them and what the help says; rows without are told of in another one, or known to everybody.
    pub help: Option<(&'static str, Key)>,
}

const fn bind(code: KeyCode, held: Held, edit: EditAction, shown: &'static str, help: Key) -> EditBinding {
    EditBinding { code, held, edit, help: Some((shown, help)) }
}

const fn also(code: KeyCode, held: Held, edit: EditAction) -> EditBinding {
    EditBinding { code, held, edit, help: None }
}

/// The keys: the first row that fits is meant.
pub const EDIT_BINDINGS: &[EditBinding] = &[
    bind(KeyCode::Char('a'), Held::Ctrl, EditAction::LineStart, "Ctrl+A, Ctrl+E", key!("help-edit-line")),
    also(KeyCode::Char('e'), Held::Ctrl, EditAction::LineEnd),
    also(KeyCode::Home, Held::Whatever, EditAction::LineStart),
    also(KeyCode::End, Held::Whatever, EditAction::LineEnd),
    also(KeyCode::Char('b'), Held::Ctrl, EditAction::Left),
    also(KeyCode::Char('f'), Held::Ctrl, EditAction::Right),
    also(KeyCode::Left, Held::Nothing, EditAction::Left),
    also(KeyCode::Right, Held::Nothing, EditAction::Right),
    bind(KeyCode::Char('b'), Held::Alt, EditAction::WordLeft, "Alt+B, Alt+F", key!("help-edit-word")),
    also(KeyCode::Char('f'), Held::Alt, EditAction::WordRight),
    also(KeyCode::Left, Held::Whatever, EditAction::WordLeft),
    also(KeyCode::Right, Held::Whatever, EditAction::WordRight),
    bind(KeyCode::Char('w'), Held::Ctrl, EditAction::CutWordLeft, "Ctrl+W, Alt+D", key!("help-edit-delete-word")),
    also(KeyCode::Char('d'), Held::Alt, EditAction::CutWordRight),
    also(KeyCode::Backspace, Held::Alt, EditAction::CutWordLeft),
    bind(KeyCode::Char('u'), Held::Ctrl, EditAction::CutToStart, "Ctrl+U, Ctrl+K", key!("help-edit-delete-line")),
    also(KeyCode::Char('k'), Held::Ctrl, EditAction::CutToEnd),
    bind(KeyCode::Char('y'), Held::Ctrl, EditAction::Paste, "Ctrl+Y", key!("help-edit-yank")),
    // What terminals send for Ctrl+_ and Ctrl+/.
    bind(KeyCode::Char('_'), Held::Ctrl, EditAction::Undo, "Ctrl+_", key!("help-edit-undo")),
    also(KeyCode::Char('7'), Held::Ctrl, EditAction::Undo),
    also(KeyCode::Char('/'), Held::Ctrl, EditAction::Undo),
    also(KeyCode::Char('h'), Held::Ctrl, EditAction::DeleteLeft),
    also(KeyCode::Char('d'), Held::Ctrl, EditAction::DeleteRight),
    also(KeyCode::Backspace, Held::Whatever, EditAction::DeleteLeft),
    also(KeyCode::Delete, Held::Whatever, EditAction::DeleteRight),
    bind(KeyCode::Up, Held::Ctrl, EditAction::Earlier, "Ctrl+Up, Ctrl+Down", key!("help-edit-history")),
    also(KeyCode::Down, Held::Ctrl, EditAction::Later),
    bind(KeyCode::Up, Held::Whatever, EditAction::Up, "Up", key!("help-edit-choose")),
    also(KeyCode::Down, Held::Whatever, EditAction::Down),
];

/// Gives what a key does to a text, if it is an editing key.
pub fn edit_action(key: KeyEvent) -> Option<EditAction> {
    let held = match (key.modifiers.contains(KeyModifiers::CONTROL), key.modifiers.contains(KeyModifiers::ALT)) {
        (false, false) => Some(Held::Nothing),
        (true, false) => Some(Held::Ctrl),
        (false, true) => Some(Held::Alt),
        // AltGr is both with some terminals: it types.
        (true, true) => None,
    };
    let fits = |binding: &&EditBinding| {
        binding.code == key.code && (binding.held == Held::Whatever || Some(binding.held) == held)
    };
    EDIT_BINDINGS.iter().find(fits).map(|binding| binding.edit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_that_fits_is_meant() {
        let meant = |code, modifiers| edit_action(KeyEvent::new(code, modifiers));
        let (none, ctrl, alt) = (KeyModifiers::NONE, KeyModifiers::CONTROL, KeyModifiers::ALT);
        for (code, modifiers, expected) in [
            (KeyCode::Left, none, Some(EditAction::Left)),
            (KeyCode::Left, ctrl, Some(EditAction::WordLeft)),
            (KeyCode::Left, ctrl | alt, Some(EditAction::WordLeft)),
            (KeyCode::Backspace, none, Some(EditAction::DeleteLeft)),
            (KeyCode::Backspace, alt, Some(EditAction::CutWordLeft)),
            (KeyCode::Up, ctrl, Some(EditAction::Earlier)),
            (KeyCode::Up, alt, Some(EditAction::Up)),
            (KeyCode::Char('a'), ctrl, Some(EditAction::LineStart)),
            (KeyCode::Char('a'), ctrl | alt, None),
            (KeyCode::Char('a'), none, None),
        ] {
            assert_eq!(meant(code, modifiers), expected, "{code:?} {modifiers:?}");
        }
    }
}
