//! What happened in the core, and what it makes of the screen.

use proto::codec::Incoming;
use proto::http::Channels;
use proto::{
    CatchUpEntry, CatchUpKind, ChannelId, ClientPacket, CreateInvite, Handle, Invite, JoinChannel, Relation, Request,
    Timestamp,
};
use serde_json::value::RawValue;

use super::{Asked, ChannelView, ChatScreen};
use crate::core::{Event, GivenUp, Happened, RequestId, Update};
use crate::effect::Effect;
use crate::meant::Meant;
use crate::refusals::chat::{About, of_chat};
use crate::refusals::{as_sentence, with_stop};
use crate::text::CleanLine;
use crate::unsent::ChannelPlace;
use crate::words;

/// What an event leads to.
pub enum EventOutcome {
    /// Go on, with these effects.
    GoOn(Vec<Effect>),
    /// The session is over: sign in again, for this reason.
    SignInAgain(String),
}

impl ChatScreen {
    /// Lets the core take in what came from outside, and shows what happened.
    pub fn hear(&mut self, event: Event, now: Timestamp) -> EventOutcome {
        self.keeping.touched |= matches!(&event, Event::Packet(Incoming::Answer(_, Err(_))));
        let update = self.core.update(event, now);
        let mut ends = update.happened.iter().filter_map(|happened| match happened {
            Happened::SessionEnded(reason) => Some(reason.clone()),
            _ => None,
        });
        let ended = ends.next();
        let effects = self.take_in(update);
        ended.map_or(EventOutcome::GoOn(effects), EventOutcome::SignInAgain)
    }

    /// Shows what happened.
    pub(super) fn take_in(&mut self, update: Update) -> Vec<Effect> {
        let mut effects = update.effects.into_iter().map(Effect::from).collect::<Vec<_>>();
        for happened in update.happened {
            effects.extend(self.happened(happened));
        }
        effects
    }

    fn happened(&mut self, happened: Happened) -> Vec<Effect> {
        match happened {
            Happened::Welcomed => return self.welcomed(),
            Happened::StoreChanged { channels, texts } => self.store_changed(channels, &texts),
            Happened::ChangesGivenUp(changes, why) => self.changes_given_up(&changes, why),
            Happened::RequestsLost => self.requests_lost(),
            Happened::ConnectionLost => self.typing_told = None,
            // Whoever hears it leaves this screen.
            Happened::SessionEnded(_) => {}
            Happened::Refused(refusal) => self.fail(of_chat(&refusal.reason, &About::default())),
            Happened::Listed(list) => return self.channels_listed(list),
            Happened::ChannelAdded { id, goes_on, was_gone } => return self.channel_added(id, goes_on, was_gone),
            Happened::ChannelRemoved { remove, own } => return self.removed(&remove, own),
            Happened::BecamePrivate(id) => {
                if let Some(title) = self.core.channels.get(&id).map(super::Channel::title) {
                    self.tell(say!("notice-made-private", channel = title));
                }
            }
            Happened::MessageCame { id, counts: true, heard, named, .. } => {
                return self.message_came(id, heard, named).into_iter().collect();
            }
            Happened::MessageCame { .. } => {}
            Happened::Arrived { id, number, index } => {
                if let Some(view) = self.views.get_mut(&id) {
                    view.timeline.has_become(number, index);
                }
            }
            Happened::HistoryCame(_) => _ = self.found(),
            Happened::ChannelResumed(id) => {
                _ = self.found();
                return self.first_is_here(id);
            }
            Happened::HistoryFailed(reason) => {
                self.fail(say!("error-history", reason = with_stop(&as_sentence(&reason))))
            }
            Happened::PersonalCame(personal) => self.personal_came(&personal),
            Happened::ActivityCame(entry) => self.tell_activity(&entry),
            Happened::RelationChanged { handle, before, now } => self.tell_relation(&handle, before, now),
            Happened::Answered(request, Ok(payload)) => return self.answered(request, &payload),
            Happened::Answered(request, Err(refusal)) => self.refused(request, &refusal.reason),
            Happened::ChangeRefused { packet, again, reason } => {
                let words = of_chat(&reason, &self.about(&packet));
                self.change_refused(packet, again, &words);
            }
            Happened::Posted => self.tell(label!("notice-posted")),
            Happened::PostRefused(texts, reason) => self.post_refused(&texts, of_chat(&reason, &About::default())),
            Happened::ConversationOpened(handle, id) => return self.conversation_opened(&handle, id),
            Happened::ConversationRefused(handle, given, reason) => {
                let about = About { handle: handle.to_string(), ..About::default() };
                self.conversation_refused(&handle, &given, of_chat(&reason, &about));
            }
        }
        Vec::new()
    }

