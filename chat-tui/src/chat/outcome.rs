//! What a key, a click or a command leads to. What is outside of the chat screen is done by the app.

use crate::component::confirm::ConfirmPopup;
use crate::component::emoji::EmojiPopup;
use crate::component::prompt::PromptPopup;
use crate::component::selfie::Selfie;
use crate::component::viewer::Viewer;
use crate::effect::Effect;
use crate::page::PagePlace;

/// What a key leads to.
pub enum KeyOutcome {
    /// Go on, with these effects.
    GoOn(Vec<Effect>),
    /// Show the keys and commands.
    Help,
    /// Ask for another password.
    Password,
    /// Show a form.
    Prompt(PromptPopup),
    /// Ask whether it is meant.
    Confirm(ConfirmPopup),
    /// Ask for an emoji.
    Emoji(EmojiPopup),
    /// Look at a picture.
    View(Viewer),
    /// Take a selfie.
    Selfie(Selfie),
    /// Show a page.
    Page(PagePlace),
    /// End the session on the server and show the form.
    SignOut,
    /// End the program.
    Quit,
}

impl KeyOutcome {
    /// The same after other effects.
    pub(super) fn after(self, mut before: Vec<Effect>) -> Self {
        match self {
            Self::GoOn(effects) => {
                before.extend(effects);
                Self::GoOn(before)
            }
            other => other,
        }
    }
}
