//! Channels as one person sees them, in lists and by themselves.

use proto::{
    ChannelId, ChannelKind, ChannelName, ChannelPersonal, Handle, Index, NotifyLevel, Rules, Timestamp, Topic, Version,
    bounds,
};

use super::channel_key::{ChannelKey, key_of};
use super::personal::draft;
use super::sqlite::{Row, Rows};
use super::table::channel::name_for;
use super::{Refused, Store, StoreError, UserId};

/// Which channels are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChannelListing {
    /// Only public ones whose name comes after this one.
    pub after: Option<String>,
    /// Only this one.
    pub id: Option<ChannelId>,
    /// Only those of exactly this name.
    pub name: Option<String>,
    /// Only those with this text in their name or topic, in lower case.
    pub text: Option<String>,
    /// At most so many public ones that the asker is not in.
    pub limit: usize,
}

/// A channel as one person sees it, without messages.
#[derive(Debug, Clone)]
pub struct ChannelInfo {
    /// The channel's id; it never changes.
    pub id: ChannelId,
    /// Its name; of a direct conversation the other's handle.
    pub name: ChannelName,
    /// What it is to others.
    pub kind: ChannelKind,
    /// What it is about.
    pub topic: Topic,
    /// Who owns it.
    pub owner: Option<Handle>,
    /// The index of its last message.
    pub last_index: Index,
    /// When its last message was sent.
    pub last_date: Option<Timestamp>,
    /// The channel's version: one higher with each durable change.
    pub version: Version,
    /// Up to where the person has read; `None` when not a member.
    pub last_read: Option<Index>,
    /// Mentions behind `last_read`, counted up to a bound.
    pub mentions: u64,
    /// Who may speak, and how often.
    pub rules: Rules,
    /// What the person has set for it and is writing in it; `None` when not a member.
    pub personal: Option<ChannelPersonal>,
    /// The first message that the person may read.
    pub reads_from: Index,
    /// Whether it is a direct conversation that is in no list of theirs.
    pub closed: bool,
    /// How many are in it.
    pub members_total: u64,
}

impl ChannelInfo {
    /// Messages behind `last_read`; 0 for one who is not a member.
    pub fn unread(&self) -> u64 {
        self.last_read.map_or(0, |last_read| self.last_index.get().saturating_sub(last_read.get()))
    }
}

impl Store {
    /// Lists channels: those that somebody is in, then public ones that they are not in, by name; and whether there are
    /// more of these.
    pub async fn channels(
        &self,
        user: UserId,
        listing: ChannelListing,
    ) -> Result<(Vec<ChannelInfo>, bool), StoreError> {
        self.readers
            .read(move |rows| {
                // A further page holds public channels only.
                let mut channels =
                    if listing.after.is_some() { Vec::new() } else { own_channels(rows, user, &listing)? };
                let mut public = public_channels(rows, user, &listing)?;
                let more = public.len() > listing.limit;
                public.truncate(listing.limit);
                channels.extend(public);
                Ok((channels, more))
            })
            .await
    }
}

impl Store {
    /// Finds the channels of a name that somebody is in, the public one first.
    pub async fn own_channels_named(&self, user: UserId, name: ChannelName) -> Result<Vec<ChannelId>, StoreError> {
        self.readers
            .read(move |rows| {
                rows.all_with(
                    "SELECT c.id FROM member AS m JOIN channel AS c ON c.id = m.channel
                     WHERE m.user = ?1 AND m.closed = 0 AND c.kind <> 'dm' AND c.name = ?2 ORDER BY c.kind <> 'public'",
                    (user, name.as_str()),
                    |row| Ok(row.get::<ChannelKey>(0)?.id()),
                )
            })
            .await
    }
}

/// One row of [`ChannelInfo`] as user `?1` sees it, with up to `?2` mentions counted. The name of a direct conversation is
/// the other's.
macro_rules! select_info {
    () => {
        concat!(
            "SELECT c.id, c.kind, ",
            name_for!("?1"),
            ",
                c.topic, (SELECT handle FROM user WHERE id = c.owner), c.last_index, c.version, m.last_read,
                (SELECT count(*) FROM (
                    SELECT 1 FROM mention WHERE user = ?1 AND channel = c.id AND idx > m.last_read LIMIT ?2)),
                c.read_only, c.slow_mode_s, (SELECT date FROM message WHERE channel = c.id AND idx = c.last_index),
                coalesce(m.reads_from, c.history_from), coalesce(m.closed, 0), c.members, m.level, m.quiet_until
             FROM channel AS c LEFT JOIN member AS m ON m.channel = c.id AND m.user = ?1 "
        )
    };
}

