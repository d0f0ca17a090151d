//! Coming into channels and going: joining, inviting, leaving.

use proto::{ChannelId, ChannelName, CreatedKind, Handle, Topic};

use super::channel::{NewChannel, make_channel};
use super::channel_key::{ChannelKey, key_of};
use super::consent::{Added, adds, note_lately};
use super::member::{Coming, Going, end_membership, enter};
use super::table::access::{require_not_banned, require_order_keeper, role};
use super::table::channel::{is_dm, is_public};
use super::table::relation::blocks;
use super::table::user::{is_guest_account, require_alive, user_by_handle};
use super::waiting_invitation::{add_invitation, is_invited, waits};
use super::work::StoreWork;
use super::{Pending, Refused, Store, StoreError, UserId, conversation};

/// What somebody wants to enter.
#[derive(Debug, Clone)]
pub enum JoinTarget {
    /// A channel known by its id.
    Id(ChannelId),
    /// The public channel of this name, else one's only private one, else a new public one.
    Name(ChannelName),
}

/// Who invites whom.
#[derive(Debug, Clone)]
pub struct Inviting {
    /// The account that invites.
    pub inviter: UserId,
    /// The channel that they invite to.
    pub channel: ChannelId,
    /// The handle of the one who is invited.
    pub guest: Handle,
    /// Channels that people who are no friends may add the invited one to within a day, 0 for any number.
    pub per_day: u64,
}

impl Store {
    /// Makes `user` a member of what is found, or of what is made for want of it, if they may create.
    pub async fn join_channel(&self, user: UserId, target: JoinTarget, may_create: bool) -> Pending<ChannelId> {
        self.writer.submit(move |work| join(work, user, &target, may_create)).await
    }

    /// Ends a membership, or closes a direct conversation for who leaves it.
    pub async fn leave_channel(&self, user: UserId, channel: ChannelId) -> Pending<()> {
        self.writer.submit_in_reserve(move |work| leave(work, user, &channel)).await
    }

    /// Makes somebody a member, on the word of one who may invite; true when they have to accept first.
    pub async fn invite(&self, inviting: Inviting) -> Pending<bool> {
        self.writer.submit(move |work| invite(work, &inviting)).await
    }
}

fn join(
    work: &mut StoreWork<'_>,
    user: UserId,
    target: &JoinTarget,
    may_create: bool,
) -> Result<ChannelId, StoreError> {
    require_alive(work, user)?;
    let found = match target {
        JoinTarget::Id(id) => Some(find_by_id(work, user, id)?),
        JoinTarget::Name(name) => find_by_name(work, user, name)?,
    };
    match (found, target) {
        (Some((key, true)), _) => Ok(key.id()),
        (Some((key, false)), _) => {
            if !may_create && !is_public(work, key)? {
                return Err(Refused::NotForGuests.into());
            }
            enter(work, key, user, may_create, Coming::Oneself)?;
            Ok(key.id())
        }
        (None, JoinTarget::Name(_)) if !may_create => Err(Refused::NotForGuests.into()),
        (None, JoinTarget::Name(name)) => {
            let channel = NewChannel { name: name.clone(), kind: CreatedKind::Public, topic: Topic::default() };
            make_channel(work, user, &channel)
        }
        (None, JoinTarget::Id(_)) => Err(Refused::NoSuchChannel.into()),
    }
}

/// Finds a channel one may enter by its id, and whether one is in it: a private one that one is not
/// in, and not invited to, does not exist.
fn find_by_id(work: &StoreWork<'_>, user: UserId, id: &ChannelId) -> Result<(ChannelKey, bool), StoreError> {
    let key = key_of(id)?;
    let found = work.one::<(bool, bool)>(
        "SELECT c.kind = 'public', m.user IS NOT NULL FROM channel AS c
         LEFT JOIN member AS m ON m.channel = c.id AND m.user = ?2 WHERE c.id = ?1",
        (key, user),
    )?;
    match found {
        Some((public, member)) if public || member || is_invited(work, key, user)? => Ok((key, member)),
        _ => Err(Refused::NoSuchChannel.into()),
    }
}

/// Finds a channel by its name, and whether one is in it: the public one comes first, then one's only private one.
fn find_by_name(
    work: &StoreWork<'_>,
    user: UserId,
    name: &ChannelName,
) -> Result<Option<(ChannelKey, bool)>, StoreError> {
    let public = work.one(
        "SELECT id, EXISTS (SELECT 1 FROM member WHERE channel = id AND user = ?1)
         FROM channel WHERE name = ?2 AND kind = 'public'",
        (user, name),
    )?;
    if public.is_some() {
        return Ok(public);
    }
    let private = work.all::<ChannelKey>(
        "SELECT c.id FROM member AS m JOIN channel AS c ON c.id = m.channel
         WHERE m.user = ?1 AND c.name = ?2 AND c.kind = 'private' LIMIT 2",
        (user, name),
    )?;
    Ok(if let [only] = private[..] { Some((only, true)) } else { None })
}

fn leave(work: &mut StoreWork<'_>, user: UserId, channel: &ChannelId) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    role(work, key, user)?;
    if is_dm(work, key)? {
        return conversation::close(work, key, user);
    }
    end_membership(work, key, user, Going::ONESELF)
}

fn invite(work: &mut StoreWork<'_>, inviting: &Inviting) -> Result<bool, StoreError> {
    let Inviting { inviter, per_day, .. } = *inviting;
    let key = key_of(&inviting.channel)?;
    require_order_keeper(role(work, key, inviter)?)?;
    if is_dm(work, key)? {
        return Err(Refused::NotAllowed.into());
    }
    let guest = user_by_handle(work, &inviting.guest)?;
    if is_guest_account(work, guest)? && !is_public(work, key)? {
        return Err(Refused::NotForGuests.into());
    }
    match role(work, key, guest) {
        Ok(_) => return Ok(false),
        Err(StoreError::Refused(Refused::NotAMember)) => {}
        Err(error) => return Err(error),
    }
    if blocks(work, inviter, guest)? {
        return Err(Refused::BlockedByAsker.into());
    }
    require_not_banned(work, key, guest)?;
    // Whoever is blocked hears the same, and nothing is stored.
    if blocks(work, guest, inviter)? {
        return Ok(true);
    }
    let Added::Now(coming, counts) = adds(work, inviter, guest, per_day)? else {
        waits(work, key, guest, inviter)?;
        return Ok(true);
    };
    match enter(work, key, guest, false, coming) {
        Err(StoreError::Refused(Refused::TooManyMemberships)) => {
            waits(work, key, guest, inviter)?;
            return Ok(true);
        }
        entered => entered?,
    }
    if let Some(counts) = counts {
        note_lately(work, guest, counts)?;
    }
    add_invitation(work, key, guest, inviter, false)?;
    Ok(false)
}

#[cfg(test)]
mod tests;
