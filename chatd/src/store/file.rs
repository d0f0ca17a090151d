//! Files: uploads that begin and end, who may fetch a file, and what goes when nothing holds it.
//!
//! The bytes lie elsewhere (`crate::files`). They are there before a row says so, and a row that says that they are to go is
//! there before they go: so whatever breaks off leaves bytes without a row at most, which are found later.

use proto::{FileId, FileInfo, FileName, Picture, Timestamp};

use super::channel_key::{ChannelKey, not_removed};
use super::file_key::{BlobKey, FileKey, UploadKey, file_key};
use super::sqlite::{Rows, Snapshot};
use super::table::access::role_on_wall;
use super::table::file::{file_info, remove_bytes, remove_unless_held};
use super::totals::total;
use super::work::StoreWork;
use super::{Pending, Refused, Store, StoreError, UserId};
use crate::hash::hex;

/// Bytes of an upload whatever the settings say: thousands of them are still a number that a column holds.
const UPLOAD_BYTES_MAX: u64 = 1 << 48;
/// Rows that one step of the writer removes.
const REMOVED_PER_STEP: usize = 100;

/// How much may be uploaded, in bytes; 0 lifts a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadBounds {
    /// By one account, all files together.
    pub account: u64,
    /// By all accounts together, the same bytes counted once.
    pub total: u64,
    /// In one file.
    pub file: u64,
}

/// An upload that is to begin.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// Who uploads.
    pub user: UserId,
    /// What the file is called.
    pub name: FileName,
    /// How many bytes it has, if that is known.
    pub size: Option<u64>,
    /// Whether a picture keeps what it tells besides itself.
    pub keep_metadata: bool,
    /// What the settings say.
    pub bounds: UploadBounds,
}

/// An upload that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BegunUpload {
    /// Names it.
    pub key: UploadKey,
    /// Bytes that are set apart for it; it has no more.
    pub bytes_max: u64,
}

/// An upload as it was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUpload {
    /// What the file is called.
    pub name: FileName,
    /// How many bytes it has.
    pub size: u64,
    /// Whether a picture keeps what it tells besides itself.
    pub keep_metadata: bool,
    /// What has become of it, once all bytes were there.
    pub file: Option<FileInfo>,
}

/// Bytes that were uploaded and lie where they are to stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedBytes {
    /// What they are called there.
    pub blob: BlobKey,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    /// How many there are.
    pub size: u64,
    /// What they are, as a media type.
    pub mime: &'static str,
    /// What was found out of them as a picture.
    pub picture: Option<UploadedPicture>,
}

/// A picture that was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedPicture {
    /// What clients are told.
    pub facts: Picture,
    /// A small form of it, where it is to stay, with its media type.
    pub thumbnail: Option<(KeptBytes, &'static str)>,
}

/// Bytes that a store says are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptBytes {
    /// What they are called where they lie.
    pub blob: BlobKey,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    /// How many there are.
    pub size: u64,
}

fn files_place(rows: &Rows) -> Result<Option<String>, StoreError> {
    rows.one("SELECT value FROM meta WHERE key = 'files_in'", ())
}

impl Snapshot {
    /// Gives the bucket where files lie, if that was noted; an empty name is none.
    ///
    /// # Errors
    /// What the disk said.
    pub fn files_place(&self) -> Result<Option<String>, StoreError> {
        files_place(&self.rows)
    }

    /// Lists all bytes that are kept, in the order of their names.
    ///
    /// # Errors
    /// What the disk said.
    pub fn kept_bytes(&self) -> Result<Vec<KeptBytes>, StoreError> {
        self.rows.all_with(
            "SELECT id, sha256, size FROM blob UNION ALL SELECT id, sha256, size FROM thumbnail ORDER BY 1",
            (),
            |row| Ok(KeptBytes { blob: row.get(0)?, sha256: row.get(1)?, size: row.get(2)? }),
        )
    }
}

