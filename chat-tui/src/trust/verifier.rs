//! What decides, in a handshake, whether the right one is at the other end.

use std::sync::Arc;

use base64::Engine;
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

use super::{KeyError, Known, Trust};

/// Makes the settings of connections to one server.
pub(super) fn client_config(trust: &Trust, authority: &str) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier {
        authorities: authorities(trust, &provider),
        trust: trust.clone(),
        authority: authority.to_owned(),
        provider: provider.clone(),
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Gives those who vouch for servers; a machine may have none.
fn authorities(trust: &Trust, provider: &Arc<CryptoProvider>) -> Option<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    if trust.inner.ca.is_empty() {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    } else {
        roots.add_parsable_certificates(trust.inner.ca.iter().cloned());
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().ok()
}

struct Verifier {
    trust: Trust,
    authority: String,
    authorities: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("authority", &self.authority).finish_non_exhaustive()
    }
}

impl Verifier {
    /// Compares the key with the one that the server must have; `None` when none is known.
    fn by_key(&self, found: &str, known: Option<&Known>) -> Option<Result<(), KeyError>> {
        let found = found.to_owned();
        if let Some(named) = &self.trust.inner.key {
            let named = named.clone();
            return Some(if named == found { Ok(()) } else { Err(KeyError::NotNamed { named, found }) });
        }
        // Whoever names the authorities asks for them alone.
        match known {
            Some(Known::Key(known)) if self.trust.inner.ca.is_empty() => {
                let known = known.clone();
                Some(if known == found { Ok(()) } else { Err(KeyError::Changed { known, found }) })
            }
            _ => None,
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let found = fingerprint(end_entity)?;
        let known = self.trust.known(&self.authority).map_err(|error| Error::General(error.to_string()))?;
        if let Some(verdict) = self.by_key(&found, known.as_ref()) {
            return verdict.map(|()| ServerCertVerified::assertion()).map_err(refused);
        }
        // A certificate that vouches for itself is no authority, but it is the one that was named.
        if self.trust.inner.ca.iter().any(|named| named == end_entity) {
            return Ok(ServerCertVerified::assertion());
        }
        let unknown = || {
            refused(match known {
                Some(Known::VouchedFor) => {
                    KeyError::Changed { known: "one that an authority vouched for".to_owned(), found: found.clone() }
                }
                _ => KeyError::Unknown { found: found.clone() },
            })
        };
        let Some(authorities) = &self.authorities else { return Err(unknown()) };
        let vouched = authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        vouched
            .map_err(|error| if self.trust.inner.ca.is_empty() && nobody_vouches(&error) { unknown() } else { error })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn refused(error: KeyError) -> Error {
    Error::Other(OtherError(Arc::new(error)))
}

/// Tells whether the certificate is only unknown. One that is known but has ended or names somebody else is no
/// matter of trust.
fn nobody_vouches(error: &Error) -> bool {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext, Revoked,
    };

    match error {
        Error::InvalidCertificate(
            Expired
            | ExpiredContext { .. }
            | NotValidYet
            | NotValidYetContext { .. }
            | NotValidForName
            | NotValidForNameContext { .. }
            | Revoked,
        ) => false,
        Error::InvalidCertificate(_) => true,
        _ => false,
    }
}

/// Names a public key as the daemon does in its log: `SHA256:` and the hash of its `SubjectPublicKeyInfo`.
fn fingerprint(cert: &CertificateDer<'_>) -> Result<String, Error> {
    let public = ParsedCertificate::try_from(cert)?.subject_public_key_info();
    let hash = base64::engine::general_purpose::STANDARD_NO_PAD.encode(Sha256::digest(&public));
    Ok(format!("SHA256:{hash}"))
}
