//! A terminal with the real client in it: keys go in, cells come out.

use std::io::{Read, Write};
use std::num::NonZero;
use std::panic::Location;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

use super::DEADLINE;
use super::process::client_binary;

/// The longest time between two looks at what no cell shows.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How long a person pauses who is not heard: longer than the client wants it.
const PAUSE: Duration = Duration::from_millis(1_500);

/// A pseudo-terminal of a given size with a client in it, in a home of its own.
pub(crate) struct Screen {
    shared: Arc<Shared>,
    keys: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    _home: Arc<TempDir>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    terminal: vt100::Parser,
    /// Everything that was written, for what is no cell.
    bytes: Vec<u8>,
    /// Nothing is read from the client while this is true.
    stalled: bool,
    ended: bool,
}

/// Keys that are no letters, as a terminal writes them.
pub(crate) enum Key {
    Enter,
    Tab,
    Escape,
    Up,
    PageUp,
    /// F1 to F4.
    Function(u8),
    Ctrl(char),
    Alt(char),
}

impl Key {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Enter => b"\r".to_vec(),
            Self::Tab => b"\t".to_vec(),
            Self::Escape => b"\x1b".to_vec(),
            Self::Up => b"\x1b[A".to_vec(),
            Self::PageUp => b"\x1b[5~".to_vec(),
            Self::Function(number) => vec![0x1b, b'O', b'P' + number - 1],
            Self::Ctrl(letter) => vec![*letter as u8 & 0x1f],
            Self::Alt(letter) => vec![0x1b, *letter as u8],
        }
    }
}

impl Screen {
    /// Opens a terminal and starts the client in it.
    pub(crate) fn open(columns: u16, rows: u16, arguments: &[&str]) -> Self {
        Self::open_at_home(
            &Arc::new(TempDir::with_prefix("chat-home-").expect("a home can be made")),
            columns,
            rows,
            arguments,
        )
    }

    /// The same in a home that may hold something already.
    pub(crate) fn open_at_home(home: &Arc<TempDir>, columns: u16, rows: u16, arguments: &[&str]) -> Self {
        Self::open_command(home, columns, rows, command(client_binary(), home.path(), arguments))
    }

    /// The same in a terminal of another kind, as its environment says.
    pub(crate) fn open_in(environment: &[(&str, &str)], columns: u16, rows: u16, arguments: &[&str]) -> Self {
        let home = Arc::new(TempDir::with_prefix("chat-home-").expect("a home can be made"));
        let mut command = command(client_binary(), home.path(), arguments);
        for (name, value) in environment {
            command.env(name, value);
        }
        Self::open_command(&home, columns, rows, command)
    }

    /// The same as another user of the system, with a copy of the client that this user can run.
    pub(crate) fn open_as(
        ids: (u32, u32),
        program: &Path,
        home: &Arc<TempDir>,
        folder: &Path,
        arguments: &[&str],
    ) -> Self {
        let (user, group) = (format!("--reuid={}", ids.0), format!("--regid={}", ids.1));
        let mut all = vec![user.as_str(), &group, "--clear-groups", program.to_str().expect("a path is text")];
        all.extend(arguments);
        Self::open_command(home, 80, 24, command(Path::new("/usr/bin/setpriv"), folder, &all))
    }

    /// Starts another program in a terminal, at home in a folder.
    pub(crate) fn open_program(program: &Path, home: &Arc<TempDir>, folder: &Path, arguments: &[&str]) -> Self {
        Self::open_command(home, 80, 24, command(program, folder, arguments))
    }