/// A file that somebody may fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// What is told of it.
    pub info: FileInfo,
    /// Where its bytes lie.
    pub blob: BlobKey,
}

impl BlobKey {
    /// Draws the name of bytes that are to be kept.
    pub fn draw() -> Self {
        Self::random()
    }
}

impl UploadKey {
    /// Draws the name of bytes that are written for a moment, and that no upload has.
    pub fn draw() -> Self {
        Self::random()
    }
}

impl Store {
    /// Begins an upload: sets bytes apart for it within the bounds.
    pub async fn begin_upload(&self, upload: NewUpload) -> Pending<BegunUpload> {
        self.writer.submit(move |work| begin(work, &upload)).await
    }

    /// Gives an upload up.
    pub async fn end_upload(&self, upload: UploadKey) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                work.execute("DELETE FROM upload WHERE id = ?1", [upload])?;
                Ok(())
            })
            .await
    }

    /// Makes a file of an upload whose bytes are where they stay. With `tells` it is remembered what has become of the upload.
    pub async fn finish_upload(&self, upload: UploadKey, bytes: UploadedBytes, tells: bool) -> Pending<FileInfo> {
        self.writer.submit(move |work| finish(work, upload, &bytes, tells)).await
    }

    /// Gives an upload of somebody that has begun; none if it is another's, or has ended.
    pub async fn upload_of(&self, user: UserId, upload: UploadKey) -> Result<Option<StoredUpload>, StoreError> {
        self.readers
            .read(move |rows| {
                let found: Option<(String, u64, bool, Option<FileKey>)> = rows.one(
                    "SELECT name, size, keep_metadata, file FROM upload WHERE id = ?1 AND user = ?2",
                    (upload, user),
                )?;
                let Some((name, size, keep_metadata, file)) = found else { return Ok(None) };
                let file = file.map(|file| file_info(rows, file)).transpose()?.flatten();
                Ok(Some(StoredUpload { name: FileName::cleaned(&name), size, keep_metadata, file }))
            })
            .await
    }

    /// Gives a file to who may fetch it: readers of a message that has it, and until then whoever has uploaded it.
    ///
    /// # Errors
    /// [`Refused::NoSuchFile`] for everybody else.
    pub async fn file_for(&self, user: UserId, file: FileId) -> Result<StoredFile, StoreError> {
        self.readers
            .read(move |rows| {
                let key = file_key(&file)?;
                require_may_fetch(rows, user, key)?;
                let blob = rows.only("SELECT blob FROM file WHERE id = ?1", [key])?;
                let info = file_info(rows, key)?.ok_or(Refused::NoSuchFile)?;
                Ok(StoredFile { info, blob })
            })
            .await
    }

    /// Gives the small form of a picture to who may fetch the picture; the picture itself if it has none.
    ///
    /// # Errors
    /// [`Refused::NoSuchFile`] for everybody else, and for a file that is no picture.
    pub async fn thumbnail_for(&self, user: UserId, file: FileId) -> Result<StoredFile, StoreError> {
        let whole = self.file_for(user, file).await?;
        if whole.info.picture.is_none() {
            return Err(Refused::NoSuchFile.into());
        }
        let small = self.readers.read(move |rows| thumbnail(rows, whole.blob)).await?;
        Ok(match small {
            Some((KeptBytes { blob, sha256, size }, mime)) => {
                StoredFile { info: FileInfo { mime, size, sha256: hex(&sha256), ..whole.info }, blob }
            }
            None => whole,
        })
    }

    /// Removes some files that were uploaded before a moment and never posted; true when there may be more.
    pub async fn remove_unposted(&self, before: Timestamp) -> Pending<bool> {
        self.writer
            .submit_in_reserve(move |work| {
                let old = work.all::<FileKey>(
                    "SELECT id FROM file WHERE posted = 0 AND date < ?1 ORDER BY date LIMIT ?2",
                    (before, REMOVED_PER_STEP),
                )?;
                old.iter().try_for_each(|file| remove_unless_held(work, *file))?;
                Ok(old.len() == REMOVED_PER_STEP)
            })
            .await
    }

    /// Gives up the uploads that have begun before a moment.
    pub async fn end_old_uploads(&self, before: Timestamp) -> Pending<Vec<UploadKey>> {
        self.writer
            .submit_in_reserve(move |work| work.all("DELETE FROM upload WHERE date < ?1 RETURNING id", [before]))
            .await
    }

    /// Notes in which bucket files lie; in none if the name is empty.
    pub async fn files_lie_in(&self, place: String) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                work.execute(
                    "INSERT INTO meta (key, value) VALUES ('files_in', ?1)
                     ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value",
                    [place],
                )?;
                Ok(())
            })
            .await
    }

    /// Gives the bucket where files lie, if that was noted.
    pub async fn files_place(&self) -> Result<Option<String>, StoreError> {
        self.readers.read(files_place).await
    }

    /// Lists objects that nothing needs any more.
    pub async fn removed_blobs(&self) -> Result<Vec<BlobKey>, StoreError> {
        self.readers.read(|rows| rows.all("SELECT id FROM removed_blob LIMIT ?1", [REMOVED_PER_STEP])).await
    }

    /// Notes that objects are deleted.
    pub async fn blobs_are_gone(&self, blobs: Vec<BlobKey>) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                for blob in blobs {
                    work.execute("DELETE FROM removed_blob WHERE id = ?1", [blob])?;
                }
                Ok(())
            })
            .await
    }

    /// Tells whether the store knows of an object, kept or to be removed.
    pub async fn knows_blob(&self, blob: BlobKey) -> Result<bool, StoreError> {
        self.readers
            .read(move |rows| {
                rows.exists(
                    "SELECT 1 FROM blob WHERE id = ?1 UNION SELECT 1 FROM thumbnail WHERE id = ?1
                     UNION SELECT 1 FROM removed_blob WHERE id = ?1",
                    [blob],
                )
            })
            .await
    }

    /// Tells whether an upload has begun and not ended.
    pub async fn knows_upload(&self, upload: UploadKey) -> Result<bool, StoreError> {
        self.readers.read(move |rows| rows.exists("SELECT 1 FROM upload WHERE id = ?1", [upload])).await
    }
}

