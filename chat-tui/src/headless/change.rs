//! Changing messages that were sent, and keeping order in a channel.

use std::collections::BTreeMap;

use proto::{
    ChangeSettings, Changed, ChannelId, ClientPacket, Content, CreatedKind, EditMessage, Emoji, Empty, Handle, Index,
    Role, SetRole, SetTopic, WhichChannel, WhichMessage,
};
use serde::de::DeserializeOwned;

use super::arguments::ChannelSettings;
use super::output::Output;
use super::target::Target;
use super::wire::Wire;
use super::{Ban, Delete, Edit, InChannel, Kick, Mute, Pin, React, RoleOf};
use crate::cli::Failure;
use crate::session::Session;

/// Gives a message another content.
pub(super) async fn edit(session: &Session, device: &str, edit: Edit) -> Result<(), Failure> {
    let content = Content::parse(&edit.text).map_err(|error| Failure::Usage(error.to_string()))?;
    let index = Index::new(edit.index);
    let packet = |id| ClientPacket::EditMessage(EditMessage { id, index, content });
    change(session, device, &edit.target, packet, edit.json, || format!("message {index} is edited")).await
}

/// Deletes a message.
pub(super) async fn delete(session: &Session, device: &str, delete: Delete) -> Result<(), Failure> {
    let index = Index::new(delete.index);
    let packet = |id| ClientPacket::DeleteMessage(WhichMessage { id, index });
    change(session, device, &delete.target, packet, delete.json, || format!("message {index} is deleted")).await
}

/// Reacts to a message, or takes that back.
pub(super) async fn react(session: &Session, device: &str, react: React) -> Result<(), Failure> {
    let emoji = match &react.emoji {
        None => Emoji::like(),
        Some(text) => text.parse::<Emoji>().map_err(|error| Failure::Usage(error.to_string()))?,
    };
    let (index, on) = (Index::new(react.index), !react.remove);
    let words = format!("{emoji} {} message {index}", if on { "to" } else { "no longer to" });
    let packet = |id| ClientPacket::React(proto::React { id, index, emoji, on });
    change(session, device, &react.target, packet, react.json, || words).await
}

/// Keeps a message in view, or no longer.
pub(super) async fn pin(session: &Session, device: &str, pin: Pin) -> Result<(), Failure> {
    let (index, on) = (Index::new(pin.index), !pin.remove);
    let words = format!("message {index} is {} in view", if on { "kept" } else { "no longer kept" });
    let packet = |id| ClientPacket::Pin(proto::Pin { id, index, on });
    change(session, device, &pin.target, packet, pin.json, || words).await
}

/// Sends somebody away.
pub(super) async fn kick(session: &Session, device: &str, kick: Kick) -> Result<(), Failure> {
    let Kick { target, handle, json } = kick;
    let words = format!("{handle} is gone");
    let packet = |id| ClientPacket::Kick(proto::Kick { id, handle });
    ordered(session, device, &target, packet, json, words).await
}

/// Keeps somebody out, or no longer.
pub(super) async fn ban(session: &Session, device: &str, ban: Ban) -> Result<(), Failure> {
    let (handle, on) = (ban.handle, !ban.remove);
    let words = format!("{handle} is {} kept out", if on { "now" } else { "no longer" });
    let packet = |id| ClientPacket::Ban(proto::Ban { id, handle, on });
    ordered(session, device, &ban.target, packet, ban.json, words).await
}

/// Says what a member may do.
pub(super) async fn role(session: &Session, device: &str, request: RoleOf) -> Result<(), Failure> {
    let role = match request.role.as_str() {
        "owner" => Role::Owner,
        "moderator" => Role::Moderator,
        _ => Role::Member,
    };
    let handle = request.handle;
    let words = format!("{handle} is {} here", request.role);
    let packet = |id| ClientPacket::SetRole(SetRole { id, handle, role });
    ordered(session, device, &request.target, packet, request.json, words).await
}

/// Keeps a member from speaking.
pub(super) async fn mute(session: &Session, device: &str, mute: Mute) -> Result<(), Failure> {
    let Mute { target, handle, seconds, json } = mute;
    let words = if seconds == 0 { format!("{handle} may speak") } else { format!("{handle} is muted for {seconds} s") };
    let packet = |id| ClientPacket::Mute(proto::Mute { id, handle, for_s: seconds });
    ordered(session, device, &target, packet, json, words).await
}

/// Makes somebody a member.
pub(super) async fn invite(
    session: &Session,
    device: &str,
    target: &Target,
    handle: Handle,
    json: bool,
) -> Result<(), Failure> {
    let words = format!("{handle} is a member");
    let packet = |id| ClientPacket::Invite(proto::Invite { id, handle });
    ordered(session, device, target, packet, json, words).await
}

/// Deletes a channel with everything that was said in it.
pub(super) async fn delete_channel(session: &Session, device: &str, request: InChannel) -> Result<(), Failure> {
    let packet = |id| ClientPacket::DeleteChannel(WhichChannel { id });
    ordered(session, device, &request.target, packet, request.json, "the channel is deleted".to_owned()).await
}

/// Changes name, topic and rules of a channel. A new name comes last: until then it is found by the old one.
pub(super) async fn settings(
    session: &Session,
    device: &str,
    target: &Target,
    settings: ChannelSettings,
    json: bool,
) -> Result<(), Failure> {
    let ChannelSettings { name, kind, topic, read_only, slow_mode } = settings;
    let kind = kind.map(|kind| if kind == "public" { CreatedKind::Public } else { CreatedKind::Private });
    if let Some(topic) = topic {
        let packet = |id| ClientPacket::SetTopic(SetTopic { id, topic });
        let _: Empty = ask_about(session, device, target, packet).await?;
    }
    let packet =
        |id| ClientPacket::ChangeSettings(ChangeSettings { id, name, kind, read_only, slow_mode_s: slow_mode });
    ordered(session, device, target, packet, json, "the channel is changed".to_owned()).await
}

pub(super) async fn ordered(
    session: &Session,
    device: &str,
    target: &Target,
    packet: impl FnOnce(ChannelId) -> ClientPacket,
    json: bool,
    words: String,
) -> Result<(), Failure> {
    let done: Empty = ask_about(session, device, target, packet).await?;
    Output::new(json).print(&done, || words)
}

async fn change(
    session: &Session,
    device: &str,
    target: &Target,
    packet: impl FnOnce(ChannelId) -> ClientPacket,
    json: bool,
    words: impl FnOnce() -> String,
) -> Result<(), Failure> {
    let changed: Changed = ask_about(session, device, target, packet).await?;
    Output::new(json).print(&changed, words)
}

/// Asks for something about a channel that is there.
pub(super) async fn ask_about<T: DeserializeOwned>(
    session: &Session,
    device: &str,
    target: &Target,
    packet: impl FnOnce(ChannelId) -> ClientPacket,
) -> Result<T, Failure> {
    let id = target.named()?.find(session).await?.id;
    let mut wire = Wire::open(session, device, Vec::new(), BTreeMap::new(), 0).await?;
    wire.ask(packet(id)).await
}