    fn open_command(home: &Arc<TempDir>, columns: u16, rows: u16, command: CommandBuilder) -> Self {
        let pty = native_pty_system().openpty(size(columns, rows)).expect("a terminal can be had");
        let child = pty.slave.spawn_command(command).expect("the client can be started");
        let output = pty.master.try_clone_reader().expect("the terminal can be read");
        let keys = pty.master.take_writer().expect("the terminal can be written");
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                terminal: vt100::Parser::new(cells(rows), cells(columns), 0),
                bytes: Vec::new(),
                stalled: false,
                ended: false,
            }),
            changed: Condvar::new(),
        });
        let reading = shared.clone();
        std::thread::spawn(move || reading.read(output));
        Self { shared, keys, master: pty.master, child, _home: home.clone() }
    }

    /// Types letters.
    pub(crate) fn types(&mut self, text: &str) {
        self.keys.write_all(text.as_bytes()).expect("the terminal takes keys");
    }

    /// Presses a key.
    pub(crate) fn presses(&mut self, key: Key) {
        self.keys.write_all(&key.bytes()).expect("the terminal takes keys");
    }

    /// Types letters and sends them off.
    pub(crate) fn enters(&mut self, text: &str) {
        self.types(text);
        self.presses(Key::Enter);
    }

    /// Pastes as a terminal does that knows bracketed paste.
    pub(crate) fn pastes(&mut self, text: &str) {
        self.types(&format!("\x1b[200~{text}\x1b[201~"));
    }

    /// Looks at the window, as a terminal says that knows of the focus.
    pub(crate) fn is_looked_at(&mut self) {
        self.types("\x1b[I");
    }

    /// Gives the terminal another size.
    pub(crate) fn resizes(&mut self, columns: u16, rows: u16) {
        self.shared.state().terminal.screen_mut().set_size(cells(rows), cells(columns));
        self.master.resize(size(columns, rows)).expect("the terminal can be resized");
    }

    /// Takes nothing from the client any more, as a terminal behind a broken link.
    pub(crate) fn stalls(&self) {
        self.shared.state().stalled = true;
    }

    /// Tells whether the client has ended.
    pub(crate) fn has_ended(&self) -> bool {
        let id = self.child.process_id().expect("the client ran");
        let status = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // The state follows the name, which stands in parentheses; Z: ended, and nobody asked yet.
        status.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'))
    }

    /// Gives what is on the screen.
    pub(crate) fn text(&self) -> String {
        self.shared.state().terminal.screen().contents()
    }

    /// Waits until a text is on the screen.
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        self.waits(&format!("`{text}` to be shown"), |screen| screen.contains(text));
    }

    /// Waits until a text is not on the screen.
    #[track_caller]
    pub(crate) fn hides(&self, text: &str) {
        self.waits(&format!("`{text}` to be gone"), |screen| !screen.contains(text));
    }

    /// Waits until the screen is as wanted.
    #[track_caller]
    pub(crate) fn waits(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        let here = Location::caller();
        let end = Instant::now() + DEADLINE;
        let mut state = self.shared.state();
        while !wanted(&state.terminal.screen().contents()) {
            let rest = end.saturating_duration_since(Instant::now());
            if rest.is_zero() || state.ended {
                panic!("{here}: waited in vain for {what}; the screen was:\n{}", state.terminal.screen().contents());
            }
            state = self.shared.changed.wait_timeout(state, rest).expect("nobody panics holding the screen").0;
        }
    }

    /// Waits until the terminal is as wanted, whatever it shows.
    #[track_caller]
    pub(crate) fn waits_until(&self, what: &str, wanted: impl Fn(&Self) -> bool) {
        let here = Location::caller();
        let end = Instant::now() + DEADLINE;
        while !wanted(self) {
            let rest = end.saturating_duration_since(Instant::now());
            assert!(!rest.is_zero(), "{here}: waited in vain for {what}");
            // A change between the look and the wait is found at the next look.
            drop(self.shared.changed.wait_timeout(self.shared.state(), rest.min(LOOK_AGAIN)));
        }
    }

    /// Types something again and again, as a person who pauses in between, until the screen shows that it was heard.
    #[track_caller]
    pub(crate) fn is_heard(&mut self, typed: &str, shown: &str) {
        let end = Instant::now() + DEADLINE;
        while !self.text().contains(shown) {
            assert!(Instant::now() < end, "nobody hears `{typed}`:\n{}", self.text());
            self.types(typed);
            let state = self.shared.state();
            let unheard = |state: &mut State| !state.terminal.screen().contents().contains(shown);
            drop(self.shared.changed.wait_timeout_while(state, PAUSE, unheard).expect("nobody panics"));
        }
    }

    /// Counts the bytes that the client has read from its terminal and from files.
    pub(crate) fn bytes_read(&self) -> u64 {
        let id = self.child.process_id().expect("the client runs");
        let counts = std::fs::read_to_string(format!("/proc/{id}/io")).expect("the system counts");
        let count = counts.lines().find_map(|line| line.strip_prefix("rchar: ")).expect("it counts what is read");
        count.parse().expect("a number")
    }

    /// Gives the row and column of a text on the screen.
    #[track_caller]
    pub(crate) fn place(&self, text: &str) -> (u16, u16) {
        let state = self.shared.state();
        let screen = state.terminal.screen();
        let (_, columns) = screen.size();
        for (row, line) in screen.rows(0, columns.get()).enumerate() {
            if let Some(at) = line.find(text) {
                return (row as u16, line[..at].chars().count() as u16);
            }
        }
        panic!("`{text}` is not on the screen:\n{}", screen.contents());
    }

    /// Gives the colors of a cell: of its letter and of its ground.
    pub(crate) fn colors(&self, row: u16, column: u16) -> (vt100::Color, vt100::Color) {
        let state = self.shared.state();
        let cell = state.terminal.screen().cell(row, column).expect("the cell is on the screen");
        (cell.fgcolor(), cell.bgcolor())
    }

    /// Gives everything that was written to the terminal.
    pub(crate) fn written(&self) -> Vec<u8> {
        self.shared.state().bytes.clone()
    }

    /// Tells whether some bytes were ever written to the terminal.
    pub(crate) fn wrote(&self, bytes: &[u8]) -> bool {
        self.shared.state().bytes.windows(bytes.len()).any(|window| window == bytes)
    }

    /// Tells whether the program has given the terminal back: no alternate screen, no bracketed paste.
    pub(crate) fn is_given_back(&self) -> bool {
        let state = self.shared.state();
        !state.terminal.screen().alternate_screen() && !state.terminal.screen().bracketed_paste()
    }

    /// Sends a signal to the client.
    pub(crate) fn is_signalled(&self, signal: rustix::process::Signal) {
        let id = self.child.process_id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
        rustix::process::kill_process(id.expect("the client runs"), signal).expect("the client can be signalled");
    }

    /// Lets no file of the client grow beyond so many bytes, or as they like again.
    pub(crate) fn limits_files(&self, bytes: Option<u64>) {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let id = self.child.process_id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(id, Resource::Fsize, limit).expect("it can be limited");
    }

    /// Waits until the client has ended and everything it wrote was read.
    #[track_caller]
    pub(crate) fn ends(&mut self) -> ExitStatus {
        let here = Location::caller();
        let state = self.shared.state();
        let (state, waited) =
            self.shared.changed.wait_timeout_while(state, DEADLINE, |state| !state.ended).expect("nobody panics");
        assert!(!waited.timed_out(), "{here}: the client did not end:\n{}", state.terminal.screen().contents());
        drop(state);
        self.child.wait().expect("its status can be read")
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Ok(mut state) = self.shared.state.lock() {
            state.stalled = false;
        }
        self.shared.changed.notify_all();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics holding the screen")
    }

    fn read(&self, mut output: Box<dyn Read + Send>) {
        let mut buffer = [0; 4_096];
        loop {
            let stalled = self.changed.wait_while(self.state(), |state| state.stalled);
            drop(stalled.expect("nobody panics holding the screen"));
            let read = output.read(&mut buffer).unwrap_or(0);
            let mut state = self.state();
            if read == 0 {
                state.ended = true;
            } else {
                state.terminal.process(&buffer[..read]);
                state.bytes.extend_from_slice(&buffer[..read]);
            }
            drop(state);
            self.changed.notify_all();
            if read == 0 {
                return;
            }
        }
    }
}

/// The terminal that is read back has at least one cell, whatever the client is told.
fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap_or(NonZero::<u16>::MIN)
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn command(program: &Path, home: &Path, arguments: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(program);
    command.args(arguments);
    command.env_clear();
    command.env("HOME", home);
    command.env("TMPDIR", home);
    command.env("TERM", "xterm-256color");
    command.env("COLORTERM", "truecolor");
    command.env("LANG", "C.UTF-8");
    command.env("TZ", "UTC");
    // No terminal is there that would answer what it can draw.
    command.env("CHAT_PICTURES", "blocks");
    command.cwd(home);
    command
}
