//! The keys of the chat screen as a table from key to action; the help is drawn from the same table. Keys that
//! edit a text are in keymap/editing.rs, those of a selected message in keymap/message.rs, those of pages in their files.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::catalogue::Key;

pub mod editing;
pub mod hints;
pub mod message;

/// What a key asks for on the chat screen, apart from editing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Send what is written, or do the command.
    Send,
    /// Begin a new line.
    NewLine,
    /// Go to the next channel.
    NextChannel,
    /// Go to the previous channel.
    PreviousChannel,
    /// Go to the next channel with something unread, mentions first.
    NextUnread,
    /// Go to the channel in this row of the sidebar, from 1.
    Channel(usize),
    /// Scroll a page towards the past.
    PageUp,
    /// Scroll a page towards the present.
    PageDown,
    /// Go to the newest message.
    Bottom,
    /// Complete a handle, channel or command.
    Complete,
    /// Go back to what completes before.
    CompleteBack,
    /// Open the form for a new channel.
    CreateChannel,
    /// Open the form for an invitation.
    Invite,
    /// Resend what was not sent.
    Retry,
    /// Edit what was not sent.
    TakeBack,
    /// Show the page of all public channels.
    Channels,
    /// Show the page on which one searches.
    Search,
    /// Show what waits for the reader.
    CatchUp,
    /// Show the channel's settings and members.
    Room,
    /// Show the pinned messages.
    Pins,
    /// Show the posts of those whom one follows.
    Feed,
    /// Show friends and friend requests.
    Friends,
    /// Show one's settings.
    Settings,
    /// Take the mouse, or leave it to the terminal.
    Mouse,
    /// Mark the channel as read.
    MarkRead,
    /// Show long messages whole, or fold them.
    Unfold,
    /// Show or hide the list of channels.
    ToggleSidebar,
    /// Show or hide the list of members.
    ToggleMembers,
    /// Show the keys and commands.
    Help,
    /// Take back one thing: a popup, then the scroll position.
    Back,
    /// Clear the line; on an empty one quit.
    Interrupt,
    /// Draw everything anew.
    Redraw,
    /// Go to the shell for a while.
    Suspend,
    /// End the program.
    Quit,
}

