//! Keys that sign: of accounts, of devices, and of the daemon that may propose removals.

use std::fmt;

use openmls::prelude::{OpenMlsCrypto, SignatureScheme};
use openmls_rust_crypto::RustCrypto;
use openmls_traits::signatures::{Signer, SignerError};
use serde::{Deserialize, Serialize};

use crate::suite::SIGNATURES;

/// Bytes of a public key of Ed25519 (RFC 8032, section 5.1.5).
pub(crate) const PUBLIC_KEY_BYTES: usize = 32;

/// A public key that checks what somebody has signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VerifyingKey([u8; PUBLIC_KEY_BYTES]);

impl VerifyingKey {
    /// Reads a key; `None` if it has another length.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Gives the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Tells whether the owner of the key has signed a text.
    pub fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        RustCrypto::default().verify_signature(SIGNATURES, text, &self.0, signature).is_ok()
    }
}

/// A key that signs, with its public half. It prints only that one.
#[derive(Clone, Serialize, Deserialize)]
pub struct SigningKey {
    secret: Vec<u8>,
    public: VerifyingKey,
}

impl SigningKey {
    /// Makes a new one.
    ///
    /// # Panics
    /// Where the system gives no random numbers.
    pub fn generate() -> Self {
        let (secret, public) =
            RustCrypto::default().signature_key_gen(SIGNATURES).expect("the system gives random numbers");
        Self { secret, public: VerifyingKey::of_bytes(&public).expect("a key of Ed25519 has its length") }
    }

    /// Gives the public half.
    pub fn public(&self) -> VerifyingKey {
        self.public
    }

    /// Signs a text.
    ///
    /// # Panics
    /// Never: any text can be signed with any key of Ed25519.
    pub fn sign_text(&self, text: &[u8]) -> Vec<u8> {
        self.sign(text).expect("a key of Ed25519 signs any text")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl Signer for SigningKey {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        RustCrypto::default().sign(SIGNATURES, payload, &self.secret).map_err(SignerError::CryptoError)
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SIGNATURES
    }
}
