//! Talking to somebody: the conversation is opened first. What was written meanwhile waits in the outbox, as any message
//! does, whatever happens to the connection.

use proto::{ChannelId, Handle, Joined, OpenDm};

use super::outbox::Recipient;
use super::{Asked, Core, Happened};

impl Core {
    /// Asks for the conversations that something waits for, once on each connection.
    pub(super) fn open_conversations(&mut self) {
        for handle in self.outbox.unopened() {
            if self.opening.insert(handle.clone()) {
                self.add_request(Asked::Conversation(handle.clone()), OpenDm { handle });
            }
        }
    }

    /// The daemon has opened a conversation: it is shown by a picture, or is here already.
    pub(super) fn conversation_opened(&mut self, handle: Handle, Joined { id }: Joined) {
        if self.is_in(&id) {
            self.conversation_shown(&handle, id);
        }
        self.note_happened(Happened::ConversationOpened(handle, id));
    }

    /// A conversation is here: what waited for it may go.
    pub(super) fn conversation_shown(&mut self, handle: &Handle, id: ChannelId) {
        self.opening.remove(handle);
        self.outbox.opened(&Recipient::Person(handle.clone()), id);
    }

    /// There is no conversation to be had: what waited for it is given back, with the reason.
    pub(super) fn conversation_refused(&mut self, handle: Handle, reason: String) {
        self.opening.remove(&handle);
        let given = self.outbox.give_back(&Recipient::Person(handle.clone()));
        self.note_happened(Happened::ConversationRefused(handle, given, reason));
    }
}
