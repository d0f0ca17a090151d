//! `chatd serve`: opens the store and the sockets, says where it listens, and runs until told to stop.

use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::supervisor::{self, Manager};
use crate::Running;
use crate::clock::SystemClock;
use crate::config::{Bucket, Config};
use crate::files::{Objects, find_bucket};
use crate::server::Listener;
use crate::store::{Store, StoreOptions};
use crate::tls::Tls;
use crate::token::Tokens;

/// Reads the settings again.
pub(super) type Reread = Arc<dyn Fn() -> Result<Config> + Send + Sync>;

/// How long reading settings and certificates again may take.
const RELOAD_MAX: Duration = Duration::from_secs(10);

/// How long a bucket is waited for at the start.
const BUCKET_ANSWERS_IN: Duration = Duration::from_secs(5);

pub(super) async fn serve_until_stopped(config: Config, reread: Reread, until_stdin_closes: bool) -> Result<()> {
    // First of all: a reload that comes too soon is no end.
    let hangup = signal(SignalKind::hangup()).context("cannot wait for signals")?;
    raise_descriptor_limit();
    let folder = super::data_folder(&config)?;
    let tls = Tls::open(&config.tls)?;
    let mut listeners = supervisor::inherited()?;
    // Before the store is touched, which may have to be brought up to date.
    if listeners.is_empty() && config.listen.is_empty() && config.unix.is_empty() {
        bail!("no address to listen on");
    }
    refuse_plain_http(&config, listeners.iter().filter_map(Listener::tcp_address))?;
    let manager = Manager::new();
    let options = StoreOptions { while_migrating: Some(Arc::new(manager.migrating())), ..StoreOptions::default() };
    let opened = Store::open(&folder, options)?;
    if opened.has_accounts && !Tokens::are_kept(&folder) {
        tracing::warn!("the token key is missing: a new one is made, everybody has to sign in again");
    }
    let tokens = Tokens::open(&folder).context("cannot use the token key")?;
    look_for_bucket(&opened.store, config.files.s3.as_ref()).await?;
    let signalled = stop_signal().context("cannot wait for signals")?;
    let told_stopping = manager.clone();
    let stop = async move {
        tokio::select! {
            () = signalled => {}
            () = stdin_closed(), if until_stdin_closes => {}
        }
        told_stopping.stopping();
    };
    let mut configured = listen(&config).await?;
    if let Some(tls) = &tls {
        tracing::info!(fingerprint = tls.fingerprint(), "TLS is on for TCP connections");
        configured = configured.into_iter().map(|listener| listener.encrypted(tls)).collect();
        // Sockets that were passed in on loopback are for proxies and clients of this machine.
        let near = |listener: &Listener| listener.tcp_address().is_some_and(|address| is_near(&address));
        let given = listeners.into_iter();
        listeners = given.map(|listener| if near(&listener) { listener } else { listener.encrypted(tls) }).collect();
    }
    listeners.extend(configured);
    listeners.push(Listener::admin(&folder).context("cannot listen for the operator")?);
    manager.ready(&announce(&listeners)?);
    tracing::info!(folder = %folder.display(), "serving");
    let beside = async |running: Running| {
        let reloading = reload_when_told(hangup, &running, &manager, reread);
        tokio::join!(manager.clone().watch(running.clone()), reloading);
    };
    crate::run(listeners, opened, tokens, config, Arc::new(SystemClock), stop, beside).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Reads settings and certificates again at each SIGHUP. What cannot be used changes nothing.
async fn reload_when_told(mut hangup: Signal, running: &Running, manager: &Manager, reread: Reread) {
    while hangup.recv().await.is_some() {
        manager.reloading();
        // A disk that hangs must hold up neither the end nor the watchdog.
        let (running, reread) = (running.clone(), reread.clone());
        let reloading = tokio::task::spawn_blocking({
            let running = running.clone();
            move || reread().and_then(|config| Ok(running.reload(config)?))
        });
        let reloaded = match tokio::time::timeout(RELOAD_MAX, reloading).await {
            Ok(Ok(reloaded)) => reloaded,
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(anyhow::anyhow!("reading the configuration took too long")),
        };
        manager.reloaded(match reloaded {
            Ok(late) => {
                tracing::info!(fingerprint = running.fingerprint(), "configuration and certificate reloaded");
                (!late.is_empty()).then(|| {
                    let settings = late.join(", ");
                    tracing::warn!(settings, "changed settings need a restart");
                    format!("a restart is needed for {settings}")
                })
            }
            Err(error) => {
                let now = humantime::format_rfc3339_seconds(std::time::SystemTime::now());
                // A status has one line.
                let reason = format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ");
                tracing::error!(reason, "configuration rejected, keeping the old one");
                Some(format!("reload failed at {now}, keeping the old settings: {reason}"))
            }
        });
    }
    // Signals do not end.
    std::future::pending().await
}

/// Looks whether files can be kept in the bucket that the settings name. One that does not answer now may do so later.
async fn look_for_bucket(store: &Store, bucket: Option<&Bucket>) -> Result<()> {
    let Some(settings) = bucket else { return Ok(()) };
    let name = &settings.bucket;
    find_bucket(settings).context("cannot use the bucket of `files.s3`")?;
    let objects = Objects::of(store.store_id().as_str(), store.folder(), bucket);
    // What has worked before may work again, such as when a clock is set.
    let was_used = store.files_place().await?.is_some_and(|place| place == settings.place());
    match tokio::time::timeout(BUCKET_ANSWERS_IN, objects.all()).await {
        Ok(Ok(_)) => tracing::info!(bucket = name, "files are kept in the bucket"),
        Ok(Err(error)) if is_final(&error, was_used) => {
            return Err(error).with_context(|| format!("cannot keep files in the bucket `{name}`"));
        }
        Ok(Err(error)) => tracing::warn!(bucket = name, %error, "the bucket does not answer: no files until it does"),
        Err(_) => tracing::warn!(bucket = name, "the bucket does not answer: no files until it does"),
    }
    Ok(())
}

/// Tells whether a bucket will never be ours to use.
fn is_final(error: &std::io::Error, was_used: bool) -> bool {
    match error.kind() {
        ErrorKind::AlreadyExists => true,
        ErrorKind::NotFound | ErrorKind::PermissionDenied => !was_used,
        _ => false,
    }
}

/// Passwords do not cross a network for others to read, unless that is asked for by name.
pub(super) fn refuse_plain_http(config: &Config, given: impl Iterator<Item = SocketAddr>) -> Result<()> {
    if config.allow_plain_http || config.tls.files().is_some() {
        return Ok(());
    }
    match config.listen.iter().copied().chain(given).find(|address| !is_near(address)) {
        Some(address) => bail!(
            "passwords and messages would cross the network unencrypted on `{address}`: give it a certificate \
             (--tls-cert, --tls-key), or allow that by name (--allow-plain-http)"
        ),
        None => Ok(()),
    }
}

fn is_near(address: &SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

async fn listen(config: &Config) -> Result<Vec<Listener>> {
    let mut listeners = Vec::new();
    for address in &config.listen {
        listeners.push(Listener::tcp(*address).await.with_context(|| format!("cannot listen on `{address}`"))?);
    }
    for path in &config.unix {
        listeners.push(Listener::unix(path).with_context(|| format!("cannot listen on `{}`", path.display()))?);
    }
    Ok(listeners)
}

/// Says on standard output where clients can connect, and gives it; the sockets are open already.
fn announce(listeners: &[Listener]) -> Result<Vec<String>> {
    let mut urls = Vec::new();
    let mut out = std::io::stdout().lock();
    for listener in listeners {
        if let Some(url) = listener.url()? {
            writeln!(out, "listening on {url}")?;
            urls.push(url);
        }
    }
    out.flush()?;
    Ok(urls)
}

/// Takes as many descriptors as the system lets the process have: by habit it begins with few, for programs that use `select`.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    if let Err(error) = raised {
        tracing::debug!(%error, "cannot raise the limit of file descriptors");
    }
}

/// Waits for the end of standard input, on a thread of its own: reading it blocks.
async fn stdin_closed() {
    let (closing, closed) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _closing = closing;
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
    });
    // The sender is dropped when reading ends.
    let _ = closed.await;
}

/// Gives a future that ends when the process is asked to stop.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
