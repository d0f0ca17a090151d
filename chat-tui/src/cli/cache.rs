//! `chat-tui cache`: what is saved on this machine.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Settings, open_profile};
use crate::failure::Failure;
use crate::places::Thumbnails;
use crate::store::{StoreSummary, clear, summary};

/// `cache`.
#[derive(Debug, Args)]
pub(super) struct CacheCommand {
    #[command(subcommand)]
    deed: Option<CacheDeed>,
    /// Print one JSON object per line
    #[arg(long, global = true)]
    json: bool,
}

/// What is done with it.
#[derive(Debug, Subcommand)]
enum CacheDeed {
    /// Delete the saved channels, messages and pictures; unsent messages and drafts stay
    Clear,
}

impl CacheCommand {
    /// Does it, for all servers of the profile, or for the one that `--server` names.
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let profile = open_profile(settings)?;
        let mut files = profile.stores();
        if let Some(server) = &settings.server {
            let server = server.parse().map_err(|error| Failure::Usage(format!("{error}")))?;
            let wanted = profile.store_of(&server);
            files.retain(|file| *file == wanted);
        }
        let mut out = io::stdout().lock();
        for file in files {
            let held = match self.deed {
                Some(CacheDeed::Clear) => {
                    Thumbnails::beside(&file).clear();
                    clear(&file)?
                }
                None => summary(&file)?,
            };
            let line = if self.json { object(&held) } else { words(&held) };
            writeln!(out, "{line}")?;
        }
        Ok(())
    }
}

fn object(held: &StoreSummary) -> String {
    let StoreSummary { server, handle, bytes, channels, messages, unsent } = held;
    json!({"server": server, "handle": handle, "bytes": bytes, "channels": channels, "messages": messages, "unsent": unsent})
        .to_string()
}

fn words(held: &StoreSummary) -> String {
    let StoreSummary { server, handle, bytes, channels, messages, unsent } = held;
    let megabytes = *bytes as f64 / 1e6;
    format!("{handle} on {server}: {messages} messages in {channels} channels, {megabytes:.1} MB; {unsent} unsent")
}
