//! The chat screen: what of the core is shown, and what is being written. What happened in the core is taken in in
//! happened.rs, what keys do is in keys.rs and what they lead to in outcome.rs, commands are in command.rs and command/, and
//! what they name in naming.rs, what is asked first in asking.rs, channels that one is no longer in in gone.rs, what is kept
//! for the next start in keeping.rs, how it looks in screen.rs.

mod asking;
mod channel_view;
mod choosing;
pub mod command;
mod complete;
mod connecting;
mod conversations;
mod files;
mod forms;
mod gone;
mod happened;
mod keeping;
mod keys;
mod links;
mod mouse;
mod naming;
mod notice;
mod opening;
mod outcome;
mod paths;
mod personal;
mod pictures;
mod playing;
mod posting;
mod reading;
mod refused_line;
mod requests;
mod screen;
mod sending;
mod terms;
mod typing;

use std::collections::HashMap;

use jiff::tz::TimeZone;
use proto::{ChannelId, ChannelKind, ClientName, ClientPacket, DeviceName, Handle, Index, Timestamp};

pub(crate) use asking::accepting_question;
pub use channel_view::ChannelView;
pub use choosing::Deed;
pub use forms::{Submitted, Ticket};
pub use happened::EventOutcome;
pub use keys::PASTE_TAIL_MILLIS;
pub use outcome::KeyOutcome;
pub use screen::{Panes, page_area, panes, view_chat};
pub use terms::Notice;

use crate::component::composer::Composer;
use crate::component::link::{LinkPopup, LinkPurpose};
use crate::component::timeline::{Chosen, Pane, Timeline};
use crate::core::channel::Channel;
use crate::core::{Core, Event, RequestId, Scope};
use crate::effect::Effect;
use crate::image::{ImageCache, ImageKey, ImageSetup};
use crate::keymap::message::OnMessage;
use crate::meant::Meant;
use crate::refusals::chat::About;
use crate::session::Session;
use channel_view::ChannelDraft;
use terms::{CommandLine, Cycle, Keeping, Naming, Playing, Saving};

/// How long a channel is on the screen before its messages count as read.
const READ_AFTER_MILLIS: i64 = 300;
/// Tells whether a moment is still waited for. One that lies further ahead than its delay was set before the clock was put
/// back, and is not.
fn waits(due: Option<Timestamp>, now: Timestamp, delay_millis: i64) -> bool {
    due.is_some_and(|due| due <= now.plus_millis(delay_millis))
}

/// A message that is to be shown when it is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sought {
    channel: ChannelId,
    index: Index,
    /// Whether it is chosen then, or only stands at the top.
    chosen: bool,
}

/// What the screen has asked for, and waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    /// Show the channel when it is there.
    Open,
    /// Somebody is to be in a channel.
    Invite(Handle),
    /// A code that lets people in.
    Invitation,
    /// A link to send or fetch files.
    Link(LinkPurpose),
    /// This is told when it is done.
    Told(String),
    /// To hear of what is posted.
    Watching,
    /// What was confirmed on a page: what the page shows is otherwise then.
    Confirmed,
    /// Nothing to do but tell when it is refused.
    Quietly,
    /// The same as one of the others, for a form that waits for the answer.
    Form(Box<Asked>),
}

impl Asked {
    /// Tells whether a channel is shown when it is done.
    fn leads(&self) -> bool {
        match self {
            Self::Open => true,
            Self::Form(asked) => asked.leads(),
            _ => false,
        }
    }
}

