//! `chatd serve`: opens the store and the sockets, says where it listens, and runs until told to stop.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use tokio::signal::unix::{SignalKind, signal};

use super::supervisor::{self, Manager};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::server::Listener;
use crate::store::{Store, StoreOptions};
use crate::token::Tokens;

pub(super) async fn serve(config: Config, until_stdin_closes: bool) -> Result<()> {
    let folder = super::data_folder(&config)?;
    let mut listeners = supervisor::inherited()?;
    // Before the store is touched, which may have to be brought up to date.
    if listeners.is_empty() && config.listen.is_empty() && config.unix.is_empty() {
        bail!("there is no address to listen on");
    }
    let opened = Store::open(&folder, StoreOptions::default())?;
    let tokens = Tokens::open(&folder).context("cannot use the key of the tokens")?;
    let signalled = stop_signal().context("cannot wait for signals")?;
    let manager = Manager::new();
    let told_stopping = manager.clone();
    let stop = async move {
        tokio::select! {
            () = signalled => {}
            () = stdin_closed(), if until_stdin_closes => {}
        }
        told_stopping.stopping();
    };
    listeners.extend(listen(&config).await?);
    listeners.push(Listener::admin(&folder).context("cannot listen for the operator")?);
    manager.ready(&announce(&listeners)?);
    tracing::info!(folder = %folder.display(), "serving");
    crate::run(listeners, opened, tokens, config, Arc::new(SystemClock), stop, |probe| manager.watch(probe)).await?;
    tracing::info!("stopped");
    Ok(())
}

async fn listen(config: &Config) -> Result<Vec<Listener>> {
    let mut listeners = Vec::new();
    for address in &config.listen {
        if !address.ip().to_canonical().is_loopback() {
            tracing::warn!(%address, "passwords and messages cross the network unencrypted on this address");
        }
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

/// Gives what ends when the process is told to stop.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // A closed terminal does not stop a daemon.
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hangup.recv() => {}
            }
        }
    })
}
