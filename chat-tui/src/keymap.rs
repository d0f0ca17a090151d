//! Keys as a table from key to action. The help screen is drawn from the same table, so it cannot lie.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

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
    /// Send again what was not sent.
    Retry,
    /// Put what was not sent back where one writes.
    TakeBack,
    /// Show the channels that there are.
    Channels,
    /// Search.
    Search,
    /// Show what happened.
    CatchUp,
    /// Show the channel's settings and members.
    Room,
    /// Show what the channel keeps in view.
    Pins,
    /// Show what friends have posted.
    Feed,
    /// Show friends, and who wants to be one.
    Friends,
    /// Show what one has set for oneself.
    Settings,
    /// Hear of the mouse, or leave it to the terminal.
    Mouse,
    /// Say that everything here is read.
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
    /// The key as people write it; empty rows are second names of the row before.
    pub shown: &'static str,
    /// What the help says.
    pub help: &'static str,
}

const fn bind(
    code: KeyCode,
    modifiers: KeyModifiers,
    action: Action,
    shown: &'static str,
    help: &'static str,
) -> Binding {
    Binding { code, modifiers, action, shown, help }
}

const NONE: KeyModifiers = KeyModifiers::NONE;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const ALT: KeyModifiers = KeyModifiers::ALT;

/// Every key of the chat screen that is not editing.
pub const BINDINGS: &[Binding] = &[
    bind(KeyCode::Enter, NONE, Action::Send, "Enter", "send"),
    bind(KeyCode::Enter, ALT, Action::NewLine, "Alt+Enter, Ctrl+J", "new line"),
    bind(KeyCode::Char('j'), CTRL, Action::NewLine, "", ""),
    bind(KeyCode::Enter, KeyModifiers::SHIFT, Action::NewLine, "", ""),
    bind(KeyCode::Tab, NONE, Action::Complete, "Tab, Shift+Tab", "complete a name, command or :emoji"),
    bind(KeyCode::BackTab, KeyModifiers::SHIFT, Action::CompleteBack, "", ""),
    bind(KeyCode::BackTab, NONE, Action::CompleteBack, "", ""),
    bind(KeyCode::Char('n'), CTRL, Action::NextChannel, "Ctrl+N, Ctrl+P", "next, previous channel"),
    bind(KeyCode::Char('p'), CTRL, Action::PreviousChannel, "", ""),
    bind(KeyCode::Char('a'), ALT, Action::NextUnread, "Alt+A", "next unread channel"),
    bind(KeyCode::Char('1'), ALT, Action::Channel(1), "Alt+1 … Alt+9", "channel by its place"),
    bind(KeyCode::Char('2'), ALT, Action::Channel(2), "", ""),
    bind(KeyCode::Char('3'), ALT, Action::Channel(3), "", ""),
    bind(KeyCode::Char('4'), ALT, Action::Channel(4), "", ""),
    bind(KeyCode::Char('5'), ALT, Action::Channel(5), "", ""),
    bind(KeyCode::Char('6'), ALT, Action::Channel(6), "", ""),
    bind(KeyCode::Char('7'), ALT, Action::Channel(7), "", ""),
    bind(KeyCode::Char('8'), ALT, Action::Channel(8), "", ""),
    bind(KeyCode::Char('9'), ALT, Action::Channel(9), "", ""),
    bind(KeyCode::PageUp, NONE, Action::PageUp, "PgUp, PgDn", "scroll"),
    bind(KeyCode::PageDown, NONE, Action::PageDown, "", ""),
    bind(KeyCode::End, ALT, Action::Bottom, "Alt+End, Esc", "newest message"),
    bind(KeyCode::Esc, NONE, Action::Back, "", ""),
    bind(KeyCode::Char('c'), ALT, Action::CreateChannel, "Alt+C", "create a channel"),
    bind(KeyCode::Char('i'), ALT, Action::Invite, "Alt+I", "invite somebody"),
    bind(KeyCode::Char('r'), CTRL, Action::Retry, "Ctrl+R", "send again what failed"),
    bind(KeyCode::Char('e'), ALT, Action::TakeBack, "Alt+E", "take back what failed"),
    bind(KeyCode::Char('s'), ALT, Action::Search, "Alt+S", "search"),
    bind(KeyCode::Char('u'), ALT, Action::CatchUp, "Alt+U", "catch up: what happened to you"),
    bind(KeyCode::Char('l'), ALT, Action::Channels, "Alt+L", "all channels"),
    bind(KeyCode::Char('m'), ALT, Action::Room, "Alt+M", "this channel: settings and members"),
    bind(KeyCode::Char('p'), ALT, Action::Pins, "Alt+P", "what is pinned here"),
    bind(KeyCode::F(2), NONE, Action::Feed, "F2", "home: posts of your friends"),
    bind(KeyCode::F(3), NONE, Action::Friends, "F3", "friends"),
    bind(KeyCode::F(4), NONE, Action::Settings, "F4", "your settings: presence, privacy, look"),
    bind(KeyCode::F(9), NONE, Action::Mouse, "F9", "the mouse: here, or for marking text"),
    bind(KeyCode::Char('r'), ALT, Action::MarkRead, "Alt+R", "everything here is read"),
    bind(KeyCode::Char('o'), ALT, Action::Unfold, "Alt+O", "unfold long messages"),
    bind(KeyCode::F(7), NONE, Action::ToggleSidebar, "F7, F8", "channel list, member list"),
    bind(KeyCode::F(8), NONE, Action::ToggleMembers, "", ""),
    bind(KeyCode::F(1), NONE, Action::Help, "F1", "this help"),
    bind(KeyCode::Char('c'), CTRL, Action::Interrupt, "Ctrl+C", "cut the line (Ctrl+Y); twice: quit"),
    bind(KeyCode::Char('l'), CTRL, Action::Redraw, "Ctrl+L", "draw anew"),
    bind(KeyCode::Char('z'), CTRL, Action::Suspend, "Ctrl+Z", "to the shell and back by `fg`"),
    bind(KeyCode::Char('q'), CTRL, Action::Quit, "Ctrl+Q", "quit"),
];

