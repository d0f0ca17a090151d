//! How the whole looks: the screen, and what lies over it.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::{Layer, Model, Screen};
use crate::chat;
use crate::chat::view_chat;
use crate::component::login::view_login;
use crate::component::selfie::view_selfie;
use crate::component::viewer::view_viewer;
use crate::theme::Theme;

/// Draws everything and gives the place of the cursor.
pub fn view(model: &Model, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let screen = model.area();
    let mut cursor = match &model.screen {
        Screen::Login(login) => view_login(login, screen, buffer, theme),
        Screen::Chat(chat) => view_chat(chat, buffer, theme),
    };
    for layer in &model.layers {
        cursor = match (layer, &model.screen) {
            (Layer::Popup(popup), _) => popup.view(screen, buffer, theme),
            (Layer::Viewer(viewer), Screen::Chat(chat)) => {
                view_viewer(viewer, chat, screen, buffer, theme);
                None
            }
            (Layer::Viewer(_), Screen::Login(_)) => None,
            (Layer::Selfie(selfie), Screen::Chat(chat)) => {
                view_selfie(selfie, chat.now, screen, buffer, theme);
                None
            }
            (Layer::Selfie(_), Screen::Login(_)) => None,
            (Layer::Page(page), Screen::Chat(chat)) => page.view(chat, chat::page_area(chat), buffer, theme),
            (Layer::Page(_), Screen::Login(_)) => None,
        };
    }
    cursor
}
