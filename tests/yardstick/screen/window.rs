//! A terminal of 120x36 with a program in it: keys go in; what comes out is stamped with its time, counted, and read as
//! cells.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use tokio::sync::oneshot;

use super::usage::Usage;
use crate::daemon::use_any_core;

const COLUMNS: u16 = 120;
const ROWS: u16 = 36;
/// How long anything may take to be shown.
const DEADLINE: Duration = Duration::from_secs(120);
/// How often it is asked whether the program is quiet or has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// How long a program may take to end when asked to.
const ENDING: Duration = Duration::from_secs(10);
/// How often a slow terminal takes its share.
const SHARES_PER_SECOND: u32 = 100;

/// A terminal with a program in it; the program is killed when this is dropped.
pub(super) struct Window {
    shared: Arc<Shared>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    process: u32,
    /// The moment before the program was started.
    pub(super) began: Instant,
}

struct Shared {
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
    last: Option<Instant>,
}

/// Synchronised updates, which leave no trace in the cells.
#[derive(Default)]
struct Frames {
    begun: u64,
    ended: u64,
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
}

type Wanted = Box<dyn Fn(&vt100::Screen) -> bool + Send>;

struct Watch {
    wanted: Wanted,
    found: oneshot::Sender<Instant>,
}

impl Window {
    /// Starts a program at home in a folder.
    pub(super) fn open(program: &Path, home: &Path, arguments: &[impl AsRef<OsStr>]) -> Result<Self> {
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "C.UTF-8")] {
            command.env(name, value);
        }
        command.env("HOME", home);
        command.env("TZ", "UTC");
        command.cwd(home);
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size)?;
        let (output, keys) = (pty.master.try_clone_reader()?, pty.master.take_writer()?);
        use_any_core();
        let began = Instant::now();
        let child = pty.slave.spawn_command(command)?;
        let process = child.process_id().context("the program has ended")?;
        let terminal = vt100::Parser::new_with_callbacks(cells(ROWS), cells(COLUMNS), 0, Frames::default());
        let state = State { terminal, written: Written::default(), watch: None, ended: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), takes: AtomicU32::new(0) });
        let reading = shared.clone();
        std::thread::spawn(move || reading.read(output));
        Ok(Self { shared, keys, child, process, began })
    }

    /// Types letters, or keys as a terminal writes them.
    pub(super) fn types(&mut self, keys: &str) -> Result<()> {
        Ok(self.keys.write_all(keys.as_bytes())?)
    }

    /// Takes only so many bytes a second from the program from now on; as many as come when 0.
    pub(super) fn takes(&self, bytes_per_second: u32) {
        self.shared.takes.store(bytes_per_second, Ordering::Release);
    }

    /// Gives what is on the screen.
    pub(super) fn text(&self) -> String {
        self.shared.state().terminal.screen().contents()
    }

    /// Gives what was written until now.
    pub(super) fn written(&self) -> Written {
        self.shared.state().written
    }

    /// Gives what the program has used until now.
    pub(super) fn usage(&self) -> Result<Usage> {
        Usage::of(self.process)
    }

    /// Asks for the moment in which a text comes to the screen. The question before this one gets no answer any more.
    pub(super) fn watch(&self, text: &str) -> oneshot::Receiver<Instant> {
        let text = text.to_owned();
        self.watch_for(move |screen| screen.contents().contains(&text))
    }

    /// The same for anything that the screen may show.
    pub(super) fn watch_for(
        &self,
        wanted: impl Fn(&vt100::Screen) -> bool + Send + 'static,
    ) -> oneshot::Receiver<Instant> {
        let (found, answer) = oneshot::channel();
        let mut state = self.shared.state();
        state.watch = Some(Watch { wanted: Box::new(wanted), found });
        let now = Instant::now();
        state.look(now);
        answer
    }

    /// Waits until a text is on the screen, and gives the moment in which it came.
    pub(super) async fn shows(&self, text: &str) -> Result<Instant> {
        self.found(self.watch(text), text).await
    }

    /// Waits until a text has left the screen.
    pub(super) async fn hides(&self, text: &str) -> Result<Instant> {
        let gone = text.to_owned();
        self.found(self.watch_for(move |screen| !screen.contents().contains(&gone)), text).await
    }

    /// Waits for the answer to a question.
    pub(super) async fn found(&self, answer: oneshot::Receiver<Instant>, what: &str) -> Result<Instant> {
        match tokio::time::timeout(DEADLINE, answer).await {
            Ok(Ok(moment)) => Ok(moment),
            Ok(Err(_)) => bail!("the program has ended; it was asked for `{what}`:\n{}", self.text()),
            Err(_) => bail!("waited in vain for `{what}`:\n{}", self.text()),
        }
    }

    /// Waits until nothing was written for a while, and gives the moment of the last byte.
    pub(super) async fn quiet(&self, time: Duration) -> Instant {
        let began = Instant::now();
        loop {
            let last = self.written().last.unwrap_or(self.began);
            if last.max(began).elapsed() >= time {
                return last;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Asks the program to end by keys, and waits until it has.
    pub(super) async fn ends(mut self, keys: &str) -> Result<()> {
        self.types(keys)?;
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            if began.elapsed() > ENDING {
                bail!("the program does not end:\n{}", self.text());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics holding the terminal")
    }

    fn read(&self, mut output: Box<dyn Read + Send>) {
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
            drop(state);
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
