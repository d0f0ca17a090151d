//! What becomes of popups: forms that are filled in, questions that are answered.

use super::forms::form_submitted;
use super::{Model, Popup, Screen};
use crate::chat;
use crate::component::{emoji, form, password, prompt, server_key};
use crate::effect::Effect;

pub(super) fn show_password(model: &mut Model) {
    if let Screen::Chat(chat) = &model.screen {
        model.popups.push(Popup::Password(Box::new(password::State::new(chat.session.handle.as_str()))));
    }
}

pub(super) fn form_done(model: &mut Model, outcome: form::Outcome) -> Vec<Effect> {
    match outcome {
        form::Outcome::Stay(effect) => effect.into_iter().collect(),
        form::Outcome::Close => {
            model.popups.pop();
            Vec::new()
        }
    }
}

pub(super) fn popup_done(model: &mut Model, outcome: prompt::Outcome) -> Vec<Effect> {
    let submitted = match (outcome, &mut model.screen) {
        (prompt::Outcome::Create(name, kind), Screen::Chat(chat)) => chat.create_in_form(name, kind),
        (prompt::Outcome::Invite(channel, handle), Screen::Chat(chat)) => chat.invite_in_form(channel, handle),
        (prompt::Outcome::Stay, _) => return Vec::new(),
        _ => {
            model.popups.pop();
            return Vec::new();
        }
    };
    form_submitted(model, submitted)
}

pub(super) fn emoji_done(model: &mut Model, outcome: emoji::Outcome) -> Vec<Effect> {
    let submitted = match (outcome, &mut model.screen) {
        (emoji::Outcome::React(deed), Screen::Chat(chat)) => chat.perform_in_form(deed),
        (emoji::Outcome::Stay, _) => return Vec::new(),
        _ => {
            model.popups.pop();
            return Vec::new();
        }
    };
    form_submitted(model, submitted)
}

/// Goes on with what the unknown key held up, once it is trusted.
pub(super) fn server_key_done(model: &mut Model, outcome: server_key::Outcome) -> Vec<Effect> {
    if matches!(outcome, server_key::Outcome::Stay) {
        return Vec::new();
    }
    model.popups.pop();
    let server_key::Outcome::Trust(server, key) = outcome else { return Vec::new() };
    let mut effects = vec![Effect::Trust(server, key)];
    if let Screen::Login(login) = &mut model.screen {
        effects.extend(login.submit());
    }
    effects
}

/// Closes a form about a message, and does what was decided in it.
pub(super) fn deed_done(model: &mut Model, deed: Option<chat::Deed>) -> Vec<Effect> {
    model.popups.pop();
    match (deed, &mut model.screen) {
        (Some(deed), Screen::Chat(chat)) => chat.perform(deed),
        _ => Vec::new(),
    }
}

/// Closes the form of the password, or shows in it why the password is still the old one.
pub(super) fn password_changed(model: &mut Model, changed: Result<(), String>) {
    let place = model.popups.iter().position(|popup| matches!(popup, Popup::Password(_)));
    let Screen::Chat(chat) = &mut model.screen else { return };
    match (changed, place) {
        (Ok(()), place) => {
            place.map(|place| model.popups.remove(place));
            chat.tell("the password is set, your other sessions have ended");
        }
        (Err(reason), Some(place)) => {
            if let Popup::Password(form) = &mut model.popups[place] {
                form.fail(&reason);
            }
        }
        (Err(reason), None) => chat.fail(reason),
    }
}
