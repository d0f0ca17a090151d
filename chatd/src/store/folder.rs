//! The data folder: its lock, and files in it that only their owner reads.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::sqlite::INDEX_FILE;
use super::{DATABASE_FILE, OpenError};
use crate::secret::{make_folder, open_own};

/// Bits of a mode by which others than the owner put files in a folder, or take them away.
const OTHERS_WRITE: u32 = 0o022;

/// Makes the data folder (0700) and takes its lock, so that two daemons never share one.
pub(super) fn lock_folder(folder: &Path) -> Result<File, OpenError> {
    let failed = |source| OpenError::Folder { path: folder.display().to_string(), source };
    make_folder(folder).map_err(failed)?;
    let mode = std::fs::metadata(folder).map_err(failed)?.mode();
    if mode & OTHERS_WRITE != 0 {
        return Err(OpenError::Exposed { path: folder.display().to_string(), mode: mode & 0o7777 });
    }
    let path = folder.join("chatd.lock");
    let lock = open_own(&path).map_err(|source| OpenError::Folder { path: path.display().to_string(), source })?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::Locked(folder.display().to_string())),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// SQLite would create the file readable by others; its log and index take the file's mode.
pub(super) fn create_private(path: &Path) -> io::Result<()> {
    for suffix in ["-wal", "-shm"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(suffix);
        make_private(Path::new(&beside))?;
    }
    open_own(path)?;
    make_private(path)
}

/// Tells whether the database of a folder was there and is no longer: its log and the search index are made after it.
pub(super) fn is_emptied(folder: &Path) -> bool {
    let bytes = |name: &str| std::fs::metadata(folder.join(name)).ok().map(|file| file.len());
    let has_log = bytes(&format!("{DATABASE_FILE}-wal")).is_some_and(|bytes| bytes > 0);
    match bytes(DATABASE_FILE) {
        Some(0) => has_log || bytes(INDEX_FILE).is_some(),
        Some(_) => false,
        // Whoever removes the database only may mean to begin anew; a log holds what was acknowledged.
        None => has_log,
    }
}

/// Takes a file from the eyes of others: copies that are put back are often open to them.
fn make_private(path: &Path) -> io::Result<()> {
    let found = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if found.is_file() && found.mode() & 0o077 != 0 {
        tracing::warn!(path = %path.display(), mode = format!("{:o}", found.mode() & 0o777), "this file was readable by others, its mode is 600 now");
        std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::sqlite;
    use super::*;

    #[test]
    fn the_second_daemon_on_a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let _first = lock_folder(folder.path()).unwrap();
        assert!(matches!(lock_folder(folder.path()), Err(OpenError::Locked(_))));
    }

    #[test]
    fn an_empty_database_is_a_new_one_only_where_nothing_came_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &str| std::fs::write(folder.path().join(name), bytes).unwrap();
        let is_emptied = || is_emptied(folder.path());
        assert!(!is_emptied(), "nothing is there");
        write(DATABASE_FILE, "");
        write("chatd.db-wal", "");
        assert!(!is_emptied(), "a first start was cut off");
        write("chatd.db-wal", "log");
        assert!(is_emptied());
        std::fs::remove_file(folder.path().join(DATABASE_FILE)).unwrap();
        assert!(is_emptied(), "the log holds what was acknowledged");
        write("chatd.db-wal", "");
        write(INDEX_FILE, "index");
        assert!(!is_emptied(), "its owner begins anew");
        write(DATABASE_FILE, "");
        assert!(is_emptied());
        write(DATABASE_FILE, "something");
        assert!(!is_emptied());
    }

    #[test]
    fn no_file_of_the_store_is_a_link() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["chatd.lock", "chatd.db"] {
            let (link, victim) = (folder.path().join(name), folder.path().join("victim"));
            std::fs::write(&victim, "").unwrap();
            std::os::unix::fs::symlink(&victim, &link).unwrap();
            let refused = match name {
                "chatd.lock" => lock_folder(folder.path()).map(drop).unwrap_err(),
                _ => sqlite::open(&link, None).map(drop).unwrap_err(),
            };
            assert!(matches!(refused, OpenError::Folder { path, .. } if path.ends_with(name)));
            assert_eq!(std::fs::read(victim).unwrap(), b"");
        }
    }
}
