//! Changing messages that were sent: editing, deleting, reacting.

use std::collections::BTreeMap;

use proto::{Changed, ChannelId, ClientPacket, Content, EditMessage, Emoji, Index, WhichMessage};

use super::output::Output;
use super::target::Target;
use super::wire::Wire;
use super::{Delete, Edit, React};
use crate::cli::Failure;
use crate::http;
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

async fn change(
    session: &Session,
    device: &str,
    target: &Target,
    packet: impl FnOnce(ChannelId) -> ClientPacket,
    json: bool,
    words: impl FnOnce() -> String,
) -> Result<(), Failure> {
    let named = target.named()?;
    let list = http::channels(&session.server, &session.token).await.map_err(Failure::from_asked)?;
    let id = named.find(&list)?.id;
    let mut wire = Wire::open(session, device, Vec::new(), BTreeMap::new(), 0).await?;
    let changed: Changed = wire.ask(packet(id)).await?;
    Output::new(json).print(&changed, words)
}
