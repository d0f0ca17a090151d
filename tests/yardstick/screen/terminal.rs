//! A terminal of 120x36: what a program writes is stamped with its time, counted, and read as cells.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// Cells in a row.
pub(super) const COLUMNS: u16 = 120;
/// Rows.
pub(super) const ROWS: u16 = 36;
/// What the background is, as a terminal says it (OSC 11 of xterm).
const BACKGROUND: &[u8] = b"\x1b]11;rgb:0000/0000/0000\x1b\\";
/// How often a slow terminal takes its share.
const SHARES_PER_SECOND: u32 = 100;

/// What reads a program's output.
pub(super) struct Terminal {
    state: Mutex<State>,
    /// Bytes that are taken a second; 0: as many as come.
    takes: AtomicU32,
}

struct State {
    terminal: vt100::Parser<Frames>,
    written: Written,
    watch: Option<Watch>,
    ended: bool,
}

/// What a program has written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Written {
    /// Bytes.
    pub(super) bytes: u64,
    /// Synchronised updates, and reads that brought something outside of any.
    pub(super) frames: u64,
    /// When the last byte came.
    pub(super) last: Option<Instant>,
}

/// What leaves no trace in the cells: synchronised updates, and the question for the background.
#[derive(Default)]
struct Frames {
    begun: u64,
    ended: u64,
    questions: u64,
}

impl vt100::Callbacks for Frames {
    fn unhandled_csi(
        &mut self,
        _: &mut vt100::Screen,
        first: Option<u8>,
        _: Option<u8>,
        parameters: &[&[u16]],
        action: char,
    ) {
        if (first, parameters) == (Some(b'?'), &[&[2026]]) {
            self.begun += u64::from(action == 'h');
            self.ended += u64::from(action == 'l');
        }
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, parameters: &[&[u8]]) {
        self.questions += u64::from(parameters == [&b"11"[..], b"?"]);
    }
}

/// What the cells are to show.
pub(super) type Wanted = Box<dyn Fn(&vt100::Screen) -> bool + Send>;

struct Watch {
    wanted: Wanted,
    found: oneshot::Sender<Instant>,
}

impl Default for Terminal {
    fn default() -> Self {
        let terminal = vt100::Parser::new_with_callbacks(cells(ROWS), cells(COLUMNS), 0, Frames::default());
        let state = State { terminal, written: Written::default(), watch: None, ended: false };
        Self { state: Mutex::new(state), takes: AtomicU32::new(0) }
    }
}

impl Terminal {
    /// Takes only so many bytes a second from now on; as many as come when 0.
    pub(super) fn takes(&self, bytes_per_second: u32) {
        self.takes.store(bytes_per_second, Ordering::Release);
    }

    /// Gives what is on the screen.
    pub(super) fn text(&self) -> String {
        self.state().terminal.screen().contents()
    }

    /// Gives what was written until now.
    pub(super) fn written(&self) -> Written {
        self.state().written
    }

    /// Answers with the moment in which the screen is as wanted, which may be now.
    pub(super) fn watch(&self, wanted: Wanted, found: oneshot::Sender<Instant>) {
        let mut state = self.state();
        state.watch = Some(Watch { wanted, found });
        state.look(Instant::now());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics holding the terminal")
    }

    /// Reads to the end, on a thread of its own, and answers as terminals do.
    pub(super) fn read(&self, mut output: Box<dyn Read + Send>, keys: &Mutex<Box<dyn Write + Send>>) {
        let mut answered = 0;
        let mut buffer = vec![0; 65_536];
        loop {
            let takes = self.takes.load(Ordering::Acquire);
            let share = if takes == 0 { buffer.len() } else { (takes / SHARES_PER_SECOND).max(1) as usize };
            let read = output.read(&mut buffer[..share]).unwrap_or(0);
            let now = Instant::now();
            let mut state = self.state();
            if read == 0 {
                state.ended = true;
                state.watch = None;
                return;
            }
            state.take(&buffer[..read], now);
            let questions = state.terminal.callbacks().questions;
            drop(state);
            for _ in answered..questions {
                // A program that has ended hears nothing.
                let _ = keys.lock().expect("nobody panics typing").write_all(BACKGROUND);
            }
            answered = questions;
            if takes > 0 {
                std::thread::sleep(Duration::from_secs(1) / SHARES_PER_SECOND);
            }
        }
    }
}

impl State {
    fn take(&mut self, bytes: &[u8], now: Instant) {
        let frames = self.terminal.callbacks();
        let (begun, was_outside) = (frames.begun, frames.begun == frames.ended);
        self.terminal.process(bytes);
        let begun = self.terminal.callbacks().begun - begun;
        self.written.frames += if begun == 0 && was_outside { 1 } else { begun };
        self.written.bytes += bytes.len() as u64;
        self.written.last = Some(now);
        self.look(now);
    }

    /// Answers the question if the screen shows what is asked for.
    fn look(&mut self, now: Instant) {
        if self.ended {
            self.watch = None;
        }
        if let Some(watch) = self.watch.take_if(|watch| (watch.wanted)(self.terminal.screen())) {
            // Nobody waits any more: that is all right.
            let _ = watch.found.send(now);
        }
    }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("the terminal has cells")
}
