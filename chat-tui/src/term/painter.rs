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
use ratatui::style::Color;
use tokio::sync::Notify;

use super::ascii;
use super::canvas::Canvas;
use super::pixels::PixelTable;
use super::traits::{Depth, Traits};
use super::tty::{Patience, Tty};
use crate::theme::indexed;

/// How long the painter may take to finish before the terminal is given back without it.
const FINISH_MAX: Duration = Duration::from_secs(1);
/// The bell rings at most once in this time.
const BELL_EVERY: Duration = Duration::from_secs(1);
/// How many bytes a second are written unless somebody waits for them to a line of which nothing is known: a slow one takes
/// 2,000, and keys are to find room. The system and the programs in between, as ssh, store what is written; only the terminal
/// can tell that it has come.
const SLOW_LINE_BYTES: u32 = 1_500;
/// Asks the terminal for its background (OSC 11 of xterm), which it answers when it has taken all that was written before.
const QUESTION: &[u8] = b"\x1b]11;?\x1b\\";
/// How often it is asked at most, and how long an answer may take.
const ASK_EVERY: Duration = Duration::from_secs(2);
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// A terminal that has left so many questions unanswered is asked no more.
const UNANSWERED_MAX: u32 = 2;
/// Bytes a second from which a line takes pictures in pixels, each of some tens of thousands of bytes.
const LARGE_FROM_RATE: u32 = 100_000;
/// An answer that takes no longer than that beyond the soonest says nothing: terminals have other things to do.
const JITTER: Duration = Duration::from_millis(150);
/// An answer that takes so long comes over a line that is slow in one way or the other.
const SLOW_ANSWER: Duration = Duration::from_secs(1);
/// What is smaller says nothing of how fast a line is, unless it took longer than this.
const TELLING_BYTES: usize = 1_000;
const TELLING_TIME: Duration = Duration::from_millis(500);

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
    line: Line,
}

/// What is known of the line to the terminal.
#[derive(Debug)]
struct Line {
    /// Bytes that it takes a second, as far as is known.
    rate: u32,
    /// When it has taken all that was written.
    taken_at: Option<Instant>,
    /// When the terminal was asked, and behind how many bytes, until it has answered.
    asked: Option<(Instant, usize)>,
    /// Bytes since it was asked.
    unasked: usize,
    /// When it may be asked again.
    ask_from: Option<Instant>,
    /// Questions in a row that were not answered.
    unanswered: u32,
    /// Of those, answers that may still come, for what was written long ago.
    late: u32,
    /// How soon an answer has come at best: so long takes the way.
    quickest: Option<Duration>,
    /// Bytes that it takes a second where much is written, the time of the way left out.
    room: u32,
    /// Whether so much takes long that nothing large is to be written, as far as is known.
    is_slow: bool,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            rate: SLOW_LINE_BYTES,
            taken_at: None,
            asked: None,
            unasked: 0,
            ask_from: None,
            unanswered: 0,
            late: 0,
            quickest: None,
            room: 0,
            is_slow: false,
        }
    }
}

impl Line {
    /// Tells whether the terminal is to be asked behind so many bytes that are written now.
    fn asks(&mut self, bytes: usize, now: Instant) -> bool {
        if self.asked.is_some_and(|(asked, _)| now.saturating_duration_since(asked) > ANSWER_MAX) {
            let (unanswered, late) = (self.unanswered + 1, self.late + 1);
            // A line of which nobody hears anything may be any.
            *self = Self { taken_at: self.taken_at, unanswered, late, is_slow: true, ..Self::default() };
        }
        let due = self.ask_from.is_none_or(|from| from <= now);
        let tells = self.unasked + bytes >= TELLING_BYTES;
        due && tells && self.asked.is_none() && self.unanswered < UNANSWERED_MAX
    }

    /// Notes that so many bytes are written, with a question behind them or without.
    fn writes(&mut self, bytes: usize, asks: bool, now: Instant) {
        self.unasked += bytes;
        if asks {
            (self.asked, self.unasked) = (Some((now, bytes)), 0);
        }
        let takes = Duration::from_secs(1) * u32::try_from(bytes).unwrap_or(u32::MAX) / self.rate;
        self.taken_at = Some(self.taken_at.map_or(now, |before| before.max(now)) + takes);
    }

    /// The terminal has answered: it has taken what was written before the question.
    fn answered(&mut self, now: Instant) {
        if self.late > 0 {
            self.late -= 1;
            return;
        }
        let Some((asked, bytes)) = self.asked.take() else { return };
        let took = now.saturating_duration_since(asked).max(Duration::from_millis(1));
        let way = self.quickest.map_or(took, |quickest| quickest.min(took));
        self.quickest = Some(way);
        if bytes >= TELLING_BYTES || took > TELLING_TIME {
            // What took no longer than the shortest answer says nothing of how much there is room for.
            let longer = took.saturating_sub(way);
            let without_way = bytes as u128 * 1_000 / longer.as_millis().max(1);
            let is_narrow = longer > JITTER && without_way < u128::from(LARGE_FROM_RATE);
            self.is_slow = took > SLOW_ANSWER || is_narrow;
            self.room = u32::try_from(without_way).unwrap_or(u32::MAX);
            let rate = bytes as u128 * 1_000 / took.as_millis();
            self.rate = u32::try_from(rate).unwrap_or(u32::MAX).max(SLOW_LINE_BYTES);
            self.taken_at = Some(now);
        }
        self.unanswered = 0;
        self.ask_from = Some(now + ASK_EVERY);
    }
}