/// Editing keys, which the composer reads itself; listed here for the help.
pub const EDITING: &[(&str, &str)] = &[
    ("Ctrl+A, Ctrl+E", "begin, end of the line"),
    ("Alt+B, Alt+F", "word left, right"),
    ("Ctrl+W, Alt+D", "delete a word"),
    ("Ctrl+U, Ctrl+K", "delete to begin, to end"),
    ("Ctrl+Y", "put back what was deleted, here or elsewhere"),
    ("Ctrl+_", "undo"),
    ("Up", "in an empty line: choose a message"),
    ("Ctrl+Up, Ctrl+Down", "what was sent before"),
];

/// What a key asks for while a message is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMessage {
    /// Choose the one before.
    Before,
    /// Choose the one after.
    After,
    /// Answer it.
    Reply,
    /// Change it.
    Edit,
    /// Delete it.
    Delete,
    /// Like it, or no longer.
    Like,
    /// React with another emoji.
    React,
    /// Show who reacted, and take reactions away.
    Reactions,
    /// Show it with everything that hangs below it.
    Thread,
    /// Show who said it.
    Author,
    /// Keep it in view of the channel, or no longer.
    Pin,
    /// Say that it and all behind it are unread.
    Unread,
    /// Copy what it says.
    Copy,
    /// Copy the address of the web that stands in it.
    CopyLink,
    /// Go to the one that it answers.
    Original,
}

/// Keys while a message is chosen.
pub const ON_MESSAGE: &[(KeyCode, OnMessage, &str, &str)] = &[
    (KeyCode::Up, OnMessage::Before, "Up, Down", "another message"),
    (KeyCode::Down, OnMessage::After, "", ""),
    (KeyCode::Char('r'), OnMessage::Reply, "r", "reply"),
    (KeyCode::Char('e'), OnMessage::Edit, "e", "edit your message"),
    (KeyCode::Char('d'), OnMessage::Delete, "d", "delete"),
    (KeyCode::Char('f'), OnMessage::Like, "f", "like, or no longer"),
    (KeyCode::Char('+'), OnMessage::React, "+", "react with an emoji"),
    (KeyCode::Char('-'), OnMessage::Reactions, "-", "who reacted; take reactions away"),
    (KeyCode::Char('t'), OnMessage::Thread, "t", "its thread"),
    (KeyCode::Char('p'), OnMessage::Author, "p", "who said it"),
    (KeyCode::Char('P'), OnMessage::Pin, "P", "pin, or no longer"),
    (KeyCode::Char('u'), OnMessage::Unread, "u", "unread from here on"),
    (KeyCode::Char('y'), OnMessage::Copy, "y", "copy"),
    (KeyCode::Char('o'), OnMessage::CopyLink, "o", "copy the address in it"),
    (KeyCode::Enter, OnMessage::Original, "Enter", "go to what it answers"),
];

/// Keys on pages, which the pages read themselves; listed here for the help.
pub const ON_PAGES: &[(&str, &str)] = &[
    ("Up, Down, PgUp, PgDn", "another row; a long one line by line"),
    ("Enter", "go there; talk to a friend; yes to who asks"),
    ("n", "on Home: a new post; on Friends: ask somebody"),
    ("r, e, d, f, +, -, t, p, y", "on a post, as on a message"),
    ("m, f, x, b", "on people: talk, friend, no longer, block"),
    ("Enter, Left, Right", "on a setting: write it, or what can be chosen"),
    ("a, x", "on an invitation: yes, no"),
    ("Esc", "close the page; what was begun there stays as it was"),
];

/// Gives what a key asks for while a message is chosen.
pub fn on_message(key: KeyEvent) -> Option<OnMessage> {
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    let row = ON_MESSAGE.iter().find(|(code, ..)| plain && *code == key.code);
    row.map(|(_, action, ..)| *action)
}

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
        assert!(!BINDINGS[0].shown.is_empty());
        assert!(BINDINGS.iter().all(|binding| binding.shown.is_empty() == binding.help.is_empty()));
    }
}
