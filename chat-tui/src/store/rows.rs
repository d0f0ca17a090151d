//! What the daemon has told, as rows: changes go in, the state at a start comes out.

use std::collections::BTreeMap;

use proto::{ChannelId, Handle, Message, Version};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::pages::page_rows;
use super::terms::StoreWriter;
use crate::core::history::PAGE_MESSAGES;
use crate::stored::{StoreChange, StoredChannel, StoredMember, StoredState};

const HANDLE: &str = "handle";
pub(super) const SERVER: &str = "server";
const SERVER_STORE: &str = "server_store";
const SETTINGS: &str = "settings";
const FRIENDS: &str = "friends";

/// Reads what is held for an account, with messages and members of the channel that was open; nothing if another's is held.
pub(super) fn read_state(
    connection: &Connection,
    handle: &Handle,
    open: Option<ChannelId>,
) -> Result<StoredState, rusqlite::Error> {
    if kept_for(connection)?.as_deref() != Some(handle.as_str()) {
        return Ok(StoredState::default());
    }
    let mut state = StoredState {
        server_store: meta(connection, SERVER_STORE)?,
        settings: meta(connection, SETTINGS)?.as_deref().and_then(read_json),
        friends: meta(connection, FRIENDS)?.as_deref().and_then(read_json),
        ..StoredState::default()
    };
    let mut statement = connection.prepare("SELECT state, version FROM channel")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let version = Version::new(row.get(1)?);
        // What another version has written and this one cannot read is asked for anew.
        let channel = read_json::<StoredChannel>(row.get_ref(0)?.as_str()?);
        state.channels.extend(channel.map(|channel| StoredChannel { version, ..channel }));
    }
    let is_held = |open: &ChannelId| state.channels.iter().any(|channel| channel.place.id == *open);
    let shown = open.filter(is_held).or_else(|| first_of(&state.channels));
    if let Some((id, key)) = shown.and_then(|id| Some((id, key_of(connection, id).transpose()?))) {
        let key = key?;
        let newest = "SELECT body FROM message WHERE channel = ?1 ORDER BY idx DESC LIMIT ?2";
        let messages = page_rows(connection, newest, params![key, PAGE_MESSAGES])?;
        state.messages.insert(id, messages);
        state.members = BTreeMap::from([(id, members_of(connection, id)?)]);
    }
    Ok(state)
}

/// Gives who was in a channel, as it was remembered.
pub(super) fn members_of(connection: &Connection, id: ChannelId) -> Result<Vec<StoredMember>, rusqlite::Error> {
    let mut statement = connection.prepare_cached("SELECT members FROM channel WHERE id = ?1")?;
    let members: Option<String> = statement.query_row([id.to_string()], |row| row.get(0)).optional()?;
    Ok(members.and_then(|members| read_json(&members)).unwrap_or_default())
}

/// Makes a file that is nobody's yet an account's.
pub(super) fn claim_new(connection: &Connection, handle: &Handle) -> Result<(), rusqlite::Error> {
    let set = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
    connection.execute(set, [HANDLE, handle.as_str()]).map(drop)
}

/// Says whose channels and messages are held from now on. Those of another account are dropped: the server can give them again.
pub(super) fn claim(
    connection: &Connection,
    StoreWriter { handle, server, .. }: &StoreWriter,
) -> Result<(), rusqlite::Error> {
    set_meta(connection, SERVER, server)?;
    if kept_for(connection)?.as_deref() != Some(handle.as_str()) {
        forget_all(connection)?;
        set_meta(connection, HANDLE, handle.as_str())?;
    }
    Ok(())
}

/// Gives the account whose channels and messages are held.
pub(super) fn kept_for(connection: &Connection) -> Result<Option<String>, rusqlite::Error> {
    meta(connection, HANDLE)
}

/// Gives the channel that a screen opens first.
fn first_of(channels: &[StoredChannel]) -> Option<ChannelId> {
    let order = |channel: &&StoredChannel| (channel.place.kind == proto::ChannelKind::Dm, channel.place.name.clone());
    channels.iter().filter(|channel| !channel.closed).min_by_key(order).map(|channel| channel.place.id)
}

