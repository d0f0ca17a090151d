//! A daemon of its own for each measurement, and what the system says of a process.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use proto::http::Call;
use proto::http::endpoints::Metrics;
use rustix::thread::{CpuSet, sched_setaffinity};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use tests::client::http::Http;

/// The core of the daemon and of the floor's server.
pub(crate) const SERVER_CORE: usize = 0;
/// The core of the load.
pub(crate) const LOAD_CORE: usize = 1;

const ANY_PORT: &str = "127.0.0.1:0";

/// Keeps this process and those that it starts from now on to one core.
pub(crate) fn use_core(core: usize) {
    let mut set = CpuSet::new();
    set.set(core);
    use_cores(&set);
}

/// Lets this process and those that it starts from now on use any core.
pub(crate) fn use_any_core() {
    let mut set = CpuSet::new();
    for core in 0..CpuSet::MAX_CPU {
        set.set(core);
    }
    use_cores(&set);
}

fn use_cores(set: &CpuSet) {
    if let Err(error) = sched_setaffinity(None, set) {
        eprintln!("yardstick: cannot choose its cores: {error}");
    }
}

/// A running daemon with an empty store.
pub(crate) struct Daemon {
    child: Child,
    folder: TempDir,
    /// Where it listens.
    pub(crate) address: String,
}

impl Daemon {
    /// Starts the `chatd` beside this program, without limits on rates.
    pub(crate) async fn start() -> Result<Self> {
        let folder = TempDir::with_prefix("yardstick-")?;
        let (child, address) = serve(&folder, ANY_PORT, &[]).await?;
        Ok(Self { child, folder, address })
    }

    /// Gives one of the figures that the daemon keeps.
    pub(crate) async fn figure(&self, name: &str) -> Result<u64> {
        let text = Http::open(&self.address).await?.get(Metrics::PATH, None).await?;
        let text = std::str::from_utf8(&text)?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(value.with_context(|| format!("no {name}"))?.parse()?)
    }

    /// Gives the data folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Kills the daemon.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Kills the daemon and starts it again on the same store; gives how long it took to listen.
    pub(crate) async fn restart(&mut self) -> Result<Duration> {
        self.child.kill().await?;
        let began = std::time::Instant::now();
        (self.child, self.address) = serve(&self.folder, ANY_PORT, &[]).await?;
        Ok(began.elapsed())
    }

    /// Starts the daemon again where it was killed, on the same address.
    pub(crate) async fn start_again(&mut self) -> Result<()> {
        self.child = serve(&self.folder, &self.address, &[]).await?.0;
        Ok(())
    }

    /// The same as `restart`, encrypted from now on; gives what clients connect with.
    pub(crate) async fn restart_encrypted(&mut self) -> Result<TlsConnector> {
        self.child.kill().await?;
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        let at = |name: &str| self.folder.path().join(name).display().to_string();
        std::fs::write(at("tls.crt"), made.cert.pem())?;
        std::fs::write(at("tls.key"), made.signing_key.serialize_pem())?;
        std::fs::set_permissions(at("tls.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        let files = [at("tls.crt"), at("tls.key")];
        let arguments = ["--tls-cert", &files[0], "--tls-key", &files[1]];
        (self.child, self.address) = serve(&self.folder, ANY_PORT, &arguments).await?;
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone())?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(TlsConnector::from(Arc::new(config)))
    }

    /// Gives the number of the daemon's process.
    pub(crate) fn process(&self) -> Result<u32> {
        self.child.id().context("the daemon has ended")
    }

    /// Gives the CPU time that the daemon has used.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        cpu(self.process()?)
    }

    /// Gives the memory that the daemon holds, in KiB.
    pub(crate) fn resident_kib(&self) -> Result<u64> {
        resident_kib(self.process()?)
    }
}

async fn serve(folder: &TempDir, listen: &str, arguments: &[&str]) -> Result<(Child, String)> {
    let program = beside("chatd")?;
    // The child inherits the core it is started on.
    use_core(SERVER_CORE);
    let child = Command::new(program)
        .args(["serve", "--listen", listen, "--data"])
        .arg(folder.path())
        .args(arguments)
        .env_clear()
        .env("CHATD_LOG", "warn")
        .env("CHATD_LIMITS__MESSAGE_RATE", "0")
        .env("CHATD_LIMITS__REQUEST_RATE", "0")
        .env("CHATD_LIMITS__SIGN_IN_RATE", "0")
        .env("CHATD_LIMITS__CONNECTIONS_PER_ACCOUNT", "0")
        .env("CHATD_FILES__MAX_BYTES", "0")
        .env("CHATD_FILES__QUOTA_BYTES", "0")
        .env("CHATD_FILES__UPLOAD_RATE", "0")
        .stdout(std::process::Stdio::piped())
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn();
    use_core(LOAD_CORE);
    let mut child = child?;
    let mut lines = BufReader::new(child.stdout.take().context("its output is ours")?).lines();
    let Some(line) = lines.next_line().await? else { bail!("chatd ended at once") };
    let (_, address) = line.split_once("://").with_context(|| format!("`{line}`"))?;
    let address = address.to_owned();
    Ok((child, address))
}

/// Gives the path of a program that was built beside this one.
pub(crate) fn beside(name: &str) -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    if !path.is_file() {
        bail!("`{}` is not there: build it with `cargo build --release`", path.display());
    }
    Ok(path)
}

/// Gives the CPU time of a process: the sum over its threads, to the nanosecond.
pub(crate) fn cpu(process: u32) -> Result<Duration> {
    let mut nanos = 0;
    for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
        let Ok(text) = std::fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        nanos += text.split(' ').next().context("schedstat begins with the time")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}

/// Gives the memory that a process holds, in KiB.
pub(crate) fn resident_kib(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no resident memory")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
