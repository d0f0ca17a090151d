//! The loop, and the one place where effects are performed.

mod account;
mod animation;
mod camera;
mod clipboard;
mod image;
mod listen;
mod load;
mod pace;
mod paths;
mod transfer;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use proto::codec::encode_request;
use proto::{DeviceName, Nonce, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::app::{Model, update, update_all, view};
use crate::camera::CameraSource;
use crate::clock::now;
use crate::effect::Effect;
use crate::msg::{HistoryRange, Msg};
use crate::net::{Order, OrderQueue};
use crate::places::{Profile, Shelf};
use crate::refusals;
use crate::session::Session;
use crate::term::{Background, Painter, Picture, PixelTable, Probe, Splicer, Terminal, Traits};
use crate::theme::Theme;
use crate::trust::Trust;
use crate::unsent::Unsent;
use account::sign_out;
use camera::{Camera, delete_old, discard};
use image::ViewedPicture;
use listen::{read_terminal, watch_signals};
use pace::{Haste, Pace};

/// Messages that may wait for the loop; who sends more waits.
const WAITING_MAX: usize = 1_024;
/// Packets that wait until what was written is on the disk; where more do, the disk is too slow to be waited for.
const HELD_MAX: usize = 1_024;
/// Messages taken in before the screen is drawn again.
const BATCH_MAX: usize = 256;
/// A stop that has not come by then will not come: there is no shell to stop for.
const STOP_MAX: Duration = Duration::from_millis(500);
/// Being continued is told by the system and by the wait for the stop; within this time it is the same.
const RESUMED_ONCE: Duration = Duration::from_millis(200);
/// How long an answer of the terminal may be under way when the program ends.
const ANSWER_MAX: Duration = Duration::from_millis(300);
/// How long a disk may take until the screen says all the same that what was written was taken.
const SEEN_AFTER_MAX: Duration = Duration::from_millis(250);
/// The longest wait that a timer is set for.
const WAKE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// What performing effects needs.
pub struct Runtime {
    profile: Profile,
    shelf: Shelf,
    device: DeviceName,
    /// Whether the screen is to have no color, whatever the reader has set.
    plain: bool,
    /// What the terminal can show.
    traits: Traits,
    /// Whether what is to be kept could not be kept the last time.
    fails_to_keep: Arc<AtomicBool>,
    trust: Trust,
    messages: mpsc::Sender<Msg>,
    waiting: mpsc::Receiver<Msg>,
    /// What comes from the terminal, and is taken in before all that waits.
    typed: mpsc::Receiver<Msg>,
    terminal: mpsc::Sender<Msg>,
    orders: OrderQueue,
    /// Tells when what was written last is on the disk, and until when the screen waits for that.
    unkept: Option<(oneshot::Receiver<()>, Instant)>,
    /// What is to be sent when all that was written is on the disk.
    held: VecDeque<Order>,
    session: Option<Session>,
    /// Files that are going up, and the messages that they go with.
    uploads: Vec<(Nonce, AbortHandle)>,
    /// Whoever makes a picture ready has the only one.
    decoding: Arc<Semaphore>,
    /// The picture that is looked at closely.
    viewed: ViewedPicture,
    /// The camera, while it is open, and where its frames come from.
    camera: Option<Camera>,
    camera_source: CameraSource,
    /// The pictures that the terminal draws.
    pixels: Arc<PixelTable>,
    /// What the terminal is to be asked of them, if anything.
    probe: Option<Probe>,
    /// How often another handle or server has taken the place of the one before.
    sessions: Arc<AtomicU64>,
    /// Which connection the program knows of, counted from 1.
    connection: u64,
    /// The terminal is given to the shell; if nothing stops us by then, it is taken again.
    away: Option<Instant>,
    resumed: Option<Instant>,
}

impl Runtime {
    /// Makes a runtime inside the async runtime that it will use.
    pub fn new(profile: Profile, shelf: Shelf, device: DeviceName, plain: bool, trust: Trust) -> Self {
        let (messages, waiting) = mpsc::channel(WAITING_MAX);
        let (terminal, typed) = mpsc::channel(WAITING_MAX);
        let orders = OrderQueue::start(messages.clone());
        Self {
            profile,
            shelf,
            device,
            plain,
            traits: Traits::of_environment(),
            fails_to_keep: Arc::default(),
            trust,
            messages,
            waiting,
            typed,
            terminal,
            orders,
            unkept: None,
            held: VecDeque::new(),
            session: None,
            uploads: Vec::new(),
            decoding: Arc::new(Semaphore::new(1)),
            viewed: Arc::default(),
            camera: None,
            camera_source: CameraSource::default(),
            pixels: Arc::default(),
            probe: None,
            sessions: Arc::default(),
            connection: 0,
            away: None,
            resumed: None,
        }
    }

    /// Asks the terminal what pictures it can draw, when the screen comes up.
    #[must_use]
    pub fn asking(mut self, probe: Option<Probe>) -> Self {
        self.probe = probe;
        self
    }

    /// Takes selfies with this camera.
    #[must_use]
    pub fn with_camera(mut self, source: CameraSource) -> Self {
        self.camera_source = source;
        self
    }

    /// Runs the screen until it ends.
    ///
    /// # Errors
    /// What the terminal said.
    pub async fn run(mut self, mut model: Model, first: Vec<Effect>) -> io::Result<()> {
        watch_signals(&self.messages)?;
        let terminal = Terminal::take(self.traits.takes_mouse)?;
        let painter = Painter::start(&self.traits, &self.pixels)?;
        let probe = self.probe.filter(|_| self.traits.answers);
        if let Some(probe) = probe {
            painter.order(&probe.questions());
        }
        delete_old(&self.profile.own_pictures());
        read_terminal(self.terminal.clone(), Splicer::new(self.traits.marks_pastes), probe);
        let mut quit = self.perform_all(first, &terminal, &painter)?;
        // Whoever connects is known by now, and nothing has come from the daemon.
        quit |= self.take_up(&mut model, &terminal, &painter)?;
        let mut pace = Pace::new();
        while !quit {
            match self.next(&pace, &painter).await {
                Next::Msg(None) => break,
                Next::Msg(Some(msg)) => {
                    quit = self.take_in_with_more(msg, &mut model, &terminal, &painter, &mut pace)?
                }
                Next::Paint => {
                    paint(&model, &painter, &self.theme(&model));
                    pace.drawn(Instant::now());
                }
            }
        }
        self.await_answer(&painter).await;
        Ok(())
    }

    /// Lets an answer come that is under way: the shell would take it for something typed.
    async fn await_answer(&mut self, painter: &Painter) {
        let Some(asked) = painter.asked_at().map(Instant::from_std) else { return };
        let answer = async { while !matches!(self.typed.recv().await, None | Some(Msg::Background(..))) {} };
        let _ = tokio::time::timeout_at(asked + ANSWER_MAX, answer).await;
    }

    fn theme(&self, model: &Model) -> Theme {
        if self.plain { Theme::plain() } else { Theme::named(model.theme_name(), &self.traits) }
    }

    /// Waits for the next thing to do. A picture that the terminal cannot take yet is not drawn: there may be a newer one by then.
    async fn next(&mut self, pace: &Pace, painter: &Painter) -> Next {
        if let Some(until) = self.away {
            let msg = tokio::time::timeout_at(until, self.receive(None)).await;
            return Next::Msg(msg.unwrap_or(Some(Msg::Resumed)));
        }
        loop {
            let is_busy = painter.is_busy();
            let due = pace.due(painter.taken_at().map(Instant::from_std));
            match due.filter(|_| !is_busy) {
                Some(due) if due <= Instant::now() => match self.unkept.take() {
                    None => return Next::Paint,
                    // The line is seen to go when what it said is on the disk.
                    Some((mut kept, until)) => tokio::select! {
                        biased;
                        _ = &mut kept => {}
                        () = tokio::time::sleep_until(until) => {}
                        msg = self.receive(pace.gathers_until()) => {
                            self.unkept = Some((kept, until));
                            return Next::Msg(msg);
                        }
                    },
                },
                Some(due) => tokio::select! {
                    msg = self.receive(pace.gathers_until()) => return Next::Msg(msg),
                    () = tokio::time::sleep_until(due) => {}
                },
                None => tokio::select! {
                    msg = self.receive(due.and(pace.gathers_until())) => return Next::Msg(msg),
                    () = painter.rested(), if due.is_some() => {}
                },
            }
        }
    }

    /// Gives the next message; what does not come from the terminal may wait a little.
    async fn receive(&mut self, not_before: Option<Instant>) -> Option<Msg> {
        tokio::select! {
            biased;
            Some(msg) = self.typed.recv() => Some(msg),
            msg = async {
                if let Some(moment) = not_before {
                    tokio::time::sleep_until(moment).await;
                }
                self.waiting.recv().await
            } => msg,
        }
    }

    /// Hands a message to the program, and those of the daemon that wait behind it; true when the program is to end.
    fn take_in_with_more(
        &mut self,
        first: Msg,
        model: &mut Model,
        terminal: &Terminal,
        painter: &Painter,
        pace: &mut Pace,
    ) -> io::Result<bool> {
        let (mut next, mut packets) = (Some(first), Vec::new());
        while let Some(msg) = next.take() {
            let haste = Haste::of(&msg);
            pace.want(haste, Instant::now());
            if !matches!(msg, Msg::Packet(_)) {
                let effects = update_all(model, packets, now());
                return Ok(
                    self.perform_all(effects, terminal, painter)? || self.take_in(msg, model, terminal, painter)?
                );
            }
            packets.push(msg);
            if packets.len() < BATCH_MAX {
                next = self.waiting.try_recv().ok();
            }
        }
        pace.has_gathered(Instant::now());
        self.take_in_packets(packets, model, terminal, painter)
    }

    fn take_in_packets(
        &mut self,
        packets: Vec<Msg>,
        model: &mut Model,
        terminal: &Terminal,
        painter: &Painter,
    ) -> io::Result<bool> {
        self.send_held();
        let effects = update_all(model, packets, now());
        self.perform_all(effects, terminal, painter)
    }

    /// Hands a message to the program, after what it means for the runtime itself; true when the
    /// program is to end.
    fn take_in(&mut self, msg: Msg, model: &mut Model, terminal: &Terminal, painter: &Painter) -> io::Result<bool> {
        self.send_held();
        match msg {
            Msg::ConnectionUp(number) => self.connection = number,
            // What had changed by then is of the past on another connection.
            Msg::History { page: HistoryRange::Since(_), connection, .. } if connection != self.connection => {
                return Ok(false);
            }
            Msg::Camera(_) => self.camera_was_heard(),
            Msg::Background(red, green, blue) => {
                self.traits.background = Some(Background::of(red, green, blue));
                painter.answered();
                update(model, Msg::Line(painter.room_for_pictures()), now());
            }
            Msg::Resumed => {
                let again = self.resumed.is_some_and(|resumed| resumed.elapsed() < RESUMED_ONCE);
                if again && self.away.is_none() {
                    return Ok(false);
                }
                self.away = None;
                self.resumed = Some(Instant::now());
                // What was not answered when the store was given away is asked for again.
                self.shelf.then(|| {});
                terminal.retake()?;
                painter.ask_background();
                let (columns, rows) = crossterm::terminal::size()?;
                update(model, Msg::Resize(columns, rows), now());
            }
            _ => {}
        }
        let signed_in = matches!(msg, Msg::SignedIn(Ok(_)));
        let effects = update(model, msg, now());
        let mut quit = self.perform_all(effects, terminal, painter)?;
        if signed_in {
            quit |= self.take_up(model, terminal, painter)?;
        }
        Ok(quit)
    }

    /// Gives whoever is signed in now what they have written before and not sent.
    fn take_up(&mut self, model: &mut Model, terminal: &Terminal, painter: &Painter) -> io::Result<bool> {
        let Some(session) = model.session() else { return Ok(false) };
        let (opened, failed) = self.shelf.take_up(session);
        let not_kept = failed.as_ref().map(refusals::of_store).or(opened.not_taken);
        let mut told = vec![Msg::TakeUp(Box::new(opened.unsent)), Msg::Restored(Box::new(opened.state))];
        if let Some(reason) = not_kept {
            self.fails_to_keep.store(true, Ordering::Release);
            told.push(Msg::Kept(Err(reason)));
        }
        told.extend(opened.set_aside.map(Msg::StoreSetAside));
        let effects = update_all(model, told, now());
        self.perform_all(effects, terminal, painter)
    }

    /// Sends what waits, unless something that a person has written is not on the disk yet: that comes first.
    fn send_held(&mut self) {
        if self.held.is_empty() {
            return;
        }
        if self.shelf.is_busy() && self.held.len() < HELD_MAX {
            let messages = self.messages.clone();
            // Where very much waits to be taken in, that wakes us as well.
            self.shelf.then(move || _ = messages.try_send(Msg::Written));
            return;
        }
        while let Some(order) = self.held.pop_front() {
            self.orders.give(order);
        }
    }

    /// Keeps what was written; tells whether it is only when it is not, and when it is again.
    fn keep(&mut self, session: &Session, mut unsent: Unsent) {
        unsent.messages.iter_mut().flat_map(|message| &mut message.files).for_each(transfer::make_absolute);
        let (tell, (kept, is_kept)) = (self.tell_kept(), oneshot::channel());
        self.unkept = Some((is_kept, Instant::now() + SEEN_AFTER_MAX));
        self.shelf.keep(session, unsent, move |result| {
            tell(result.map_err(|error| refusals::of_store(&error)));
            let _ = kept.send(());
        });
    }

    /// Gives what tells whether something is kept.
    fn tell_kept(&self) -> impl FnOnce(Result<(), String>) + Send + 'static {
        let (messages, fails_to_keep) = (self.messages.clone(), self.fails_to_keep.clone());
        move |result| {
            let fails = result.is_err();
            if fails_to_keep.swap(fails, Ordering::AcqRel) || fails {
                // Where very much waits to be taken in it is told with the next that is kept.
                let _ = messages.try_send(Msg::Kept(result));
            }
        }
    }

    /// Performs effects; true when the program is to end.
    fn perform_all(&mut self, effects: Vec<Effect>, terminal: &Terminal, painter: &Painter) -> io::Result<bool> {
        for effect in effects {
            match effect {
                Effect::Quit => return Ok(true),
                Effect::Suspend => {
                    painter.rest();
                    // The shell would take an answer of the terminal for something typed.
                    if let Some(asked) = painter.asked_at() {
                        std::thread::sleep((asked + ANSWER_MAX).saturating_duration_since(std::time::Instant::now()));
                    }
                    self.away = Some(Instant::now() + STOP_MAX);
                    self.shelf.rest();
                    terminal.suspend()?;
                }
                Effect::Bell => painter.bell(),
                Effect::Copy(text) => painter.copy(&text),
                Effect::Title(title) => painter.title(title),
                Effect::Redraw => painter.redraw(),
                Effect::Mouse(on) => terminal.hear_mouse(on, painter),
                Effect::LoadImage(key, setup) => self.load_image(key, setup, painter.room_for_pictures().is_none()),
                effect => self.perform(effect),
            }
        }
        Ok(false)
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::SignIn(wish) => self.sign_in(wish),
            Effect::SignInLocally(server) => self.sign_in_locally(server),
            Effect::ComeAsGuest(server, name) => self.come_as_guest(server, name),
            Effect::ChangePassword { old, new } => self.change_password(old, new),
            Effect::DeleteAccount { password, content } => self.delete_account(password, content),
            Effect::SignOut(session) => sign_out(session),
            Effect::Trust(server, key) => self.remember_key(&server, &key),
            Effect::Connect(session) => {
                self.orders.give(Order::Connect(session.server.clone()));
                self.session = Some(session);
            }
            Effect::Disconnect => {
                self.orders.give(Order::Disconnect);
                self.session = None;
                self.viewed = ViewedPicture::default();
                self.camera = None;
                self.cancel_all_uploads();
                self.sessions.fetch_add(1, Ordering::AcqRel);
            }
            Effect::Send(reference, packet) => {
                tracing::debug!(packet = packet.type_name(), "sent");
                self.held.push_back(Order::Send(self.connection, encode_request(&reference, &packet)));
                self.send_held();
            }
            Effect::LoadHistory(channel, page) => self.load_history(channel, page),
            Effect::LoadMembers(channel) => self.load_members(channel),
            Effect::Fetch(fetch) => self.fetch(fetch),
            Effect::SearchSaved(query) => self.search_saved(query),
            Effect::Upload(at, source) => self.upload(at, source),
            Effect::TakeClipboard => self.take_clipboard(),
            Effect::Discard(path) => discard(path),
            Effect::Camera(order) => self.order_camera(order),
            Effect::ListPaths(begin) => self.list_paths(begin),
            Effect::LookForFiles(text, paths) => self.look_for_files(text, paths),
            Effect::UploadAvatar(source) => self.upload_avatar(source),
            Effect::CancelUploads(nonce) => self.cancel_uploads(&nonce),
            Effect::Download(file) => self.download(file),
            Effect::Open(path) => self.open_file(path),
            Effect::LoadChannels => self.load_channels(),
            Effect::SaveSession(session) => self.save_session(session, Profile::save),
            Effect::RenewSession(session) => self.save_session(session, Profile::renew),
            Effect::ForgetSession(session) => self.forget_session(&session),
            Effect::Keep(session, unsent) => self.keep(&session, *unsent),
            Effect::Remember(changes) => self.shelf.remember(self.session.as_ref(), changes),
            Effect::ForgetRead(session) => self.shelf.forget(&session),
            Effect::WakeAt(when) => self.wake_at(when),
            // These need the terminal and are done where it is.
            Effect::Mouse(_)
            | Effect::LoadImage(..)
            | Effect::Bell
            | Effect::Copy(_)
            | Effect::Title(_)
            | Effect::Redraw
            | Effect::Suspend
            | Effect::Quit => {}
        }
    }

    fn wake_at(&self, when: Timestamp) {
        let wait = Duration::from_millis(when.millis_since(now()).saturating_add(1)).min(WAKE_MAX);
        self.answer(async move {
            tokio::time::sleep(wait).await;
            Msg::Wake
        });
    }

    /// The same for what belongs to the session: whoever signs out or in meanwhile gets nothing of it.
    fn answer_of_session(&self, work: impl Future<Output = Msg> + Send + 'static) -> AbortHandle {
        let (messages, sessions) = (self.messages.clone(), self.sessions.clone());
        let asked = sessions.load(Ordering::Acquire);
        let task = tokio::spawn(async move {
            let answer = work.await;
            if sessions.load(Ordering::Acquire) == asked {
                let _ = messages.send(answer).await;
            }
        });
        task.abort_handle()
    }

    fn answer(&self, work: impl Future<Output = Msg> + Send + 'static) {
        let messages = self.messages.clone();
        tokio::spawn(async move {
            let _ = messages.send(work.await).await;
        });
    }
}

/// What the loop goes on with.
#[expect(clippy::large_enum_variant, reason = "one at a time, and nearly all are messages")]
enum Next {
    /// A message, unless there are no more.
    Msg(Option<Msg>),
    /// The screen is drawn.
    Paint,
}

fn paint(model: &Model, painter: &Painter, theme: &Theme) {
    let (columns, rows) = model.size();
    let mut cells = Buffer::empty(Rect::new(0, 0, columns, rows));
    let cursor = view(model, &mut cells, theme);
    let inside = |cursor: &ratatui::layout::Position| cursor.x < columns && cursor.y < rows;
    painter.show(Picture { cursor: cursor.filter(inside), cells });
}
