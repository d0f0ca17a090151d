//! Sockets that connections come in by.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::net::{TcpListener, UnixListener};

use crate::admin;
use crate::tls::Tls;

/// A socket that connections come in by.
pub enum Listener {
    /// TCP, and what connections are encrypted with.
    Tcp(TcpListener, Option<Tls>),
    /// A Unix socket, and its file when it is ours to remove at the end.
    Unix(UnixListener, Option<PathBuf>),
    /// The Unix socket of the operator.
    Admin(UnixListener, PathBuf),
}

impl Listener {
    /// Listens on a TCP address.
    ///
    /// # Errors
    /// The error of the system.
    pub async fn tcp(address: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(address).await.map(|listener| Self::Tcp(listener, None))
    }

    /// Listens on a Unix socket. A file that a dead daemon left there is replaced; one that answers is not.
    ///
    /// # Errors
    /// The error of the system.
    pub fn unix(path: &Path) -> io::Result<Self> {
        // Who may reach it is the folder's business; who may do what is the token's.
        Ok(Self::Unix(bind(path, 0o666)?, Some(path.to_owned())))
    }

    /// Takes a TCP socket that somebody else listens on already.
    ///
    /// # Errors
    /// The error of the system.
    pub fn inherited_tcp(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener).map(|listener| Self::Tcp(listener, None))
    }

    /// Takes a Unix socket that somebody else listens on already, and whose file stays.
    ///
    /// # Errors
    /// The error of the system.
    pub fn inherited_unix(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        UnixListener::from_std(listener).map(|listener| Self::Unix(listener, None))
    }

    /// Listens for the operator in a data folder, whose lock is held.
    ///
    /// # Errors
    /// The error of the system.
    pub fn admin(folder: &Path) -> io::Result<Self> {
        let path = folder.join(admin::socket::SOCKET_FILE);
        Ok(Self::Admin(bind(&path, 0o600)?, path))
    }

    /// Encrypts connections that come over TCP.
    #[must_use]
    pub fn encrypted(self, tls: &Tls) -> Self {
        match self {
            Self::Tcp(listener, _) => Self::Tcp(listener, Some(tls.clone())),
            other => other,
        }
    }

    /// Gives what its connections are encrypted with.
    pub fn tls(&self) -> Option<&Tls> {
        match self {
            Self::Tcp(_, tls) => tls.as_ref(),
            Self::Unix(..) | Self::Admin(..) => None,
        }
    }

    /// Gives the TCP address, if it is one.
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener, _) => listener.local_addr().ok(),
            Self::Unix(..) | Self::Admin(..) => None,
        }
    }

    /// Gives the address as `--server` of a client takes it; the operator's socket has none.
    ///
    /// # Errors
    /// The error of the system.
    pub fn url(&self) -> io::Result<Option<String>> {
        match self {
            Self::Tcp(listener, tls) => {
                let scheme = if tls.is_some() { "https" } else { "http" };
                Ok(Some(format!("{scheme}://{}", listener.local_addr()?)))
            }
            Self::Unix(listener, _) => {
                let address = listener.local_addr()?;
                Ok(address.as_pathname().map(|path| format!("unix:{}", path.display())))
            }
            Self::Admin(..) => Ok(None),
        }
    }
}

/// Makes a Unix socket. A file that a dead daemon left there is replaced; one that answers is not.
fn bind(path: &Path, mode: u32) -> io::Result<UnixListener> {
    use std::os::unix::fs::FileTypeExt;

    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err_and(refused) {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    Ok(listener)
}
