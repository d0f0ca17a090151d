//! What OpenMLS works with: RustCrypto, and rows for what it keeps.

use openmls_rust_crypto::RustCrypto;
use openmls_traits::OpenMlsProvider;

use crate::rows::Rows;
use crate::storage::Storage;

/// Cryptography, random numbers and rows.
#[derive(Debug, Default)]
pub(crate) struct Provider<R> {
    crypto: RustCrypto,
    storage: Storage<R>,
}

impl<R> Provider<R> {
    pub(crate) fn new(rows: R) -> Self {
        Self { crypto: RustCrypto::default(), storage: Storage { rows } }
    }

    pub(crate) fn rows(&self) -> &R {
        &self.storage.rows
    }
}

impl<R: Rows> OpenMlsProvider for Provider<R> {
    type CryptoProvider = RustCrypto;
    type RandProvider = RustCrypto;
    type StorageProvider = Storage<R>;

    fn storage(&self) -> &Storage<R> {
        &self.storage
    }

    fn crypto(&self) -> &RustCrypto {
        &self.crypto
    }

    fn rand(&self) -> &RustCrypto {
        &self.crypto
    }
}
