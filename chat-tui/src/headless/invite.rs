//! Letting people into channels, by name or by a code.

use proto::{CreateInvite, DeviceName, Handle, Invitation, ListInvites, RevokeInvite};

use super::arguments::InChannel;
use super::change::{ask_about, ordered};
use super::enter::read_code;
use super::output::Output;
use super::room_arguments::Invite;
use super::target::Target;
use crate::clock;
use crate::failure::Failure;
use crate::session::Session;

/// Makes somebody a member, or makes or takes back a code.
pub(super) async fn invite(session: &Session, device: &DeviceName, invite: Invite) -> Result<(), Failure> {
    let Invite { target, handle, uses, days, revoke, json, .. } = invite;
    if let Some(handle) = handle {
        return invite_person(session, device, &target, handle, json).await;
    }
    if let Some(code) = revoke {
        let code = read_code(&code)?;
        let packet = |id| RevokeInvite { id, code };
        return ordered(session, device, &target, packet, json, "the code lets nobody in any more".to_owned()).await;
    }
    let for_s = days.map(|days| days * 86_400);
    let made = |id| CreateInvite { id, uses, for_s };
    let made = ask_about(session, device, &target, made).await?;
    Output::new(json).print(&made, || line(&made))
}

/// Makes somebody a member, or asks them, where they want to be asked.
async fn invite_person(
    session: &Session,
    device: &DeviceName,
    target: &Target,
    handle: Handle,
    json: bool,
) -> Result<(), Failure> {
    let packet = |id| proto::Invite { id, handle: handle.clone() };
    let invited = ask_about(session, device, target, packet).await?;
    Output::new(json).print(&invited, || {
        if invited.waiting { format!("waits for {handle} to accept") } else { format!("{handle} is a member") }
    })
}

/// Lists the codes that are good.
pub(super) async fn invites(session: &Session, device: &DeviceName, request: &InChannel) -> Result<(), Failure> {
    let packet = |id| ListInvites { id };
    let list = ask_about(session, device, &request.target, packet).await?;
    let mut output = Output::new(request.json);
    list.invites.iter().try_for_each(|invite| output.print(invite, || line(invite)))
}

fn line(invite: &Invitation) -> String {
    let moment = jiff::Timestamp::from_millisecond(invite.expires_at.as_millis()).unwrap_or_default();
    let until = moment.to_zoned(clock::zone()).strftime("%Y-%m-%d %H:%M");
    let uses = invite.uses_left.map_or_else(|| "any number of people".to_owned(), |uses| format!("{uses} people"));
    format!("{}  lets {uses} in until {until}, by {}", invite.code, invite.by)
}
