//! Members on the page of a channel: how they look, and what owner and moderators do about them.

use proto::{Ban, ChannelId, ClientPacket, Handle, Kick, Mute, Role, SetRole};
use ratatui::style::Style;

use crate::chat::ChatScreen;
use crate::component::members;
use crate::core::channel::Channel;
use crate::page::PageRequest;
use crate::page::keys::PageAction;
use crate::page::list::Row;
use crate::text::width;
use crate::theme::Theme;

/// For how long `m` keeps somebody from posting: what the question and the help say.
const TIMEOUT_SECONDS: u32 = 600;
/// Cells of the handles of members at least.
const HANDLE_CELLS: usize = 24;

/// Draws a member.
pub(super) fn row(handle: &Handle, channel: &Channel, chat: &ChatScreen, theme: &Theme) -> Row {
    let Some(member) = channel.members.get(handle) else { return Row::default() };
    let (sign, style) = members::sign(member, theme);
    let role = match member.role {
        Role::Owner => label!("role-owner"),
        Role::Moderator => label!("role-moderator"),
        Role::Member | Role::Unknown => "",
    };
    let me = if handle == chat.me() { format!(" {}", label!("page-you")) } else { String::new() };
    let named = format!("{handle}{me}");
    let gap = HANDLE_CELLS.saturating_sub(width(&named));
    Row::new([(format!("{sign} "), style), (format!("{named}{:gap$}", ""), Style::new()), (role.to_owned(), theme.dim)])
}

/// Tells whether the reader may do something about a member: roles are the owner's, and nobody does anything to those who
/// are not below them.
pub(super) fn can(action: PageAction, handle: &Handle, channel: &Channel, me: &Handle) -> bool {
    let (own, theirs) = (role_of(channel, me), role_of(channel, handle));
    match action {
        PageAction::MakeModerator => own == Role::Owner && theirs == Role::Member,
        PageAction::MakeMember => own == Role::Owner && theirs == Role::Moderator,
        PageAction::TimeOut | PageAction::Remove | PageAction::Ban => channel.keeps_order(me) && own < theirs,
        _ => false,
    }
}

/// Asks whether something is to be done about a member. Rows move as people come and go: the question names whom.
pub(super) fn question(action: PageAction, id: ChannelId, handle: Handle, title: &str) -> Option<PageRequest> {
    let named = handle.to_string();
    let (question, packet) = match action {
        PageAction::MakeModerator => (
            say!("confirm-make-moderator", handle = named),
            ClientPacket::SetRole(SetRole { id, handle, role: Role::Moderator }),
        ),
        PageAction::MakeMember => (
            say!("confirm-make-member", handle = named),
            ClientPacket::SetRole(SetRole { id, handle, role: Role::Member }),
        ),
        PageAction::TimeOut => {
            (say!("confirm-timeout", handle = named), ClientPacket::Mute(Mute { id, handle, for_s: TIMEOUT_SECONDS }))
        }
        PageAction::Remove => {
            (say!("confirm-kick", handle = named, channel = title), ClientPacket::Kick(Kick { id, handle }))
        }
        PageAction::Ban => {
            (say!("confirm-ban", handle = named, channel = title), ClientPacket::Ban(Ban { id, handle, on: true }))
        }
        _ => return None,
    };
    Some(PageRequest::confirmed(question, "", packet))
}

/// Gives somebody's role; of who is not shown among the members it is unknown.
pub(super) fn role_of(channel: &Channel, who: &Handle) -> Role {
    channel.members.get(who).map_or(Role::Unknown, |member| member.role)
}
