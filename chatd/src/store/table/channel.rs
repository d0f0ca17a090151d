//! The row of a channel: what it is to others, its name, its version and its number of members.

use proto::{ChannelKind, Topic, Version};

use crate::store::channel_key::ChannelKey;
use crate::store::names::skeleton;
use crate::store::sqlite::Rows;
use crate::store::work::StoreWork;
use crate::store::{Change, Refused, StoreError, UserId};

pub(in crate::store) fn kind(work: &StoreWork<'_>, channel: ChannelKey) -> Result<ChannelKind, StoreError> {
    let kind = work.only::<ChannelKind>("SELECT kind FROM channel WHERE id = ?1", [channel])?;
    Ok(kind)
}

pub(in crate::store) fn is_dm(work: &StoreWork<'_>, channel: ChannelKey) -> Result<bool, StoreError> {
    Ok(kind(work, channel)? == ChannelKind::Dm)
}

pub(in crate::store) fn is_public(work: &StoreWork<'_>, channel: ChannelKey) -> Result<bool, StoreError> {
    Ok(kind(work, channel)? == ChannelKind::Public)
}

/// Counts a durable change of a channel and gives the version with it.
pub(in crate::store) fn next_version(work: &StoreWork<'_>, channel: ChannelKey) -> Result<Version, StoreError> {
    let version =
        work.only::<Version>("UPDATE channel SET version = version + 1 WHERE id = ?1 RETURNING version", [channel])?;
    Ok(version)
}

/// Inserts a channel; a public name that is taken is refused.
pub(in crate::store) fn insert_channel(
    work: &mut StoreWork<'_>,
    kind: ChannelKind,
    name: &str,
    topic: &Topic,
    owner: Option<UserId>,
) -> Result<ChannelKey, StoreError> {
    // Nobody runs out of channels by their wall.
    let creator = owner.filter(|_| kind != ChannelKind::Wall);
    let inserted = work.one(
        "INSERT INTO channel (id, kind, name, topic, owner, creator, created, skeleton)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (name) WHERE kind = 'public' DO NOTHING RETURNING id",
        (ChannelKey::random(), kind, name, topic, owner, creator, work.now, skeleton(name)),
    )?;
    let key: ChannelKey = inserted.ok_or(Refused::NameTaken)?;
    let channel = key.id();
    if let (ChannelKind::Wall, Some(owner)) = (kind, owner) {
        work.changes.push(Change::WallCreated { channel, owner });
    }
    Ok(key)
}

/// Refuses the name of a channel that looks like a public one and is not its name.
pub(in crate::store) fn require_no_look_alike(
    work: &StoreWork<'_>,
    channel: ChannelKey,
    name: &str,
) -> Result<(), StoreError> {
    let passes_for = work.exists(
        "SELECT 1 FROM channel WHERE kind = 'public' AND skeleton = ?1 AND name <> ?2 AND id <> ?3",
        (skeleton(name), name, channel),
    )?;
    if passes_for { Err(Refused::LooksTaken.into()) } else { Ok(()) }
}

/// Gives the wall of somebody who has one.
pub(in crate::store) fn own_wall(work: &StoreWork<'_>, owner: UserId) -> Result<Option<ChannelKey>, StoreError> {
    work.one("SELECT id FROM channel WHERE owner = ?1 AND kind = 'wall'", [owner])
}

pub(in crate::store) fn walls_of_friends(rows: &Rows, user: UserId) -> Result<Vec<ChannelKey>, StoreError> {
    rows.all(
        "SELECT id FROM (SELECT other FROM friend WHERE user = ?1 UNION ALL SELECT ?1)
         JOIN channel ON owner = other AND kind = 'wall'",
        [user],
    )
}

/// Counts the members of a channel.
pub(in crate::store) fn members_total(rows: &Rows, channel: ChannelKey) -> Result<u64, StoreError> {
    Ok(rows.one("SELECT members FROM channel WHERE id = ?1", [channel])?.unwrap_or_default())
}

/// The name of the channel `c` as somebody sees it: that of a direct conversation is the other's handle.
macro_rules! name_for {
    ($user:literal) => {
        concat!(
            "CASE WHEN c.kind = 'dm' THEN
             (SELECT handle FROM dm JOIN user ON user.id = CASE WHEN dm.low = ",
            $user,
            " THEN dm.high ELSE dm.low END WHERE dm.channel = c.id)
             ELSE c.name END"
        )
    };
}
pub(in crate::store) use name_for;
