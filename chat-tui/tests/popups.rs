//! A golden screen of each popup, on a common and on a narrow terminal. Each is drawn by itself: what lies behind it is
//! somebody else's.

use chat_tui::component::confirm::ConfirmPopup;
use chat_tui::component::delete_account::DeleteAccountPopup;
use chat_tui::component::emoji::EmojiPopup;
use chat_tui::component::link::{LinkPopup, LinkPurpose};
use chat_tui::component::password::PasswordPopup;
use chat_tui::component::popup::Popup;
use chat_tui::component::prompt::PromptPopup;
use chat_tui::component::server_key::ServerKeyPopup;
use chat_tui::deed::Deed;
use chat_tui::text::CleanLine;
use chat_tui::theme::Theme;
use chat_tui::trust::KeyError;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proto::{ClientPacket, Index, Kick};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Gives what a popup looks like on both terminals.
fn looks(popup: &dyn Popup) -> String {
    let drawn = |columns, rows| {
        let area = Rect::new(0, 0, columns, rows);
        let mut buffer = Buffer::empty(area);
        popup.view(area, &mut buffer, &Theme::plain());
        let line = |y| (0..columns).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..rows).map(line).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    };
    format!("{}\n\n{}", drawn(80, 24), drawn(40, 15))
}

fn press(popup: &mut dyn Popup, codes: &[KeyCode]) {
    for code in codes {
        popup.key(KeyEvent::new(*code, KeyModifiers::NONE));
    }
}

#[test]
fn a_question() {
    let (id, handle) = ("c1".parse().unwrap(), "bob".parse().unwrap());
    let deed = Deed::Say(ClientPacket::Kick(Kick { id, handle }));
    insta::assert_snapshot!(looks(&ConfirmPopup::new("Remove bob from #tea?", "", deed)));
}

#[test]
fn a_question_about_what_would_be_gone() {
    let deed = Deed::Delete("c1".parse().unwrap(), Index::new(3));
    insta::assert_snapshot!(looks(&ConfirmPopup::new("Delete this message?", "coming with the tea", deed)));
}

#[test]
fn a_link_with_its_code() {
    let url = CleanLine::new("https://chat.example.org/l/3n8v0c5rk2w9z7d4h1qt");
    let popup = LinkPopup::new(LinkPurpose::Send { channel: "#plans".into() }, url, "14:32".into());
    insta::assert_snapshot!(looks(&popup));
}

#[test]
fn the_form_for_a_channel() {
    let mut form = PromptPopup::create_channel();
    form.paste("Release Party!");
    press(&mut form, &[KeyCode::Tab, KeyCode::Enter]);
    insta::assert_snapshot!(looks(&form));
}

#[test]
fn the_form_for_an_invitation() {
    let people = vec!["bob".parse().unwrap()];
    let mut form = PromptPopup::invite("c1".parse().unwrap(), "#tea", people);
    form.paste("b");
    press(&mut form, &[KeyCode::Tab]);
    insta::assert_snapshot!(looks(&form));
}

#[test]
fn the_form_for_a_reaction() {
    let mut form = EmojiPopup::new("c1".parse().unwrap(), Index::new(3));
    form.paste("tada");
    insta::assert_snapshot!(looks(&form));
}

#[test]
fn the_form_for_a_password() {
    let mut form = PasswordPopup::default();
    press(&mut form, &[KeyCode::Tab]);
    form.paste("four plain words");
    press(&mut form, &[KeyCode::Enter, KeyCode::Enter]);
    insta::assert_snapshot!(looks(&form));
}

#[test]
fn the_form_that_deletes_the_account() {
    let mut form = DeleteAccountPopup::new(&"alice".parse().unwrap());
    press(&mut form, &[KeyCode::Up]);
    insta::assert_snapshot!(looks(&form));
}

#[test]
fn a_key_that_has_changed() {
    let error = KeyError::Changed { known: "SHA256:old".to_owned(), found: "SHA256:new".to_owned() };
    insta::assert_snapshot!(looks(&ServerKeyPopup::new("https://box:7300".parse().unwrap(), error, true)));
}