fn info(row: &Row<'_>) -> Result<ChannelInfo, StoreError> {
    let id = row.get::<ChannelKey>(0)?.id();
    let quiet_until = row.get(16)?;
    let personal =
        row.get::<Option<NotifyLevel>>(15)?.map(|level| ChannelPersonal { id, level, quiet_until, draft: None });
    Ok(ChannelInfo {
        id,
        kind: row.get(1)?,
        name: row.get(2)?,
        topic: row.get(3)?,
        owner: row.get(4)?,
        last_index: row.get(5)?,
        version: row.get(6)?,
        last_read: row.get(7)?,
        mentions: row.get(8)?,
        rules: Rules { read_only: row.get(9)?, slow_mode_s: row.get(10)? },
        personal,
        last_date: row.get(11)?,
        reads_from: row.get(12)?,
        closed: row.get(13)?,
        members_total: row.get(14)?,
    })
}

/// Lists what somebody is in and has not closed, direct conversations last.
fn own_channels(rows: &Rows, user: UserId, listing: &ChannelListing) -> Result<Vec<ChannelInfo>, StoreError> {
    let wanted = |info: &ChannelInfo| {
        let is_in = |text: &str, part: &String| text.to_lowercase().contains(part);
        listing.id.is_none_or(|id| info.id == id)
            && listing.name.as_ref().is_none_or(|name| info.kind != ChannelKind::Dm && info.name.as_str() == name)
            && listing
                .text
                .as_ref()
                .is_none_or(|text| is_in(info.name.as_str(), text) || is_in(info.topic.as_str(), text))
    };
    let mut channels = rows.all_with(
        concat!(
            select_info!(),
            "WHERE c.id IN (SELECT channel FROM member WHERE user = ?1 AND closed = 0) ORDER BY c.kind = 'dm', c.name"
        ),
        (user, bounds::MENTIONS_COUNTED_MAX),
        info,
    )?;
    channels.retain(wanted);
    channels.iter_mut().try_for_each(|info| read_draft(rows, user, info))?;
    Ok(channels)
}

/// Lists public channels that somebody is not in, one more than wanted.
fn public_channels(rows: &Rows, user: UserId, listing: &ChannelListing) -> Result<Vec<ChannelInfo>, StoreError> {
    let after = listing.after.as_deref().unwrap_or_default();
    // An id that cannot be ours names no channel; no row has this number.
    let id = listing.id.map(|id| key_of(&id).unwrap_or(ChannelKey::NONE));
    let counted = bounds::MENTIONS_COUNTED_MAX;
    let values = (user, counted, after, &listing.name, &listing.text, id, listing.limit + 1);
    rows.all_with(
        concat!(
            select_info!(),
            "WHERE c.kind = 'public' AND m.user IS NULL AND c.name > ?3 AND (?4 IS NULL OR c.name = ?4)
               AND (?5 IS NULL OR instr(c.name, ?5) > 0 OR instr(lower(c.topic), ?5) > 0)
               AND (?6 IS NULL OR c.id = ?6)
             ORDER BY c.name LIMIT ?7"
        ),
        values,
        info,
    )
}

/// Shows a channel to one of its members.
pub(super) fn info_for_member(rows: &Rows, user: UserId, channel: &ChannelId) -> Result<ChannelInfo, StoreError> {
    let info = rows.one_with(
        concat!(select_info!(), "WHERE c.id = ?3"),
        (user, bounds::MENTIONS_COUNTED_MAX, key_of(channel)?),
        info,
    )?;
    let mut info = info.filter(|info| info.last_read.is_some()).ok_or(Refused::NotAMember)?;
    read_draft(rows, user, &mut info)?;
    Ok(info)
}

fn read_draft(rows: &Rows, user: UserId, info: &mut ChannelInfo) -> Result<(), StoreError> {
    if let Some(personal) = &mut info.personal {
        personal.draft = draft(rows, key_of(&info.id)?, user)?;
    }
    Ok(())
}
