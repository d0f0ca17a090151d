//! Backups, and what is read from a store as a whole. A running daemon goes on; nothing is asked of it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use super::Place;
use super::confirm::count;
use super::operate::{ListArguments, Site, in_words, print_all};
use crate::backup;
use crate::clock::{Clock, SystemClock};
use crate::files::hold_deletions;
use crate::store::{Contents, DumpError, Snapshot};

/// `chatd backup`.
#[derive(Debug, Args)]
pub(super) struct BackupArguments {
    /// Archive to create; it must not exist yet
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// `chatd restore`.
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// Archive that `chatd backup` created
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// `chatd export`.
#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    place: Place,
}

pub(super) fn backup(arguments: &BackupArguments) -> Result<()> {
    let path = &arguments.file;
    // Before rights are given up: who calls decides where it lies.
    let archive = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
    let mut archive = archive.with_context(|| format!("cannot create `{}`", path.display()))?;
    let written = write(arguments, &mut archive);
    if written.is_err() && std::fs::remove_file(path).is_err() {
        // The folder is no longer ours to change; the rest must not be taken for a backup.
        let _ = archive.set_len(0);
    }
    let written = written?;
    let bytes = archive.metadata()?.len();
    if !written.has_key() {
        let told = "the token key is not in the backup: after a restore everybody has to sign in again";
        writeln!(std::io::stderr(), "chatd: {told}")?;
    }
    tell_of_lost(&written)?;
    Ok(writeln!(std::io::stdout(), "{}: {}, {} MiB", path.display(), told(&written.contents), bytes.div_ceil(1 << 20))?)
}

/// Warns of files that the store has and a backup has not.
fn tell_of_lost(backup: &backup::Backup) -> Result<()> {
    if backup.lost > 0 {
        let lost = count(backup.lost as u64, "file");
        writeln!(
            std::io::stderr(),
            "chatd: {lost} lost or damaged before, not in the backup: `chatd verify` names them"
        )?;
    }
    Ok(())
}

fn write(arguments: &BackupArguments, archive: &mut File) -> Result<backup::Backup> {
    let site = Site::of(&arguments.place)?;
    let beside = arguments.file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let scratch = scratch_in(beside).or_else(|_| scratch_in(site.folder())).context("no folder to make a copy in")?;
    Ok(backup::write(site.folder(), site.bucket(), scratch.path(), archive, SystemClock.now())?)
}

/// Makes a folder for a copy, which is removed at the end.
fn scratch_in(folder: &Path) -> std::io::Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix("chatd-copy-").tempdir_in(folder)
}

pub(super) fn restore_store(arguments: &Restore) -> Result<()> {
    let path = &arguments.file;
    let mut archive = File::open(path).with_context(|| format!("cannot open `{}`", path.display()))?;
    let site = Site::of(&arguments.place)?;
    let restored = backup::restore(&mut archive, site.folder(), site.bucket())?;
    tell_of_lost(&restored)?;
    let (folder, made) = (site.folder().display(), in_words(restored.created));
    Ok(writeln!(std::io::stdout(), "{folder}: {}, as of {made}; start chatd on it", told(&restored.contents))?)
}

/// Says how much there is.
fn told(contents: &Contents) -> String {
    let Contents { accounts, channels, messages, .. } = *contents;
    format!("{}, {} and {}", count(accounts, "account"), count(channels, "channel"), count(messages, "message"))
}

pub(super) fn verify_store(listing: &ListArguments) -> Result<()> {
    let site = listing.site()?;
    // Beside a daemon that deletes none meanwhile, so that all are there.
    let _held = hold_deletions(site.folder()).ok();
    let snapshot = Snapshot::open(site.folder())?;
    let mut problems = snapshot.problems()?;
    let files = backup::kept_files_of(&snapshot, site.folder(), site.bucket())?;
    for kept in snapshot.kept_bytes()? {
        problems.extend(files.problem(&kept)?.map(|problem| format!("files: `{}` {problem}", kept.blob)));
    }
    if problems.is_empty() {
        let told = format!("{}: no problems, {}", site.folder().display(), told(&snapshot.contents()?));
        return if listing.json { Ok(()) } else { Ok(writeln!(std::io::stdout(), "{told}")?) };
    }
    #[derive(serde::Serialize)]
    struct Problem {
        problem: String,
    }
    let problems = problems.into_iter().map(|problem| Problem { problem }).collect::<Vec<_>>();
    print_all(&problems, listing.json, |problem| problem.problem.clone())?;
    bail!("{} found in `{}`", count(problems.len() as u64, "problem"), site.folder().display())
}

pub(super) fn export_store(arguments: &Export) -> Result<()> {
    let site = Site::of(&arguments.place)?;
    // From a copy: a slow reader of the output must not hold up a running daemon.
    let scratch = scratch_in(site.folder()).context("no folder to make a copy in")?;
    Snapshot::open(site.folder())?.copy_to(scratch.path())?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let written = Snapshot::open(scratch.path())?.export(&mut out).and_then(|()| Ok(out.flush()?));
    match written {
        // Nobody reads on, as behind `head`.
        Err(DumpError::Out(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
