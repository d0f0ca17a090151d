//! Small forms of pictures, saved on this machine: each in a file that only the user can read, all together within a bound.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use proto::FileId;

/// Bytes of all that are saved of one server.
const BYTES_MAX: u64 = 64 << 20;
/// Bytes of one, as the server may send.
pub const THUMBNAIL_BYTES_MAX: usize = 4 << 20;

/// The pictures that are saved of one server.
#[derive(Debug, Clone)]
pub struct Thumbnails {
    folder: PathBuf,
}

impl Thumbnails {
    /// Those beside the store of a server.
    pub fn beside(store: &Path) -> Self {
        Self { folder: store.with_extension("pictures") }
    }

    /// Gives one that is saved.
    pub fn read(&self, file: &FileId) -> Option<Vec<u8>> {
        let opened = File::open(self.path_of(file)?).ok()?;
        // Of those that go first, the one that was read last goes last.
        let _ = opened.set_modified(SystemTime::now());
        let mut bytes = Vec::new();
        opened.take(THUMBNAIL_BYTES_MAX as u64).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Saves one, and lets the oldest go beyond the bound.
    ///
    /// # Errors
    /// What the disk said. Nothing is lost then: the server has it.
    pub fn write(&self, file: &FileId, bytes: &[u8]) -> io::Result<()> {
        let Some(path) = self.path_of(file) else { return Ok(()) };
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        // Whole or not at all, also beside another window.
        let mut written = tempfile::NamedTempFile::new_in(&self.folder)?;
        written.write_all(bytes)?;
        written.persist(path)?;
        self.make_room()
    }

    /// Deletes all of them.
    pub fn clear(&self) {
        let _ = fs::remove_dir_all(&self.folder);
    }

    /// Gives where one is saved. An id that is no name of a file is saved nowhere.
    fn path_of(&self, file: &FileId) -> Option<PathBuf> {
        let id = file.as_str();
        id.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| self.folder.join(id))
    }

    fn make_room(&self) -> io::Result<()> {
        let mut saved = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let Ok(found) = entry.metadata() else { continue };
            saved.push((found.modified()?, found.len(), entry.path()));
        }
        let mut bytes = saved.iter().map(|(_, bytes, _)| bytes).sum::<u64>();
        saved.sort();
        for (_, size, path) in saved {
            if bytes <= BYTES_MAX {
                break;
            }
            bytes -= size;
            let _ = fs::remove_file(path);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_saved_is_private_and_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let saved = Thumbnails::beside(&folder.path().join("store-x.db"));
        let id = |number: u32| format!("f{number}").parse::<FileId>().unwrap();
        assert_eq!(saved.read(&id(0)), None);
        let large = vec![7; THUMBNAIL_BYTES_MAX];
        for number in 0..20 {
            saved.write(&id(number), &large).unwrap();
            // The times of files are as coarse as the clock of the system.
            let path = saved.path_of(&id(number)).unwrap();
            let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(number.into());
            File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
        }
        let kept = (0..20).filter(|number| saved.read(&id(*number)).is_some()).collect::<Vec<_>>();
        assert_eq!(kept, (4..20).collect::<Vec<_>>());
        let path = saved.path_of(&id(19)).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&saved.folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(saved.path_of(&"../../x".parse().unwrap()), None);
        saved.clear();
        assert_eq!(saved.read(&id(19)), None);
        assert!(!saved.folder.exists());
    }
}
