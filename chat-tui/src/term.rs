//! The terminal: taken, given back whatever happens, and painted on a thread of its own.
//!
//! The painter takes the latest picture; what was drawn while it was still writing is skipped. So a
//! stalled ssh stalls only the painting, never the connection to the daemon.

use std::io::{self, Stdout, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{Command, execute, queue};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

/// How long the painter may take to finish before the terminal is given back without it.
const FINISH_MAX: Duration = Duration::from_secs(1);

/// Takes the terminal; dropping it gives it back.
pub struct Terminal {
    _private: (),
}

impl Terminal {
    /// Takes the terminal, also over a panic: the panic's text appears after it is given back.
    ///
    /// # Errors
    /// What the system said.
    pub fn take() -> io::Result<Self> {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            leave();
            hook(panic);
        }));
        enter()?;
        Ok(Self { _private: () })
    }

    /// Gives the terminal to the shell until it continues us.
    ///
    /// # Errors
    /// What the system said.
    pub fn suspend(&self) -> io::Result<()> {
        leave();
        // Raised in this thread, so that it stops here and not only after the terminal was taken again.
        signal_hook::low_level::raise(signal_hook::consts::SIGTSTP)?;
        enter()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        leave();
    }
}

/// Keeps and restores the title that the terminal had (XTWINOPS 22 and 23).
struct TitleStack(bool);

impl Command for TitleStack {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str(if self.0 { "\x1b[22;2t" } else { "\x1b[23;2t" })
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(io::stdout(), TitleStack(true), EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange, Hide)
}

fn leave() {
    // The terminal may be gone; then there is nothing to give back.
    let _ = execute!(
        io::stdout(),
        EndSynchronizedUpdate,
        DisableFocusChange,
        DisableBracketedPaste,
        Show,
        LeaveAlternateScreen,
        TitleStack(false)
    );
    let _ = disable_raw_mode();
}

/// A picture of the screen.
pub struct Picture {
    /// The cells.
    pub cells: Buffer,
    /// Where the cursor stands, if it is to be seen.
    pub cursor: Option<Position>,
}

/// Hands pictures to the thread that writes them.
pub struct Painter {
    shared: Arc<Shared>,
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
    redraw: bool,
    painting: bool,
    done: bool,
}

impl Painter {
    /// Starts the thread.
    ///
    /// # Errors
    /// What the system said.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let painting = shared.clone();
        let thread = thread::Builder::new().name("painter".to_owned()).spawn(move || painting.paint())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Shows a picture, in place of one that was not written yet.
    pub fn show(&self, picture: Picture) {
        self.change(|slot| slot.picture = Some(picture));
    }

    /// Sets the title; the text is clean.
    pub fn title(&self, title: String) {
        self.change(|slot| slot.title = Some(title));
    }

    /// Rings once, however often it was asked for since the last picture.
    pub fn bell(&self) {
        self.change(|slot| slot.bell = true);
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
        let (_, timed_out) = match self.shared.changed.wait_timeout_while(slot, FINISH_MAX, |slot| slot.painting) {
            Ok((slot, waited)) => (drop(slot), waited.timed_out()),
            Err(_) => ((), true),
        };
        // A terminal that takes nothing keeps the thread; the process ends without it.
        if let (false, Some(thread)) = (timed_out, self.thread.take()) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn paint(&self) {
        let mut canvas = Canvas::new();
        loop {
            let mut slot = self.slot();
            slot.painting = false;
            self.changed.notify_all();
            let idle = |slot: &mut Slot| slot.picture.is_none() && slot.title.is_none() && !slot.bell && !slot.done;
            slot = match self.changed.wait_while(slot, idle) {
                Ok(slot) => slot,
                Err(_) => return,
            };
            if slot.done {
                return;
            }
            slot.painting = true;
            let (picture, title) = (slot.picture.take(), slot.title.take());
            let (bell, redraw) = (std::mem::take(&mut slot.bell), std::mem::take(&mut slot.redraw));
            drop(slot);
            // A terminal that is gone is noticed by the thread that reads from it.
            let _ = canvas.write(picture, title, bell, redraw);
        }
    }
}

/// What stands on the terminal, to write only what changes.
struct Canvas {
    backend: CrosstermBackend<io::BufWriter<Stdout>>,
    shown: Buffer,
}

impl Canvas {
    fn new() -> Self {
        let writer = io::BufWriter::with_capacity(65_536, io::stdout());
        Self { backend: CrosstermBackend::new(writer), shown: Buffer::default() }
    }

    fn write(&mut self, picture: Option<Picture>, title: Option<String>, bell: bool, redraw: bool) -> io::Result<()> {
        if let Some(title) = title {
            queue!(self.backend, SetTitle(title))?;
        }
        if bell {
            self.backend.write_all(b"\x07")?;
        }
        if let Some(picture) = picture {
            queue!(self.backend, BeginSynchronizedUpdate, Hide)?;
            if redraw || self.shown.area != picture.cells.area {
                queue!(self.backend, Clear(ClearType::All))?;
                self.shown = Buffer::empty(picture.cells.area);
            }
            self.backend.draw(self.shown.diff(&picture.cells).into_iter())?;
            if let Some(cursor) = picture.cursor {
                queue!(self.backend, MoveTo(cursor.x, cursor.y), Show)?;
            }
            queue!(self.backend, EndSynchronizedUpdate)?;
            self.shown = picture.cells;
        }
        Write::flush(&mut self.backend)
    }
}
