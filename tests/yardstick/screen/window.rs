//! A program in a terminal: keys go in, and one waits for what is shown.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use tokio::sync::oneshot;

use super::terminal::{COLUMNS, ROWS, Terminal, Written};
use super::usage::Usage;
use crate::daemon::use_any_core;

/// How long anything may take to be shown.
const DEADLINE: Duration = Duration::from_secs(120);
/// How often it is asked whether the program is quiet or has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// How long a program may take to end when asked to.
const ENDING: Duration = Duration::from_secs(10);
/// A terminal with a program in it; the program is killed when this is dropped.
pub(super) struct Window {
    terminal: Arc<Terminal>,
    keys: Arc<Mutex<Box<dyn Write + Send>>>,
    child: Box<dyn Child + Send + Sync>,
    process: u32,
    /// The moment before the program was started.
    pub(super) began: Instant,
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
        let terminal = Arc::<Terminal>::default();
        let keys = Arc::new(Mutex::new(keys));
        let (reading, answering) = (terminal.clone(), keys.clone());
        std::thread::spawn(move || reading.read(output, &answering));
        Ok(Self { terminal, keys, child, process, began })
    }

    /// Types letters, or keys as a terminal writes them.
    pub(super) fn types(&mut self, keys: &str) -> Result<()> {
        Ok(self.keys.lock().expect("nobody panics typing").write_all(keys.as_bytes())?)
    }

    /// Takes only so many bytes a second from the program from now on; as many as come when 0.
    pub(super) fn takes(&self, bytes_per_second: u32) {
        self.terminal.takes(bytes_per_second);
    }

    /// Gives what is on the screen.
    pub(super) fn text(&self) -> String {
        self.terminal.text()
    }

    /// Gives what was written until now.
    pub(super) fn written(&self) -> Written {
        self.terminal.written()
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
        self.terminal.watch(Box::new(wanted), found);
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
