//! The rows of files: what is told of one, which files a message has, and what goes when nothing holds a file any more.

use proto::{FileInfo, FileName, Index, Picture};

use crate::hash::hex;
use crate::store::StoreError;
use crate::store::channel_key::ChannelKey;
use crate::store::column::UserId;
use crate::store::file_key::{BlobKey, FileKey};
use crate::store::sqlite::{Row, Rows};
use crate::store::work::StoreWork;

/// The columns of [`info`].
macro_rules! select_file {
    ($rest:literal) => {
        concat!(
            "SELECT file.id, file.name, blob.mime, blob.size, blob.sha256, width, height, animated, blurhash
             FROM file JOIN blob ON blob.id = file.blob LEFT JOIN picture ON picture.blob = blob.id ",
            $rest
        )
    };
}

fn info(row: &Row<'_>) -> Result<FileInfo, StoreError> {
    let sha256 = hex(&row.get::<[u8; 32]>(4)?);
    let name = FileName::cleaned(row.text(1)?);
    let picture = match row.get(8)? {
        None => None,
        Some(blurhash) => Some(Picture { width: row.get(5)?, height: row.get(6)?, animated: row.get(7)?, blurhash }),
    };
    Ok(FileInfo { id: row.get::<FileKey>(0)?.id(), name, mime: row.get(2)?, size: row.get(3)?, sha256, picture })
}

/// Tells what is known of a file.
pub(in crate::store) fn file_info(rows: &Rows, file: FileKey) -> Result<Option<FileInfo>, StoreError> {
    rows.one_with(select_file!("WHERE file.id = ?1"), [file], info)
}

/// Reads the files of a message, in their order.
pub(in crate::store) fn files_of(rows: &Rows, channel: ChannelKey, index: Index) -> Result<Vec<FileInfo>, StoreError> {
    rows.all_with(
        select_file!("JOIN message_file ON message_file.file = file.id WHERE channel = ?1 AND idx = ?2 ORDER BY place"),
        (channel, index),
        info,
    )
}

/// Gives files to a message that has just been stored.
pub(in crate::store) fn attach(
    work: &StoreWork<'_>,
    channel: ChannelKey,
    index: Index,
    files: &[FileKey],
) -> Result<(), StoreError> {
    for (place, file) in files.iter().enumerate() {
        work.execute(
            "INSERT INTO message_file (channel, idx, place, file) VALUES (?1, ?2, ?3, ?4)",
            (channel, index, place, file),
        )?;
        work.execute("UPDATE file SET posted = 1 WHERE id = ?1", [file])?;
    }
    if !files.is_empty() {
        work.execute("UPDATE message SET files = ?3 WHERE channel = ?1 AND idx = ?2", (channel, index, files.len()))?;
    }
    Ok(())
}

/// Takes its files from a message; those that no other message has are gone. Tells how many it had.
pub(in crate::store) fn detach(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    index: Index,
) -> Result<usize, StoreError> {
    let files = work
        .all::<FileKey>("DELETE FROM message_file WHERE channel = ?1 AND idx = ?2 RETURNING file", (channel, index))?;
    for file in &files {
        remove_unless_held(work, *file)?;
    }
    Ok(files.len())
}

/// Removes a file that no message has, and by which nobody is seen.
pub(in crate::store) fn remove_unless_held(work: &mut StoreWork<'_>, file: FileKey) -> Result<(), StoreError> {
    let held = "SELECT 1 FROM message_file WHERE file = ?1 UNION ALL SELECT 1 FROM user WHERE avatar_file = ?1";
    if work.exists(held, [file])? {
        return Ok(());
    }
    work.execute("DELETE FROM upload WHERE file = ?1", [file])?;
    let gone: Option<(BlobKey, UserId)> = work.one("DELETE FROM file WHERE id = ?1 RETURNING blob, user", [file])?;
    let Some((blob, user)) = gone else { return Ok(()) };
    let size: u64 = work.only("SELECT size FROM blob WHERE id = ?1", [blob])?;
    work.execute("UPDATE user SET file_bytes = file_bytes - ?2 WHERE id = ?1", (user, size))?;
    work.execute("UPDATE total SET count = count - 1 WHERE name = 'files'", ())?;
    if work.exists("SELECT 1 FROM file WHERE blob = ?1", [blob])? {
        return Ok(());
    }
    if let Some(small) = work.one("DELETE FROM thumbnail WHERE picture = ?1 RETURNING id", [blob])? {
        remove_bytes(work, small)?;
    }
    work.execute("DELETE FROM picture WHERE blob = ?1", [blob])?;
    work.execute("DELETE FROM blob WHERE id = ?1", [blob])?;
    work.execute("UPDATE total SET count = count - ?1 WHERE name = 'file bytes'", [size])?;
    remove_bytes(work, blob)
}

/// Notes that nothing needs an object any more.
pub(in crate::store) fn remove_bytes(work: &mut StoreWork<'_>, blob: BlobKey) -> Result<(), StoreError> {
    work.execute("INSERT INTO removed_blob (id) VALUES (?1) ON CONFLICT DO NOTHING", [blob])?;
    work.frees();
    Ok(())
}
