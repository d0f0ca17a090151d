//! Who types where, and what somebody uploads. Neither is ever stored; typing ends by being stopped, by sending, or by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use proto::codec::encode_event;
use proto::{ChannelId, Handle, ServerPacket, Uploading, bounds};

use super::Hub;
use super::channel::{LiveChannel, Typing};
use super::outbox::{Item, Outbox};
use super::publish::typing_event;
use super::timers::Timer;
use crate::store::UserId;

const TYPING_TIMEOUT: Duration = Duration::from_millis(bounds::TYPING_TIMEOUT_MS);

impl Hub {
    /// Notes that somebody types or has stopped, and sends that to the others in the channel when it is new. A member
    /// whom a stranger has added, and who has not answered yet, types unseen.
    pub fn set_typing(&self, channel: &ChannelId, user: UserId, typing: bool) {
        let registry = self.registry();
        let (Some(account), Some(membership)) = (registry.account(user), registry.membership(channel, user)) else {
            return;
        };
        // Nobody sees it of one who is invisible.
        let seen = self.node().people.get(&user).is_some_and(|person| person.is_seen(&account.record));
        self.with_channel(channel, |live| {
            let handle = account.record.handle.clone();
            if !typing || !seen || membership.apart {
                return end_typing(live, channel, user, handle);
            }
            let until = Instant::now() + TYPING_TIMEOUT;
            // Who was sent the beginning is sent the end.
            if let Some(typing) = live.typing.get_mut(&user) {
                typing.until = until;
                return;
            }
            let relations = account.relations.clone();
            live.send_to_others(user, &relations, &typing_event(channel, handle, true));
            live.typing.insert(user, Typing { until, relations });
            self.set_timer(TYPING_TIMEOUT, Timer::Typing(*channel, user));
        });
    }

    /// Tells the other connections of somebody how far the files of a message are. A slow one is spared it.
    pub fn send_to_others_of(&self, from: &Arc<Outbox>, news: &Uploading) {
        let event = ServerPacket::Upload(Box::new(news.clone()));
        let item = Item::Typing(news.id, encode_event(&event).into());
        let others = self.connections_of(from.user()).into_iter().filter(|outbox| outbox.id() != from.id());
        others.for_each(|outbox| outbox.push(item.clone()));
    }

    /// Ends somebody's typing if it was not renewed meanwhile.
    pub(super) fn typing_ran_out(&self, channel: &ChannelId, user: UserId) {
        let registry = self.registry();
        let Some(account) = registry.account(user) else { return };
        self.with_channel(channel, |live| {
            let Some(typing) = live.typing.get(&user) else { return };
            let rest = typing.until.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                end_typing(live, channel, user, account.record.handle.clone());
            } else {
                self.set_timer(rest, Timer::Typing(*channel, user));
            }
        });
    }
}

/// Ends somebody's typing, and sends that to those who were sent that it began.
pub(super) fn end_typing(live: &mut LiveChannel, channel: &ChannelId, user: UserId, handle: Handle) {
    if let Some(typing) = live.typing.remove(&user) {
        live.send_to_others(user, &typing.relations, &typing_event(channel, handle, false));
    }
}
