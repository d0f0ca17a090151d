//! Uploading and downloading without a screen.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use proto::{FileId, FileInfo, bounds};
use serde::Serialize;

use super::output::Output;
use crate::core::attachment::{Passed, SourceFile};
use crate::failure::Failure;
use crate::session::Session;
use crate::text::CleanLine;
use crate::transfer::{self, Retrying, Speed, download_folder};
use crate::words::{percent, size};

/// How often progress is shown.
const SHOWN_EVERY: Duration = Duration::from_millis(200);

/// `upload`.
#[derive(Debug, Args)]
pub struct Upload {
    /// The files
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Let pictures tell where and when they were taken
    #[arg(long)]
    keep_metadata: bool,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
}

/// `download`.
#[derive(Debug, Args)]
pub struct Download {
    /// Ids of files, as `history` and `upload` print them
    #[arg(required = true, value_name = "ID", value_parser = file_id)]
    ids: Vec<FileId>,
    /// Folder to save into [default: your folder for downloads]
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
}

fn file_id(text: &str) -> Result<FileId, String> {
    text.parse().map_err(|error: proto::IdError| error.to_string())
}

/// What `download --json` prints.
#[derive(Serialize)]
struct Saved<'a> {
    id: &'a FileId,
    path: String,
    size: u64,
}

/// Uploads files and says which ids they have.
pub(super) async fn upload_all(session: &Session, upload: &Upload) -> Result<(), Failure> {
    let mut output = Output::new(upload.json);
    // A slip in a name uploads nothing.
    for path in &upload.paths {
        transfer::open_to_send(path)?;
    }
    for source in &sources(&upload.paths, upload.keep_metadata) {
        let file = send(session, source).await?;
        output.print(&file, || described(&file))?;
    }
    Ok(())
}

/// Uploads one file.
pub(super) async fn upload_one(session: &Session, path: &Path) -> Result<FileInfo, Failure> {
    send(session, &SourceFile { path: path.to_owned(), keep_metadata: false }).await
}

/// Uploads what goes with a message.
pub(super) async fn attach(session: &Session, sources: &[SourceFile]) -> Result<Vec<FileId>, Failure> {
    if sources.len() > bounds::FILES_MAX {
        return Err(Failure::Usage(format!("a message has at most {} files", bounds::FILES_MAX)));
    }
    for source in sources {
        transfer::open_to_send(&source.path)?;
    }
    let mut files = Vec::new();
    for source in sources {
        files.push(send(session, source).await?.id);
    }
    Ok(files)
}

/// Says of each file how it is to be sent.
pub(super) fn sources(paths: &[PathBuf], keep_metadata: bool) -> Vec<SourceFile> {
    paths.iter().map(|path| SourceFile { path: path.clone(), keep_metadata }).collect()
}

async fn send(session: &Session, source: &SourceFile) -> Result<FileInfo, Failure> {
    let meter = Arc::new(Meter::of(&source.path.file_name().unwrap_or_default().to_string_lossy()));
    let shown = meter.clone();
    let file = transfer::upload(session, source, Retrying::once_answered(), move |passed| shown.show(passed)).await;
    meter.end();
    Ok(file?)
}

/// Downloads files and says where they lie.
pub(super) async fn download_all(session: &Session, download: &Download) -> Result<(), Failure> {
    let mut output = Output::new(download.json);
    let folder = download.to.clone().unwrap_or_else(download_folder);
    for id in &download.ids {
        let meter = Meter::of(id.as_str());
        let saved =
            transfer::download(session, id, &folder, Retrying::once_answered(), |passed| meter.show(passed)).await;
        meter.end();
        let saved = saved?;
        let path = saved.path.display().to_string();
        output.print(&Saved { id, path: path.clone(), size: saved.size }, || CleanLine::new(&path).to_string())?;
    }
    Ok(())
}

/// A file as people read it: its id, its name and its size.
pub(super) fn described(file: &FileInfo) -> String {
    format!("{} {} ({})", file.id, CleanLine::new(file.name.as_str()), size(file.size))
}

/// How far a transfer is, on standard error, if that is a terminal.
struct Meter {
    name: String,
    speed: Option<Speed>,
}

impl Meter {
    fn of(name: &str) -> Self {
        let is_seen = std::io::stderr().is_terminal();
        Self { name: CleanLine::new(name).to_string(), speed: is_seen.then(Speed::default) }
    }

    fn show(&self, passed: Passed) {
        let Some(passed) = self.speed.as_ref().and_then(|speed| speed.add(passed, SHOWN_EVERY)) else { return };
        let (percent, total, rate) = (percent(passed), size(passed.total), size(passed.rate));
        // Whoever does not want it sends standard error elsewhere; a failure to show it is none of the transfer.
        let _ = write!(std::io::stderr(), "\r\x1b[K{}: {percent} % of {total}, {rate}/s", self.name);
    }

    fn end(&self) {
        if self.speed.as_ref().is_some_and(Speed::has_told) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
