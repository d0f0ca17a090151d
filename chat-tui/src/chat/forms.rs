//! Forms over the chat that wait for an answer of the daemon: they close when it is yes, and keep what stands in them when it
//! is no, so that nothing that is typed next goes where it was not meant to.

use proto::{
    ChannelId, ChannelName, ClientPacket, Content, CreateChannel, CreatedKind, EditMessage, Handle, Index, Invite,
    MessageKind,
};

use super::{Asked, ChatScreen, Deed};
use crate::core::RequestId;
pub use crate::deed::Ticket;
use crate::effect::Effect;
use crate::rules::OnScreen;

/// What a form waits for and what is to be done for it, or why it cannot be done.
pub type Submitted = Result<(Ticket, Effect), String>;

impl ChatScreen {
    /// Creates a channel and shows it.
    pub fn create_in_form(&mut self, name: ChannelName, kind: CreatedKind) -> Submitted {
        let create = CreateChannel { name, kind, topic: None };
        self.ask_in_form(Asked::Open, ClientPacket::CreateChannel(create))
    }

    /// Makes somebody a member of a channel, or asks them to become one.
    pub fn invite_in_form(&mut self, id: ChannelId, handle: Handle) -> Submitted {
        if !self.core.is_in(&id) {
            return Err(label!("error-not-a-member").to_owned());
        }
        self.ask_in_form(Asked::Invite(handle.clone()), ClientPacket::Invite(Invite { id, handle }))
    }

    /// Reacts to a message.
    pub fn perform_in_form(&mut self, deed: Deed) -> Submitted {
        self.ask_in_form(Asked::Quietly, deed.packet())
    }

    /// Gives a message another text.
    pub fn edit_in_form(&mut self, id: ChannelId, index: Index, content: Content) -> Submitted {
        let fits = self.core.too_large(id, &content, MessageKind::Text).map(|error| error.on_screen());
        fits.map_or(Ok(()), Err)?;
        self.ask_in_form(Asked::Quietly, ClientPacket::EditMessage(EditMessage { id, index, content }))
    }

    /// Sets something; what a page shows is otherwise then.
    pub fn set_in_form(&mut self, packet: ClientPacket) -> Submitted {
        self.ask_in_form(Asked::Confirmed, packet)
    }

    fn ask_in_form(&mut self, asked: Asked, packet: ClientPacket) -> Submitted {
        if !self.core.is_online() {
            return Err(label!("error-offline").to_owned());
        }
        let ticket = Ticket(self.core.next_request());
        Ok((ticket, self.ask(Asked::Form(Box::new(asked)), packet)))
    }

    /// What a form waits for was answered.
    pub(super) fn form_answered(&mut self, request: RequestId, result: Result<(), String>) {
        self.form_answers.push((Ticket(request), result));
    }

    /// No answer comes on a connection that is lost.
    pub(super) fn forms_lost(&mut self) {
        let waiting = self.waiting.iter().filter(|(_, asked)| matches!(asked.0, Asked::Form(_)));
        let waiting = waiting.map(|(request, _)| *request).collect::<Vec<_>>();
        for request in waiting {
            self.form_answered(request, Err(label!("error-connection-lost").to_owned()));
        }
    }

    /// Gives what became of what forms asked for since the last time.
    pub(crate) fn take_form_answers(&mut self) -> Vec<(Ticket, Result<(), String>)> {
        std::mem::take(&mut self.form_answers)
    }
}