fn begin(work: &mut StoreWork<'_>, upload: &NewUpload) -> Result<BegunUpload, StoreError> {
    work.require_room()?;
    let (is_guest, used): (bool, u64) = work.only(
        "SELECT guest, file_bytes + (SELECT coalesce(sum(size), 0) FROM upload
            WHERE upload.user = user.id AND file IS NULL)
         FROM user WHERE id = ?1",
        [upload.user],
    )?;
    if is_guest {
        return Err(Refused::NotForGuests.into());
    }
    let UploadBounds { account, total: of_all, file } = upload.bounds;
    let left = |most: u64, used: u64| if most == 0 { u64::MAX } else { most.saturating_sub(used) };
    let used_of_all = match of_all {
        0 => 0,
        _ => {
            total(work, "file bytes")?
                + work.only::<u64>("SELECT coalesce(sum(size), 0) FROM upload WHERE file IS NULL", ())?
        }
    };
    let (left_of_account, left_of_all) = (left(account, used), left(of_all, used_of_all));
    // Of an upload of unknown size nobody knows how much of what is left it takes.
    let size =
        upload.size.unwrap_or_else(|| left(file, 0).min(left_of_account).min(left_of_all).clamp(1, UPLOAD_BYTES_MAX));
    if size > left_of_account {
        return Err(Refused::UploadedTooMuch.into());
    }
    if size > left_of_all.min(UPLOAD_BYTES_MAX) {
        return Err(Refused::TooManyFiles.into());
    }
    let key = UploadKey::random();
    work.execute(
        "INSERT INTO upload (id, user, name, size, date, keep_metadata) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (key, upload.user, upload.name.as_str(), size, work.now, upload.keep_metadata),
    )?;
    Ok(BegunUpload { key, bytes_max: size })
}

