//! A large file up and down by chat-tui, beside what copying it costs and what curl gets from nginx.

use std::io::Read;
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal};
use tempfile::TempDir;

use crate::daemon::{Daemon, beside, use_any_core};
use tests::client::http::PASSWORD;

const NGINX: &str = "/usr/sbin/nginx";
/// How often the memory of a command is looked at.
const LOOK_EVERY: Duration = Duration::from_micros(500);

/// A file up and down.
#[derive(Debug, Args)]
pub(crate) struct Files {
    /// MiB of the file
    #[arg(long, default_value_t = 1_024)]
    mib: usize,
    /// Times
    #[arg(long, default_value_t = 3)]
    rounds: u32,
}

impl Files {
    pub(crate) async fn run(self) -> Result<()> {
        let place = TempDir::with_prefix("yardstick-files-")?;
        let at = |name: &str| place.path().join(name).display().to_string();
        let large = at("large.bin");
        runs(Command::new("sh").args(["-c", &format!("head -c {}M /dev/urandom > $0", self.mib), &large]))?;
        let daemon = Daemon::start().await?;
        use_any_core();
        let client = |arguments: &[&str]| {
            let mut command = Command::new(beside("chat-tui")?);
            command.env("HOME", place.path()).env("CHAT_SERVER", format!("http://{}", daemon.address));
            command.args(arguments);
            anyhow::Ok(command)
        };
        runs(&mut client(&["register", "--user", "alice", "--password", PASSWORD])?)?;
        let idle = runs(&mut client(&["whoami"])?)?.peak_kib;
        let before = daemon.resident_kib()?;
        println!("a file of {} MiB", self.mib);
        for _ in 0..self.rounds {
            let copied = runs(Command::new("sh").args([
                "-c",
                "sha256sum $0 && cp $0 $0.copy && sync $0.copy && rm $0.copy",
                &large,
            ]))?;
            let up = runs(&mut client(&["upload", &large])?)?;
            let id = up.told.split(' ').next().context("`upload` prints an id")?.to_owned();
            println!(
                "  up    {:.2} s, {:.2} times as fast as sha256sum, cp and sync ({:.2} s)",
                up.took.as_secs_f64(),
                copied.took.as_secs_f64() / up.took.as_secs_f64(),
                copied.took.as_secs_f64()
            );
            let down = runs(&mut client(&["download", &id, "--to", &at("saved")])?)?;
            let beside = by_nginx(place.path())?;
            let ratio = beside.map(|took| took.as_secs_f64() / down.took.as_secs_f64());
            println!(
                "  down  {:.2} s, {} as fast as curl from nginx",
                down.took.as_secs_f64(),
                ratio.map_or_else(|| "(no nginx and curl here)".to_owned(), |ratio| format!("{ratio:.2} times"))
            );
            println!("  chat-tui at most {} and {} KiB above doing nothing", up.peak_kib - idle, down.peak_kib - idle);
            runs(Command::new("cmp").args([&large, down.told.trim()]))?;
            std::fs::remove_dir_all(at("saved"))?;
        }
        println!("  chatd {} KiB before, {} KiB after", before, daemon.resident_kib()?);
        Ok(())
    }
}

/// What became of a command.
struct Ran {
    took: Duration,
    told: String,
    /// Memory that it had at most, as far as was seen.
    peak_kib: i64,
}

fn runs(command: &mut Command) -> Result<Ran> {
    let began = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = child.with_context(|| format!("{command:?}"))?;
    let mut peak_kib = 0;
    let status = loop {
        if let Some(peak) = peak_of(child.id()) {
            peak_kib = peak;
        }
        match child.try_wait()? {
            Some(status) => break status,
            None => std::thread::sleep(LOOK_EVERY),
        }
    };
    let took = began.elapsed();
    let mut told = String::new();
    child.stdout.take().context("its output is ours")?.read_to_string(&mut told)?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(Ran { took, told, peak_kib })
}

/// Gives the most memory that a process has had, in KiB; none once it has ended.
fn peak_of(process: u32) -> Option<i64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// Fetches the file with curl from nginx, if both are there.
fn by_nginx(folder: &Path) -> Result<Option<Duration>> {
    if !Path::new(NGINX).exists() || Command::new("curl").arg("--version").output().is_err() {
        return Ok(None);
    }
    let socket = TcpListener::bind("127.0.0.1:0")?;
    fcntl_setfd(&socket, FdFlags::empty())?;
    let (address, root) = (socket.local_addr()?, folder.display());
    let config = format!(
        "daemon off; user root; pid {root}/nginx.pid; error_log {root}/nginx.log; events {{}}\n\
         http {{ access_log off; sendfile on; server {{ listen {address}; root {root}; }} }}"
    );
    std::fs::write(folder.join("nginx.conf"), config)?;
    let (config, log) = (folder.join("nginx.conf"), folder.join("nginx.log"));
    let mut nginx = Command::new(NGINX);
    nginx.arg("-c").arg(config).arg("-e").arg(log).env("NGINX", format!("{};", socket.as_raw_fd()));
    let mut nginx = nginx.spawn()?;
    let saved = folder.join("curl.bin");
    // The socket listens already: curl waits for nginx.
    let url = format!("http://{address}/large.bin");
    let fetched = runs(Command::new("curl").args(["--silent", "--fail", "--output"]).arg(&saved).arg(url));
    let stopped = rustix::process::kill_process(Pid::from_child(&nginx), Signal::TERM);
    nginx.wait()?;
    stopped?;
    std::fs::remove_file(saved)?;
    fetched.map(|ran| Some(ran.took))
}
