//! Where the programs of one profile meet: a lock for the one that holds the store, and the socket that it listens at.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::terms::LocalStoreError;
use crate::places::{ProfileLock, try_lock};

/// Bytes that the path of a socket may have (sun_path of unix(7), with its end).
const SOCKET_PATH_MAX: usize = 107;

/// The places beside a store.
#[derive(Debug, Clone)]
pub(super) struct StorePlace {
    /// The path of the store.
    pub(super) file: PathBuf,
}

impl StorePlace {
    /// Gives the places beside a store.
    pub(super) fn of(file: &Path) -> Self {
        Self { file: file.to_owned() }
    }

    /// Takes the store for this program; `None` when another one has it.
    pub(super) fn take(&self) -> Result<Option<ProfileLock>, LocalStoreError> {
        try_lock(&self.file.with_extension("lock")).map_err(LocalStoreError::of_place)
    }

    /// Begins to listen, in place of whoever listened before. Only the user's own programs can connect.
    pub(super) fn listen(&self) -> io::Result<UnixListener> {
        let socket = self.socket();
        let new = socket.with_extension(format!("new-{}", std::process::id()));
        let listener = with_short_path(&new, |path| {
            let _ = fs::remove_file(path);
            UnixListener::bind(path)
        })?;
        // Nobody finds it before it is closed to others.
        fs::set_permissions(&new, Permissions::from_mode(0o600))?;
        fs::rename(&new, &socket)?;
        Ok(listener)
    }

    /// Connects to the program that has the store. Where it was stopped and others wait for it already, it is waited for no
    /// longer than `max`, as for each thing that is said on the connection.
    pub(super) fn connect(&self, max: Duration) -> io::Result<UnixStream> {
        with_short_path(&self.socket(), |path| {
            let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
            // Bounds connecting too (socket(7), SO_SNDTIMEO).
            set_socket_timeout(&socket, Timeout::Send, Some(max))?;
            rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)?;
            Ok(UnixStream::from(socket))
        })
    }

    /// Nobody listens any more.
    pub(super) fn remove_socket(&self) {
        let _ = fs::remove_file(self.socket());
    }

    /// The name is short, as that of the store need not be: it ends with letters that stand for the whole.
    fn socket(&self) -> PathBuf {
        let stem = self.file.file_stem().unwrap_or_default().to_string_lossy();
        let end = stem.rsplit('-').next().unwrap_or_default();
        self.file.with_file_name(format!("{end}.sock"))
    }
}

/// Does something with a path for the same file that is short enough for a socket: by way of the folder, which Linux shows
/// under a short name while it is open (proc(5)).
fn with_short_path<T>(path: &Path, work: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    if path.as_os_str().as_bytes().len() <= SOCKET_PATH_MAX {
        return work(path);
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return work(path) };
    let folder = File::open(folder)?;
    let short = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
    if short.as_os_str().as_bytes().len() > SOCKET_PATH_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidFilename, "the name of the socket is too long"));
    }
    work(&short)
}
