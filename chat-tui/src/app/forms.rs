//! Forms that wait for the daemon: they close with a yes, and with a no they stay as they are.

use super::{Model, Popup, Screen};
use crate::chat::{Submitted, Ticket};
use crate::effect::Effect;

/// A form on top has asked for something, or cannot.
pub(super) fn form_submitted(model: &mut Model, submitted: Submitted) -> Vec<Effect> {
    let form = model.popups.last_mut();
    match (submitted, form) {
        (Ok((ticket, effect)), form) => {
            match form {
                Some(Popup::Prompt(form)) => form.wait(ticket),
                Some(Popup::Emoji(form)) => form.wait(ticket),
                Some(Popup::Page(page)) => page.waits(ticket),
                _ => {}
            }
            vec![effect]
        }
        (Err(reason), form) => {
            match form {
                Some(Popup::Prompt(form)) => form.fail(&reason),
                Some(Popup::Emoji(form)) => form.fail(&reason),
                _ => tell(model, reason),
            }
            Vec::new()
        }
    }
}

/// Takes in what became of what forms asked for.
pub(super) fn settle_forms(model: &mut Model) {
    let Screen::Chat(chat) = &mut model.screen else { return };
    for (ticket, result) in chat.take_form_answers() {
        answered(model, ticket, result);
    }
}

fn answered(model: &mut Model, ticket: Ticket, result: Result<(), String>) {
    let waits = |popup: &Popup| match popup {
        Popup::Prompt(form) => form.waits_for(ticket),
        Popup::Emoji(form) => form.waits_for(ticket),
        Popup::Page(page) => page.waits_for(ticket),
        _ => false,
    };
    let place = model.popups.iter().position(waits);
    match (place.map(|place| (place, &mut model.popups[place])), result) {
        (Some((_, Popup::Page(page))), Ok(())) => page.taken(),
        (Some((place, _)), Ok(())) => _ = model.popups.remove(place),
        (Some((_, Popup::Prompt(form))), Err(reason)) => form.fail(&reason),
        (Some((_, Popup::Emoji(form))), Err(reason)) => form.fail(&reason),
        (Some((_, Popup::Page(page))), Err(reason)) => {
            page.refused();
            tell(model, reason);
        }
        (_, Err(reason)) => tell(model, reason),
        (None, Ok(())) => {}
    }
}

fn tell(model: &mut Model, reason: String) {
    if let Screen::Chat(chat) = &mut model.screen {
        chat.fail(reason);
    }
}
