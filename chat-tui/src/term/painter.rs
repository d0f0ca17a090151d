//! The thread that writes to the terminal: the latest picture wins.
//!
//! What was drawn while a picture was still being written is skipped. So a stalled ssh stalls only the
//! painting, never the connection to the daemon. Whoever draws asks first whether the painter is busy.

use base64::Engine;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use tokio::sync::Notify;

use super::ascii;
use super::canvas::Canvas;
use super::traits::Traits;
use super::tty::{Patience, Tty};

/// How long the painter may take to finish before the terminal is given back without it.
const FINISH_MAX: Duration = Duration::from_secs(1);
/// The bell rings at most once in this time.
const BELL_EVERY: Duration = Duration::from_secs(1);
/// How many bytes a second are written to any line unless somebody waits for them: a slow one takes 2,000, and keys are to find
/// room. Nobody can know what a line takes: the system and the programs in between, as ssh and tmux, store what is written.
const SLOW_LINE_BYTES: u32 = 1_500;

/// A picture of the screen.
pub struct Picture {
    /// What every cell of the screen shows.
    pub cells: Buffer,
    /// Where the cursor stands, if it is to be seen.
    pub cursor: Option<Position>,
}

/// Hands pictures to the thread that writes them.
pub struct Painter {
    shared: Arc<Shared>,
    given_up: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
    rested: Notify,
}

#[derive(Default)]
struct Slot {
    picture: Option<Picture>,
    title: Option<String>,
    bell: bool,
    /// What changes the terminal itself, as it takes it: its clipboard, its modes.
    orders: String,
    redraw: bool,
    painting: bool,
    done: bool,
    /// When a slow line has taken all that was written.
    taken_at: Option<Instant>,
}

impl Slot {
    /// Notes that so many bytes are written.
    fn writes(&mut self, bytes: usize) {
        let now = Instant::now();
        let takes = Duration::from_secs(1) * u32::try_from(bytes).unwrap_or(u32::MAX) / SLOW_LINE_BYTES;
        self.taken_at = Some(self.taken_at.map_or(now, |before| before.max(now)) + takes);
    }
}

impl Painter {
    /// Starts the thread; the terminal gets no more than it can show.
    ///
    /// # Errors
    /// What the system said.
    pub fn start(traits: &Traits) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let given_up = Arc::new(AtomicBool::new(false));
        let tty = Tty::open(Patience::UntilTold(given_up.clone()))?;
        let painting = shared.clone();
        let hand = Hand { tty, is_utf8: traits.is_utf8, canvas: Canvas::new(traits.is_old), rang: None };
        let thread = thread::Builder::new().name("painter".to_owned()).spawn(move || painting.paint(hand))?;
        Ok(Self { shared, given_up, thread: Some(thread) })
    }

    /// Shows a picture, in place of one that was not written yet.
    pub fn show(&self, picture: Picture) {
        self.change(|slot| slot.picture = Some(picture));
    }

    /// Sets the title; the text is clean.
    pub fn title(&self, title: String) {
        self.change(|slot| slot.title = Some(title));
    }

    /// Rings, at most once in a second.
    pub fn bell(&self) {
        self.change(|slot| slot.bell = true);
    }

    /// Hands a text to the clipboard of the terminal (OSC 52); whether it takes it is the terminal's business.
    pub fn copy(&self, text: &str) {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        self.order(&format!("\x1b]52;c;{encoded}\x07"));
    }

    /// Tells the terminal something that no picture shows, between two pictures.
    pub fn order(&self, sequence: &str) {
        self.change(|slot| slot.orders.push_str(sequence));
    }

    /// Writes the next picture whole.
    pub fn redraw(&self) {
        self.change(|slot| slot.redraw = true);
    }

    /// Tells whether the terminal has not taken yet what it was given: another picture would only wait.
    pub fn is_busy(&self) -> bool {
        let slot = self.shared.slot();
        slot.painting || slot.picture.is_some()
    }

    /// Waits until the painter may have nothing to do.
    pub async fn rested(&self) {
        self.shared.rested.notified().await;
    }

    /// Tells when a slow line has taken what was written, if anything was.
    pub fn taken_at(&self) -> Option<Instant> {
        self.shared.slot().taken_at
    }

    /// Waits until nothing is being written, for a bounded time.
    pub fn rest(&self) {
        let slot = self.shared.slot();
        let busy = |slot: &mut Slot| slot.painting || slot.picture.is_some();
        let _ = self.shared.changed.wait_timeout_while(slot, FINISH_MAX, busy);
    }

    fn change(&self, change: impl FnOnce(&mut Slot)) {
        change(&mut self.shared.slot());
        self.shared.changed.notify_all();
    }
}

impl Drop for Painter {
    fn drop(&mut self) {
        self.change(|slot| slot.done = true);
        let slot = self.shared.slot();
        let _ = self.shared.changed.wait_timeout_while(slot, FINISH_MAX, |slot| slot.painting);
        self.given_up.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn paint(&self, mut hand: Hand) {
        loop {
            let mut slot = self.slot();
            slot.painting = false;
            self.changed.notify_all();
            self.rested.notify_one();
            let idle = |slot: &mut Slot| {
                slot.picture.is_none() && slot.title.is_none() && slot.orders.is_empty() && !slot.bell && !slot.done
            };
            slot = match self.changed.wait_while(slot, idle) {
                Ok(slot) => slot,
                Err(_) => return,
            };
            if slot.done {
                return;
            }
            slot.painting = true;
            let (picture, title) = (slot.picture.take(), slot.title.take());
            let bell = std::mem::take(&mut slot.bell);
            // What is to be written whole is the next picture, which may come only after the title.
            let redraw = picture.is_some() && std::mem::take(&mut slot.redraw);
            let mut bytes = std::mem::take(&mut slot.orders).into_bytes();
            drop(slot);
            hand.say(title, bell, &mut bytes);
            if let Some(picture) = picture {
                bytes.extend(hand.draw(picture, redraw));
            }
            self.slot().writes(bytes.len());
            // A terminal that is gone is noticed by the thread that reads from it.
            let _ = hand.tty.write_all(&bytes);
        }
    }
}

/// What writes to the terminal.
struct Hand {
    tty: Tty,
    is_utf8: bool,
    canvas: Canvas,
    rang: Option<Instant>,
}

impl Hand {
    /// Adds what is said beside the picture.
    fn say(&mut self, title: Option<String>, bell: bool, bytes: &mut Vec<u8>) {
        if let Some(title) = title {
            let title = if self.is_utf8 { title } else { ascii::text(&title) };
            bytes.extend(format!("\x1b]0;{title}\x07").into_bytes());
        }
        if bell && self.rang.is_none_or(|rang| rang.elapsed() >= BELL_EVERY) {
            self.rang = Some(Instant::now());
            bytes.push(7);
        }
    }

    fn draw(&mut self, mut picture: Picture, redraw: bool) -> Vec<u8> {
        if !self.is_utf8 {
            ascii::draw(&mut picture.cells);
        }
        self.canvas.show(picture, redraw)
    }
}
