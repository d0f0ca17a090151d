//! What a channel is called, who may find it, and the rules that hold in it.

use proto::{ChangeSettings, ChannelKind, ChannelName, ChannelUpdate, RemoveReason, Role, Rules, bounds};

use super::channel_key::{ChannelKey, key_of};
use super::member::{Going, end_membership};
use super::names::skeleton;
use super::table::access::{require_order_keeper, role};
use super::table::channel::{next_version, require_no_look_alike};
use super::waiting_invitation::forget_waiting_guests;
use super::work::StoreWork;
use super::{Change, Pending, Refused, Store, StoreError, UserId, message};

/// What the members of a channel that becomes public are told, behind who did it.
const OPENED: &str = "made this channel public: everybody can find it, join it and read all of it";
const OPENED_FROM_THERE: &str =
    "made this channel public: everybody can find it and join it; older messages are not shown to who joins";

impl Store {
    /// Changes the name of a channel, on the word of its owner, or who may speak in it, on that of one who keeps order.
    pub async fn change_settings(&self, user: UserId, settings: ChangeSettings) -> Pending<()> {
        self.writer.submit(move |work| change_settings(work, user, settings)).await
    }
}

/// What a channel is set to.
struct Settings {
    name: String,
    kind: ChannelKind,
    rules: Rules,
    /// Whether it is the lobby, which stays what it is to others.
    is_lobby: bool,
}

impl Settings {
    fn of(work: &StoreWork<'_>, key: ChannelKey) -> Result<Self, StoreError> {
        let settings = work.only_with(
            "SELECT name, kind, read_only, slow_mode_s, creator IS NULL FROM channel WHERE id = ?1",
            [key],
            |row| {
                let kind = row.get(1)?;
                Ok(Self {
                    name: row.get(0)?,
                    kind,
                    rules: Rules { read_only: row.get(2)?, slow_mode_s: row.get(3)? },
                    is_lobby: kind == ChannelKind::Public && row.get(4)?,
                })
            },
        )?;
        Ok(settings)
    }
}

fn change_settings(work: &mut StoreWork<'_>, user: UserId, settings: ChangeSettings) -> Result<(), StoreError> {
    let key = key_of(&settings.id)?;
    let mine = role(work, key, user)?;
    require_order_keeper(mine)?;
    if (settings.name.is_some() || settings.kind.is_some()) && mine != Role::Owner {
        return Err(Refused::NotAllowed.into());
    }
    let before = Settings::of(work, key)?;
    let rules = Rules {
        read_only: settings.read_only.unwrap_or(before.rules.read_only),
        slow_mode_s: settings.slow_mode_s.unwrap_or(before.rules.slow_mode_s).min(bounds::SLOW_MODE_SECONDS_MAX),
    };
    let new_name = settings.name.filter(|new| new.as_str() != before.name);
    let new_kind = settings.kind.map(ChannelKind::from).filter(|new| *new != before.kind);
    // There was never a time in which only members read what was said in a public channel.
    if settings.close_history && new_kind.is_none() {
        return Err(Refused::PublicAlready.into());
    }
    if rules == before.rules && new_name.is_none() && new_kind.is_none() {
        return Ok(());
    }
    if new_name.is_some() || new_kind.is_some() {
        if before.is_lobby {
            return Err(Refused::LobbyIsPermanent.into());
        }
        work.erases();
        let name = new_name.as_ref().map_or(before.name.as_str(), ChannelName::as_str);
        rename(work, key, name, new_kind.unwrap_or(before.kind))?;
    }
    if new_kind == Some(ChannelKind::Private) {
        send_guests_away(work, key, user)?;
    }
    let version = next_version(work, key)?;
    work.execute(
        "UPDATE channel SET read_only = ?2, slow_mode_s = ?3,
         history_from = CASE WHEN ?4 THEN last_index + 1 ELSE history_from END WHERE id = ?1",
        (key, rules.read_only, rules.slow_mode_s, settings.close_history),
    )?;
    let rules = (rules != before.rules).then_some(rules);
    let update = ChannelUpdate { name: new_name, kind: new_kind, rules, ..ChannelUpdate::of(settings.id, version) };
    work.changes.push(Change::SettingsChanged { channel: settings.id, update });
    if new_kind == Some(ChannelKind::Public) { tell_opened(work, key, user) } else { Ok(()) }
}

/// Tells the members of a channel that it is public now, and what whoever joins may read.
fn tell_opened(work: &mut StoreWork<'_>, key: ChannelKey, user: UserId) -> Result<(), StoreError> {
    let is_closed: bool = work.only("SELECT history_from > 1 FROM channel WHERE id = ?1", [key])?;
    message::tell_members(work, key, user, if is_closed { OPENED_FROM_THERE } else { OPENED })
}

/// Names a channel, or makes it something else to others.
fn rename(work: &StoreWork<'_>, key: ChannelKey, name: &str, kind: ChannelKind) -> Result<(), StoreError> {
    require_no_look_alike(work, key, name)?;
    if kind == ChannelKind::Public {
        require_free_name(work, key, name)?;
    }
    work.execute(
        "UPDATE channel SET name = ?2, kind = ?3, skeleton = ?4 WHERE id = ?1",
        (key, name, kind, skeleton(name)),
    )?;
    Ok(())
}

/// Refuses the name of another public channel.
fn require_free_name(work: &StoreWork<'_>, key: ChannelKey, name: &str) -> Result<(), StoreError> {
    let taken = work.exists("SELECT 1 FROM channel WHERE name = ?1 AND kind = 'public' AND id <> ?2", (name, key))?;
    if taken { Err(Refused::NameTaken.into()) } else { Ok(()) }
}

/// Guests are in public channels only.
fn send_guests_away(work: &mut StoreWork<'_>, channel: ChannelKey, by: UserId) -> Result<(), StoreError> {
    let guests = work.all::<UserId>(
        "SELECT user.id FROM member JOIN user ON user.id = member.user
         WHERE channel = ?1 AND user.guest = 1",
        [channel],
    )?;
    forget_waiting_guests(work, channel)?;
    let going = Going::because(RemoveReason::Private, Some(by));
    guests.into_iter().try_for_each(|guest| end_membership(work, channel, guest, going))
}
