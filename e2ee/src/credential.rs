//! What a device shows to others: whose it is, signed by its account's identity key.

use openmls::prelude::{BasicCredential, Credential, CredentialWithKey};
use proto::{DeviceId, Handle};
use tls_codec::{Deserialize as _, Serialize as _, TlsDeserialize, TlsSerialize, TlsSize, VLBytes};

use crate::signing::{SigningKey, VerifyingKey};

/// The first byte of a credential: what follows may be otherwise one day.
const VERSION: u8 = 1;
/// What an identity key signs is of this kind and no other.
const LABEL: &[u8] = b"chatd device";

/// Why a credential is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// It is not written as ours are.
    #[error("the credential cannot be read")]
    Unreadable,
    /// The identity key has not signed this device.
    #[error("the credential is not signed by the account that it names")]
    NotSigned,
}

/// A device of an account, vouched for by the account's identity key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCredential {
    /// The account.
    pub handle: Handle,
    /// The device.
    pub device: DeviceId,
    /// The account's identity key.
    pub identity: VerifyingKey,
    /// What the device signs with.
    pub signature_key: VerifyingKey,
    signature: Vec<u8>,
}

/// A credential as it stands in a leaf. The key of the leaf stands in it too, so that what somebody said who has left since can
/// be told to be theirs.
#[derive(TlsSerialize, TlsDeserialize, TlsSize)]
struct Written {
    version: u8,
    handle: VLBytes,
    device: VLBytes,
    identity: VLBytes,
    signature_key: VLBytes,
    signature: VLBytes,
}

impl DeviceCredential {
    /// Vouches for a device with the identity key of its account.
    pub fn issue(identity: &SigningKey, handle: &Handle, device: DeviceId, signature_key: VerifyingKey) -> Self {
        let signature = identity.sign_text(&signed_text(handle, device, signature_key));
        Self { handle: handle.clone(), device, identity: identity.public(), signature_key, signature }
    }

    /// Reads the credential of a leaf, which has to sign with the key that it names.
    ///
    /// # Errors
    /// [`CredentialError`]
    pub fn of_leaf(credential: &Credential, signature_key: &[u8]) -> Result<Self, CredentialError> {
        let it = Self::read(credential)?;
        if it.signature_key.as_bytes() == signature_key { Ok(it) } else { Err(CredentialError::NotSigned) }
    }

    /// Reads a credential whose leaf was checked when it came.
    ///
    /// # Errors
    /// [`CredentialError`]
    pub fn read(credential: &Credential) -> Result<Self, CredentialError> {
        let unreadable = |_| CredentialError::Unreadable;
        let basic = BasicCredential::try_from(credential.clone()).map_err(|_| CredentialError::Unreadable)?;
        let written = Written::tls_deserialize_exact(basic.identity()).map_err(unreadable)?;
        let text = |bytes: &VLBytes| String::from_utf8(bytes.as_slice().to_vec()).ok();
        let read = || {
            Some(Self {
                handle: text(&written.handle)?.parse().ok()?,
                device: text(&written.device)?.parse().ok()?,
                identity: VerifyingKey::of_bytes(written.identity.as_slice())?,
                signature_key: VerifyingKey::of_bytes(written.signature_key.as_slice())?,
                signature: written.signature.as_slice().to_vec(),
            })
        };
        let it = read().filter(|_| written.version == VERSION).ok_or(CredentialError::Unreadable)?;
        let text = signed_text(&it.handle, it.device, it.signature_key);
        if it.identity.has_signed(&text, &it.signature) { Ok(it) } else { Err(CredentialError::NotSigned) }
    }

    /// Gives it as it stands in a leaf.
    ///
    /// # Panics
    /// Never: all its parts are short.
    pub(crate) fn with_key(&self) -> CredentialWithKey {
        let written = Written {
            version: VERSION,
            handle: self.handle.as_str().as_bytes().into(),
            device: self.device.as_str().as_bytes().into(),
            identity: self.identity.as_bytes().into(),
            signature_key: self.signature_key.as_bytes().into(),
            signature: self.signature.as_slice().into(),
        };
        let identity = written.tls_serialize_detached().expect("a credential is short");
        CredentialWithKey {
            credential: BasicCredential::new(identity).into(),
            signature_key: self.signature_key.as_bytes().into(),
        }
    }

    /// Tells whether two are of the same device of the same account.
    pub fn is_same_device(&self, other: &Self) -> bool {
        (&self.handle, self.device) == (&other.handle, other.device)
    }
}

/// The text that an identity key signs for a device. No part can run into the next, since each comes with its length.
fn signed_text(handle: &Handle, device: DeviceId, signature_key: VerifyingKey) -> Vec<u8> {
    let parts = [LABEL, handle.as_str().as_bytes(), device.as_str().as_bytes(), signature_key.as_bytes()];
    let part = |bytes: &[u8]| VLBytes::from(bytes).tls_serialize_detached().expect("a part is short");
    parts.into_iter().flat_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issued() -> (SigningKey, DeviceCredential) {
        let (identity, own) = (SigningKey::generate(), SigningKey::generate());
        let credential =
            DeviceCredential::issue(&identity, &"ann".parse().unwrap(), "laptop".parse().unwrap(), own.public());
        (identity, credential)
    }

    #[test]
    fn what_is_issued_is_believed() {
        let (_, credential) = issued();
        let with_key = credential.with_key();
        let read = DeviceCredential::of_leaf(&with_key.credential, with_key.signature_key.as_slice());
        assert_eq!(read, Ok(credential));
        let other = SigningKey::generate().public();
        let read = DeviceCredential::of_leaf(&with_key.credential, other.as_bytes());
        assert_eq!(read, Err(CredentialError::NotSigned));
    }

    #[test]
    fn no_part_can_be_exchanged() {
        let (_, credential) = issued();
        let (_, other) = issued();
        let exchanged = [
            DeviceCredential { handle: "bob".parse().unwrap(), ..credential.clone() },
            DeviceCredential { device: "phone".parse().unwrap(), ..credential.clone() },
            DeviceCredential { identity: other.identity, ..credential.clone() },
            DeviceCredential { signature_key: other.signature_key, ..credential.clone() },
            DeviceCredential { signature: other.signature.clone(), ..credential.clone() },
        ];
        for it in exchanged {
            let with_key = it.with_key();
            assert_eq!(DeviceCredential::read(&with_key.credential), Err(CredentialError::NotSigned), "{it:?}");
        }
    }

    #[test]
    fn other_bytes_are_no_credential() {
        let (_, credential) = issued();
        let with_key = credential.with_key();
        let whole = BasicCredential::try_from(with_key.credential.clone()).unwrap().identity().to_vec();
        for end in 0..whole.len() {
            let cut = BasicCredential::new(whole[..end].to_vec()).into();
            assert_eq!(DeviceCredential::read(&cut), Err(CredentialError::Unreadable));
        }
        let longer = BasicCredential::new([whole.as_slice(), b"x"].concat()).into();
        assert_eq!(DeviceCredential::read(&longer), Err(CredentialError::Unreadable));
        let newer = BasicCredential::new([&[VERSION + 1], &whole[1..]].concat()).into();
        assert_eq!(DeviceCredential::read(&newer), Err(CredentialError::Unreadable));
    }
}
