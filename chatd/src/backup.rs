//! A backup: an archive (tar) with the store as it was at one moment, the key of its tokens, and what should be in it.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use proto::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::Bucket;
use crate::files::{KeptFiles, OBJECTS, Objects, hold_deletions};
use crate::hash::{Hashing, hex};
use crate::secret::{make_folder, make_own};
use crate::store::{
    BlobKey, Contents, DATABASE_FILE, KeptBytes, OpenError, Snapshot, StoreError, new_store_id, rename_store,
};
use crate::token::{KEY_FILE, Tokens};

/// The first file of the archive.
const LIST_FILE: &str = "backup.json";
/// Bytes of that file.
const LIST_BYTES_MAX: u64 = 65_536;
/// The files that an archive may hold.
const FILES: [&str; 2] = [DATABASE_FILE, KEY_FILE];
/// Where the files of people stand in an archive, before their names.
const FILE_FOLDER: &str = "files/";
/// Characters that are shown of a text of an archive.
const SHOWN_MAX: usize = 200;

/// The first entry of an archive: its description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// The version of the program that made it.
    pub version: String,
    /// When it was made.
    pub created: Timestamp,
    /// What is in the store.
    pub contents: Contents,
    /// Files of people that the store has and the disk had not any more, or damaged: they are not in it.
    #[serde(default)]
    pub lost: usize,
    files: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    name: String,
    bytes: u64,
    sha256: String,
}

impl Backup {
    /// Tells whether it holds the token key.
    pub fn has_key(&self) -> bool {
        self.files.iter().any(|file| file.name == KEY_FILE)
    }
}

/// Why there is no backup, or none that can be put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store cannot be looked at.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] io::Error),
    /// The copy is damaged, as the store must be.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The archive is none of ours, or not whole.
    #[error("not a complete backup of chatd: {0}")]
    NotWhole(String),
    /// The settings name another place of files than the daemon had.
    #[error("the files of this store lie {0}, and the settings say otherwise: give those of the daemon (`--config`)")]
    Elsewhere(String),
    /// The folder is not empty.
    #[error("the folder `{0}` is not empty: a backup is restored into an empty one")]
    NotEmpty(String),
}

/// Copies the store of a folder into an archive, with its files, which lie in a bucket or beside it. There is room for a copy of
/// the store in `scratch`. Both are read once more.
///
/// # Errors
/// See [`BackupError`]; what the archive holds is of no use then.
pub fn write(
    folder: &Path,
    bucket: Option<&Bucket>,
    scratch: &Path,
    archive: &mut File,
    now: Timestamp,
) -> Result<Backup, BackupError> {
    // Whatever the copy says is kept stays until it is in the archive.
    let _held = hold_deletions(folder)?;
    Snapshot::open(folder)?.copy_to(scratch)?;
    let copy = Snapshot::open(scratch)?;
    if let Some(problem) = copy.problems()?.into_iter().next() {
        return Err(BackupError::Damaged(problem));
    }
    let (contents, all) = (copy.contents()?, copy.kept_bytes()?);
    drop(copy);
    let key = folder.join(KEY_FILE);
    if key.exists() {
        fs::copy(key, scratch.join(KEY_FILE))?;
    }
    let names = FILES.into_iter().filter(|name| scratch.join(name).exists());
    let files = names.map(|name| entry_of(scratch, name)).collect::<io::Result<Vec<_>>>()?;
    let objects = kept_files_of(&Snapshot::open(folder)?, folder, bucket)?;
    // One that is lost takes no other with it.
    let mut kept = Vec::new();
    for file in &all {
        if objects.problem(file)?.is_none() {
            kept.push(*file);
        }
    }
    let lost = all.len() - kept.len();
    let backup = Backup { version: env!("CARGO_PKG_VERSION").to_owned(), created: now, contents, lost, files };
    pack(&backup, scratch, (&objects, &kept), archive)?;
    archive.sync_all()?;
    archive.rewind()?;
    let (read, files) = unpack(archive, |_| Ok(Box::new(io::sink())))?;
    if read != backup {
        return Err(BackupError::NotWhole("it says something else than was written".into()));
    }
    require_all(&files, &all, lost)?;
    Ok(backup)
}