/// One row of the table.
pub struct Binding {
    code: KeyCode,
    modifiers: KeyModifiers,
    /// What it does.
    pub action: Action,
    /// The key as people write it and what the help says; rows without are second names of the row before.
    pub help: Option<(&'static str, Key)>,
}

const fn bind(code: KeyCode, modifiers: KeyModifiers, action: Action, shown: &'static str, help: Key) -> Binding {
    Binding { code, modifiers, action, help: Some((shown, help)) }
}

const fn also(code: KeyCode, modifiers: KeyModifiers, action: Action) -> Binding {
    Binding { code, modifiers, action, help: None }
}

const NONE: KeyModifiers = KeyModifiers::NONE;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const ALT: KeyModifiers = KeyModifiers::ALT;

/// Every key of the chat screen that is not editing.
pub const BINDINGS: &[Binding] = &[
    bind(KeyCode::Enter, NONE, Action::Send, "Enter", key!("help-key-send")),
    bind(KeyCode::Enter, ALT, Action::NewLine, "Alt+Enter, Ctrl+J", key!("help-key-new-line")),
    also(KeyCode::Char('j'), CTRL, Action::NewLine),
    also(KeyCode::Enter, KeyModifiers::SHIFT, Action::NewLine),
    bind(KeyCode::Tab, NONE, Action::Complete, "Tab, Shift+Tab", key!("help-key-complete")),
    also(KeyCode::BackTab, KeyModifiers::SHIFT, Action::CompleteBack),
    also(KeyCode::BackTab, NONE, Action::CompleteBack),
    bind(KeyCode::Char('n'), CTRL, Action::NextChannel, "Ctrl+N, Ctrl+P", key!("help-key-next-channel")),
    also(KeyCode::Char('p'), CTRL, Action::PreviousChannel),
    bind(KeyCode::Char('a'), ALT, Action::NextUnread, "Alt+A", key!("help-key-next-unread")),
    bind(KeyCode::Char('1'), ALT, Action::Channel(1), "Alt+1 … Alt+9", key!("help-key-channel")),
    also(KeyCode::Char('2'), ALT, Action::Channel(2)),
    also(KeyCode::Char('3'), ALT, Action::Channel(3)),
    also(KeyCode::Char('4'), ALT, Action::Channel(4)),
    also(KeyCode::Char('5'), ALT, Action::Channel(5)),
    also(KeyCode::Char('6'), ALT, Action::Channel(6)),
    also(KeyCode::Char('7'), ALT, Action::Channel(7)),
    also(KeyCode::Char('8'), ALT, Action::Channel(8)),
    also(KeyCode::Char('9'), ALT, Action::Channel(9)),
    bind(KeyCode::PageUp, NONE, Action::PageUp, "PgUp, PgDn", key!("help-key-page")),
    also(KeyCode::PageDown, NONE, Action::PageDown),
    bind(KeyCode::End, ALT, Action::Bottom, "Alt+End, Esc", key!("help-key-bottom")),
    also(KeyCode::Esc, NONE, Action::Back),
    bind(KeyCode::Char('c'), ALT, Action::CreateChannel, "Alt+C", key!("help-key-create")),
    bind(KeyCode::Char('i'), ALT, Action::Invite, "Alt+I", key!("help-key-invite")),
    bind(KeyCode::Char('r'), CTRL, Action::Retry, "Ctrl+R", key!("help-key-retry")),
    bind(KeyCode::Char('e'), ALT, Action::TakeBack, "Alt+E", key!("help-key-take-back")),
    bind(KeyCode::Char('s'), ALT, Action::Search, "Alt+S", key!("help-key-search")),
    bind(KeyCode::Char('u'), ALT, Action::CatchUp, "Alt+U", key!("help-key-activity")),
    bind(KeyCode::Char('l'), ALT, Action::Channels, "Alt+L", key!("help-key-channels")),
    bind(KeyCode::Char('m'), ALT, Action::Room, "Alt+M", key!("help-key-room")),
    bind(KeyCode::Char('p'), ALT, Action::Pins, "Alt+P", key!("help-key-pins")),
    bind(KeyCode::F(2), NONE, Action::Feed, "F2", key!("help-key-home")),
    bind(KeyCode::F(3), NONE, Action::Friends, "F3", key!("help-key-friends")),
    bind(KeyCode::F(4), NONE, Action::Settings, "F4", key!("help-key-settings")),
    bind(KeyCode::F(9), NONE, Action::Mouse, "F9", key!("help-key-mouse")),
    bind(KeyCode::Char('r'), ALT, Action::MarkRead, "Alt+R", key!("help-key-mark-read")),
    bind(KeyCode::Char('o'), ALT, Action::Unfold, "Alt+O", key!("help-key-unfold")),
    bind(KeyCode::F(7), NONE, Action::ToggleSidebar, "F7, F8", key!("help-key-panels")),
    also(KeyCode::F(8), NONE, Action::ToggleMembers),
    bind(KeyCode::F(1), NONE, Action::Help, "F1", key!("help-key-help")),
    bind(KeyCode::Char('c'), CTRL, Action::Interrupt, "Ctrl+C", key!("help-key-interrupt")),
    bind(KeyCode::Char('l'), CTRL, Action::Redraw, "Ctrl+L", key!("help-key-redraw")),
    bind(KeyCode::Char('z'), CTRL, Action::Suspend, "Ctrl+Z", key!("help-key-suspend")),
    bind(KeyCode::Char('q'), CTRL, Action::Quit, "Ctrl+Q", key!("help-key-quit")),
];

/// Gives what a key asks for.
pub fn action(key: KeyEvent) -> Option<Action> {
    let modifiers = key.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
    BINDINGS
        .iter()
        .find(|binding| binding.code == key.code && binding.modifiers == modifiers)
        .map(|binding| binding.action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things() {
        for (place, one) in BINDINGS.iter().enumerate() {
            for other in &BINDINGS[place + 1..] {
                assert!(
                    one.code != other.code || one.modifiers != other.modifiers,
                    "{:?} {:?}",
                    one.code,
                    one.modifiers
                );
            }
        }
    }

    #[test]
    fn second_names_follow_a_named_row() {
        assert!(BINDINGS[0].help.is_some());
    }
}
