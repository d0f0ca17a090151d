//! Who types where. Typing is never stored; it ends by being stopped, by sending, or by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use proto::{ChannelId, Handle, bounds};

use super::Hub;
use super::circle::Circle;
use super::presence::Timer;
use super::publish::typing_event;
use super::room::{Room, Typing};
use crate::store::UserId;

const TYPING_TIMEOUT: Duration = Duration::from_millis(bounds::TYPING_TIMEOUT_MS);

impl Hub {
    /// Notes that somebody types or has stopped, and tells the others in the channel when that is new. Whoever has not
    /// answered a stranger yet types unseen.
    pub fn set_typing(&self, channel: &ChannelId, user: UserId, typing: bool) {
        let Some((handle, circle, seen)) = self.who_types(user) else { return };
        self.with_room(channel, |room| {
            if !room.roles.contains_key(&user) {
                return;
            }
            if !typing || !seen || room.apart.contains(&user) {
                return end_typing(room, channel, user, handle);
            }
            let until = Instant::now() + TYPING_TIMEOUT;
            // The end is told to whom the beginning was.
            if let Some(typing) = room.typing.get_mut(&user) {
                typing.until = until;
                return;
            }
            room.send_to_others(user, &circle, &typing_event(channel, handle, true));
            room.typing.insert(user, Typing { until, circle });
            self.set_timer(TYPING_TIMEOUT, Timer::Typing(*channel, user));
        });
    }

    /// Gives who types, who sees that, and whether anybody does; nobody sees it of one who is invisible.
    fn who_types(&self, user: UserId) -> Option<(Handle, Arc<Circle>, bool)> {
        let people = self.people();
        let person = people.by_id.get(&user)?;
        Some((person.handle.clone(), person.circle.clone(), person.is_seen()))
    }

    /// Ends somebody's typing if it was not renewed meanwhile.
    pub(super) fn typing_ran_out(&self, channel: &ChannelId, user: UserId) {
        let Some((handle, ..)) = self.who_types(user) else { return };
        self.with_room(channel, |room| {
            let Some(typing) = room.typing.get(&user) else { return };
            let rest = typing.until.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                end_typing(room, channel, user, handle);
            } else {
                self.set_timer(rest, Timer::Typing(*channel, user));
            }
        });
    }
}

/// Ends somebody's typing, and tells those who were told that it began.
pub(super) fn end_typing(room: &mut Room, channel: &ChannelId, user: UserId, handle: Handle) {
    if let Some(typing) = room.typing.remove(&user) {
        room.send_to_others(user, &typing.circle, &typing_event(channel, handle, false));
    }
}
