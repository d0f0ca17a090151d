//! Opening connections to a daemon, and finding out who is at their other end.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use crate::session::Server;
use crate::trust::{Owner, TrustError, of_listener};

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A stream to a daemon, whatever it runs over.
pub type Stream = Pin<Box<dyn AsyncReadWrite>>;

/// Both directions of a connection.
pub trait AsyncReadWrite: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> AsyncReadWrite for T {}

/// A connection over which nothing was sent yet.
pub struct Connection {
    /// The open connection, encrypted where the address asks for it.
    pub stream: Stream,
    /// Whose the server is, where that was not known before.
    pub(super) newcomer: Option<Owner>,
}

impl Connection {
    /// Gives what is to be done once the server has turned out to be the one that was meant.
    pub fn on_success(&self, server: &Server) -> impl FnOnce() + use<> {
        let (server, newcomer) = (server.clone(), self.newcomer);
        move || {
            if let Some(owner) = newcomer {
                server.trust().settle(&server.to_string(), owner);
            }
        }
    }
}

/// Opens a connection. Nothing is sent to who is not taken for the server.
///
/// # Errors
/// What the system said, that it took too long, or that somebody else answered.
pub async fn connect(server: &Server) -> Result<Connection, TrustError> {
    let connecting = async {
        let (stream, owner): (Stream, _) = match server {
            Server::Http(address) => {
                let stream = tcp(address.authority()).await?;
                let owner = of_listener(&stream);
                (Box::pin(stream), owner)
            }
            Server::Https(address) => {
                let stream = tcp(address.authority()).await?;
                (Box::pin(address.trust().encrypt(address.authority(), stream).await?), None)
            }
            Server::Unix(address) => {
                let (stream, owner) = unix(address.path()).await?;
                (Box::pin(stream), owner)
            }
        };
        let newcomer = match owner {
            Some(owner) => server.trust().compare(&server.to_string(), owner)?,
            None => None,
        };
        Ok(Connection { stream, newcomer })
    };
    tokio::time::timeout(CONNECT_TIMEOUT, connecting)
        .await
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time").into()))
}

/// The socket of a daemon that runs as a service.
pub const SERVICE_SOCKET: &str = "/run/chatd/chatd.sock";

/// Connects to a socket, and gives whose it is unless its place alone speaks for it.
async fn unix(path: &Path) -> io::Result<(UnixStream, Option<Owner>)> {
    let stream = UnixStream::connect(path).await?;
    if is_trusted(&stream, path) {
        return Ok((stream, None));
    }
    // It is taken without being named, so it is looked at each time.
    if path == Path::new(SERVICE_SOCKET) {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the process behind the socket is not to be trusted",
        ));
    }
    let owner = stream.peer_cred().ok().map(|peer| Owner::from(peer.uid()));
    Ok((stream, owner))
}

/// Anybody can put a socket where a folder lets them: the process behind it must be root's, one's own, or that of the
/// owner of the folder, which nobody else can write to.
pub fn is_trusted(stream: &UnixStream, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let Some(folder) = path.parent().and_then(|folder| std::fs::metadata(folder).ok()) else { return false };
    let Ok(server) = stream.peer_cred() else { return false };
    let uid = server.uid();
    let of_the_folder = uid == folder.uid() && folder.mode() & 0o022 == 0;
    uid == 0 || of_the_folder || uid == rustix::process::geteuid().as_raw()
}

async fn tcp(authority: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Says what the system said in words alone, without its number.
pub fn in_words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}
