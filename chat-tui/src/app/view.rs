//! How the whole looks: the screen, and what lies over it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{Model, Popup, Screen};
use crate::chat;
use crate::component::{confirm, emoji, help, leave, login, password, prompt, server_key};
use crate::theme::Theme;

/// Draws everything and gives the place of the cursor.
pub fn view(model: &Model, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let screen = Rect::new(0, 0, model.size.0, model.size.1);
    let mut cursor = match &model.screen {
        Screen::Login(login) => login::view(login, screen, buffer, theme),
        Screen::Chat(chat) => chat::view(chat, buffer, theme),
    };
    for popup in &model.popups {
        cursor = match popup {
            Popup::Help(help) => {
                help::view(help, screen, buffer, theme);
                None
            }
            Popup::Prompt(prompt) => prompt::view(prompt, screen, buffer, theme),
            Popup::ServerKey(question) => server_key::view(question, screen, buffer, theme),
            Popup::Confirm(question) => {
                confirm::view(question, screen, buffer, theme);
                None
            }
            Popup::Emoji(form) => emoji::view(form, screen, buffer, theme),
            Popup::Password(form) => password::view(form, screen, buffer, theme),
            Popup::Leave(form) => leave::view(form, screen, buffer, theme),
            Popup::Page(page) => match &model.screen {
                Screen::Chat(chat) => page.view(chat, chat::page_area(chat), buffer, theme),
                Screen::Login(_) => None,
            },
        };
    }
    cursor
}
