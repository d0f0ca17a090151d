//! The real binary, for what only it can show: signals, kills, exit codes.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use super::daemon::Folder;
use super::door::Door;
use super::soon;

/// Gives the path of `chatd`, built from the sources as they are now: a stale binary is never run.
pub(crate) fn chatd_binary() -> &'static Path {
    static CHATD: OnceLock<PathBuf> = OnceLock::new();
    CHATD.get_or_init(|| built("chatd"))
}

/// Gives the path of `chat-tui`, built in the same way; the daemon is built beside it, for `try`.
pub(crate) fn client_binary() -> &'static Path {
    static CLIENT: OnceLock<PathBuf> = OnceLock::new();
    CLIENT.get_or_init(|| {
        chatd_binary();
        built("chat-tui")
    })
}

/// Builds both programs before anybody is connected: a build may take minutes, and whoever waits for it in a story answers no ping.
/// Where each story is a process of its own (nextest), those that need a program build it.
pub(crate) fn programs_are_built() {
    if std::env::var_os("NEXTEST").is_none() {
        client_binary();
    }
}

/// Copies a program into a folder. A process of its own does it: were the copy open for writing here, whoever is
/// started meanwhile would hold it open, and a program that is open for writing cannot be run.
pub(crate) fn copy_program(program: &Path, folder: &Path) {
    let copied = std::process::Command::new("cp").arg(program).arg(folder).status();
    assert!(copied.expect("cp can be run").success(), "`{}` cannot be copied", program.display());
}

/// Tells whether a variable is one that cargo sets for the package that it runs (the Cargo book, "Environment variables").
fn is_of_package(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_CRATE_NAME"
}

/// Builds a program of the workspace into the folder that this test was built into.
fn built(package: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a process knows its program");
    // The test lies at TARGET/PROFILE/deps/stories-HASH.
    let profile = test.ancestors().nth(2).expect("tests lie in `deps`");
    let target = profile.parent().expect("a profile lies in the target folder");
    let mut build = std::process::Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--package", package]).arg("--target-dir").arg(target);
    build.current_dir(env!("CARGO_MANIFEST_DIR"));
    // What the test's own package is called is no matter of a build: some build scripts run again when it is otherwise.
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_package(name)) {
        build.env_remove(name);
    }
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    let built = build.status().expect("cargo can be run");
    assert!(built.success(), "`{package}` does not build");
    profile.join(package)
}

/// A running `chatd`; it is killed when dropped. It is a door, so people are asked for at it directly.
pub(crate) struct Process {
    child: Child,
    url: String,
    door: Door,
}

impl Process {
    /// Starts the daemon on a folder and waits until it listens.
    pub(crate) async fn start(folder: &Folder) -> Self {
        Self::start_with(folder, &[]).await
    }

    /// The same with settings in its environment.
    pub(crate) async fn start_with(folder: &Folder, settings: &[(&str, &str)]) -> Self {
        let log = OpenOptions::new().create(true).append(true).open(folder.path().join("story.log"));
        let log = log.expect("a log can be written");
        let mut command = command(folder);
        Self::started(folder, command.envs(settings.iter().copied()).stderr(log)).await
    }

    /// The same, with a log that nobody can write.
    pub(crate) async fn start_without_log(folder: &Folder, settings: &[(&str, &str)]) -> Self {
        let (reader, writer) = std::io::pipe().expect("a pipe can be had");
        drop(reader);
        let mut command = command(folder);
        Self::started(folder, command.envs(settings.iter().copied()).stderr(writer)).await
    }

    async fn started(folder: &Folder, command: &mut Command) -> Self {
        programs_are_built();
        let mut child = command.spawn().expect("chatd can be started");
        let output = child.stdout.take().expect("its output is ours");
        let mut lines = BufReader::new(output).lines();
        let line = soon("the line `listening on`", lines.next_line()).await.expect("the output can be read");
        let Some(line) = line else {
            let log = std::fs::read_to_string(folder.path().join("story.log")).unwrap_or_default();
            panic!("chatd ended at once: {log}");
        };
        let url = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("unexpected output `{line}`"));
        Self { child, url: url.to_owned(), door: Door::at(url) }
    }

    /// Starts the daemon on a folder where it refuses to run, and gives how it ended.
    pub(crate) async fn start_in_vain(folder: &Folder) -> Output {
        let child = command(folder).stderr(Stdio::piped()).spawn().expect("chatd can be started");
        soon("the end of chatd", child.wait_with_output()).await.expect("its output can be read")
    }

    /// Gives the address as the daemon printed it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Asks the daemon to read its settings and its certificate again.
    pub(crate) fn reloads(&self) {
        kill_process(self.pid(), Signal::HUP).expect("chatd can be signalled");
    }

    /// Asks the daemon to stop.
    pub(crate) fn terminates(&self) {
        kill_process(self.pid(), Signal::TERM).expect("chatd can be signalled");
    }

    /// Gives the number of the daemon's process.
    pub(crate) fn process_id(&self) -> u32 {
        self.child.id().expect("chatd runs")
    }

    /// Gives the memory that the daemon holds, in MiB.
    pub(crate) fn resident_mib(&self) -> f64 {
        Self::resident_mib_of(self.process_id()).expect("chatd runs")
    }

    /// Gives the memory that a process holds of its own, in MiB; `None` when it has ended. What is mapped from files, its
    /// code above all, comes as it is first used and counts as nobody's.
    pub(crate) fn resident_mib_of(process: u32) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
        Some(line.trim().trim_end_matches("kB").trim().parse::<f64>().expect("a number") / 1_024.0)
    }

    /// Gives the time that processors have spent on the daemon, in steps of 10 ms: no neighbour makes it longer.
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process_id())).expect("chatd runs");
        // The name may hold anything; behind it, fields 14 and 15 of proc_pid_stat(5) count hundredths of a second.
        let (_, fields) = stat.rsplit_once(") ").expect("the name stands in parentheses");
        let ticks =
            fields.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a number")).sum::<u64>();
        Duration::from_millis(ticks * 10)
    }

    fn pid(&self) -> Pid {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        id.expect("chatd runs")
    }

    /// Kills the daemon between any two of its instructions.
    pub(crate) async fn gets_killed(mut self) {
        self.child.kill().await.expect("chatd can be killed");
    }

    /// Waits for the end of the daemon.
    pub(crate) async fn ends(mut self) -> ExitStatus {
        soon("the end of chatd", self.child.wait()).await.expect("its status can be read")
    }
}

impl Deref for Process {
    type Target = Door;

    fn deref(&self) -> &Door {
        &self.door
    }
}

/// Runs a command of the operator at home in a folder, with a text as its standard input.
pub(crate) async fn operator(folder: &Folder, arguments: &[&str], input: &str) -> Output {
    let mut command = bare(folder);
    let child = command.args(arguments).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().expect("chatd can be started");
    let mut stdin = child.stdin.take().expect("its input is ours");
    // A command that needs no input may have ended already.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    soon("the end of the command", child.wait_with_output()).await.expect("its output can be read")
}

fn command(folder: &Folder) -> Command {
    let mut command = bare(folder);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path());
    command
}

fn bare(folder: &Folder) -> Command {
    let mut command = Command::new(chatd_binary());
    command
        .env_clear()
        .env("HOME", folder.path())
        .env("CHATD_LOG", "info")
        .env("CHATD_LIMITS__MESSAGE_RATE", "0")
        .env("CHATD_AUTH__ARGON2__MEMORY_KIB", "64")
        .env("CHATD_AUTH__ARGON2__PASSES", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}
