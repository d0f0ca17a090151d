//! Which channel a name stands for: those of that name that one is in, the public one, and one that one is invited to. Where
//! that is more than one nobody guesses: all are shown, with ids to tell them apart.

use proto::http::ChannelSummary;
use proto::{ChannelId, ChannelKind, ChannelName, ClientPacket, Handle, JoinChannel};

use super::outcome::KeyOutcome;
use super::terms::{Naming, Purpose};
use super::{Asked, Channel, ChatScreen};
use crate::effect::Effect;
use crate::meant::Meant;
use crate::page::Fetch;
use crate::text::CleanLine;

/// Characters of an id that tell namesakes apart where nothing else does.
const ID_TAIL_CHARS: usize = 4;

/// Channels that are named when a name stands for several.
const NAMED_MAX: usize = 10;

impl Purpose {
    fn command(self) -> &'static str {
        match self {
            Self::Join => "/join",
            Self::Open => "/open",
            Self::Leave => "/leave",
            Self::Close => "/close",
        }
    }
}

/// A channel that a name may stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    id: ChannelId,
    kind: ChannelKind,
    owner: Option<Handle>,
    /// How many members it has, where that is known.
    members: Option<u64>,
    /// Who invites the reader, whose yes is waited for.
    invited_by: Option<Handle>,
}

impl Candidate {
    fn here(channel: &Channel) -> Self {
        let (owner, members) = (channel.owner.clone(), Some(channel.members_total));
        Self { id: channel.id, kind: channel.kind, owner, members, invited_by: None }
    }

    fn listed(channel: &ChannelSummary) -> Self {
        let (owner, members) = (channel.owner.clone(), Some(channel.members_total));
        Self { id: channel.id, kind: channel.kind, owner, members, invited_by: None }
    }

    /// What tells it apart: `id:4h2m (private, owner gina, 3 members)`.
    fn words(&self) -> String {
        let kind = Some(kind_word(self.kind).to_owned());
        let owner = self.owner.as_ref().map(|owner| say!("namesake-owner", handle = owner.as_str()));
        let members = self.members.map(|members| say!("namesake-members", count = members));
        let invited = self.invited_by.as_ref().map(|by| say!("namesake-invited", handle = by.as_str()));
        let words = [kind, owner, members, invited].into_iter().flatten().collect::<Vec<_>>().join(", ");
        say!("namesake", id = self.id.as_str(), details = words)
    }
}

fn kind_word(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Public => label!("namesake-public"),
        ChannelKind::Private => label!("namesake-private"),
        _ => label!("namesake-channel"),
    }
}

impl ChatScreen {
    /// Does something with the channel or conversation that is meant.
    pub(super) fn with_meant(&mut self, meant: Meant, purpose: Purpose) -> KeyOutcome {
        match meant {
            Meant::Id(id) => self.with_id(id, purpose),
            Meant::Person(handle) => match (purpose, self.core.conversation_with(&handle)) {
                (Purpose::Join, _) => KeyOutcome::GoOn(self.talk(handle)),
                (_, Some(id)) => self.with_id(id, purpose),
                (_, None) => self.refuse(say!("error-no-conversation", handle = handle.as_str())),
            },
            Meant::Name(name) => self.with_name(name, purpose),
        }
    }

    fn with_id(&mut self, id: ChannelId, purpose: Purpose) -> KeyOutcome {
        let known = self.core.channels.contains_key(&id);
        match purpose {
            Purpose::Leave if known => self.leave(id),
            Purpose::Close if known => self.close_or_refuse(id),
            Purpose::Join | Purpose::Open if self.core.is_in(&id) => KeyOutcome::GoOn(self.open(id)),
            Purpose::Join => KeyOutcome::GoOn(self.join_by_id(id)),
            Purpose::Open if known => KeyOutcome::GoOn(self.open(id)),
            Purpose::Open | Purpose::Leave | Purpose::Close => self.refuse(label!("error-no-such-id")),
        }
    }

    fn with_name(&mut self, name: ChannelName, purpose: Purpose) -> KeyOutcome {
        let here = self.candidates_here(&name, purpose);
        if here.len() > 1 {
            return self.refuse_namesakes(&name, &here, purpose);
        }
        let invited = here.iter().any(|candidate| candidate.invited_by.is_some());
        match here.first() {
            Some(one) if one.kind == ChannelKind::Public && !invited => self.with_id(one.id, purpose),
            // There may be a public one of that name, made by somebody a moment ago.
            Some(_) if self.core.is_online() => {
                self.naming = Some(Naming { name: name.clone(), purpose });
                KeyOutcome::GoOn(vec![Effect::Fetch(Fetch::Named(name))])
            }
            Some(one) if purpose == Purpose::Open && !invited => self.with_id(one.id, purpose),
            None if purpose == Purpose::Join => KeyOutcome::GoOn(self.join_by_name(name)),
            None => self.with_gone(&name, purpose),
            Some(_) => self.refuse(label!("error-offline")),
        }
    }

