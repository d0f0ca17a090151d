//! The connection comes and goes: what is said first on each, and what is true on one only.

use proto::http::Channels;
use proto::{ChannelId, ChannelKind, ClientPacket, Hello, JoinChannel, Timestamp, Version, bounds};

use super::{Asked, Connection, State, waits};
use crate::effect::Effect;

impl State {
    /// The connection is open: says hello, with what is known already.
    pub fn connection_up(&mut self) -> Vec<Effect> {
        self.connection = Connection::Connecting;
        self.forget_asked();
        let live = self.channels.values().filter(|channel| channel.gone.is_none());
        let known = live.filter(|channel| channel.version() > Version::default());
        let resume = known.map(|channel| (channel.id, channel.version()));
        let hello = Hello {
            token: Some(self.session.token.clone()),
            device: Some(self.device.clone()),
            client: Some(self.client.clone()),
            protocol: Some(proto::PROTOCOL_VERSION),
            resume: resume.take(bounds::HELLO_CHANNELS_MAX).collect(),
            history: None,
            channels: None,
        };
        vec![self.ask(Asked::Hello, ClientPacket::Hello(hello))]
    }

    /// The list of channels has come: what was named at the start is entered; somebody who is in none is shown the lobby,
    /// once.
    pub fn channel_list(&mut self, result: Result<Channels, String>) -> Vec<Effect> {
        let Ok(list) = result else {
            // Without it nobody knows what a name stands for but the daemon.
            return self.enter_first(&[], false);
        };
        let mut effects = Vec::new();
        let public = list.channels.iter().filter(|channel| channel.kind == ChannelKind::Public);
        self.public = public.map(|channel| channel.name.clone()).collect();
        for personal in list.channels.iter().filter_map(|channel| channel.personal.clone()) {
            self.set_personal(personal);
        }
        let first = !std::mem::replace(&mut self.greeted, true);
        self.show_what_cannot_go(&list);
        let comes = |id: &ChannelId| list.channels.iter().any(|channel| channel.member && channel.id == *id);
        if self.current.is_none() && !self.open_again.as_ref().is_some_and(comes) {
            self.open_again = None;
            let first = self.sorted().first().map(|channel| channel.id);
            effects.extend(first.map(|id| self.open(id)).into_iter().flatten());
        }
        if self.join_first.is_some() {
            effects.extend(self.enter_first(&list.channels, list.more));
            return effects;
        }
        let in_none = !list.channels.iter().any(|channel| channel.member);
        let joins_one = self.naming.is_some() || self.asked.values().any(|asked| *asked == Asked::Open);
        if first && in_none && !joins_one && self.channels.is_empty() {
            let lobby = "lobby".parse().expect("the lobby has a name");
            effects.push(self.ask(Asked::Open, ClientPacket::JoinChannel(JoinChannel::Name(lobby))));
        }
        effects
    }

    /// The connection is lost, and is tried again at a moment.
    pub fn connection_down(&mut self, reason: &str, until: Timestamp) -> Vec<Effect> {
        self.connection = Connection::Waiting { reason: crate::text::CleanLine::new(reason).to_string(), until };
        self.forget_asked();
        self.failed_pages.clear();
        self.typing_told = None;
        for channel in self.channels.values_mut() {
            channel.connection_lost();
        }
        Vec::new()
    }

    /// What was asked for on another connection has no answer any more.
    fn forget_asked(&mut self) {
        self.forms_lost();
        self.lines_lost();
        self.changes = self.unanswered_changes();
        self.asked.clear();
        self.outbox.connection_lost();
        self.conversations_lost();
        self.page_leads = false;
    }

    /// Lets the line at the bottom count the seconds to the next try.
    pub(super) fn count_down(&mut self, now: Timestamp) -> Option<Effect> {
        self.tick_due.take_if(|due| *due <= now);
        let Connection::Waiting { until, .. } = &self.connection else { return None };
        if *until <= now || waits(self.tick_due, now, 1_000) {
            return None;
        }
        // At the next whole second before the try.
        let left = i64::try_from(until.millis_since(now)).unwrap_or(i64::MAX);
        let due = now.plus_millis((left - 1) % 1_000 + 1);
        self.tick_due = Some(due);
        Some(Effect::WakeAt(due))
    }

    /// Tries to connect now, instead of in a while.
    pub(super) fn connect_now(&mut self) -> Option<Effect> {
        let waits = matches!(self.connection, Connection::Waiting { .. });
        waits.then(|| {
            self.connection = Connection::Connecting;
            Effect::Connect(self.session.clone())
        })
    }
}
