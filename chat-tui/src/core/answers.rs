//! Answers to requests: what the core has asked for itself it goes on with; other answers go to whoever waits for them.

use proto::{
    ChannelId, ErrorCode, ErrorReply, ListMembers, Nonce, OpenDm, OpenWall, Ref, RenewToken, RenewedToken, Request,
    SendMessage, Sent,
};
use serde_json::value::RawValue;

use super::{Asked, Core, CoreEffect, Happened, RequestId};

/// The shortest wait before what was refused for haste is sent again, whatever the daemon says.
const SEND_PAUSE_MILLIS: u64 = 100;

impl Core {
    pub(super) fn answered(&mut self, reference: &Ref, answer: Result<Box<RawValue>, ErrorReply>) {
        let Ref::Number(number) = reference else { return };
        let request = RequestId(number.cast_unsigned());
        let Some(asked) = self.asked.remove(&request) else { return };
        if matches!(asked, Asked::Caller | Asked::Leave(_) | Asked::Change { .. }) {
            self.note_happened(Happened::Answered(request, answer.clone()));
        }
        match answer {
            Ok(payload) => self.done(asked, &payload),
            Err(refusal) => self.refused(asked, refusal),
        }
    }

    /// What was asked for is done. An answer that cannot be read is passed over, but of a message it says that it has come.
    fn done(&mut self, asked: Asked, payload: &RawValue) {
        match asked {
            Asked::Hello | Asked::Caller | Asked::Unasked | Asked::Leave(_) | Asked::Change { .. } => {}
            Asked::Draft(id, draft) => {
                if let Some(channel) = self.channels.get_mut(&id) {
                    channel.draft.kept = draft;
                }
            }
            Asked::Renew => _ = RenewToken::read_answer(payload).map(|renewed| self.renewed(renewed)),
            Asked::Conversation(handle) => {
                _ = OpenDm::read_answer(payload).map(|joined| self.conversation_opened(handle, joined));
            }
            Asked::Members(id) => self.members_came(id, ListMembers::read_answer(payload).ok()),
            Asked::Wall => _ = OpenWall::read_answer(payload).map(|joined| self.wall_opened(joined)),
            Asked::Send(id, nonce) => self.sent(id, &nonce, SendMessage::read_answer(payload).ok()),
        }
    }

    /// What was asked for is refused.
    fn refused(&mut self, asked: Asked, refusal: ErrorReply) {
        match asked {
            Asked::Hello => match refusal.code {
                ErrorCode::TokenInvalid | ErrorCode::TokenExpired => {
                    self.note_happened(Happened::SessionEnded(refusal.reason));
                }
                // The connection closes and is tried again later.
                _ => self.note_happened(Happened::Refused(refusal)),
            },
            Asked::Wall => self.wall_refused(refusal.reason),
            Asked::Conversation(handle) => self.conversation_refused(handle, refusal.reason),
            Asked::Change { packet, again } => {
                self.note_happened(Happened::ChangeRefused { packet: *packet, again, reason: refusal.reason });
            }
            Asked::Send(channel, nonce) => self.send_refused(channel, &nonce, refusal),
            Asked::Renew => {
                self.renewed_at = Some(self.now);
                self.renew_later();
            }
            // It lies on this machine, and is told again with what is typed next.
            Asked::Draft(id, _) => {
                if let Some(channel) = self.channels.get_mut(&id) {
                    channel.draft.is_lost();
                    channel.draft.is_new = false;
                }
            }
            Asked::Leave(id) => _ = self.leaving.remove(&id),
            Asked::Members(id) => self.members_refused(id, &refusal),
            Asked::Caller | Asked::Unasked => {}
        }
    }

    fn renewed(&mut self, renewed: RenewedToken) {
        self.session.token = renewed.token;
        self.session.issued_at = self.now;
        self.session.expires_at = renewed.expires_at;
        self.renewed_at = Some(self.now);
        self.add_effect(CoreEffect::RenewSession(self.session.clone()));
        self.renew_later();
    }

    /// The daemon has a message.
    fn sent(&mut self, id: ChannelId, nonce: &Nonce, sent: Option<Sent>) {
        if self.walls.knows(&id) {
            self.note_happened(Happened::Posted);
        }
        match (sent.map(|sent| sent.index), self.channels.get(&id)) {
            // It is shown when it comes. What was stored long ago, by a message whose answer was lost, may come no more.
            (Some(index), Some(channel)) if !channel.history.has(index) => {
                self.outbox.stored(nonce, index);
                self.forget_what_is_past(id);
            }
            (Some(index), Some(_)) => {
                if let Some(number) = self.outbox.arrived(id, index, Some(nonce)) {
                    self.note_happened(Happened::Arrived { id, number, index });
                }
            }
            _ => self.outbox.done(nonce),
        }
    }

    /// What is stored below the newest message and is not here lies in a gap: nothing more has to come.
    pub(super) fn forget_what_is_past(&mut self, id: ChannelId) {
        if let Some(channel) = self.channels.get(&id).filter(|channel| channel.is_up_to_date()) {
            self.outbox.forget_stored(id, channel.history.last_index());
        }
    }

    fn send_refused(&mut self, id: ChannelId, nonce: &Nonce, refusal: ErrorReply) {
        // Too fast is no refusal of the message: it goes again when the daemon says.
        let slow =
            self.channels.get(&id).is_some_and(|channel| channel.rules.slow_mode_s > 0 || channel.gone.is_some());
        if let (ErrorCode::RateLimited, Some(wait), false) = (&refusal.code, refusal.retry_after_ms, slow) {
            let when = self.now.plus_millis(i64::try_from(wait.max(SEND_PAUSE_MILLIS)).unwrap_or(i64::MAX));
            self.outbox.later(nonce, when);
            self.add_effect(CoreEffect::WakeAt(when));
        } else if self.walls.knows(&id) {
            self.post_refused(nonce, refusal.reason);
        } else {
            if refusal.code == ErrorCode::NoSuchFile {
                self.outbox.forget_uploaded(nonce);
            }
            self.outbox.refused(nonce, &refusal.reason);
        }
    }
}