    /// Nothing that one is in has this name; perhaps something that one was in and that is still shown.
    fn with_gone(&mut self, name: &ChannelName, purpose: Purpose) -> KeyOutcome {
        let gone = self.core.channels.values().find(|channel| channel.gone.is_some() && channel.name == *name);
        match gone.map(|channel| channel.id) {
            Some(id) => self.with_id(id, purpose),
            None => self.refuse(say!("error-not-a-member-of", name = CleanLine::new(name.as_str()).as_str())),
        }
    }

    /// Gives the public channel of a name that one is in, if that is the only channel of the name here.
    pub(super) fn public_here(&self, name: &ChannelName) -> Option<ChannelId> {
        let is_named = |channel: &&Channel| channel.kind != ChannelKind::Dm && channel.name == *name;
        let mut named = self.core.channels.values().filter(|channel| channel.gone.is_none()).filter(is_named);
        let first = named.next()?;
        (named.next().is_none() && first.kind == ChannelKind::Public).then_some(first.id)
    }

    /// Asks the daemon for the channel that was named on the command line.
    pub(super) fn look_up_first(&mut self, name: ChannelName) -> Effect {
        self.naming = Some(Naming { name: name.clone(), purpose: Purpose::Join });
        Effect::Fetch(Fetch::Named(name))
    }

    /// The daemon has told which channels have a name.
    pub fn named(&mut self, name: &ChannelName, found: Result<&[ChannelSummary], String>) -> KeyOutcome {
        let Some(Naming { purpose, .. }) = self.naming.take_if(|naming| naming.name == *name) else {
            return KeyOutcome::GoOn(Vec::new());
        };
        if self.join_first.take_if(|meant| *meant == Meant::Name(name.clone())).is_some() {
            self.greeted = true;
            return self.enter_named(name, found);
        }
        let before = self.core.next_request();
        let outcome = self.with_found(name, purpose, found);
        self.line_was_looked_up(before);
        outcome
    }

    /// The channel that was named on the command line is entered, and shown unless somebody has begun to write elsewhere.
    fn enter_named(&mut self, name: &ChannelName, found: Result<&[ChannelSummary], String>) -> KeyOutcome {
        let Ok(found) = found else {
            // Nobody knows what the name stands for but the daemon.
            return KeyOutcome::GoOn(self.join_by_name(name.clone()));
        };
        let one = found.iter().filter(|channel| channel.name == *name && channel.kind != ChannelKind::Dm);
        match one.collect::<Vec<_>>().as_slice() {
            [one] if self.core.is_in(&one.id) => KeyOutcome::GoOn(self.open_as_asked(one.id)),
            _ => self.with_found(name, Purpose::Join, Ok(found)),
        }
    }

    fn with_found(
        &mut self,
        name: &ChannelName,
        purpose: Purpose,
        found: Result<&[ChannelSummary], String>,
    ) -> KeyOutcome {
        let found = match found {
            Ok(found) => found,
            Err(reason) => return self.refuse(reason),
        };
        let mut all = self.candidates_here(name, purpose);
        for candidate in found.iter().filter(|channel| channel.name == *name).map(Candidate::listed) {
            if !all.iter().any(|known| known.id == candidate.id) && candidate.kind != ChannelKind::Dm {
                all.push(candidate);
            }
        }
        match all.as_slice() {
            [] if purpose == Purpose::Join => KeyOutcome::GoOn(self.join_by_name(name.clone())),
            [] => self.with_gone(name, purpose),
            [one] => match (&one.invited_by, purpose) {
                (Some(by), _) => self.ask_to_accept(one.id, name, one.kind, by),
                (None, purpose) => self.with_id(one.id, purpose),
            },
            several => self.refuse_namesakes(name, several, purpose),
        }
    }