/// The chat screen.
#[derive(Debug)]
pub struct ChatScreen {
    /// What the client knows of the daemon, without a screen.
    pub core: Core,
    /// What the screen keeps of each channel.
    views: HashMap<ChannelId, ChannelView>,
    /// The pictures of messages.
    pub images: ImageCache,
    /// How the terminal can draw them, if it can.
    image_setup: Option<ImageSetup>,
    /// Whether they are wanted.
    wants_images: bool,
    /// Those on the screen that move.
    moving: Vec<ImageKey>,
    playing: Playing,
    saving: Saving,
    /// The channel on the screen, if one is open.
    pub current: Option<ChannelId>,
    /// Whether the mouse is heard of.
    pub mouse: bool,
    /// Whether the terminal has the focus, as far as that is known.
    pub focused: bool,
    /// Whether the terminal tells of the focus.
    tells_focus: bool,
    /// When somebody has pressed a key, clicked, or come to this window last.
    acted_at: Timestamp,
    /// Whether a page lies over the messages.
    pub(crate) is_behind_page: bool,
    /// Whether the list of channels is wanted, if somebody said so.
    pub sidebar: Option<bool>,
    /// The row that the list of channels begins with, when somebody has moved it.
    pub list_first: Option<usize>,
    /// Whether the list of members is wanted, if somebody said so.
    pub members: Option<bool>,
    /// A line above the composer: what went wrong, what was done.
    pub notice: Option<Notice>,
    /// Why this machine keeps nothing for the next start, if so.
    pub not_kept: Option<crate::text::CleanLine>,
    /// What a newcomer should know, above the messages until Esc takes it away.
    pub banner: Option<crate::text::CleanLine>,
    /// Whether what was confirmed on a page has been done, so that the page is to be brought up to date.
    pub(crate) page_stale: bool,
    /// Whether what is posted is heard since a moment ago, so that a page may ask for what was before.
    pub(crate) page_watching: bool,
    /// Whether a page leads to the channel that is to be shown next, and is left then.
    pub(crate) page_leads: bool,
    /// Whether a channel is shown to which a page has led.
    pub(crate) page_left: bool,
    pub(crate) size: (u16, u16),
    pub(crate) zone: TimeZone,
    /// The time of the last message, for telling today from other days.
    pub(crate) now: Timestamp,
    join_first: Option<Meant>,
    /// The channel that this is, as far as was known when the daemon said welcome.
    first_known: Option<ChannelId>,
    open_when_added: Option<ChannelId>,
    /// Whether something was written since what is to be shown next was asked for.
    wrote_since: bool,
    /// What is open when another store is shown, once it is.
    open_again: Option<ChannelId>,
    /// Whose conversation is shown as soon as it is there.
    wanted_conversation: Option<Handle>,
    /// A name whose channels the daemon was asked for.
    naming: Option<Naming>,
    /// Commands that are not done yet.
    command_lines: Vec<CommandLine>,
    /// A link that is to be shown.
    made_link: Option<LinkPopup>,
    /// What became of what forms asked for.
    form_answers: Vec<(Ticket, Result<(), String>)>,
    /// What was being written in channels that are not shown, until they are.
    drafts: HashMap<ChannelId, ChannelDraft>,
    keeping: Keeping,
    /// What was cut out last, wherever it was written.
    pub(crate) killed: String,
    /// What is being written while no channel is open.
    alone: Composer,
    draft_due: Option<Timestamp>,
    /// When the notice goes.
    notice_due: Option<Timestamp>,
    /// When the seconds to the next try of the connection are shown anew.
    tick_due: Option<Timestamp>,
    /// A message that is to be shown when it is here.
    sought: Option<Sought>,
    /// What was asked for and is not answered.
    waiting: HashMap<RequestId, (Asked, About)>,
    read_due: Option<Timestamp>,
    /// The title that the terminal has.
    title: String,
    typing_told: Option<Timestamp>,
    quit_armed: bool,
    quit_warned: bool,
    greeted: bool,
    /// Until when Enter begins a line: what follows a paste at once belongs to it.
    pasting_until: Option<Timestamp>,
    completing: Option<Cycle>,
    /// A letter that does something to the chosen message, unless another one follows at once.
    held: Option<(char, OnMessage, Timestamp)>,
}

/// What the screen starts with.
#[derive(Debug, Clone)]
pub struct Start {
    /// The channel to be opened at once.
    pub join: Option<Meant>,
    /// Whether this program stays with its server, whoever signs in or out.
    pub fixed_server: bool,
    /// What a newcomer should know.
    pub banner: Option<String>,
    /// The code of an invitation to make an account.
    pub invite: Option<String>,
    /// Random at each start, so that no two starts name two messages alike.
    pub nonce_prefix: String,
    /// The id of this client profile.
    pub device: DeviceName,
    /// Name and version of this program, and the machine it runs on.
    pub client: ClientName,
    /// Where the reader's clock stands.
    pub zone: TimeZone,
    /// Whether the mouse is heard of.
    pub mouse: bool,
    /// How pictures are drawn, if they are.
    pub images: Option<ImageSetup>,
}