    /// There is a connection. The list of channels is asked for where it says what the daemon does not show: what a name stands
    /// for, and whether one is in a channel at all.
    fn welcomed(&mut self) -> Vec<Effect> {
        self.notice = self.notice.take().filter(|notice| notice.failed);
        let named = match &self.join_first {
            Some(Meant::Name(name)) if self.core.shows_personal() => Some(name.clone()),
            _ => None,
        };
        // While another name is looked up the list says what this one stands for.
        let named = named.filter(|_| self.naming.is_none());
        self.first_known = named.as_ref().and_then(|name| self.public_here(name));
        let greets = named.is_none() && (self.join_first.is_some() || !self.greeted || self.current.is_none());
        let lists = greets || !self.core.shows_personal() || self.writes_elsewhere();
        let list = lists.then_some(Effect::LoadChannels);
        let found = named.filter(|_| self.first_known.is_none()).map(|name| self.look_up_first(name));
        list.into_iter().chain(found).collect()
    }

    /// The daemon has shown a channel. If it is the one that was named on the command line and known before, that is done; if it
    /// is called otherwise by now, the daemon is asked.
    fn first_is_here(&mut self, id: ChannelId) -> Vec<Effect> {
        let Some(Meant::Name(name)) = self.join_first.clone() else { return Vec::new() };
        if self.first_known.take_if(|known| *known == id).is_none() {
            return Vec::new();
        }
        if self.public_here(&name) != Some(id) {
            return vec![self.look_up_first(name)];
        }
        (self.join_first, self.greeted) = (None, true);
        self.open_as_asked(id)
    }

    /// Nothing that was known holds in another store; what is being written stays.
    fn store_changed(&mut self, channels: Vec<(ChannelPlace, String)>, texts: &[String]) {
        for (place, kept) in channels {
            let writing = self.views.remove(&place.id).map(|mut view| view.take_writing(kept));
            self.drafts.insert(place.id, writing.unwrap_or_default());
        }
        // The numbers of messages mean others there.
        self.drafts.values_mut().for_each(super::channel_view::ChannelDraft::forget_message);
        // Whoever writes on does so where they were, or nowhere.
        self.open_again = self.current.take();
        texts.iter().for_each(|text| self.remember_for_reader(text));
    }

    /// The changes that nobody answered are made no more: the texts of edits come back to their writer.
    pub(super) fn changes_given_up(&mut self, changes: &[ClientPacket], why: GivenUp) {
        for packet in changes {
            if let ClientPacket::EditMessage(edit) = packet {
                self.remember_for_reader(edit.content.as_str());
            }
        }
        let count = changes.len();
        self.fail(match why {
            GivenUp::TooLate => say!("error-changes-too-late", count = count),
            GivenUp::StoreChanged => say!("error-changes-server-reset", count = count),
        });
    }

    /// What was asked for on another connection has no answer any more.
    fn requests_lost(&mut self) {
        self.forms_lost();
        self.lines_lost();
        self.waiting.clear();
        self.wanted_conversation = None;
        self.page_leads = false;
    }

    /// The list of channels has come: what was named at the start is joined; somebody who is in none is shown the lobby, once.
    fn channels_listed(&mut self, list: Option<Channels>) -> Vec<Effect> {
        let Some(list) = list else {
            // Without it nobody knows what a name stands for but the daemon.
            return self.enter_first(&[], false);
        };
        let mut effects = Vec::new();
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
        let joins_one = self.naming.is_some() || self.waiting.values().any(|(asked, _)| *asked == Asked::Open);
        if first && in_none && !joins_one && self.core.channels.is_empty() {
            let lobby = "lobby".parse().expect("the lobby has a name");
            effects.push(self.ask(Asked::Open, ClientPacket::JoinChannel(JoinChannel::Name(lobby))));
        }
        effects
    }

    /// A channel is there: what was being written for it goes on, and it is shown if somebody waits for it.
    fn channel_added(&mut self, id: ChannelId, goes_on: bool, was_gone: bool) -> Vec<Effect> {
        self.makes_view(id);
        if let Some(view) = self.views.get_mut(&id).filter(|_| !goes_on) {
            view.timeline.reset();
        }
        if was_gone {
            // What was told of that is no longer so.
            self.notice = None;
        }
        let mut effects = Vec::new();
        if self.open_when_added.take_if(|wanted| *wanted == id).is_some() {
            effects.extend(self.open_as_asked(id));
        }
        effects.extend(self.first_is_here(id));
        let listed = self.core.channels.get(&id).is_some_and(super::Channel::is_listed);
        if self.current.is_none() && listed && self.open_again.is_none_or(|wanted| wanted == id) {
            self.open_again = None;
            effects.extend(self.open(id));
        }
        effects
    }

    /// Makes room on the screen for a channel, with what was being written for it.
    pub(super) fn makes_view(&mut self, id: ChannelId) {
        if self.views.contains_key(&id) {
            return;
        }
        let mut view = ChannelView::default();
        let kept = view.go_on_writing(self.drafts.remove(&id).unwrap_or_default());
        self.core.goes_on_writing(id, kept);
        self.views.insert(id, view);
    }

