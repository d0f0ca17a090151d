//! Who may speak in a channel: its rules, timeouts, and how soon members speak again in slow mode.

use proto::{Role, Rules, Timestamp};

use super::channel_key::ChannelKey;
use super::sqlite::Row;
use super::table::access::role_on_wall;
use super::work::StoreWork;
use super::{Refused, StoreError, UserId};

/// Messages that are looked through for the last one of a member.
const SLOW_MODE_MESSAGES: u32 = 500;
/// How far a clock that is kept right may be put back; what is further ahead was said by one that was wrong.
const CLOCK_STEP_MILLIS: u64 = 60_000;

/// What a channel and a membership say of who may speak.
pub(super) struct Speech {
    pub(super) role: Role,
    pub(super) rules: Rules,
    pub(super) muted: Option<Mute>,
}

impl Speech {
    /// Reads them for a member, or for who may read a wall.
    pub(super) fn of(work: &StoreWork<'_>, channel: ChannelKey, user: UserId) -> Result<Self, StoreError> {
        let speech = work.one_with(
            "SELECT m.role, m.muted_until, m.muted_for_s, c.read_only, c.slow_mode_s
             FROM member AS m JOIN channel AS c ON c.id = m.channel WHERE m.channel = ?1 AND m.user = ?2",
            (channel, user),
            |row| {
                Ok(Self {
                    role: row.get(0)?,
                    muted: Mute::read(row, 1, 2)?,
                    rules: Rules { read_only: row.get(3)?, slow_mode_s: row.get(4)? },
                })
            },
        )?;
        // On a wall nobody is a member, and nobody is muted.
        let of_reader = || {
            let role = role_on_wall(work, channel, user)?;
            Ok(Self { role, rules: Rules::default(), muted: None })
        };
        speech.map_or_else(of_reader, Ok)
    }

    /// Refuses who is muted.
    pub(super) fn require_not_muted(&self, now: Timestamp) -> Result<(), StoreError> {
        let rest = self.muted.and_then(|mute| mute.rest(now));
        rest.map_or(Ok(()), |rest| Err(Refused::Muted(rest).into()))
    }

    /// Refuses who may not speak at all.
    pub(super) fn require_may_speak(&self, now: Timestamp) -> Result<(), StoreError> {
        self.require_not_muted(now)?;
        if self.role == Role::Member && self.rules.read_only {
            return Err(Refused::ReadOnly.into());
        }
        Ok(())
    }

    /// Refuses who may not speak now.
    pub(super) fn require_may_speak_now(
        &self,
        work: &StoreWork<'_>,
        channel: ChannelKey,
        user: UserId,
    ) -> Result<(), StoreError> {
        self.require_may_speak(work.now)?;
        if self.role != Role::Member || self.rules.slow_mode_s == 0 {
            return Ok(());
        }
        let last: Option<i64> = work.only(
            "SELECT max(date) FROM (SELECT user, date FROM message WHERE channel = ?1 ORDER BY idx DESC LIMIT ?3)
             WHERE user = ?2",
            (channel, user, SLOW_MODE_MESSAGES),
        )?;
        let pause = u64::from(self.rules.slow_mode_s) * 1_000;
        // What was said while the clock was ahead keeps the date of then.
        let spoken = work.spoken.of(channel, user).or(last.map(Timestamp::from_millis));
        let next = spoken.map(|last| last.plus_millis(pause.cast_signed()));
        let rest = next.and_then(|next| rest(next, pause, work.now));
        rest.map_or(Ok(()), |rest| Err(Refused::TooSoon(rest).into()))
    }
}

/// That somebody may not speak for a while.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mute {
    until: Timestamp,
    /// For how many seconds that was; older stores do not know.
    seconds: Option<u32>,
}

impl Mute {
    /// Reads the columns `muted_until` and `muted_for_s`.
    pub(super) fn read(row: &Row<'_>, until: usize, seconds: usize) -> Result<Option<Self>, StoreError> {
        let until = row.get::<Option<Timestamp>>(until)?;
        let seconds = row.get(seconds)?;
        Ok(until.map(|until| Self { until, seconds }))
    }

    /// Gives how many milliseconds it lasts from now on, if it does.
    pub(super) fn rest(self, now: Timestamp) -> Option<u64> {
        rest(self.until, self.seconds.map_or(u64::MAX, |seconds| u64::from(seconds) * 1_000), now)
    }
}

/// Gives how many milliseconds are left until a moment, of as many as a rule says: never more, and none when it is so far
/// ahead that the clock has been put back since.
fn rest(until: Timestamp, rule_millis: u64, now: Timestamp) -> Option<u64> {
    let rest = until.millis_since(now);
    (1..=rule_millis.saturating_add(CLOCK_STEP_MILLIS)).contains(&rest).then_some(rest.min(rule_millis))
}

#[cfg(test)]
mod tests;
