//! Letting people into channels, by name or by a code.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use proto::{
    ClientPacket, CreateInvite, Invitation, Invitations, InviteCode, JoinChannel, Joined, RevokeInvite, WhichChannel,
};

use super::change::{self, ask_about, ordered};
use super::output::Output;
use super::wire::Wire;
use super::{InChannel, Invite, Join};
use crate::cli::Failure;
use crate::session::Session;

/// Makes somebody a member, or makes or takes back a code.
pub(super) async fn invite(session: &Session, device: &str, invite: Invite) -> Result<(), Failure> {
    let Invite { target, handle, uses, days, revoke, json, .. } = invite;
    if let Some(handle) = handle {
        return change::invite(session, device, &target, handle, json).await;
    }
    if let Some(code) = revoke {
        let code = read_code(&code)?;
        let packet = |id| ClientPacket::RevokeInvite(RevokeInvite { id, code });
        return ordered(session, device, &target, packet, json, "the code lets nobody in any more".to_owned()).await;
    }
    let for_s = days.map(|days| days * 86_400);
    let made = |id| ClientPacket::CreateInvite(CreateInvite { id, uses, for_s });
    let made: Invitation = ask_about(session, device, &target, made).await?;
    Output::new(json).print(&made, || line(&made))
}

/// Lists the codes that are good.
pub(super) async fn invites(session: &Session, device: &str, request: &InChannel) -> Result<(), Failure> {
    let packet = |id| ClientPacket::ListInvites(WhichChannel { id });
    let list: Invitations = ask_about(session, device, &request.target, packet).await?;
    let mut output = Output::new(request.json);
    list.invites.iter().try_for_each(|invite| output.print(invite, || line(invite)))
}

/// Enters a channel, by name or by a code.
pub(super) async fn join(session: &Session, device: &str, join: &Join) -> Result<(), Failure> {
    let way = match (&join.channel, &join.code) {
        (Some(channel), _) => {
            let name = channel.trim_start_matches('#').parse();
            JoinChannel::Name(name.map_err(|error: proto::NameError| Failure::Usage(error.to_string()))?)
        }
        (None, Some(code)) => JoinChannel::Code(read_code(code)?),
        (None, None) => return Err(Failure::Usage("name a channel or a --code".to_owned())),
    };
    let mut wire = Wire::open(session, device, Vec::new(), BTreeMap::new(), 0).await?;
    let joined: Joined = wire.ask(ClientPacket::JoinChannel(way)).await?;
    Output::new(join.json).print(&joined, || "you are in the channel".to_owned())
}

fn read_code(text: &str) -> Result<InviteCode, Failure> {
    text.trim().parse().map_err(|_| Failure::Usage(format!("`{text}` is no code of an invitation")))
}

fn line(invite: &Invitation) -> String {
    let moment = jiff::Timestamp::from_millisecond(invite.expires_at.as_millis()).unwrap_or_default();
    let until = moment.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M");
    let uses = invite.uses_left.map_or_else(|| "any number of people".to_owned(), |uses| format!("{uses} people"));
    format!("{}  lets {uses} in until {until}, by {}", invite.code, invite.by)
}
