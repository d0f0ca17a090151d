//! Changing messages that were sent, and keeping order in a channel.

use proto::{
    Changed, ChannelId, Content, DeleteMessage, DeviceName, EditMessage, Empty, Index, Request, Role, SetRole,
};

use super::arguments::{Delete, Edit, Pin};
use super::client::Client;
use super::output::Output;
use super::room_arguments::{Ban, Kick, Mute, RoleOf};
use super::target::Target;
use crate::failure::Failure;
use crate::session::Session;

/// Gives a message another content.
pub(super) async fn edit_message(session: &Session, device: &DeviceName, edit: Edit) -> Result<(), Failure> {
    let content = Content::parse(&edit.text).map_err(|error| Failure::Usage(error.to_string()))?;
    let index = Index::new(edit.index);
    let packet = |id| EditMessage { id, index, content };
    change(session, device, &edit.target, packet, edit.json, || format!("message {index} is edited")).await
}

/// Deletes a message.
pub(super) async fn delete_message(session: &Session, device: &DeviceName, delete: Delete) -> Result<(), Failure> {
    let index = Index::new(delete.index);
    let packet = |id| DeleteMessage { id, index };
    change(session, device, &delete.target, packet, delete.json, || format!("message {index} is deleted")).await
}

/// Keeps a message in view, or no longer.
pub(super) async fn pin(session: &Session, device: &DeviceName, pin: Pin) -> Result<(), Failure> {
    let (index, on) = (Index::new(pin.index), !pin.remove);
    let words = format!("message {index} is {} in view", if on { "kept" } else { "no longer kept" });
    let packet = |id| proto::Pin { id, index, on };
    change(session, device, &pin.target, packet, pin.json, || words).await
}

/// Sends somebody away.
pub(super) async fn kick(session: &Session, device: &DeviceName, kick: Kick) -> Result<(), Failure> {
    let Kick { target, handle, json } = kick;
    let words = format!("{handle} was removed");
    let packet = |id| proto::Kick { id, handle };
    ordered(session, device, &target, packet, json, words).await
}

/// Keeps somebody out, or no longer.
pub(super) async fn ban(session: &Session, device: &DeviceName, ban: Ban) -> Result<(), Failure> {
    let (handle, on) = (ban.handle, !ban.remove);
    let words = format!("{handle} is {} banned", if on { "now" } else { "no longer" });
    let packet = |id| proto::Ban { id, handle, on };
    ordered(session, device, &ban.target, packet, ban.json, words).await
}

/// Says what a member may do.
pub(super) async fn set_role(session: &Session, device: &DeviceName, request: RoleOf) -> Result<(), Failure> {
    let role = match request.role.as_str() {
        "owner" => Role::Owner,
        "moderator" => Role::Moderator,
        _ => Role::Member,
    };
    let handle = request.handle;
    let words = format!("{handle} is {} here", request.role);
    let packet = |id| SetRole { id, handle, role };
    ordered(session, device, &request.target, packet, request.json, words).await
}

/// Keeps a member from speaking.
pub(super) async fn mute(session: &Session, device: &DeviceName, mute: Mute) -> Result<(), Failure> {
    let Mute { target, handle, seconds, json } = mute;
    let words = if seconds == 0 { format!("{handle} may speak") } else { format!("{handle} is muted for {seconds} s") };
    let packet = |id| proto::Mute { id, handle, for_s: seconds };
    ordered(session, device, &target, packet, json, words).await
}

/// Asks for a change of a channel, and says that it is done.
pub(super) async fn ordered<R: Request<Answer = Empty>>(
    session: &Session,
    device: &DeviceName,
    target: &Target,
    request: impl FnOnce(ChannelId) -> R,
    json: bool,
    words: String,
) -> Result<(), Failure> {
    let done = ask_about(session, device, target, request).await?;
    Output::new(json).print(&done, || words)
}

/// Asks for a change of a message, and says that it is done.
pub(super) async fn change<R: Request<Answer = Changed>>(
    session: &Session,
    device: &DeviceName,
    target: &Target,
    request: impl FnOnce(ChannelId) -> R,
    json: bool,
    words: impl FnOnce() -> String,
) -> Result<(), Failure> {
    let changed = ask_about(session, device, target, request).await?;
    Output::new(json).print(&changed, words)
}

/// Asks for something about a channel that is there.
pub(super) async fn ask_about<R: Request>(
    session: &Session,
    device: &DeviceName,
    target: &Target,
    request: impl FnOnce(ChannelId) -> R,
) -> Result<R::Answer, Failure> {
    let id = target.find(session).await?.id;
    let mut client = Client::open(session, device).await?;
    client.ask(request(id)).await
}