impl ChatScreen {
    /// Makes the screen of a session that is to be connected.
    pub fn new(session: Session, start: &Start, size: (u16, u16)) -> Self {
        let mut core = Core::new(session, Scope::Everything, &start.device, &start.client, &start.nonce_prefix);
        if let Some(Meant::Name(name)) = &start.join {
            core.shows_first(name.clone());
        }
        Self {
            core,
            views: HashMap::new(),
            images: ImageCache::new(start.images),
            image_setup: start.images,
            wants_images: true,
            moving: Vec::new(),
            playing: Playing::default(),
            saving: Saving::default(),
            current: None,
            mouse: start.mouse,
            focused: true,
            tells_focus: false,
            acted_at: Timestamp::from_millis(0),
            is_behind_page: false,
            sidebar: None,
            list_first: None,
            members: None,
            notice: None,
            not_kept: None,
            banner: start.banner.as_deref().map(crate::text::CleanLine::new),
            page_stale: false,
            page_watching: false,
            page_leads: false,
            page_left: false,
            size,
            zone: start.zone.clone(),
            now: Timestamp::from_millis(0),
            join_first: start.join.clone(),
            first_known: None,
            open_when_added: None,
            wrote_since: false,
            open_again: None,
            wanted_conversation: None,
            naming: None,
            command_lines: Vec::new(),
            made_link: None,
            form_answers: Vec::new(),
            drafts: HashMap::new(),
            keeping: Keeping::default(),
            killed: String::new(),
            alone: Composer::default(),
            draft_due: None,
            notice_due: None,
            tick_due: None,
            sought: None,
            waiting: HashMap::new(),
            read_due: None,
            title: "chat".to_owned(),
            typing_told: None,
            quit_armed: false,
            quit_warned: false,
            greeted: false,
            pasting_until: None,
            completing: None,
            held: None,
        }
    }

    /// The handle of the reader.
    pub fn me(&self) -> &Handle {
        self.core.me()
    }

    /// The channel that is shown.
    pub fn channel(&self) -> Option<&Channel> {
        self.core.channels.get(&self.current?)
    }

    /// How the channel is shown.
    pub fn view(&self) -> Option<&ChannelView> {
        self.views.get(&self.current?)
    }

    fn view_mut(&mut self) -> Option<&mut ChannelView> {
        self.views.get_mut(&self.current?)
    }

    /// Tells whether something is being written in a channel.
    pub(crate) fn has_draft(&self, id: ChannelId) -> bool {
        self.views.get(&id).is_some_and(|view| !view.composer.is_empty())
    }

    /// What is being written: to the channel that is shown, or while none is, for commands.
    pub fn composer(&self) -> &Composer {
        self.view().map_or(&self.alone, |view| &view.composer)
    }

    fn composer_mut(&mut self) -> &mut Composer {
        match self.current.and_then(|id| self.views.get_mut(&id)) {
            Some(view) => &mut view.composer,
            None => &mut self.alone,
        }
    }

    /// The channels in the order of the sidebar: by kind, then by name.
    pub fn sorted(&self) -> Vec<&Channel> {
        let listed = |channel: &&Channel| channel.is_listed() || self.current == Some(channel.id);
        let mut sorted = self.core.channels.values().filter(listed).collect::<Vec<_>>();
        sorted.sort_by(|a, b| (a.kind == ChannelKind::Dm, &a.name).cmp(&(b.kind == ChannelKind::Dm, &b.name)));
        sorted
    }

    /// Counts what waits to be read elsewhere: messages, and those of them that want an answer.
    pub fn unread_elsewhere(&self) -> (u64, u64) {
        let others = self.core.channels.values().filter(|channel| Some(channel.id) != self.current);
        others.fold((0, 0), |(unread, mentions), channel| {
            let direct = if channel.kind == ChannelKind::Dm { channel.unread } else { channel.mentions };
            (unread + channel.unread, mentions + direct)
        })
    }

