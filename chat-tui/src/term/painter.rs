//! The thread that writes to the terminal: the latest picture wins.
//!
//! What was drawn while a picture was still being written is skipped. So a stalled ssh stalls only the
//! painting, never the connection to the daemon.

use base64::Engine;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, SetTitle};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Position;
use unicode_width::UnicodeWidthStr;

use super::ascii;
use super::tty::{Patience, Tty};

/// How long the painter may take to finish before the terminal is given back without it.
const FINISH_MAX: Duration = Duration::from_secs(1);
/// The bell rings at most once in this time.
const BELL_EVERY: Duration = Duration::from_secs(1);

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
}

#[derive(Default)]
struct Slot {
    picture: Option<Picture>,
    title: Option<String>,
    bell: bool,
    /// What the terminal is to put into its clipboard, as it takes it.
    copy: Option<String>,
    redraw: bool,
    painting: bool,
    done: bool,
}

impl Painter {
    /// Starts the thread; a terminal that shows no more than ASCII gets no more.
    ///
    /// # Errors
    /// What the system said.
    pub fn start(is_utf8: bool) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let given_up = Arc::new(AtomicBool::new(false));
        let tty = Tty::open(Patience::UntilTold(given_up.clone()))?;
        let painting = shared.clone();
        let thread = thread::Builder::new().name("painter".to_owned()).spawn(move || painting.paint(tty, is_utf8))?;
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
        self.change(|slot| slot.copy = Some(encoded));
    }

    /// Writes the next picture whole.
    pub fn redraw(&self) {
        self.change(|slot| slot.redraw = true);
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

    fn paint(&self, tty: Tty, is_utf8: bool) {
        let mut canvas = Canvas::new(tty);
        loop {
            let mut slot = self.slot();
            slot.painting = false;
            self.changed.notify_all();
            let idle = |slot: &mut Slot| {
                slot.picture.is_none() && slot.title.is_none() && slot.copy.is_none() && !slot.bell && !slot.done
            };
            slot = match self.changed.wait_while(slot, idle) {
                Ok(slot) => slot,
                Err(_) => return,
            };
            if slot.done {
                return;
            }
            slot.painting = true;
            let (mut picture, mut title) = (slot.picture.take(), slot.title.take());
            let bell = std::mem::take(&mut slot.bell);
            // What is to be written whole is the next picture, which may come only after the title.
            let redraw = picture.is_some() && std::mem::take(&mut slot.redraw);
            let copy = slot.copy.take();
            drop(slot);
            if !is_utf8 {
                picture.iter_mut().for_each(|picture| ascii::draw(&mut picture.cells));
                title = title.map(|title| ascii::text(&title));
            }
            if let Some(copy) = copy {
                let _ = write!(canvas.backend, "\x1b]52;c;{copy}\x07");
            }
            // A terminal that is gone is noticed by the thread that reads from it.
            let _ = canvas.write(picture, title, bell, redraw);
        }
    }
}

/// What stands on the terminal, to write only what changes.
struct Canvas {
    backend: CrosstermBackend<io::BufWriter<Tty>>,
    shown: Buffer,
    rang: Option<Instant>,
}

impl Canvas {
    fn new(tty: Tty) -> Self {
        let writer = io::BufWriter::with_capacity(65_536, tty);
        Self { backend: CrosstermBackend::new(writer), shown: Buffer::default(), rang: None }
    }

    fn write(&mut self, picture: Option<Picture>, title: Option<String>, bell: bool, redraw: bool) -> io::Result<()> {
        if let Some(title) = title {
            queue!(self.backend, SetTitle(title))?;
        }
        if bell && self.rang.is_none_or(|rang| rang.elapsed() >= BELL_EVERY) {
            self.rang = Some(Instant::now());
            self.backend.write_all(b"\x07")?;
        }
        if let Some(picture) = picture {
            queue!(self.backend, BeginSynchronizedUpdate, Hide)?;
            if redraw || self.shown.area != picture.cells.area {
                queue!(self.backend, Clear(ClearType::All))?;
                self.shown = Buffer::empty(picture.cells.area);
            }
            self.backend.draw(changes(&self.shown, &picture.cells).into_iter())?;
            if let Some(cursor) = picture.cursor {
                queue!(self.backend, MoveTo(cursor.x, cursor.y), Show)?;
            }
            queue!(self.backend, EndSynchronizedUpdate)?;
            self.shown = picture.cells;
        }
        Write::flush(&mut self.backend)
    }
}

/// Gives the cells to be written. Terminals disagree about the width of clusters of several characters
/// and may draw beyond their cells: a changed row that has or had one is written whole.
fn changes<'a>(shown: &Buffer, next: &'a Buffer) -> Vec<(u16, u16, &'a Cell)> {
    let columns = usize::from(next.area.width).max(1);
    let mut changes = shown.diff(next);
    let rows = shown.content.chunks(columns).zip(next.content.chunks(columns));
    for (y, (old, new)) in rows.enumerate() {
        let y = y as u16;
        let odd = |cell: &Cell| cell.symbol().chars().nth(1).is_some();
        if old == new || !(old.iter().any(odd) || new.iter().any(odd)) {
            continue;
        }
        changes.retain(|(_, row, _)| *row != y);
        let mut x = 0;
        while let Some(cell) = new.get(x) {
            let wide = cell.symbol().width() > 1;
            // A terminal that draws the cluster narrower would leave what stood in the second cell.
            if let (true, true, Some(blank)) = (wide, odd(cell), new.get(x + 1)) {
                changes.extend([(x as u16, y, blank), (x as u16 + 1, y, blank)]);
            }
            changes.push((x as u16, y, cell));
            x += if wide { 2 } else { 1 };
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn row(text: &str) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 1));
        buffer.set_string(0, 0, text, Style::new());
        buffer
    }

    #[test]
    fn only_what_changes_is_written() {
        let (before, after) = (row("hello"), row("hallo"));
        assert_eq!(changes(&before, &after).len(), 1);
        assert!(changes(&after, &after).is_empty());
    }

    #[test]
    fn a_row_with_a_cluster_of_several_characters_is_written_whole() {
        let (family, plain) = (row("👨‍👩‍👧‍👦 ab"), row("   ab"));
        assert_eq!(changes(&family, &plain).len(), 10, "what the family drew beyond its cells is covered");
        let written = changes(&plain, &family);
        let columns = written.iter().map(|(x, ..)| *x).collect::<Vec<_>>();
        assert_eq!(columns, [0, 1, 0, 2, 3, 4, 5, 6, 7, 8, 9], "both cells are cleared before the cluster");
        assert!(written[..2].iter().all(|(_, _, cell)| cell.symbol() == " "));
        assert!(changes(&family, &family).is_empty());
    }
}
