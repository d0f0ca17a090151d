//! A restart with a socket that stays: how long nobody is served, and how those who were connected come back, each at
//! the moment that it was told.

use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tempfile::TempDir;
use tests::client::http::{Guest, guests};
use tests::client::wire::{Reader, Writer, connect, join};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::daemon::{LOAD_CORE, SERVER_CORE, beside, use_core};

/// People who come at once before the restart.
const AT_ONCE: usize = 100;
/// The time in which those who come back are counted together.
const TOGETHER: Duration = Duration::from_millis(100);

/// A restart.
#[derive(Debug, Args)]
pub(crate) struct Restart {
    /// Connections, each of a guest of its own in the lobby
    #[arg(long, default_value_t = 2_000)]
    connections: usize,
}

impl Restart {
    pub(crate) async fn run(self) -> Result<()> {
        let socket = std::net::TcpListener::bind("127.0.0.1:0")?;
        let address = socket.local_addr()?.to_string();
        fcntl_setfd(&socket, FdFlags::empty())?;
        let folder = TempDir::with_prefix("yardstick-")?;
        let mut daemon = serve(&socket, &folder).await?;
        let people = guests(&address, self.connections).await?;
        let mut tasks = Vec::new();
        for some in people.chunks(people.len().div_ceil(AT_ONCE).max(1)) {
            for guest in some {
                let (mut reader, mut writer) = connect(&address, guest, json!({"history": 0})).await?;
                let id = join(&mut reader, &mut writer, "lobby").await?;
                tasks.push(tokio::task::spawn_local(comes_back(address.clone(), guest.clone(), id, reader, writer)));
            }
        }
        let told = Instant::now();
        let id = daemon.id().and_then(|id| Pid::from_raw(id.cast_signed())).context("it runs")?;
        kill_process(id, Signal::TERM)?;
        if !daemon.wait().await?.success() {
            bail!("the daemon did not stop well");
        }
        let stopped = told.elapsed();
        let _daemon = serve(&socket, &folder).await?;
        let listening = Instant::now();
        let (mut back, mut held) = (Vec::new(), Vec::new());
        for task in tasks {
            let (moment, connection) = task.await??;
            back.push(moment.saturating_duration_since(listening));
            held.push(connection);
        }
        back.sort();
        let busiest = back.iter().map(|from| back.iter().filter(|at| (*from..*from + TOGETHER).contains(*at)).count());
        println!("{} connections over a restart, none refused", self.connections);
        println!(
            "  stopped after {:.2} s, served again after {:.2} s",
            stopped.as_secs_f64(),
            (listening - told).as_secs_f64()
        );
        println!(
            "  back after it serves: p50 {:.2} s, the last {:.2} s; {} within the busiest {} ms",
            back[back.len() / 2].as_secs_f64(),
            back[back.len() - 1].as_secs_f64(),
            busiest.max().unwrap_or_default(),
            TOGETHER.as_millis(),
        );
        Ok(())
    }
}

/// Waits for the goodbye, comes back when it says, and gives the moment in which everything was there again.
async fn comes_back(
    address: String,
    guest: Guest,
    lobby: String,
    mut reader: Reader,
    writer: Writer,
) -> Result<(Instant, (Reader, Writer))> {
    let goodbye = reader.until("goodbye").await?;
    drop((reader, writer));
    let wait = goodbye["payload"]["reconnect_after_ms"].as_u64().context("it says when")?;
    tokio::time::sleep(Duration::from_millis(wait)).await;
    let hello = json!({"history": 0, "resume": {lobby.as_str(): 1}});
    let (mut reader, writer) = connect(&address, &guest, hello).await?;
    reader.until("channel_resume").await?;
    Ok((Instant::now(), (reader, writer)))
}

async fn serve(socket: &std::net::TcpListener, folder: &TempDir) -> Result<Child> {
    let script = format!("exec 3<&{}; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" serve", socket.as_raw_fd());
    use_core(SERVER_CORE);
    let child = Command::new("bash")
        .args(["-c", &script])
        .arg(beside("chatd")?)
        .env("CHATD_LISTEN", "[]")
        .env("CHATD_DATA", folder.path())
        .env("CHATD_LOG", "warn")
        .env("CHATD_LIMITS__SIGN_IN_RATE", "0")
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    use_core(LOAD_CORE);
    let mut child = child?;
    let mut lines = BufReader::new(child.stdout.take().context("its output is ours")?).lines();
    lines.next_line().await?.context("chatd ended at once")?;
    Ok(child)
}