/// Finds the files of a store to look at them.
///
/// # Errors
/// That they lie elsewhere, as the store says.
pub(crate) fn kept_files_of(
    store: &Snapshot,
    folder: &Path,
    bucket: Option<&Bucket>,
) -> Result<KeptFiles, BackupError> {
    let named = bucket.map(Bucket::place).unwrap_or_default();
    match store.files_place()? {
        Some(place) if place != named => Err(BackupError::Elsewhere(if place.is_empty() {
            "in the data folder".to_owned()
        } else {
            format!("in the bucket `{place}`")
        })),
        _ => Ok(KeptFiles::of(Objects::looked_at(&store.contents()?.store, folder, bucket))?),
    }
}

/// Refuses an archive whose files are not those that its store says are kept, but for those that were lost before.
fn require_all(files: &[KeptBytes], kept: &[KeptBytes], lost: usize) -> Result<(), BackupError> {
    let mut expected = kept.iter();
    // Both are in the order of their names.
    if let Some(other) = files.iter().find(|file| !expected.any(|kept| kept == *file)) {
        return Err(BackupError::NotWhole(format!("the file `{}` is damaged or not of its store", other.blob)));
    }
    match kept.len().saturating_sub(lost + files.len()) {
        0 => Ok(()),
        missing => Err(BackupError::NotWhole(format!("files that are not in it: {missing}"))),
    }
}

fn entry_of(folder: &Path, name: &str) -> io::Result<Entry> {
    let mut hash = Hashing::over(io::sink());
    let bytes = io::copy(&mut File::open(folder.join(name))?, &mut hash)?;
    Ok(Entry { name: name.to_owned(), bytes, sha256: hex(&hash.sum()) })
}

fn pack(
    backup: &Backup,
    folder: &Path,
    (files, kept): (&KeptFiles, &[KeptBytes]),
    archive: &mut File,
) -> io::Result<()> {
    let mut tar = tar::Builder::new(io::BufWriter::new(archive));
    let head = |bytes: u64| {
        let mut head = tar::Header::new_gnu();
        head.set_size(bytes);
        head.set_mode(0o600);
        head.set_mtime(u64::try_from(backup.created.as_millis()).unwrap_or_default() / 1_000);
        head
    };
    let list = serde_json::to_vec_pretty(backup)?;
    tar.append_data(&mut head(list.len() as u64), LIST_FILE, &*list)?;
    for entry in &backup.files {
        tar.append_data(&mut head(entry.bytes), &entry.name, File::open(folder.join(&entry.name))?)?;
    }
    for kept in kept {
        let name = format!("{FILE_FOLDER}{}", kept.blob);
        tar.append_data(&mut head(kept.size), name, files.open(kept.blob)?.take(kept.size))?;
    }
    tar.into_inner()?.flush()
}

/// What lies in an archive: a part of the store, or a file that people have uploaded.
enum Part<'a> {
    Store(&'a str),
    /// So many bytes are said to come.
    File(BlobKey, u64),
}