impl Painter {
    /// Starts the thread; the terminal gets no more than it can show.
    ///
    /// # Errors
    /// What the system said.
    pub fn start(traits: &Traits, pixels: &Arc<PixelTable>) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let given_up = Arc::new(AtomicBool::new(false));
        let tty = Tty::open(Patience::UntilTold(given_up.clone()))?;
        let painting = shared.clone();
        let Traits { is_utf8, depth, answers, .. } = *traits;
        let hand = Hand {
            tty,
            is_utf8,
            depth,
            answers,
            canvas: Canvas::new(traits.is_old, pixels.clone()),
            pixels: pixels.clone(),
            rang: None,
        };
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

    /// Tells when the line will have taken what was written, if anything was.
    pub fn taken_at(&self) -> Option<Instant> {
        self.shared.slot().line.taken_at
    }

    /// Gives how many bytes a second the line to the terminal has for pictures in pixels, as far as is known; none where it is
    /// too slow for any.
    pub fn room_for_pictures(&self) -> Option<u32> {
        let slot = self.shared.slot();
        (!slot.line.is_slow).then(|| slot.line.room.max(LARGE_FROM_RATE))
    }

    /// The terminal has said what its background is.
    pub fn answered(&self) {
        self.shared.slot().line.answered(Instant::now());
    }

    /// Tells since when an answer of the terminal may be under way.
    pub fn asked_at(&self) -> Option<Instant> {
        self.shared.slot().line.asked.map(|(asked, _)| asked)
    }

    /// Asks the terminal for its background behind the next picture.
    pub fn ask_background(&self) {
        self.change(|slot| slot.line = Line::default());
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
            let drawn = picture.is_some();
            if let Some(picture) = picture {
                bytes.extend(hand.pixels.take_orders().into_bytes());
                bytes.extend(hand.draw(picture, redraw));
            }
            let (written, now) = (bytes.len(), Instant::now());
            let asks = hand.answers && drawn && !bytes.is_empty() && self.slot().line.asks(written, now);
            if asks {
                bytes.extend(QUESTION);
            }
            self.slot().line.writes(written, asks, now);
            // A terminal that is gone is noticed by the thread that reads from it.
            let _ = hand.tty.write_all(&bytes);
        }
    }
}

/// What writes to the terminal.
struct Hand {
    tty: Tty,
    is_utf8: bool,
    /// How many colors there are: those of pictures are of any.
    depth: Depth,
    /// Whether the terminal may answer questions.
    answers: bool,
    canvas: Canvas,
    pixels: Arc<PixelTable>,
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
        for cell in &mut picture.cells.content {
            match self.depth {
                Depth::Full => break,
                Depth::Indexed => (cell.fg, cell.bg) = (indexed(cell.fg), indexed(cell.bg)),
                // The blur of a picture that is to come.
                Depth::Sixteen if matches!((cell.fg, cell.bg), (Color::Rgb(..), _) | (_, Color::Rgb(..))) => {
                    cell.reset()
                }
                Depth::Sixteen => {}
            }
        }
        self.canvas.show(picture, redraw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_fast_a_line_is_the_terminal_tells() {
        let mut line = Line::default();
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        assert!(line.asks(1_500, at(0)));
        line.writes(1_500, true, at(0));
        assert_eq!(line.taken_at, Some(at(1_000)), "nothing is known yet");
        assert!(!line.asks(1_500, at(10)), "one question at a time");
        line.answered(at(15));
        assert_eq!((line.rate, line.taken_at), (100_000, Some(at(15))));
        line.writes(1_000, false, at(20));
        assert_eq!(line.taken_at, Some(at(30)));
        assert!(!line.asks(300, at(1_000)) && line.asks(300, at(2_100)), "not at every picture");
        line.writes(300, true, at(2_100));
        line.answered(at(2_200));
        assert_eq!(line.rate, 100_000, "little says little");
        line.writes(300, true, at(5_000));
        line.answered(at(5_600));
        assert_eq!(line.rate, SLOW_LINE_BYTES, "but so late that it says something");
    }

    #[test]
    fn a_long_way_is_no_slow_line() {
        let start = Instant::now();
        let mut now = start;
        let mut answers = |line: &mut Line, bytes: usize, millis: u64| {
            line.writes(bytes, true, now);
            now += Duration::from_millis(millis);
            line.answered(now);
            line.is_slow
        };
        let mut far = Line::default();
        assert!(!answers(&mut far, 4_000, 200) && !answers(&mut far, 40_000, 260), "600,000 bytes a second, far away");
        let mut slow = Line::default();
        assert!(answers(&mut slow, 4_000, 2_000), "2,000 bytes a second");
        let mut near = Line::default();
        assert!(!answers(&mut near, 2_000, 10) && answers(&mut near, 40_000, 900), "45,000 bytes a second");
        assert!(!answers(&mut near, 40_000, 20), "and better by now");
    }

    #[test]
    fn a_terminal_that_does_not_answer_is_asked_no_more() {
        let mut line = Line::default();
        let start = Instant::now();
        let mut asked = 0;
        for second in 0..100 {
            let now = start + Duration::from_secs(second);
            let asks = line.asks(600, now);
            asked += u32::from(asks);
            line.writes(600, asks, now);
        }
        assert_eq!((asked, line.rate, line.is_slow), (UNANSWERED_MAX, SLOW_LINE_BYTES, true));
        // What it has answered at last counts for nothing any more.
        line.answered(start + Duration::from_secs(101));
        assert_eq!(line.rate, SLOW_LINE_BYTES);
    }
}