/// Writes a change.
pub(super) fn apply(connection: &Connection, change: StoreChange) -> Result<(), rusqlite::Error> {
    let of_channel = |id, write: &dyn Fn(i64) -> Result<(), rusqlite::Error>| match key_of(connection, id)? {
        Some(key) => write(key),
        // It was left, and nothing of it is to stay.
        None => Ok(()),
    };
    match change {
        StoreChange::ServerStore(store) => set_meta(connection, SERVER_STORE, &store),
        StoreChange::Settings(settings) => set_meta(connection, SETTINGS, &write(&settings)),
        StoreChange::Friends(friends) => set_meta(connection, FRIENDS, &write(&friends)),
        StoreChange::Channel(channel) => write_channel(connection, &channel),
        StoreChange::Members(id, members) => of_channel(id, &|key| {
            let set = "UPDATE channel SET members = ?2 WHERE key = ?1";
            connection.prepare_cached(set)?.execute(params![key, write(&members)]).map(drop)
        }),
        StoreChange::Message(id, message) => of_channel(id, &|key| write_message(connection, key, &message)),
        StoreChange::Patch(id, patch) => of_channel(id, &|key| {
            let held = "SELECT body FROM message WHERE channel = ?1 AND idx = ?2";
            match page_rows(connection, held, params![key, patch.index.get()])?.pop() {
                Some(mut message) => {
                    message.apply(&patch);
                    write_message(connection, key, &message)
                }
                None => Ok(()),
            }
        }),
        StoreChange::Reset(id) => {
            of_channel(id, &|key| connection.execute("DELETE FROM message WHERE channel = ?1", [key]).map(drop))
        }
        StoreChange::Forget(id) => of_channel(id, &|key| {
            connection.execute("DELETE FROM message WHERE channel = ?1", [key])?;
            connection.execute("DELETE FROM channel WHERE key = ?1", [key]).map(drop)
        }),
        StoreChange::ForgetAll => forget_all(connection),
    }
}

/// Deletes what the server can give again; never what is unsent. What the server's data is called stays: whoever runs goes on
/// with numbers that mean something in it alone.
pub(super) fn forget_all(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute("DELETE FROM message", [])?;
    connection.execute("DELETE FROM channel", [])?;
    connection.execute("DELETE FROM meta WHERE name NOT IN (?1, ?2, ?3)", [HANDLE, SERVER, SERVER_STORE]).map(drop)
}

/// Gives the key of a channel in the file, if it is held.
pub(super) fn key_of(connection: &Connection, id: ChannelId) -> Result<Option<i64>, rusqlite::Error> {
    let mut statement = connection.prepare_cached("SELECT key FROM channel WHERE id = ?1")?;
    statement.query_row([id.to_string()], |row| row.get(0)).optional()
}

/// Writes how a channel stands. The version may go down, which claims less; what is known of it stays as new as it was, since
/// another window may know more.
fn write_channel(connection: &Connection, channel: &StoredChannel) -> Result<(), rusqlite::Error> {
    let write_over = "INSERT INTO channel (id, version, state) VALUES (?1, ?2, ?3)
        ON CONFLICT (id) DO UPDATE SET version = excluded.version,
            state = CASE WHEN excluded.version >= channel.version THEN excluded.state ELSE channel.state END";
    let row = params![channel.place.id.to_string(), channel.version.get(), write(channel)];
    connection.prepare_cached(write_over)?.execute(row).map(drop)
}

fn write_message(connection: &Connection, key: i64, message: &Message) -> Result<(), rusqlite::Error> {
    let write_over = "INSERT INTO message (channel, idx, version, date, body) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (channel, idx) DO UPDATE SET version = excluded.version, body = excluded.body
        WHERE excluded.version >= message.version";
    let date = message.date.as_millis();
    let row = params![key, message.index.get(), message.version.get(), date, write(message)];
    connection.prepare_cached(write_over)?.execute(row).map(drop)
}

pub(super) fn meta(connection: &Connection, name: &str) -> Result<Option<String>, rusqlite::Error> {
    connection.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0)).optional()
}

pub(super) fn set_meta(connection: &Connection, name: &str, value: &str) -> Result<(), rusqlite::Error> {
    let set = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    connection.execute(set, [name, value]).map(drop)
}

fn write(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("what the daemon tells can be written as JSON")
}

pub(super) fn read_json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}
