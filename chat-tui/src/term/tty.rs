//! Writing to a terminal that may have stopped taking, with a way out.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

/// How often a writer that waits looks whether it still should.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How long a writer waits for a terminal that takes nothing.
#[derive(Debug, Clone)]
pub(super) enum Patience {
    /// Until somebody says to give up.
    UntilTold(Arc<AtomicBool>),
    /// Until a moment.
    Until(Instant),
}

impl Patience {
    fn is_over(&self) -> bool {
        match self {
            Self::UntilTold(told) => told.load(Ordering::Acquire),
            Self::Until(moment) => Instant::now() >= *moment,
        }
    }
}

/// The terminal behind standard output, opened anew: so it can be written to without blocking, while
/// the mode that other programs share stays as it is.
pub(super) struct Tty {
    file: File,
    patience: Patience,
}

impl Tty {
    /// Opens the terminal.
    ///
    /// # Errors
    /// What the system said; also when standard output is no terminal.
    pub(super) fn open(patience: Patience) -> io::Result<Self> {
        if !rustix::termios::isatty(io::stdout()) {
            return Err(io::Error::from(rustix::io::Errno::NOTTY));
        }
        let open = |path: &Path| {
            let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
            OpenOptions::new().write(true).custom_flags(flags.cast_signed()).open(path)
        };
        // In a container the device may have no name, and after `su` it may belong to somebody else; the controlling
        // terminal is open to all.
        let named = rustix::termios::ttyname(io::stdout(), Vec::new()).map_err(io::Error::from);
        let named = named.and_then(|name| open(Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()))));
        let file = named.or_else(|_| open(Path::new("/dev/tty")))?;
        Ok(Self { file, patience })
    }

    fn wait(&self) -> io::Result<()> {
        let look_every = Timespec::try_from(LOOK_EVERY).expect("some milliseconds are a time");
        while !self.patience.is_over() {
            let mut writable = [PollFd::new(&self.file, PollFlags::OUT)];
            match poll(&mut writable, Some(&look_every)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "the terminal takes nothing"))
    }
}

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.file.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.wait()?,
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
