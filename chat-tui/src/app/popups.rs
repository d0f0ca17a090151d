//! The popups: shown, given what they want, told what became of it, closed. What any of them wants is done here alone.

use super::pages::pages;
use super::{Layer, Model, Screen};
use crate::chat::{ChatScreen, Submitted, Ticket};
use crate::component::popup::{Awaited, Popup, PopupOutcome};
use crate::effect::Effect;

/// Shows a popup above everything else.
pub(super) fn show(model: &mut Model, mut popup: impl Popup + 'static) {
    popup.resized(model.area());
    model.layers.push(Layer::Popup(Box::new(popup)));
}

/// Takes away what waits for this, or for nothing else any more.
pub(super) fn close_awaiting(model: &mut Model, awaited: Awaited) {
    model.layers.retain(|layer| !matches!(layer, Layer::Popup(popup) if popup.awaits(awaited)));
}

/// Does what the popup on top wants after a key.
pub(super) fn perform(model: &mut Model, outcome: PopupOutcome) -> Vec<Effect> {
    match outcome {
        PopupOutcome::Stay => return Vec::new(),
        PopupOutcome::Start(effect) => return vec![effect],
        PopupOutcome::React(deed) => return ask(model, |chat| chat.perform_in_form(deed)),
        PopupOutcome::Create(name, kind) => return ask(model, |chat| chat.create_in_form(name, kind)),
        PopupOutcome::Invite(channel, handle) => return ask(model, |chat| chat.invite_in_form(channel, handle)),
        PopupOutcome::Close | PopupOutcome::Perform(_) | PopupOutcome::Trust(..) => {}
    }
    model.layers.pop();
    match (outcome, &mut model.screen) {
        (PopupOutcome::Perform(deed), Screen::Chat(chat)) => chat.perform(deed),
        (PopupOutcome::Trust(server, key), screen) => {
            let mut effects = vec![Effect::Trust(server, key)];
            // What the unknown key held up goes on.
            if let Screen::Login(login) = screen {
                effects.extend(login.submit());
            }
            effects
        }
        _ => Vec::new(),
    }
}

/// Asks the daemon for something, for which the popup on top waits.
fn ask(model: &mut Model, submit: impl FnOnce(&mut ChatScreen) -> Submitted) -> Vec<Effect> {
    let (Screen::Chat(chat), Some(Layer::Popup(popup))) = (&mut model.screen, model.layers.last_mut()) else {
        return Vec::new();
    };
    match submit(chat) {
        Ok((ticket, effect)) => {
            popup.wait(ticket);
            vec![effect]
        }
        Err(reason) => {
            popup.fail(&reason);
            Vec::new()
        }
    }
}

/// Takes in what became of what forms and boxes on pages asked the daemon for, and shows a link that is made.
pub(super) fn settle_forms(model: &mut Model) {
    let Screen::Chat(chat) = &mut model.screen else { return };
    if let Some(link) = chat.take_link() {
        show(model, link);
    }
    let Screen::Chat(chat) = &mut model.screen else { return };
    for (ticket, result) in chat.take_form_answers() {
        answered(model, ticket, result);
    }
}

fn answered(model: &mut Model, ticket: Ticket, result: Result<(), String>) {
    let page = pages(model).find(|page| page.waits_for(ticket));
    match (page, result) {
        (Some(page), Ok(())) => page.taken(),
        (Some(page), Err(reason)) => {
            page.refused();
            tell(model, reason);
        }
        (None, result) => has_come(model, Awaited::Answer(ticket), result),
    }
}

/// Closes the popup that waits for this, or shows in it why it did not come.
pub(super) fn has_come(model: &mut Model, awaited: Awaited, result: Result<(), String>) {
    let Err(reason) = result else { return close_awaiting(model, awaited) };
    let popup = model.layers.iter_mut().find_map(|layer| match layer {
        Layer::Popup(popup) if popup.awaits(awaited) => Some(popup),
        _ => None,
    });
    match popup {
        Some(popup) => popup.fail(&reason),
        None => tell(model, reason),
    }
}

fn tell(model: &mut Model, reason: String) {
    if let Screen::Chat(chat) = &mut model.screen {
        chat.fail(reason);
    }
}