fn finish(
    work: &mut StoreWork<'_>,
    upload: UploadKey,
    bytes: &UploadedBytes,
    tells: bool,
) -> Result<FileInfo, StoreError> {
    let begun: Option<(UserId, String)> =
        work.one("SELECT user, name FROM upload WHERE id = ?1 AND file IS NULL", [upload])?;
    let Some((user, name)) = begun else { return Err(Refused::NoSuchFile.into()) };
    let file = add_file(work, user, &name, bytes)?;
    if tells {
        work.execute("UPDATE upload SET file = ?2 WHERE id = ?1", (upload, file))?;
    } else {
        work.execute("DELETE FROM upload WHERE id = ?1", [upload])?;
    }
    file_info(work, file)?.ok_or_else(|| Refused::NoSuchFile.into())
}

/// Adds a file whose bytes are where they stay; of bytes that are there already the first ones are kept.
fn add_file(work: &mut StoreWork<'_>, user: UserId, name: &str, bytes: &UploadedBytes) -> Result<FileKey, StoreError> {
    let blob = match work.one::<BlobKey>("SELECT id FROM blob WHERE sha256 = ?1", [&bytes.sha256])? {
        Some(same) => {
            remove_bytes(work, bytes.blob)?;
            match &bytes.picture {
                // What could not be shown then may be now.
                Some(picture) if !work.exists("SELECT 1 FROM picture WHERE blob = ?1", [same])? => {
                    work.execute("UPDATE blob SET mime = ?2 WHERE id = ?1", (same, bytes.mime))?;
                    add_picture(work, same, picture)?;
                }
                Some(UploadedPicture { thumbnail: Some((small, _)), .. }) => remove_bytes(work, small.blob)?,
                Some(UploadedPicture { thumbnail: None, .. }) | None => {}
            }
            same
        }
        None => {
            work.execute(
                "INSERT INTO blob (id, sha256, size, mime) VALUES (?1, ?2, ?3, ?4)",
                (bytes.blob, &bytes.sha256, bytes.size, bytes.mime),
            )?;
            work.execute("UPDATE total SET count = count + ?1 WHERE name = 'file bytes'", [bytes.size])?;
            if let Some(picture) = &bytes.picture {
                add_picture(work, bytes.blob, picture)?;
            }
            bytes.blob
        }
    };
    let file = FileKey::random();
    work.execute(
        "INSERT INTO file (id, blob, user, name, date) VALUES (?1, ?2, ?3, ?4, ?5)",
        (file, blob, user, name, work.now),
    )?;
    work.execute("UPDATE total SET count = count + 1 WHERE name = 'files'", ())?;
    work.execute("UPDATE user SET file_bytes = file_bytes + ?2 WHERE id = ?1", (user, bytes.size))?;
    Ok(file)
}

/// Lets somebody be seen by a picture, or by none; the one before goes.
pub(super) fn set_avatar(
    work: &mut StoreWork<'_>,
    user: UserId,
    avatar: Option<&UploadedBytes>,
) -> Result<(), StoreError> {
    let before: Option<FileKey> = work.only("SELECT avatar_file FROM user WHERE id = ?1", [user])?;
    let file = match avatar {
        Some(bytes) => {
            let file = add_file(work, user, "avatar", bytes)?;
            work.execute("UPDATE file SET posted = 1 WHERE id = ?1", [file])?;
            Some(file)
        }
        None => None,
    };
    work.execute("UPDATE user SET avatar_file = ?2 WHERE id = ?1", (user, file))?;
    before.map_or(Ok(()), |before| remove_unless_held(work, before))
}

