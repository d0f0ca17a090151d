//! The terminal: taken, given back whatever happens, and painted on a thread of its own.

mod ascii;
mod canvas;
mod painter;
mod pixels;
mod probe;
mod splicer;
mod traits;
mod tty;

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{Command, execute};

pub use painter::{Painter, Picture};
pub use pixels::{PixelImage, PixelRows, PixelTable};
pub use probe::{Probe, Probed, cell_pixels};
pub use splicer::{Input, Splicer};
pub use traits::{Background, Depth, Traits, trouble};
use tty::{Patience, Tty};

/// How long taking the terminal and giving it back may wait for it to take what is written.
const WAIT_MAX: Duration = Duration::from_millis(500);

/// Whether the terminal is in our hands.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether the mouse is heard of, when the terminal is taken.
static MOUSE: AtomicBool = AtomicBool::new(true);

/// Takes the terminal; dropping it gives it back.
pub struct Terminal {
    _private: (),
}

impl Terminal {
    /// Takes the terminal, and hears of its mouse if that is wanted. A panic of any thread gives it back, prints its text and ends the program.
    ///
    /// # Errors
    /// What the system said.
    pub fn take(mouse: bool) -> io::Result<Self> {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let taken = TAKEN.load(Ordering::Acquire);
            give_back();
            hook(panic);
            if taken {
                std::process::exit(101);
            }
        }));
        MOUSE.store(mouse, Ordering::Release);
        enter()?;
        Ok(Self { _private: () })
    }

    /// Takes the terminal again, in whatever state others left it.
    ///
    /// # Errors
    /// What the system said.
    pub fn retake(&self) -> io::Result<()> {
        give_back();
        enter()
    }

    /// Hears of the mouse, or leaves it to the terminal, which marks text with it then. The painter tells the terminal, whose
    /// sequences are not to be torn.
    pub fn hear_mouse(&self, on: bool, painter: &Painter) {
        MOUSE.store(on, Ordering::Release);
        painter.order(mouse(on));
    }

    /// Gives the terminal to the shell and asks for the whole process group to be stopped, as a
    /// terminal does for Ctrl+Z. The stop comes soon after, or never where there is no shell to stop for.
    ///
    /// # Errors
    /// What the system said.
    pub fn suspend(&self) -> io::Result<()> {
        give_back();
        Ok(rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// Keeps and restores the title that the terminal had (XTWINOPS 22 and 23).
struct TitleStack(bool);

impl Command for TitleStack {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str(if self.0 { "\x1b[22;2t" } else { "\x1b[23;2t" })
    }
}

/// Asks for presses of buttons and for the wheel, and for no movements, which would flood a slow line (xterm's modes 1000
/// and 1006).
struct Mouse(bool);

impl Command for Mouse {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str(mouse(self.0))
    }
}

fn mouse(on: bool) -> &'static str {
    if on { "\x1b[?1000h\x1b[?1006h" } else { "\x1b[?1006l\x1b[?1000l" }
}

fn patient_tty() -> io::Result<io::BufWriter<Tty>> {
    Ok(io::BufWriter::new(Tty::open(Patience::Until(Instant::now() + WAIT_MAX))?))
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::Release);
    let mut tty = patient_tty()?;
    execute!(tty, TitleStack(true), EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange, Hide)?;
    if MOUSE.load(Ordering::Acquire) {
        execute!(tty, Mouse(true))?;
    }
    tty.flush()
}

/// Gives the terminal back if it is ours; waits only a moment for one that takes nothing.
pub fn give_back() {
    if !TAKEN.swap(false, Ordering::AcqRel) {
        return;
    }
    // The terminal may be gone; then there is nothing to give back.
    if let Ok(mut tty) = patient_tty() {
        let _ = execute!(
            tty,
            EndSynchronizedUpdate,
            Mouse(false),
            DisableFocusChange,
            DisableBracketedPaste,
            Show,
            LeaveAlternateScreen,
            TitleStack(false)
        );
    }
    let _ = disable_raw_mode();
}
