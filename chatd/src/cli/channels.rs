//! `chatd channel`, `message` and `member`: what an operator does where people talk.

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use proto::{ChannelKind, Handle, Index};

use super::Place;
use super::confirm::{Sure, count};
use super::operate::{ListArguments, Site, in_words, print_all};
use super::users::handle;
use crate::admin::{Channel, Message, Request};

/// `chatd channel`.
#[derive(Debug, Subcommand)]
pub(super) enum ChannelCommand {
    /// List all channels, including direct conversations
    List(ListArguments),
    /// Delete a channel with all its messages
    Delete(DeleteChannel),
    /// Make a user the owner of a channel, and a member; the old owner becomes a moderator
    Give(Give),
}

/// `chatd message`.
#[derive(Debug, Subcommand)]
pub(super) enum MessageCommand {
    /// Delete a message, also on a wall or in a direct conversation
    Delete(DeleteMessage),
}

/// `chatd member`.
#[derive(Debug, Subcommand)]
pub(super) enum MemberCommand {
    /// Remove a member from a channel; a direct conversation is closed for them
    Remove(Remove),
}

/// The channel of a command.
#[derive(Debug, Args)]
struct Which {
    /// Its name if only one has it, `wall:HANDLE`, or its id, also as `id:ID` (direct conversations have no name)
    channel: String,
}

/// `chatd channel delete`.
#[derive(Debug, Args)]
pub(super) struct DeleteChannel {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    sure: Sure,
    #[command(flatten)]
    place: Place,
}

/// `chatd channel give`.
#[derive(Debug, Args)]
pub(super) struct Give {
    #[command(flatten)]
    which: Which,
    /// The new owner
    #[arg(value_parser = handle)]
    handle: Handle,
    /// Changes nothing, since it can be given back and nobody is asked: scripts may say it everywhere
    #[arg(long = "yes", hide = true)]
    _yes: bool,
    #[command(flatten)]
    place: Place,
}

/// `chatd message delete`.
#[derive(Debug, Args)]
pub(super) struct DeleteMessage {
    #[command(flatten)]
    which: Which,
    /// The message's index in the channel; 1 is the first
    #[arg(value_parser = clap::value_parser!(u64).range(1..=i64::MAX as u64))]
    index: u64,
    #[command(flatten)]
    sure: Sure,
    #[command(flatten)]
    place: Place,
}

/// `chatd member remove`; it asks, or takes `--yes`, where a private channel ends with its last member.
#[derive(Debug, Args)]
pub(super) struct Remove {
    #[command(flatten)]
    which: Which,
    /// Handle of the member
    #[arg(value_parser = handle)]
    handle: Handle,
    #[command(flatten)]
    sure: Sure,
    #[command(flatten)]
    place: Place,
}

pub(super) fn channel(command: ChannelCommand) -> Result<()> {
    match command {
        ChannelCommand::List(listing) => {
            let channels = listing.site()?.asks::<Vec<Channel>>(&Request::ListChannels)?;
            print_all(&channels, listing.json, line)
        }
        ChannelCommand::Delete(delete) => delete.run(),
        ChannelCommand::Give(give) => {
            let site = Site::of(&give.place)?;
            let channel = give.which.find(&site)?;
            let words = format!("{} is the owner of {}", give.handle, shown(&channel));
            site.does(&Request::GiveChannel { id: channel.id, handle: give.handle }, &words)
        }
    }
}

pub(super) fn message(command: MessageCommand) -> Result<()> {
    let MessageCommand::Delete(delete) = command;
    delete.sure.check()?;
    let site = Site::of(&delete.place)?;
    let channel = delete.which.find(&site)?;
    let (id, index) = (channel.id, Index::new(delete.index));
    let message = site.asks::<Message>(&Request::FindMessage { id, index })?;
    let which = format!("message {} of {}", delete.index, shown(&channel));
    delete.sure.ask(&format!("Delete {which}, sent by {} at {}?", message.by, in_words(message.date)))?;
    site.does(&Request::DeleteMessage { id, index }, &format!("{which} deleted"))
}

pub(super) fn remove_member(command: MemberCommand) -> Result<()> {
    let MemberCommand::Remove(remove) = command;
    let site = Site::of(&remove.place)?;
    let channel = remove.which.find(&site)?;
    let (id, handle) = (channel.id, remove.handle);
    let weigh = Request::WeighMember { id, handle: handle.clone() };
    let ends = site.asks::<bool>(&weigh)?;
    if ends {
        remove.sure.ask(&format!(
            "{handle} is the last member of {} who can sign in: delete it with {}?",
            shown(&channel),
            count(channel.messages, "message")
        ))?;
    }
    let words = match channel.kind {
        ChannelKind::Dm => format!("{} closed for {handle}", shown(&channel)),
        _ if ends => format!("{} deleted with its last member", shown(&channel)),
        _ => format!("{handle} removed from {}", shown(&channel)),
    };
    site.does(&Request::RemoveMember { id, handle }, &words)
}

impl DeleteChannel {
    fn run(self) -> Result<()> {
        self.sure.check()?;
        let site = Site::of(&self.place)?;
        let channel = self.which.find(&site)?;
        if channel.kind == ChannelKind::Wall {
            bail!("{} is deleted with the account; its messages can be deleted one by one", shown(&channel));
        }
        let messages = count(channel.messages, "message");
        self.sure.ask(&format!(
            "Delete {} with {messages} and {}?",
            shown(&channel),
            count(channel.members, "member")
        ))?;
        site.does(&Request::DeleteChannel { id: channel.id }, &format!("{} deleted with {messages}", shown(&channel)))
    }
}

impl Which {
    fn find(&self, site: &Site) -> Result<Channel> {
        let text = &self.channel;
        let mut found = site.asks::<Vec<Channel>>(&Request::FindChannels { channel: text.clone() })?;
        if found.len() > 1 {
            let ids = found.iter().map(|channel| format!("id:{} ({})", channel.id, kind(channel.kind)));
            bail!("`{text}` matches several channels: {}; use the id", ids.collect::<Vec<_>>().join(", "));
        }
        found.pop().with_context(|| match text.strip_prefix("wall:") {
            Some(handle) => format!("there is no wall of `{handle}`"),
            None => format!("there is no channel `{text}`"),
        })
    }
}

/// Names a channel in a sentence.
fn shown(channel: &Channel) -> String {
    match channel.kind {
        ChannelKind::Dm => match channel.name.split_once(' ') {
            Some((one, other)) if one != other => format!("the conversation of {one} and {other}"),
            _ => format!("the conversation {}", channel.id),
        },
        ChannelKind::Wall => format!("the wall of {}", channel.name),
        ChannelKind::Public | ChannelKind::Private | ChannelKind::Unknown => format!("#{}", channel.name),
    }
}

fn kind(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Public => "public",
        ChannelKind::Private => "private",
        ChannelKind::Dm => "dm",
        ChannelKind::Wall => "wall",
        ChannelKind::Unknown => "?",
    }
}

fn line(channel: &Channel) -> String {
    let owner = channel.owner.as_ref().map_or_else(String::new, |owner| format!("  owned by {owner}"));
    let (members, messages) = (channel.members, channel.messages);
    format!(
        "{:<26} {:<8} {:<32} {members:>6} members {messages:>9} messages{owner}",
        channel.id.as_str(),
        kind(channel.kind),
        channel.name
    )
}
