//! A person's side: one device, its keys, and the groups that it is in.
//!
//! Each call reads and writes rows. Whoever keeps them puts a call, and what follows from it, into one transaction, and calls
//! [`Device::rolled_back`] where that fails: else the same key could seal two texts.

mod changing;
mod talking;
mod terms;

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use openmls::group::MlsGroup;
use openmls_traits::OpenMlsProvider as _;
use proto::{DeviceId, Handle};
use serde::{Deserialize, Serialize};

use crate::credential::DeviceCredential;
use crate::group_name::GroupName;
use crate::packages;
use crate::provider::Provider;
use crate::rows::{Rows, RowsError};
use crate::rules;
use crate::signing::SigningKey;
use terms::invalid;
pub use terms::{Bundle, Change, DeviceError, Joined, Sealed, Taken};

const OWN: &str = "own";
const OWN_KEY: &[u8] = b"device";

/// What a device is.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Own {
    handle: Handle,
    device: DeviceId,
    identity: SigningKey,
    signing: SigningKey,
}

/// One device.
pub struct Device<R> {
    provider: Provider<R>,
    own: Own,
    credential: DeviceCredential,
    loaded: RefCell<HashMap<GroupName, MlsGroup>>,
}

impl<R> std::fmt::Debug for Device<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("credential", &self.credential).finish_non_exhaustive()
    }
}

impl<R: Rows> Device<R> {
    /// Makes the keys of a new device for an account, which vouches for it.
    ///
    /// # Errors
    /// [`RowsError`]
    pub fn create(rows: R, handle: &Handle, device: DeviceId, identity: &SigningKey) -> Result<Self, RowsError> {
        let own = Own { handle: handle.clone(), device, identity: identity.clone(), signing: SigningKey::generate() };
        rows.put(OWN, OWN_KEY, &serde_json::to_vec(&own)?)?;
        Ok(Self::of(rows, own))
    }

    /// Opens the device whose keys are kept, if there is one.
    ///
    /// # Errors
    /// [`RowsError`]
    pub fn open(rows: R) -> Result<Option<Self>, RowsError> {
        let own = rows.get(OWN, OWN_KEY)?;
        Ok(own.map(|own| serde_json::from_slice(&own)).transpose()?.map(|own| Self::of(rows, own)))
    }

    fn of(rows: R, own: Own) -> Self {
        let credential = DeviceCredential::issue(&own.identity, &own.handle, own.device, own.signing.public());
        Self { provider: Provider::new(rows), own, credential, loaded: RefCell::default() }
    }

    /// What was written since is undone: nothing of it is held in memory.
    pub fn rolled_back(&self) {
        self.loaded.borrow_mut().clear();
    }

    /// What the device shows to others.
    pub fn credential(&self) -> &DeviceCredential {
        &self.credential
    }

    /// The key of the account, with which another device of it is vouched for.
    pub fn identity(&self) -> &SigningKey {
        &self.own.identity
    }

    /// Signs a text as this device.
    pub fn sign(&self, text: &[u8]) -> Vec<u8> {
        self.own.signing.sign_text(text)
    }

    /// Makes a key package, by which others can add this device to a group.
    ///
    /// # Errors
    /// [`RowsError`]
    pub fn key_package(&self, is_last_resort: bool) -> Result<Vec<u8>, RowsError> {
        packages::make(&self.provider, &self.own.signing, &self.credential, is_last_resort)
    }

    /// Gives who is in a group, as this device knows it.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn roster(&self, name: GroupName) -> Result<Vec<DeviceCredential>, DeviceError> {
        self.with_group(name, |group| Ok(rules::roster(group.public_group())?))
    }

    /// Gives the epoch of a group; `None` if this device is not in it, or was removed.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn epoch(&self, name: GroupName) -> Result<Option<u64>, DeviceError> {
        match self.with_group(name, |group| Ok(group.is_active().then(|| group.epoch().as_u64()))) {
            Err(DeviceError::NotIn) => Ok(None),
            epoch => epoch,
        }
    }

    /// Tells whether a removal waits that this device knows of.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn removal_waits(&self, name: GroupName) -> Result<bool, DeviceError> {
        self.with_group(name, |group| Ok(group.has_pending_proposals()))
    }

    /// Deletes all keys of a group.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn forget(&self, name: GroupName) -> Result<(), DeviceError> {
        let deleted = self.with_group(name, |group| group.delete(self.provider.storage()).map_err(invalid));
        self.loaded.borrow_mut().remove(&name);
        self.forget_under_way(name)?;
        match deleted {
            Err(DeviceError::NotIn) => Ok(()),
            deleted => deleted,
        }
    }

    fn with_group<T>(
        &self,
        name: GroupName,
        work: impl FnOnce(&mut MlsGroup) -> Result<T, DeviceError>,
    ) -> Result<T, DeviceError> {
        let mut loaded = self.loaded.borrow_mut();
        let group = match loaded.entry(name) {
            Entry::Occupied(loaded) => loaded.into_mut(),
            Entry::Vacant(place) => {
                let group = MlsGroup::load(self.provider.storage(), &name.to_id())?;
                place.insert(group.ok_or(DeviceError::NotIn)?)
            }
        };
        work(group)
    }
}