    /// A message of somebody else is here: it rings if it is meant for the reader, and begins what is new.
    fn message_came(&mut self, id: ChannelId, heard: bool, named: bool) -> Option<Effect> {
        let on_screen = self.current == Some(id) && self.is_attended() && !self.is_covered();
        let (channel, view) = (self.core.channels.get(&id)?, self.views.get_mut(&id)?);
        if !on_screen && !view.timeline.has_divider() && self.current == Some(id) {
            // It counts already.
            view.timeline.set_divider(Some(channel.last_read));
        }
        let is_seen = on_screen && view.timeline.follows(&channel.history);
        (heard && self.core.may_ring(id, named) && !is_seen).then_some(Effect::Bell)
    }

    /// Says what is new unless the message itself has said it.
    fn tell_activity(&mut self, entry: &CatchUpEntry) {
        if entry.kind == CatchUpKind::Invite && entry.waiting {
            self.tell(words::invited(entry));
        } else if !matches!(entry.kind, CatchUpKind::Reaction | CatchUpKind::Invite) {
            self.tell(CleanLine::new(&words::activity(entry, self.me())).to_string());
        }
    }

    /// Says that somebody stands otherwise to the reader, who may have waited for it.
    fn tell_relation(&mut self, handle: &Handle, before: Relation, now: Relation) {
        match now {
            Relation::Friend if before != now => self.tell(say!("notice-friend-added", handle = handle.as_str())),
            Relation::Asked if before != now => self.tell(say!("notice-friend-asked", handle = handle.as_str())),
            Relation::Blocked if before != now => {
                self.tell(say!("notice-blocked", handle = handle.as_str()));
            }
            _ => {}
        }
    }
}

impl ChatScreen {
    /// What was asked for is done.
    fn answered(&mut self, request: RequestId, payload: &RawValue) -> Vec<Effect> {
        self.line_was_answered(request, false);
        let asked = match self.waiting.remove(&request) {
            Some((Asked::Form(asked), _)) => {
                self.form_answered(request, Ok(()));
                *asked
            }
            Some((asked, _)) => asked,
            // A message was changed.
            None => {
                self.keeping.touched = true;
                return Vec::new();
            }
        };
        match asked {
            Asked::Quietly | Asked::Form(_) => {}
            Asked::Confirmed => self.page_stale = true,
            Asked::Watching => self.page_watching = true,
            Asked::Told(words) => self.tell(words),
            Asked::Invitation => return self.invited(payload),
            Asked::Link(purpose) => self.link_made(purpose, payload),
            Asked::Invite(handle) => {
                if Invite::read_answer(payload).is_ok_and(|invited| invited.waiting) {
                    self.tell(say!("notice-invite-sent", handle = handle.as_str()));
                }
            }
            Asked::Open => return self.opened(payload),
        }
        Vec::new()
    }

    /// What was asked for is refused.
    fn refused(&mut self, request: RequestId, reason: &str) {
        // A change that is refused is told of with what it was.
        if let Some((asked, about)) = self.waiting.remove(&request) {
            let words = of_chat(reason, &about);
            match asked {
                Asked::Form(_) => return self.form_answered(request, Err(words)),
                Asked::Open => self.page_leads = false,
                // What was posted before can be read all the same.
                Asked::Watching => self.page_watching = true,
                Asked::Quietly
                | Asked::Confirmed
                | Asked::Told(_)
                | Asked::Invitation
                | Asked::Invite(_)
                | Asked::Link(_) => {}
            }
            self.fail(words);
        }
        self.line_was_answered(request, true);
    }

    /// Shows a code, and copies what somebody else types to use it.
    fn invited(&mut self, payload: &RawValue) -> Vec<Effect> {
        // What is no code of letters and digits is put behind no command, and into no clipboard.
        let Ok(made) = CreateInvite::read_answer(payload) else {
            self.fail(label!("error-invite-code-unusable"));
            return Vec::new();
        };
        let line = format!("/redeem {}", made.code);
        let date = words::moment(made.expires_at, self.now, &self.zone);
        self.tell(match made.uses_left {
            Some(uses) => say!("notice-invite-code", command = line, uses = uses, date = date),
            None => say!("notice-invite-code-unlimited", command = line, date = date),
        });
        vec![Effect::Copy(line)]
    }

    /// A channel that was asked for is there: it is shown, now or when its picture comes.
    fn opened(&mut self, payload: &RawValue) -> Vec<Effect> {
        let Ok(joined) = JoinChannel::read_answer(payload) else { return Vec::new() };
        if !self.core.is_in(&joined.id) {
            self.open_when_added = Some(joined.id);
            return Vec::new();
        }
        self.open_as_asked(joined.id)
    }
}
