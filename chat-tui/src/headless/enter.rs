//! Getting into channels and out of them.

use std::ops::ControlFlow;

use proto::{
    ChannelId, ChannelKind, ChannelName, CreateChannel, CreatedKind, DeviceName, ErrorCode, InviteCode, JoinChannel,
    Joined, LeaveChannel, OpenDm, OpenWall,
};

use super::ask::sure;
use super::client::Client;
use super::members;
use super::output::Output;
use super::room_arguments::{DeleteChannel, Join, Leave};
use super::target::{Found, Named, Target, no_such_channel};
use crate::failure::Failure;
use crate::session::Session;

/// Whether a channel that is nowhere is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    IsMade,
    IsRefused,
}

/// Gives the place of somebody who speaks in it: a public channel is joined, a conversation opened.
pub(super) async fn enter(
    session: &Session,
    client: &mut Client,
    named: &Named,
    missing: Missing,
) -> Result<ChannelId, Failure> {
    match named {
        Named::Person(handle) => Ok(client.ask(OpenDm { handle: handle.clone() }).await?.id),
        Named::Wall(handle) if *handle == session.handle => Ok(client.ask(OpenWall {}).await?.id),
        Named::Wall(_) => Ok(named.find(session).await?.id),
        Named::Id(_) => {
            let found = named.find(session).await?;
            join_found(client, &found).await
        }
        Named::Channel(name) => enter_channel(session, client, named, name, missing).await,
    }
}

/// Names are resolved here, with the same rule as for every command, and joined by their id: the server, asked by name,
/// would settle for one of several.
async fn enter_channel(
    session: &Session,
    client: &mut Client,
    named: &Named,
    name: &ChannelName,
    missing: Missing,
) -> Result<ChannelId, Failure> {
    let mut taken = None;
    // Somebody else may make it at the same moment; then there is one to be joined.
    for _ in 0..2 {
        if let Some(found) = named.look_up(session).await? {
            return join_found(client, &found).await;
        }
        if missing == Missing::IsRefused {
            return Err(no_such_channel(format!("no channel is called `{name}`; --create makes it")));
        }
        let create = CreateChannel { name: name.clone(), kind: CreatedKind::Public, topic: None };
        match client.ask(create).await {
            Err(Failure::Refused(refusal)) if refusal.code == ErrorCode::NameTaken => {
                taken = Some(Failure::Refused(refusal));
            }
            created => return Ok(created?.id),
        }
    }
    Err(taken.expect("twice it was neither there nor to be made"))
}

async fn join_found(client: &mut Client, found: &Found) -> Result<ChannelId, Failure> {
    if found.member || found.kind != ChannelKind::Public {
        return Ok(found.id);
    }
    Ok(client.ask(JoinChannel::Id(found.id)).await?.id)
}

/// Enters a channel, by name, by id, or by a code; an id accepts an invitation that waits, too.
pub(super) async fn join(session: &Session, device: &DeviceName, join: &Join) -> Result<(), Failure> {
    let named = join.channel.as_ref().map(Target::named).transpose()?;
    let code = join.code.as_deref().map(read_code).transpose()?;
    if let Some(Named::Person(_) | Named::Wall(_)) = named {
        return Err(Failure::Usage("only channels are joined".to_owned()));
    }
    let mut client = Client::open(session, device).await?;
    let joined = match (&named, code) {
        (Some(Named::Id(id)), _) => client.ask(JoinChannel::Id(*id)).await?,
        (Some(named), _) => Joined { id: enter(session, &mut client, named, Missing::IsMade).await? },
        (None, Some(code)) => client.ask(JoinChannel::Code(code)).await?,
        (None, None) => return Err(Failure::Usage("name a channel or a --code".to_owned())),
    };
    Output::new(join.json).print(&joined, || "you are in the channel".to_owned())
}

pub(super) fn read_code(text: &str) -> Result<InviteCode, Failure> {
    text.trim().parse().map_err(|_| Failure::Usage(format!("`{text}` is no code of an invitation")))
}

/// Leaves a channel, or closes a conversation for oneself.
pub(super) async fn leave(session: &Session, device: &DeviceName, leave: &Leave) -> Result<(), Failure> {
    let found = leave.target.find(session).await?;
    let mut client = Client::open(session, device).await?;
    let ends = !matches!(found.kind, ChannelKind::Public | ChannelKind::Dm | ChannelKind::Wall) && found.member;
    if ends && is_last(session, &mut client, found.id).await? {
        let harm = format!("you are the last member of {}, which is deleted with all that was said in it", found.title);
        sure(leave.yes, &harm)?;
    }
    let done = client.ask(LeaveChannel { id: found.id }).await?;
    let words = match found.kind {
        ChannelKind::Dm => format!("the conversation with {} is closed", found.title),
        _ => format!("you have left {}", found.title),
    };
    Output::new(leave.json).print(&done, || words)
}

/// Tells whether nobody else is in a channel who could still sign in.
async fn is_last(session: &Session, client: &mut Client, id: ChannelId) -> Result<bool, Failure> {
    let mut last = true;
    members::each(client, id, |member| {
        if member.handle == session.handle || member.disabled {
            return ControlFlow::Continue(());
        }
        last = false;
        ControlFlow::Break(())
    })
    .await?;
    Ok(last)
}

/// Deletes a channel with everything that was said in it.
pub(super) async fn delete_channel(
    session: &Session,
    device: &DeviceName,
    request: &DeleteChannel,
) -> Result<(), Failure> {
    let found = request.target.find(session).await?;
    sure(request.yes, &format!("{} is deleted with all that was said in it", found.title))?;
    let mut client = Client::open(session, device).await?;
    let done = client.ask(proto::DeleteChannel { id: found.id }).await?;
    Output::new(request.json).print(&done, || format!("{} is deleted", found.title))
}