    /// Does something with what is shown of the channel that is open.
    fn with_timeline<T>(&mut self, work: impl FnOnce(&mut Timeline, &Pane<'_>) -> T) -> Option<T> {
        let id = self.current?;
        self.with_timeline_of(id, work)
    }

    fn with_timeline_of<T>(&mut self, id: ChannelId, work: impl FnOnce(&mut Timeline, &Pane<'_>) -> T) -> Option<T> {
        let context = self.context();
        let pane = Pane::of(&self.core, id, &context)?;
        Some(work(&mut self.views.get_mut(&id)?.timeline, &pane))
    }

    /// Gives the message that is chosen in the channel that is open.
    fn chosen(&self) -> Option<Chosen<'_>> {
        self.view()?.timeline.chosen(&self.channel()?.history, self.me())
    }

    fn ask(&mut self, asked: Asked, packet: ClientPacket) -> Effect {
        self.wrote_since &= !asked.leads();
        let about = self.about(&packet);
        let (request, effect) = self.core.request(packet);
        self.waiting.insert(request, (asked, about));
        effect.into()
    }

    /// Gives what a request is about, should it be refused.
    fn about(&self, packet: &ClientPacket) -> About {
        About::of(packet, |id| self.title_of(id))
    }

    fn title_of(&self, id: &ChannelId) -> Option<String> {
        self.core.channels.get(id).map(Channel::title)
    }

    /// A moment that was waited for has come.
    pub fn wake(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.read_due.is_some_and(|due| due <= now) {
            self.read_due = None;
            effects.extend(self.mark_read());
        }
        effects.extend(self.keep_due(now));
        if self.draft_due.is_some_and(|due| due <= now) {
            effects.extend(self.keep_draft());
        }
        let update = self.core.update(Event::Wake, now);
        effects.extend(self.take_in(update));
        effects
    }

    /// Gives the pictures on the screen that move.
    pub(crate) fn moving(&self) -> Vec<ImageKey> {
        self.moving.clone()
    }

    /// What follows from any change: messages that may go, pages that are missing on the screen, reading.
    pub fn settle(&mut self, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        let mut effects = Vec::from_iter(self.keep_written(now));
        effects.extend(self.load_what_is_missing());
        effects.extend(self.load_images());
        let on_screen = self.read_on_screen();
        if let (Some(last), Some(view)) = (on_screen, self.view_mut()) {
            view.shown_through = last;
        }
        if !waits(self.read_due, now, READ_AFTER_MILLIS) && on_screen.is_some() {
            let due = now.plus_millis(READ_AFTER_MILLIS);
            self.read_due = Some(due);
            effects.push(Effect::WakeAt(due));
        }
        let near = self.view().and_then(|view| view.timeline.near());
        if let Some(id) = self.current {
            self.core.reads_near(id, near);
        }
        effects.extend(self.keep_draft_later(now));
        effects.extend(self.count_down(now));
        effects.extend(self.let_notice_go(now));
        self.core.shows(self.current);
        self.want_names();
        let update = self.core.settle(now);
        effects.extend(self.take_in(update));
        effects.extend(self.new_title());
        effects
    }

    /// Gives the terminal another title, if where one is or what waits elsewhere has changed.
    fn new_title(&mut self) -> Option<Effect> {
        let title = self.title();
        let is_new = title != self.title;
        self.title.clone_from(&title);
        is_new.then_some(Effect::Title(title))
    }

    /// Asks for messages that are missing on the screen or nearly so.
    fn load_what_is_missing(&mut self) -> Option<Effect> {
        let channel = self.channel().filter(|channel| channel.gone.is_none() && !channel.history.is_loading())?;
        let id = channel.id;
        if !self.core.may_load() {
            return None;
        }
        let pages = self.with_timeline(|timeline, pane| timeline.wanted_pages(pane))?;
        self.core.load_one_of(id, pages).map(Effect::from)
    }
}
