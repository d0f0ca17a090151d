//! Files that are nobody else's business: plain ones, and closed to others.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Reads a file with a secret, at most this many bytes.
///
/// # Errors
/// What the system said; [`io::ErrorKind::PermissionDenied`] when others can read the file, or when it is
/// a link, which somebody else may turn elsewhere.
pub(crate) fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let refused = |reason| Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    if path.symlink_metadata()?.is_symlink() {
        return refused("it is a link: give the path of the file itself");
    }
    let no_follow = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
    let file = OpenOptions::new().read(true).custom_flags(no_follow).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.mode() & 0o077 != 0 {
        return refused("others can read it: chmod 600");
    }
    let mut secret = Vec::new();
    file.take(bytes_max).read_to_end(&mut secret)?;
    Ok(secret)
}

/// Reads a file with a secret that another user keeps, at most this many bytes. A group of its own may read
/// it, and links to it are followed: tools that renew certificates turn them.
///
/// # Errors
/// What the system said; [`io::ErrorKind::PermissionDenied`] when everybody can read it, or a group can change it.
pub(crate) fn read_closed(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let reason = "others can read or change it: chmod 600, or 640 and a group that the daemon is in";
    let group = |gid: u32| gid == 0 || own_groups().contains(&gid);
    read_unless(path, bytes_max, reason, |mode, gid| mode & 0o037 != 0 || (mode & 0o040 != 0 && !group(gid)))
}

/// Gives the groups that this process is in.
fn own_groups() -> Vec<u32> {
    let more = rustix::process::getgroups().unwrap_or_default();
    more.into_iter().chain([rustix::process::getegid()]).map(rustix::process::Gid::as_raw).collect()
}

/// Reads a plain file, at most this many bytes, unless its mode and group let others read it.
pub(crate) fn read_unless(
    path: &Path,
    bytes_max: u64,
    reason: &'static str,
    is_open: impl Fn(u32, u32) -> bool,
) -> io::Result<Vec<u8>> {
    // Nothing that a pipe could hold up.
    let no_wait = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let file = OpenOptions::new().read(true).custom_flags(no_wait).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a plain file"));
    }
    if is_open(metadata.mode(), metadata.gid()) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    }
    let mut bytes = Vec::new();
    file.take(bytes_max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a file of the data folder to write to, and makes it where it is missing, for nobody else to read.
///
/// # Errors
/// The error of the system; [`io::ErrorKind::PermissionDenied`] when it is not a plain file, or a link to one, which
/// would be written in its place.
pub(crate) fn open_own(path: &Path) -> io::Result<File> {
    let refused = |reason| io::Error::new(io::ErrorKind::PermissionDenied, reason);
    // Nothing that a pipe could hold up either.
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits() as i32;
    let opened = OpenOptions::new().create(true).append(true).mode(0o600).custom_flags(flags).open(path);
    match opened {
        Ok(file) if file.metadata()?.is_file() => Ok(file),
        Ok(_) => Err(refused("it is not a plain file")),
        Err(_) if path.symlink_metadata().is_ok_and(|found| found.is_symlink()) => {
            Err(refused("it is a link, and links are not followed for writing"))
        }
        Err(error) => Err(error),
    }
}

/// Makes a new file of the data folder in place of one that a start which was cut short has left there.
///
/// # Errors
/// The error of the system.
pub(crate) fn make_own(path: &Path) -> io::Result<File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Makes a folder that nobody else may look into, and those above it; one that is there stays as it is.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Gives a file that the service manager handed over under this name (systemd.exec(5), `LoadCredential`).
pub(crate) fn credential(name: &str) -> Option<PathBuf> {
    let file = PathBuf::from(std::env::var_os("CREDENTIALS_DIRECTORY")?).join(name);
    file.exists().then_some(file)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_secret_that_others_can_read_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("secret"), folder.path().join("link"));
        fs::write(&path, "four plain words").unwrap();
        symlink(&path, &link).unwrap();
        for (mode, readable) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o644, false)] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(read(&path, 9).ok().as_deref(), readable.then_some(&b"four plai"[..]), "{mode:o}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read(&link, 9).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(read(&folder.path().join("none"), 9).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn nothing_is_written_behind_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("victim"), "precious").unwrap();
        for (name, target) in [("link", "victim"), ("dangling", "nothing")] {
            symlink(at(target), at(name)).unwrap();
            let refused = open_own(&at(name)).unwrap_err();
            assert!(refused.to_string().contains("link"), "{refused}");
            assert!(at(name).is_symlink() && !at("nothing").exists());
            make_own(&at(name)).unwrap();
            assert!(!at(name).is_symlink());
        }
        assert_eq!(fs::read(at("victim")).unwrap(), b"precious");
        rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), rustix::fs::Mode::RUSR).unwrap();
        fs::create_dir(at("folder")).unwrap();
        for no_file in ["pipe", "folder"] {
            open_own(&at(no_file)).unwrap_err();
        }
        open_own(&at("new")).unwrap();
        open_own(&at("new")).unwrap();
        assert_eq!(fs::metadata(at("new")).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