    /// The channel that was named on the command line, once the daemon has listed what there is.
    pub(super) fn enter_first(&mut self, listed: &[ChannelSummary], more: bool) -> Vec<Effect> {
        let Some(meant) = self.join_first.take() else { return Vec::new() };
        let Meant::Name(name) = meant else {
            return match self.with_meant(meant, Purpose::Join) {
                KeyOutcome::GoOn(effects) => effects,
                _ => Vec::new(),
            };
        };
        let named = listed.iter().filter(|channel| channel.name == name && channel.kind != ChannelKind::Dm);
        let named = named.map(Candidate::listed).collect::<Vec<_>>();
        match named.as_slice() {
            [one] if one.kind == ChannelKind::Public => self.join_by_id(one.id),
            // The list may have an end before the public one of that name.
            [_] if more => {
                self.naming = Some(Naming { name: name.clone(), purpose: Purpose::Join });
                vec![Effect::Fetch(Fetch::Named(name))]
            }
            [one] => self.join_by_id(one.id),
            [] => self.join_by_name(name),
            several => {
                let several = several.to_vec();
                self.refuse_namesakes(&name, &several, Purpose::Join);
                Vec::new()
            }
        }
    }

    fn join_by_name(&mut self, name: ChannelName) -> Vec<Effect> {
        self.request(Asked::Open, ClientPacket::JoinChannel(JoinChannel::Name(name)))
    }

    /// Enters a channel that one knows by its id, and shows it.
    pub(crate) fn join_by_id(&mut self, id: ChannelId) -> Vec<Effect> {
        self.request(Asked::Open, ClientPacket::JoinChannel(JoinChannel::Id(id)))
    }

    /// What a name stands for, as far as it is known here: channels that one is in, and, for who wants to join one, those that
    /// one is invited to. Without them the name would make another channel, where others read what was meant for these.
    fn candidates_here(&self, name: &ChannelName, purpose: Purpose) -> Vec<Candidate> {
        let here = self.channels_named(name).map(Candidate::here);
        let invited = self.core.invitations.iter().filter(|_| purpose == Purpose::Join).filter_map(|entry| {
            let (id, kind) = (entry.id?, entry.channel_kind?);
            let wanted = entry.name.as_ref() == Some(name) && !self.core.is_in(&id);
            let (owner, members, invited_by) = (None, None, Some(entry.by.clone()));
            wanted.then_some(Candidate { id, kind, owner, members, invited_by })
        });
        here.chain(invited).collect()
    }

    fn refuse_namesakes(&mut self, name: &ChannelName, all: &[Candidate], purpose: Purpose) -> KeyOutcome {
        let words = all.iter().take(NAMED_MAX).map(Candidate::words).collect::<Vec<_>>().join(", ");
        let more = all.len().saturating_sub(NAMED_MAX);
        let (count, command, name) = (all.len(), purpose.command(), CleanLine::new(name.as_str()));
        let name = name.as_str();
        self.refuse(match more {
            0 => say!("error-namesakes", count = count, name = name, command = command, list = words),
            more => {
                say!("error-namesakes-more", count = count, name = name, command = command, list = words, more = more)
            }
        })
    }

    /// Tells whether what is meant is here beyond doubt, so that nobody has to be asked for it.
    pub(super) fn is_here(&self, meant: &Meant) -> bool {
        match meant {
            Meant::Id(id) => self.core.is_in(id),
            Meant::Person(handle) => self.core.conversation_with(handle).is_some(),
            Meant::Name(name) => {
                let mut named = self.channels_named(name);
                named.next().is_some_and(|channel| channel.kind == ChannelKind::Public) && named.next().is_none()
            }
        }
    }

    fn channels_named(&self, name: &ChannelName) -> impl Iterator<Item = &Channel> {
        self.core
            .channels
            .values()
            .filter(move |channel| channel.name == *name && channel.kind != ChannelKind::Dm && channel.gone.is_none())
    }

    /// Gives what tells a channel apart from others of its name, if there are any.
    pub fn tag(&self, channel: &Channel) -> Option<String> {
        if channel.kind == ChannelKind::Dm || channel.gone.is_some() {
            return None;
        }
        let others = self.channels_named(&channel.name).filter(|other| other.id != channel.id).collect::<Vec<_>>();
        if others.is_empty() {
            return None;
        }
        if others.iter().all(|other| other.kind != channel.kind) {
            return Some(kind_word(channel.kind).to_owned());
        }
        let owner = channel.owner.as_ref().filter(|_| others.iter().all(|other| other.owner != channel.owner));
        Some(match owner {
            Some(owner) => owner.to_string(),
            None => {
                let id = channel.id.as_str();
                format!("…{}", &id[id.len().saturating_sub(ID_TAIL_CHARS)..])
            }
        })
    }

    /// Gives the name of a channel, and what tells it apart where others have the same.
    pub fn full_title(&self, channel: &Channel) -> String {
        match self.tag(channel) {
            Some(tag) => format!("{} ({tag})", channel.title()),
            None => channel.title(),
        }
    }

    pub(super) fn refuse(&mut self, reason: impl Into<String>) -> KeyOutcome {
        self.fail(reason);
        KeyOutcome::GoOn(Vec::new())
    }
}
