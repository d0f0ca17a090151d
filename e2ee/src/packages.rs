//! Key packages: with one of a device anybody can add it to a group while it is away (RFC 9420, section 10). Each is used once;
//! the last resort is handed out when there is no other (section 16.8).

use openmls::prelude::{
    KeyPackage, KeyPackageIn, Lifetime, MlsMessageBodyIn, MlsMessageIn, MlsMessageOut, OpenMlsCrypto, ProtocolVersion,
};
use openmls_rust_crypto::RustCrypto;
use tls_codec::{DeserializeBytes as _, Serialize as _};

use crate::credential::{CredentialError, DeviceCredential};
use crate::provider::Provider;
use crate::rows::{Rows, RowsError};
use crate::signing::SigningKey;
use crate::suite::{KEY_PACKAGE_SECONDS, SUITE};

/// Why a key package is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// It is no key package, or its signatures are wrong.
    #[error("that is no valid key package")]
    Invalid,
    /// It is of another ciphersuite.
    #[error("the key package is of another ciphersuite")]
    OtherSuite,
    /// It is not valid now, or for longer than 12 weeks.
    #[error("the key package is not valid now, or for too long")]
    Lifetime,
    /// Its credential is not believed.
    #[error(transparent)]
    Credential(#[from] CredentialError),
}

/// A key package that can be used.
#[derive(Debug, Clone)]
pub struct CheckedPackage {
    /// Whose it is.
    pub credential: DeviceCredential,
    /// Whether it is for when there is no other.
    pub is_last_resort: bool,
    /// Seconds since 1970 after which it is not valid.
    pub not_after: u64,
    pub(crate) package: KeyPackage,
}

impl CheckedPackage {
    /// Reads and checks a key package: its signatures, its ciphersuite, its credential and that it is valid now.
    ///
    /// # Errors
    /// [`PackageError`]
    pub fn read(bytes: &[u8]) -> Result<Self, PackageError> {
        let message = MlsMessageIn::tls_deserialize_exact_bytes(bytes).map_err(|_| PackageError::Invalid)?;
        let MlsMessageBodyIn::KeyPackage(package) = message.extract() else { return Err(PackageError::Invalid) };
        Self::check(package)
    }

    fn check(package: KeyPackageIn) -> Result<Self, PackageError> {
        let crypto = RustCrypto::default();
        let package = package.validate(&crypto, ProtocolVersion::Mls10).map_err(|_| PackageError::Invalid)?;
        if package.ciphersuite() != SUITE || crypto.supports(package.ciphersuite()).is_err() {
            return Err(PackageError::OtherSuite);
        }
        let lifetime = package.life_time();
        if lifetime.validate().is_err() || !lifetime.has_acceptable_range() {
            return Err(PackageError::Lifetime);
        }
        let leaf = package.leaf_node();
        let credential = DeviceCredential::of_leaf(leaf.credential(), leaf.signature_key().as_slice())?;
        Ok(Self { credential, is_last_resort: package.last_resort(), not_after: lifetime.not_after(), package })
    }
}

/// Makes a key package for a device, and keeps what belongs to it.
pub(crate) fn make(
    provider: &Provider<impl Rows>,
    signer: &SigningKey,
    credential: &DeviceCredential,
    is_last_resort: bool,
) -> Result<Vec<u8>, RowsError> {
    let builder = KeyPackage::builder().key_package_lifetime(Lifetime::new(KEY_PACKAGE_SECONDS));
    let builder = if is_last_resort { builder.mark_as_last_resort() } else { builder };
    let bundle = builder
        .build(SUITE, provider, signer, credential.with_key())
        .map_err(|error| RowsError::of(error.to_string()))?;
    let message = MlsMessageOut::from(bundle.into_key_package());
    Ok(message.tls_serialize_detached().expect("a key package can be written"))
}