fn add_picture(work: &mut StoreWork<'_>, blob: BlobKey, picture: &UploadedPicture) -> Result<(), StoreError> {
    let UploadedPicture { facts: Picture { width, height, animated, blurhash }, thumbnail } = picture;
    work.execute(
        "INSERT INTO picture (blob, width, height, animated, blurhash) VALUES (?1, ?2, ?3, ?4, ?5)",
        (blob, u64::from(*width), u64::from(*height), *animated, blurhash),
    )?;
    if let Some((small, mime)) = thumbnail {
        work.execute(
            "INSERT INTO thumbnail (id, picture, sha256, size, mime) VALUES (?1, ?2, ?3, ?4, ?5)",
            (small.blob, blob, &small.sha256, small.size, *mime),
        )?;
    }
    Ok(())
}

fn thumbnail(rows: &Rows, picture: BlobKey) -> Result<Option<(KeptBytes, String)>, StoreError> {
    rows.one_with("SELECT id, sha256, size, mime FROM thumbnail WHERE picture = ?1", [picture], |row| {
        Ok((KeptBytes { blob: row.get(0)?, sha256: row.get(1)?, size: row.get(2)? }, row.get(3)?))
    })
}

/// Removes what somebody has uploaded and posted nowhere, and ends what they upload now.
pub(super) fn remove_unposted_of(work: &mut StoreWork<'_>, user: UserId) -> Result<(), StoreError> {
    work.execute("DELETE FROM upload WHERE user = ?1", [user])?;
    let unposted = work.all::<FileKey>("SELECT id FROM file WHERE posted = 0 AND user = ?1", [user])?;
    unposted.into_iter().try_for_each(|file| remove_unless_held(work, file))
}

/// Gives the files that somebody wants in a message, each of which they may fetch.
pub(super) fn files_to_post(
    rows: &Rows,
    user: UserId,
    files: &[FileId],
) -> Result<(Vec<FileKey>, Vec<FileInfo>), StoreError> {
    let (mut keys, mut infos) = (Vec::new(), Vec::new());
    for file in files {
        let key = file_key(file)?;
        require_may_fetch(rows, user, key)?;
        keys.push(key);
        infos.push(file_info(rows, key)?.ok_or(Refused::NoSuchFile)?);
    }
    Ok((keys, infos))
}

/// Refuses who may not fetch a file, as if there were none.
fn require_may_fetch(rows: &Rows, user: UserId, file: FileKey) -> Result<(), StoreError> {
    let own = rows.exists("SELECT 1 FROM file WHERE id = ?1 AND user = ?2 AND posted = 0", (file, user))?;
    let may = own
        || is_in_a_channel_of(rows, user, file)?
        || is_on_a_wall_for(rows, user, file)?
        // Whoever may see a profile may see the picture on it.
        || rows.exists("SELECT 1 FROM user WHERE avatar_file = ?1", [file])?;
    if may { Ok(()) } else { Err(Refused::NoSuchFile.into()) }
}

fn is_in_a_channel_of(rows: &Rows, user: UserId, file: FileKey) -> Result<bool, StoreError> {
    rows.exists(
        concat!(
            "SELECT 1 FROM message_file AS posted
             JOIN member ON member.channel = posted.channel AND member.user = ?2 AND posted.idx >= member.reads_from
             WHERE file = ?1 AND ",
            not_removed!("posted.channel")
        ),
        (file, user),
    )
}

fn is_on_a_wall_for(rows: &Rows, user: UserId, file: FileKey) -> Result<bool, StoreError> {
    let walls = rows.all::<ChannelKey>(
        "SELECT DISTINCT channel.id FROM message_file JOIN channel ON channel.id = message_file.channel
         WHERE file = ?1 AND kind = 'wall'",
        [file],
    )?;
    for wall in walls {
        match role_on_wall(rows, wall, user) {
            Err(StoreError::Refused(_)) => {}
            reads => return reads.map(|_| true),
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
