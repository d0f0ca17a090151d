//! Files that only their owner can read, and locks that go with files.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use proto::Password;

/// Bytes of a file with a secret that is read whole.
pub(super) const FILE_BYTES_MAX: u64 = 65_536;

/// Why a file of ours cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The system said no.
    #[error("cannot use `{path}`: {source}")]
    Io {
        /// The path of the file.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Others could have read or written the secret.
    #[error("`{0}` holds a secret but others may read it: chmod 600 it, or delete it")]
    Open(String),
    /// The file is somebody else's.
    #[error("`{0}` belongs to another user")]
    Foreign(String),
}

/// Held by one program; the system frees it when that ends.
pub(crate) struct ProfileLock {
    _file: File,
}

/// Gives the file where the keys of servers are remembered, for all profiles of the user.
///
/// # Errors
/// That there is no home folder.
pub fn known_servers() -> Result<PathBuf, PlaceError> {
    Ok(state_folder()?.join("known_servers"))
}

/// Takes a lock that goes with a file, until it is dropped; waits for whoever has it.
///
/// # Errors
/// What the system said.
pub(crate) fn lock_beside(path: &Path) -> Result<ProfileLock, PlaceError> {
    let path = path.with_extension("lock");
    let failed = |error| io_error(&path, error);
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    }
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
    file.lock().map_err(failed)?;
    Ok(ProfileLock { _file: file })
}

/// Takes a lock that is nobody's; `None` when another program has it.
pub(crate) fn try_lock(path: &Path) -> Result<Option<ProfileLock>, PlaceError> {
    let failed = |error| io_error(path, error);
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(ProfileLock { _file: file })),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}

pub(super) fn state_folder() -> Result<PathBuf, PlaceError> {
    let missing = || io_error(Path::new("~"), io::Error::new(io::ErrorKind::NotFound, "there is no home folder"));
    let places = directories::ProjectDirs::from("", "", "chat-tui").ok_or_else(missing)?;
    Ok(places.state_dir().unwrap_or_else(|| places.data_local_dir()).to_owned())
}

/// Reads a password from a file that only its owner can read: its first line.
///
/// # Errors
/// See [`PlaceError`].
pub fn password_file(path: &Path) -> Result<Password, PlaceError> {
    match read_private(path, FILE_BYTES_MAX)? {
        Some(text) => Ok(Password::new(text.lines().next().unwrap_or_default())),
        None => Err(io_error(path, io::Error::from(io::ErrorKind::NotFound))),
    }
}

pub(super) fn io_error(path: &Path, source: io::Error) -> PlaceError {
    PlaceError::Io { path: path.display().to_string(), source }
}

/// Reads a file with a secret: ours, a plain file, closed to others, and not larger than it can be.
pub(super) fn read_private(path: &Path, bytes_max: u64) -> Result<Option<String>, PlaceError> {
    let no_follow = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
    let file = match OpenOptions::new().read(true).custom_flags(no_follow).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(path, error)),
    };
    let metadata = file.metadata().map_err(|error| io_error(path, error))?;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(PlaceError::Foreign(path.display().to_string()));
    }
    if metadata.is_file() && metadata.mode() & 0o077 != 0 {
        return Err(PlaceError::Open(path.display().to_string()));
    }
    let mut text = String::new();
    let read = file.take(bytes_max + 1).read_to_string(&mut text).map_err(|error| io_error(path, error))?;
    if read as u64 > bytes_max {
        return Err(io_error(
            path,
            io::Error::new(io::ErrorKind::InvalidData, format!("larger than {bytes_max} bytes")),
        ));
    }
    Ok(Some(text))
}

/// Opens a file to read; a pipe that nobody writes to holds nobody up.
pub(crate) fn open_without_waiting(path: &Path) -> io::Result<File> {
    let no_wait = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    OpenOptions::new().read(true).custom_flags(no_wait).open(path)
}

/// Opens a file that only its owner can read, to write behind what stands there.
///
/// # Errors
/// What the system said.
pub(crate) fn append_private(path: &Path) -> Result<File, PlaceError> {
    let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    opened.map_err(|error| io_error(path, error))
}

/// Writes a file with a secret in one step: who reads it finds the old text or the new one.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), PlaceError> {
    let new = path.with_extension(format!("new-{}", std::process::id()));
    let write = || -> io::Result<()> {
        let mut file: File = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&new);
        io_error(path, error)
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, "correct horse\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(password_file(&path), Err(PlaceError::Open(_))));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(password_file(&path).unwrap().expose(), "correct horse");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(password_file(&link), Err(PlaceError::Io { .. })), "links to a secret are not followed");
    }
}
