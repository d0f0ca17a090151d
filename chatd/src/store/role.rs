//! Giving roles, and to whom a channel goes that its owner has left.

use proto::{ChannelUpdate, Role, Rules};

use super::channel_key::ChannelKey;
use super::table::channel::next_version;
use super::table::user::handle_of;
use super::waiting_invitation::end_invitations_of;
use super::work::StoreWork;
use super::{Change, StoreError, UserId};

/// Members of a channel who can sign in, guests left out: condition on `member` and `user`.
macro_rules! can_keep {
    () => {
        "user.guest = 0 AND user.disabled IS NULL AND user.deleted IS NULL"
    };
}
pub(super) use can_keep;

/// Gives a member another role than the owner's. What who keeps order no longer has let in by ends with that.
pub(super) fn give_role(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    user: UserId,
    role: Role,
) -> Result<(), StoreError> {
    next_version(work, channel)?;
    work.execute("UPDATE member SET role = ?3 WHERE channel = ?1 AND user = ?2", (channel, user, role))?;
    let handle = handle_of(work, user)?;
    work.changes.push(Change::RoleChanged { channel: channel.id(), user, handle, role });
    if role == Role::Member { end_invitations_of(work, channel, user) } else { Ok(()) }
}

/// Makes a member the owner of a channel that has none.
pub(super) fn make_owner(work: &mut StoreWork<'_>, key: ChannelKey, owner: UserId) -> Result<(), StoreError> {
    let version = next_version(work, key)?;
    work.execute("UPDATE channel SET owner = ?2 WHERE id = ?1", (key, owner))?;
    // Nobody could let an owner speak again.
    work.execute(
        "UPDATE member SET role = 'owner', muted_until = NULL WHERE channel = ?1 AND user = ?2",
        (key, owner),
    )?;
    let handle = handle_of(work, owner)?;
    work.changes.push(Change::OwnerChanged { channel: key.id(), version, owner, handle });
    Ok(())
}

/// Gives the channel of an owner who has left to the longest moderator, else to the longest member; to whoever can sign in
/// and is no guest. The lobby goes to moderators only: whoever is in it longest was never asked.
pub(super) fn hand_over(work: &mut StoreWork<'_>, key: ChannelKey, left: UserId) -> Result<(), StoreError> {
    let was_owner = work.execute("UPDATE channel SET owner = NULL WHERE id = ?1 AND owner = ?2", (key, left))?;
    if was_owner == 0 {
        return Ok(());
    }
    let heir = work.one(
        concat!(
            "SELECT member.user FROM member JOIN user ON user.id = member.user
             JOIN channel ON channel.id = member.channel
             WHERE member.channel = ?1 AND (role = 'moderator' OR channel.creator IS NOT NULL) AND ",
            can_keep!(),
            " ORDER BY role = 'moderator' DESC, joined LIMIT 1"
        ),
        [key],
    )?;
    match heir {
        Some(heir) => make_owner(work, key, heir),
        None => lift_rules_of_lobby(work, key),
    }
}

/// Tells whether a channel that everybody but guests, and who cannot sign in, has left goes to the first who comes back; the
/// lobby stays nobody's. An owner who cannot sign in keeps order from then on.
pub(super) fn is_inherited(work: &mut StoreWork<'_>, channel: ChannelKey) -> Result<bool, StoreError> {
    let before: Option<Option<UserId>> = work.one(
        concat!(
            "SELECT owner FROM channel WHERE id = ?1 AND creator IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM member JOIN user ON user.id = member.user WHERE channel = ?1 AND ",
            can_keep!(),
            ")"
        ),
        [channel],
    )?;
    let Some(before) = before else { return Ok(false) };
    if let Some(disabled) = before {
        give_role(work, channel, disabled, Role::Moderator)?;
    }
    Ok(true)
}

/// Tells whether anybody else is in a channel who can sign in to it.
pub(super) fn others_keep(work: &StoreWork<'_>, channel: ChannelKey, user: UserId) -> Result<bool, StoreError> {
    work.exists(
        concat!(
            "SELECT 1 FROM member JOIN user ON user.id = member.user WHERE channel = ?1 AND member.user <> ?2 AND ",
            can_keep!()
        ),
        (channel, user),
    )
}

/// Lets everybody speak again in the lobby, which nobody keeps order in any more.
fn lift_rules_of_lobby(work: &mut StoreWork<'_>, key: ChannelKey) -> Result<(), StoreError> {
    let lifted = work.execute(
        "UPDATE channel SET read_only = 0, slow_mode_s = 0
         WHERE id = ?1 AND creator IS NULL AND kind = 'public' AND (read_only OR slow_mode_s > 0)",
        [key],
    )?;
    if lifted > 0 {
        let id = key.id();
        let update = ChannelUpdate { rules: Some(Rules::default()), ..ChannelUpdate::of(id, next_version(work, key)?) };
        work.changes.push(Change::SettingsChanged { channel: id, update });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
