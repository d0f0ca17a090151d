//! The keys of a selected message: one table, from which the match, the line below the message and the help are drawn.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::hints::GAP;
use crate::catalogue::Key;

/// What a key asks for while a message is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMessage {
    /// Select the one before.
    Before,
    /// Select the one after.
    After,
    /// Reply to it.
    Reply,
    /// Edit the message.
    Edit,
    /// Delete the message.
    Delete,
    /// Like or unlike it.
    Like,
    /// React with another emoji.
    React,
    /// Show who reacted, and remove reactions.
    Reactions,
    /// Show its thread.
    Thread,
    /// Show who wrote it.
    Author,
    /// Keep the message in view.
    Pin,
    /// Keep the message in view no longer.
    Unpin,
    /// Mark it and all behind it as unread.
    Unread,
    /// Copy what it says.
    Copy,
    /// Copy the link in it.
    CopyLink,
    /// Download its files.
    Save,
    /// Save and open its file.
    Open,
    /// Make a link to its files.
    Link,
    /// Look at its picture.
    View,
    /// Go to the message that it replies to.
    Original,
}

/// A row of the table.
pub struct MessageBinding {
    code: KeyCode,
    /// What it does.
    pub action: OnMessage,
    /// What stands below the message while it can be done; keys that only move do not stand there.
    hint: Option<Key>,
    /// The key as people write it and what the help says; rows without are second names of the row before.
    pub help: Option<(&'static str, Key)>,
}

const fn bind(code: KeyCode, action: OnMessage, shown: &'static str, hint: Key, help: Key) -> MessageBinding {
    MessageBinding { code, action, hint: Some(hint), help: Some((shown, help)) }
}

/// The keys, the most important ones first.
pub const MESSAGE_BINDINGS: &[MessageBinding] = &[
    MessageBinding {
        code: KeyCode::Up,
        action: OnMessage::Before,
        hint: None,
        help: Some(("Up, Down", key!("help-message-move"))),
    },
    MessageBinding { code: KeyCode::Down, action: OnMessage::After, hint: None, help: None },
    bind(KeyCode::Char('r'), OnMessage::Reply, "r", key!("page-key-reply"), key!("help-message-reply")),
    bind(KeyCode::Char('e'), OnMessage::Edit, "e", key!("page-key-edit"), key!("help-message-edit")),
    bind(KeyCode::Char('d'), OnMessage::Delete, "d", key!("page-key-delete"), key!("help-message-delete")),
    bind(KeyCode::Char('f'), OnMessage::Like, "f", key!("page-key-like"), key!("help-message-like")),
    bind(KeyCode::Char('+'), OnMessage::React, "+", key!("page-key-react"), key!("help-message-react")),
    bind(KeyCode::Char('-'), OnMessage::Reactions, "-", key!("page-key-reactions"), key!("help-message-reactions")),
    bind(KeyCode::Char('y'), OnMessage::Copy, "y", key!("page-key-copy"), key!("help-message-copy")),
    bind(KeyCode::Char('o'), OnMessage::CopyLink, "o", key!("page-key-copy-link"), key!("help-message-link")),
    bind(KeyCode::Char('s'), OnMessage::Save, "s", key!("page-key-save-files"), key!("help-message-save")),
    bind(KeyCode::Char('v'), OnMessage::View, "v", key!("page-key-view"), key!("help-message-view")),
    bind(KeyCode::Char('O'), OnMessage::Open, "O", key!("page-key-open-file"), key!("help-message-open")),
    bind(KeyCode::Char('l'), OnMessage::Link, "l", key!("page-key-link"), key!("help-message-download-link")),
    bind(KeyCode::Char('t'), OnMessage::Thread, "t", key!("page-key-thread"), key!("help-message-thread")),
    bind(KeyCode::Char('u'), OnMessage::Unread, "u", key!("page-key-unread"), key!("help-message-unread")),
    bind(KeyCode::Char('p'), OnMessage::Author, "p", key!("page-key-profile"), key!("help-message-profile")),
    bind(KeyCode::Char('P'), OnMessage::Pin, "P", key!("page-key-pin"), key!("help-message-pin")),
    MessageBinding {
        code: KeyCode::Char('P'),
        action: OnMessage::Unpin,
        hint: Some(key!("page-key-unpin")),
        help: None,
    },
    bind(KeyCode::Enter, OnMessage::Original, "Enter", key!("page-key-original"), key!("help-message-original")),
];

/// Gives what a key asks for while a message is selected.
pub fn on_message(key: KeyEvent) -> Option<OnMessage> {
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    MESSAGE_BINDINGS.iter().find(|binding| plain && binding.code == key.code).map(|binding| binding.action)
}

/// Gives the line below a selected message: the keys that can do something with it, and the one that ends the selection.
pub fn message_hints(can: impl Fn(OnMessage) -> bool) -> String {
    let now = MESSAGE_BINDINGS.iter().filter(|binding| can(binding.action));
    let words = now.filter_map(|binding| Some(format!("{} {}", binding.help?.0, binding.hint?.label())));
    words.chain([format!("Esc {}", label!("page-key-done"))]).collect::<Vec<_>>().join(GAP)
}
