//! The connection comes and goes: what is said first on each, and what is true on one only.

use std::collections::BTreeMap;

use proto::{ClientPacket, FEATURE_FIRST, Hello, RenewToken, Timestamp, Version, Welcome, bounds};

use super::{Asked, ConnectionState, Core, CoreEffect, GivenUp, Happened, Load, Loaded, Scope};
use crate::stored::StoreChange;
use crate::text::CleanLine;

/// The shortest time between two renewals of a token, whatever the daemon and the clock say.
const RENEW_PAUSE_MILLIS: i64 = 60_000;

impl Core {
    /// The connection is open: says hello, with what is known already.
    pub(super) fn connection_up(&mut self) {
        self.connection = ConnectionState::Connecting;
        self.forget_asked();
        self.channels.values_mut().for_each(|channel| channel.history.can_be_asked());
        let live = self.channels.values().filter(|channel| channel.gone.is_none());
        let known = live.filter(|channel| channel.version() > Version::default());
        let resume = known.map(|channel| (channel.id, channel.version())).take(bounds::HELLO_CHANNELS_MAX);
        let (history, members, channels, first, first_name) = match &self.scope {
            // What belongs to other channels is asked for when they are opened.
            Scope::Everything => {
                let name = self.shown_first.clone().filter(|_| self.on_screen.is_none());
                (None, Some(0), None, Some(self.on_screen.into_iter().collect()), name)
            }
            Scope::Channels(channels, messages) => (Some(*messages), None, Some(channels.clone()), None, None),
        };
        let hello = Hello {
            token: Some(self.session.token.clone()),
            device: Some(self.device.clone()),
            client: Some(self.client.clone()),
            protocol: Some(proto::PROTOCOL_VERSION),
            resume: resume.collect::<BTreeMap<_, _>>(),
            history,
            members,
            channels,
            first,
            first_name,
        };
        self.add_request(Asked::Hello, ClientPacket::Hello(hello));
    }

    /// The connection is lost, and is tried again at a moment.
    pub(super) fn connection_down(&mut self, reason: &str, until: Timestamp) {
        self.connection = ConnectionState::Waiting { reason: CleanLine::new(reason).to_string(), until };
        self.forget_asked();
        self.failed_pages.clear();
        self.channels.values_mut().for_each(super::Channel::connection_lost);
        self.note_happened(Happened::ConnectionLost);
    }

    /// What was asked for on another connection has no answer any more.
    fn forget_asked(&mut self) {
        self.changes.waiting = self.unanswered_changes();
        self.asked.clear();
        self.outbox.connection_lost();
        self.opening.clear();
        self.public = super::public::PublicNames::default();
        self.note_happened(Happened::RequestsLost);
    }

    /// Tries to connect now, instead of in a while.
    pub fn connect_now(&mut self) -> Option<CoreEffect> {
        let waits = matches!(self.connection, ConnectionState::Waiting { .. });
        waits.then(|| {
            self.connection = ConnectionState::Connecting;
            CoreEffect::Connect(self.session.clone())
        })
    }

    pub(super) fn welcome(&mut self, welcome: &Welcome) {
        self.connection = ConnectionState::Online;
        self.limits = Some(welcome.limits);
        self.shows_personal = welcome.features.iter().any(|feature| feature == FEATURE_FIRST);
        let store = welcome.server.store.to_string();
        let known = self.store.replace(store.clone());
        let is_another = known.as_ref().is_some_and(|known| *known != store);
        if is_another {
            self.forget_all_stored();
        }
        if known.as_ref() != Some(&store) {
            self.remember(StoreChange::ServerStore(store));
        }
        if is_another {
            self.forget_store();
            return;
        }
        self.note_happened(Happened::Welcomed);
        if self.scope == Scope::Everything {
            self.add_effect(CoreEffect::Load(Load::Activity));
            self.change_again();
            self.people.are_asked_for();
            self.add_effect(CoreEffect::Load(Load::Settings));
            self.add_effect(CoreEffect::Load(Load::Friends));
            self.renew_later();
        }
    }

    /// Another store has another past: nothing that is known here holds there, and hello said that it
    /// did. So the connection is opened again, knowing nothing; what is being written stays.
    fn forget_store(&mut self) {
        let known = std::mem::take(&mut self.channels).into_values();
        let channels = known.map(|channel| (channel.place(), channel.draft.kept)).collect::<Vec<_>>();
        self.places.extend(channels.iter().map(|(place, _)| (place.id, place.clone())));
        // The numbers of messages mean others there.
        self.outbox.store_changed();
        let texts = self.forget_walls();
        self.people = super::People::default();
        self.connection = ConnectionState::Connecting;
        self.note_happened(Happened::StoreChanged { channels, texts });
        self.give_changes_up(GivenUp::StoreChanged);
        self.add_effect(CoreEffect::Connect(self.session.clone()));
    }

    /// Something that was asked for over HTTP has come.
    pub(super) fn loaded(&mut self, loaded: Loaded) {
        match loaded {
            Loaded::Channels(Err(_)) => self.note_happened(Happened::Listed(None)),
            Loaded::Channels(Ok(list)) => {
                for personal in list.channels.iter().filter_map(|channel| channel.personal.clone()) {
                    self.personal_came(personal);
                }
                self.note_happened(Happened::Listed(Some(list)));
            }
            Loaded::PublicNames(begin, list) => self.public_names_came(begin, list),
            Loaded::Activity(list) => {
                self.activity = list.total;
                let waits = |entry: &&proto::CatchUpEntry| entry.kind == proto::CatchUpKind::Invite && entry.waiting;
                self.invitations = list.entries.iter().filter(waits).cloned().collect();
            }
            Loaded::Settings(settings) => {
                self.remember(StoreChange::Settings(Box::new(settings.clone())));
                self.people.settings_loaded(settings);
            }
            Loaded::Friends(friends) => {
                self.remember(StoreChange::Friends(Box::new(friends.clone())));
                if self.people.relations_loaded(friends) {
                    self.hide_blocked();
                } else {
                    self.add_effect(CoreEffect::Load(Load::Friends));
                }
            }
        }
    }

    /// A moment that was waited for may have come.
    pub(super) fn wake(&mut self) {
        if self.renew_due.is_some_and(|due| due <= self.now) && self.is_online() {
            self.renew_due = None;
            self.add_request(Asked::Renew, RenewToken {});
        }
        self.failed_pages_due();
    }

    /// Asks for a fresh token when it is time. One that ends at once is not asked for over and over, whatever comes between.
    pub(super) fn renew_later(&mut self) {
        let now = self.now;
        let not_before = self.renewed_at.map_or(now, |renewed| renewed.min(now).plus_millis(RENEW_PAUSE_MILLIS));
        let due = self.session.renew_at(now).max(not_before).max(now);
        self.renew_due = Some(due);
        self.add_effect(CoreEffect::WakeAt(due));
    }
}
