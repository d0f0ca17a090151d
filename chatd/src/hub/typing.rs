//! Who types where. Typing is never stored; it ends by being stopped, by sending, or by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use proto::{ChannelId, Handle, bounds};

use super::Hub;
use super::circle::Circle;
use super::presence::Timer;
use super::publish::typing_event;
use crate::store::UserId;

const TYPING_TIMEOUT: Duration = Duration::from_millis(bounds::TYPING_TIMEOUT_MS);

impl Hub {
    /// Notes that somebody types or has stopped, and tells the others in the channel when that is new.
    pub fn set_typing(&self, channel: &ChannelId, user: UserId, typing: bool) {
        let seen = self.seen_typing(user);
        self.with_room(channel, |room| {
            if !room.roles.contains_key(&user) {
                return;
            }
            let Some((handle, circle)) = seen else {
                // Nobody is told, and nothing stays behind for when they are seen again.
                room.typing.remove(&user);
                return;
            };
            let changed = if typing {
                room.typing.insert(user, Instant::now() + TYPING_TIMEOUT).is_none()
            } else {
                room.typing.remove(&user).is_some()
            };
            if changed {
                room.send_to_others(user, &circle, &typing_event(channel, handle, typing));
                if typing {
                    self.set_timer(TYPING_TIMEOUT, Timer::Typing(*channel, user));
                }
            }
        });
    }

    /// Gives who types, and who sees that; nobody sees it of one who is invisible.
    fn seen_typing(&self, user: UserId) -> Option<(Handle, Arc<Circle>)> {
        let people = self.people();
        let person = people.by_id.get(&user).filter(|person| person.is_seen())?;
        Some((person.handle.clone(), person.circle.clone()))
    }

    /// Ends somebody's typing if it was not renewed meanwhile.
    pub(super) fn typing_ran_out(&self, channel: &ChannelId, user: UserId) {
        let seen = self.seen_typing(user);
        self.with_room(channel, |room| {
            let Some(end) = room.typing.get(&user) else { return };
            let rest = end.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                room.typing.remove(&user);
                if let Some((handle, circle)) = seen {
                    room.send_to_others(user, &circle, &typing_event(channel, handle, false));
                }
            } else {
                self.set_timer(rest, Timer::Typing(*channel, user));
            }
        });
    }
}
