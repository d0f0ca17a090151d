//! TLS: the certificate and key of the daemon, which can be replaced while connections are open.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ServerConfig, SupportedProtocolVersion};
use tokio_rustls::server::TlsStream;

use crate::config;
use crate::reloadable::Reloadable;
use crate::secret::{credential, read_closed, read_unless};

/// How long the TLS handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// Bytes of a file with certificates or a key.
const FILE_BYTES_MAX: u64 = 1_048_576;

/// Why connections cannot be encrypted with what was named.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or should not be readable by others.
    #[error("cannot use `{path}`")]
    File {
        /// The path of the file.
        path: String,
        /// What the system said, or who else could read it.
        #[source]
        source: io::Error,
    },
    /// A file holds something else.
    #[error("`{path}` has no {what} in PEM form")]
    Form {
        /// The path of the file.
        path: String,
        /// What the file should contain.
        what: &'static str,
    },
    /// Certificate and key do not belong together, or are of a kind that is not known.
    #[error("certificate and key cannot be used")]
    Pair(#[from] tokio_rustls::rustls::Error),
}

/// What connections are encrypted with. Clones share it: what is replaced in one is replaced in all.
#[derive(Clone)]
pub struct Tls(Arc<Reloadable<Keys>>);

struct Keys {
    config: Arc<ServerConfig>,
    fingerprint: String,
}

impl Tls {
    /// Reads certificate and key.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn open(settings: &config::TlsFiles) -> Result<Option<Self>, TlsError> {
        let Some((cert, key)) = settings.files() else { return Ok(None) };
        let keys = Keys::read(cert, key, settings.min_version)?;
        Ok(Some(Self(Arc::new(Reloadable::new(keys)))))
    }

    /// Reads certificate and key again, for connections that come from now on. Those that are open stay.
    ///
    /// # Errors
    /// See [`TlsError`]; nothing changes then.
    pub fn reload(&self, settings: &config::TlsFiles) -> Result<(), TlsError> {
        let Some((cert, key)) = settings.files() else { return Ok(()) };
        self.0.set(Keys::read(cert, key, settings.min_version)?);
        Ok(())
    }

    /// Gives the name of the public key that people can compare, as `ssh` writes it: `SHA256:` and the hash of
    /// its `SubjectPublicKeyInfo` in base64. It stays the same when a certificate is renewed with the same key.
    pub fn fingerprint(&self) -> String {
        self.0.get().fingerprint.clone()
    }

    /// Agrees on keys with a peer.
    ///
    /// # Errors
    /// What the peer did wrong, or that it took too long.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let acceptor = TlsAcceptor::from(self.0.get().config.clone());
        // On the heap: nothing of it is needed afterwards.
        let handshake = tokio::time::timeout(HANDSHAKE_MAX, Box::pin(acceptor.accept(stream)));
        handshake.await.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "the handshake took too long")))
    }
}

impl Keys {
    fn read(cert: &Path, key: &Path, min_version: config::TlsVersion) -> Result<Self, TlsError> {
        let form = |path: &Path, what| TlsError::Form { path: path.display().to_string(), what };
        let failed = |path: &Path, source| TlsError::File { path: path.display().to_string(), source };
        let text = read_unless(cert, FILE_BYTES_MAX, "others can change it: chmod 644", |mode, _| mode & 0o022 != 0);
        let text = text.map_err(|error| failed(cert, error))?;
        let chain = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
        let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| form(cert, "certificate"))?;
        let text = read_closed(key, FILE_BYTES_MAX).map_err(|error| failed(key, error))?;
        let key = PrivateKeyDer::from_pem_slice(&text).map_err(|_| form(key, "private key"))?;
        let public = ParsedCertificate::try_from(&chain[0])?.subject_public_key_info();
        let hash = base64::engine::general_purpose::STANDARD_NO_PAD.encode(Sha256::digest(&public));
        let versions: &[&SupportedProtocolVersion] = match min_version {
            config::TlsVersion::V1_3 => &[&TLS13],
            config::TlsVersion::V1_2 => &[&TLS13, &TLS12],
        };
        let provider = Arc::new(ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        // Who comes back brings what is needed to go on; nothing is kept of who does not.
        config.ticketer = ring::Ticketer::new()?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), fingerprint: format!("SHA256:{hash}") })
    }
}

/// Gives certificate and key that the service manager handed over (`LoadCredential=tls.crt:…`, `tls.key:…`).
pub(crate) fn credentials() -> Option<(PathBuf, PathBuf)> {
    credential("tls.crt").zip(credential("tls.key"))
}