/// Reads an archive, and gives each of its parts to what `place` makes for it; gives what it says of itself, and its files.
fn unpack<'a>(
    archive: &mut File,
    mut place: impl FnMut(Part<'_>) -> io::Result<Box<dyn Write + 'a>>,
) -> Result<(Backup, Vec<KeptBytes>), BackupError> {
    let not_whole = |reason: &str| BackupError::NotWhole(printable(reason));
    let mut tar = tar::Archive::new(io::BufReader::new(archive));
    // Taken as they are: a name that is continued elsewhere may be of any length.
    let mut entries = tar.entries()?.raw(true);
    let first = entries.next().ok_or_else(|| not_whole("it is empty"))?;
    let first = first.map_err(|error| not_whole(&error.to_string()))?;
    if first.path_bytes() != LIST_FILE.as_bytes() {
        return Err(not_whole("it does not begin with `backup.json`"));
    }
    let backup: Backup =
        serde_json::from_reader(first.take(LIST_BYTES_MAX)).map_err(|error| not_whole(&error.to_string()))?;
    for expected in &backup.files {
        let known = FILES.iter().any(|name| *name == expected.name);
        let entry = entries.next().filter(|_| known);
        let entry = entry.ok_or_else(|| not_whole(&format!("`{}` is not in it", expected.name)))?;
        let entry = entry.map_err(|error| not_whole(&error.to_string()))?;
        if entry.path_bytes() != expected.name.as_bytes() {
            return Err(not_whole(&format!("`{}` is not in its place", expected.name)));
        }
        let mut hash = Hashing::over(place(Part::Store(&expected.name))?);
        let bytes = io::copy(&mut entry.take(expected.bytes), &mut hash)?;
        hash.flush()?;
        if bytes != expected.bytes || hex(&hash.sum()) != expected.sha256 {
            return Err(not_whole(&format!("`{}` is damaged", expected.name)));
        }
    }
    let mut files = Vec::new();
    for entry in entries {
        let mut entry = entry.map_err(|error| not_whole(&error.to_string()))?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let blob = path.strip_prefix(FILE_FOLDER).and_then(BlobKey::parse);
        let blob = blob.ok_or_else(|| not_whole(&format!("`{path}` is no part of one")))?;
        let mut hash = Hashing::over(place(Part::File(blob, entry.size()))?);
        let size = io::copy(&mut entry, &mut hash)?;
        hash.flush()?;
        files.push(KeptBytes { blob, sha256: hash.sum(), size });
    }
    Ok((backup, files))
}

/// Puts a backup back into an empty folder, as a store of another name: no client takes it for the one that it knows. Its files
/// go into a bucket that has nobody's, if one is given.
///
/// # Errors
/// See [`BackupError`]; the folder is as it was then. The files that are in the bucket are deleted by the daemon that uses it.
pub fn restore(archive: &mut File, folder: &Path, bucket: Option<&Bucket>) -> Result<Backup, BackupError> {
    make_folder(folder)?;
    if fs::read_dir(folder)?.next().is_some() {
        return Err(BackupError::NotEmpty(folder.display().to_string()));
    }
    // In a folder of its own until it is what it should be: whatever stops this leaves no store that could be started.
    let scratch = tempfile::Builder::new().prefix("chatd-restore-").tempdir_in(folder)?;
    let id = new_store_id();
    let objects = KeptFiles::of(Objects::restored(&id, scratch.path(), bucket))?;
    if bucket.is_some() {
        // Before anything lies there that another store would take for its own to delete.
        objects.open_all()?;
    }
    let unpacked = unpack(archive, |part| match part {
        Part::Store(name) => Ok(Box::new(make_own(&scratch.path().join(name))?)),
        Part::File(blob, size) => objects.create(blob, size),
    });
    let checked = unpacked.and_then(|(backup, files)| {
        check(scratch.path(), &files, backup.lost)?;
        rename_store(scratch.path(), &id)?;
        Ok((backup, files))
    });
    if checked.is_err() {
        objects.give_up();
    }
    let (backup, files) = checked?;
    if bucket.is_none() && !files.is_empty() {
        fs::rename(scratch.path().join(OBJECTS), folder.join(OBJECTS))?;
    }
    for name in FILES.into_iter().rev().filter(|name| scratch.path().join(name).exists()) {
        File::open(scratch.path().join(name))?.sync_all()?;
        fs::rename(scratch.path().join(name), folder.join(name))?;
    }
    File::open(folder)?.sync_all()?;
    Ok(backup)
}

/// Refuses what no daemon could be started on.
fn check(folder: &Path, files: &[KeptBytes], lost: usize) -> Result<(), BackupError> {
    if !folder.join(DATABASE_FILE).exists() {
        return Err(BackupError::NotWhole(format!("`{DATABASE_FILE}` is not in it")));
    }
    match Snapshot::open(folder) {
        // The daemon brings it up to date. No older one has files without their bytes.
        Err(OpenError::Older { .. }) => {}
        Err(error) => return Err(error.into()),
        Ok(store) => {
            if let Some(problem) = store.problems()?.into_iter().next() {
                return Err(BackupError::Damaged(problem));
            }
            require_all(files, &store.kept_bytes()?, lost)?;
        }
    }
    if folder.join(KEY_FILE).exists() {
        Tokens::open(folder)?;
    }
    Ok(())
}

/// Removes what a terminal would act on from texts of an archive.
fn printable(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).take(SHOWN_MAX).collect()
}
