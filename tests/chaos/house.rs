//! The daemon that is broken: starting it, killing it, and giving it a bad disk or clock.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// How long the daemon may take to listen, or to give up by itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the disk does to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    Works = 0,
    SyncFails = 1,
    Full = 2,
    WriteFails = 3,
    WritesShort = 4,
}

/// A daemon, its folder, and the library that breaks things for it.
pub(crate) struct House {
    folder: PathBuf,
    faults: PathBuf,
    orders: File,
    child: Option<Child>,
    address: watch::Sender<String>,
}

impl House {
    /// Builds the library and starts the daemon on an empty folder in `home`.
    pub(crate) async fn open(home: &Path) -> Result<Self> {
        let (source, faults) = (home.join("faults.c"), home.join("faults.so"));
        std::fs::write(&source, include_str!("faults.c"))?;
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&faults).arg(&source).arg("-ldl");
        if !compiler.status().await.context("cannot run the C compiler `cc`")?.success() {
            bail!("the library of faults does not compile");
        }
        let orders = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(home.join("orders"))?;
        orders.set_len(4_096)?;
        let (address, _) = watch::channel(String::new());
        let mut house = Self { folder: home.join("data"), faults, orders, child: None, address };
        house.start().await?;
        Ok(house)
    }

    /// Gives the folder of the store.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives where the daemon listens, as it moves with every start.
    pub(crate) fn address(&self) -> watch::Receiver<String> {
        self.address.subscribe()
    }

    fn log(&self) -> PathBuf {
        self.folder.with_file_name("chatd.log")
    }

    /// Gives what the daemon has said so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Starts the daemon and tells everybody where.
    pub(crate) async fn start(&mut self) -> Result<()> {
        self.disk(Disk::Works)?;
        let log = OpenOptions::new().create(true).append(true).open(self.log())?;
        let mut child = command(&self.folder)?
            .env("LD_PRELOAD", &self.faults)
            .env("CHAOS_ORDERS", self.folder.with_file_name("orders"))
            .stderr(log)
            .spawn()?;
        match listening(&mut child).await? {
            Some(address) => {
                self.child = Some(child);
                std::fs::write(self.folder.with_file_name("address"), &address)?;
                self.address.send_replace(address);
                Ok(())
            }
            None => bail!("chatd does not start:\n{}", tail(&self.said())),
        }
    }

    /// Kills the daemon between any two of its instructions.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        Ok(self.child.take().context("it runs")?.kill().await?)
    }

    /// Asks the daemon to stop and waits for it.
    pub(crate) async fn stop(&mut self) -> Result<ExitStatus> {
        let id = self.child.as_ref().and_then(Child::id).and_then(|id| Pid::from_raw(id.cast_signed()));
        kill_process(id.context("it runs")?, Signal::TERM)?;
        self.ends().await
    }

    /// Waits until the daemon has ended by itself.
    pub(crate) async fn ends(&mut self) -> Result<ExitStatus> {
        let mut child = self.child.take().context("it runs")?;
        let ended = tokio::time::timeout(PATIENCE, child.wait()).await;
        Ok(ended.context("the daemon does not end")??)
    }

    /// Breaks the disk, or mends it.
    pub(crate) fn disk(&self, disk: Disk) -> Result<()> {
        Ok(self.orders.write_all_at(&(disk as i32).to_ne_bytes(), 0)?)
    }

    /// Sets the daemon's time of day so many seconds ahead, or back.
    pub(crate) fn clock(&self, ahead: i64) -> Result<()> {
        Ok(self.orders.write_all_at(&ahead.to_ne_bytes(), 8)?)
    }
}

/// Starts a second daemon on a folder; gives it with its address, or what it said as it refused.
pub(crate) async fn another(folder: &Path) -> Result<std::result::Result<(Child, String), (ExitStatus, String)>> {
    let mut child = command(folder)?.stderr(Stdio::piped()).spawn()?;
    if let Some(address) = listening(&mut child).await? {
        return Ok(Ok((child, address)));
    }
    let output =
        tokio::time::timeout(PATIENCE, child.wait_with_output()).await.context("it neither runs nor ends")??;
    Ok(Err((output.status, String::from_utf8_lossy(&output.stderr).into_owned())))
}

fn command(folder: &Path) -> Result<Command> {
    let program = std::env::current_exe()?.with_file_name("chatd");
    if !program.is_file() {
        bail!("`{}` is not there: build it with `cargo build --release`", program.display());
    }
    let mut command = Command::new(program);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder)
        .env_clear()
        .env("CHATD_LOG", "info")
        .env("CHATD_LIMITS__MESSAGE_RATE", "0")
        .env("CHATD_LIMITS__REQUEST_RATE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    Ok(command)
}

async fn listening(child: &mut Child) -> Result<Option<String>> {
    let mut lines = BufReader::new(child.stdout.take().context("its output is ours")?).lines();
    let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.context("the daemon does not listen")??;
    Ok(line.and_then(|line| line.strip_prefix("listening on http://").map(str::to_owned)))
}

fn tail(log: &str) -> String {
    let lines = log.lines().collect::<Vec<_>>();
    lines[lines.len().saturating_sub(10)..].join("\n")
}
