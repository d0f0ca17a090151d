//! `chat-tui try`: a private daemon with a folder of its own, for as long as the screen is open.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::session::Server;

/// How long the daemon may take to listen, and to stop.
const START_MAX: Duration = Duration::from_secs(20);
const STOP_MAX: Duration = Duration::from_secs(10);

/// Why there is nothing to try.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The daemon could not be started.
    #[error("cannot start `{program}`: {source} (chatd is looked for beside chat-tui, then in PATH)")]
    Start {
        /// The path of the program.
        program: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The daemon ended, or never said where it listens.
    #[error("chatd did not start: {0}")]
    Silent(String),
}

/// A running daemon, which removes its folder when it ends; it ends when this is dropped.
pub struct Trial {
    /// Where it listens.
    pub server: Server,
    daemon: Child,
}

impl Trial {
    /// Starts the daemon on a free port of this machine and waits until it listens.
    ///
    /// # Errors
    /// See [`TrialError`].
    pub async fn start() -> Result<Self, TrialError> {
        let program = daemon_program();
        let failed = |source| TrialError::Start { program: program.display().to_string(), source };
        let mut daemon = Command::new(&program)
            // However this program ends, the daemon sees its input end, stops, and removes its folder.
            .args(["serve", "--until-stdin-closes", "--temporary", "--listen", "127.0.0.1:0"])
            .env_remove("CHATD_CONFIG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A Ctrl+C of the terminal is for the screen, which stops the daemon itself.
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let address = match tokio::time::timeout(START_MAX, address(&mut daemon)).await {
            Ok(Some(address)) => address,
            Ok(None) => return Err(TrialError::Silent(last_words(&mut daemon).await)),
            Err(_) => return Err(TrialError::Silent("it did not listen in time".to_owned())),
        };
        Ok(Self { server: address, daemon })
    }

    /// Gives the line with which a second person joins.
    pub fn invitation(&self) -> String {
        let program = std::env::args().next().unwrap_or_else(|| "chat-tui".to_owned());
        say!("notice-trial", program = program, server = self.server.to_string())
    }

    /// Stops the daemon and waits until its folder is gone.
    pub async fn stop(mut self) {
        let pid = self.daemon.id().and_then(|pid| rustix::process::Pid::from_raw(pid as i32));
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = tokio::time::timeout(STOP_MAX, self.daemon.wait()).await;
    }
}

fn daemon_program() -> PathBuf {
    let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join("chatd")));
    beside.filter(|path| path.is_file()).unwrap_or_else(|| Path::new("chatd").to_owned())
}

/// Reads where the daemon listens from its first line, and the rest so that it never blocks.
async fn address(daemon: &mut Child) -> Option<Server> {
    let mut lines = BufReader::new(daemon.stdout.take()?).lines();
    let line = lines.next_line().await.ok()??;
    let address = line.strip_prefix("listening on ")?.parse().ok()?;
    if let Some(log) = daemon.stderr.take() {
        tokio::spawn(async move {
            let mut lines = BufReader::new(log).lines();
            while let Ok(Some(_)) = lines.next_line().await {}
        });
    }
    Some(address)
}

async fn last_words(daemon: &mut Child) -> String {
    let Some(log) = daemon.stderr.take() else { return String::new() };
    let mut lines = BufReader::new(log).lines();
    let mut last = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        last = line;
    }
    last
}

/// Makes a handle of the name by which this machine knows its user.
pub fn handle_of_this_user() -> String {
    let name = std::env::var("USER").unwrap_or_default().to_lowercase();
    let free = name.parse::<proto::Handle>().is_ok_and(|handle| !handle.is_reserved());
    if free { name } else { "alice".to_owned() }
}
