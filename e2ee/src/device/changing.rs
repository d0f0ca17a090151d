//! Making groups and changing who is in them. What a device has made holds when it comes back in the channel's order.

use openmls::group::{MlsGroup, MlsGroupCreateConfig, PURE_PLAINTEXT_WIRE_FORMAT_POLICY};
use openmls::prelude::LeafNodeIndex;
use openmls_traits::OpenMlsProvider as _;
use proto::DeviceId;
use tls_codec::Serialize as _;

use super::Device;
use super::terms::{Bundle, Change, DeviceError, invalid};
use crate::credential::DeviceCredential;
use crate::group_name::GroupName;
use crate::packages::CheckedPackage;
use crate::removal;
use crate::rows::{Rows, RowsError};
use crate::rules::RuleError;
use crate::signing::VerifyingKey;
use crate::suite::{PADDING_BYTES, PAST_EPOCHS_MAX, SUITE, ratchets};

/// Commits that are on their way: what they are, so that they are known again.
pub(super) const UNDER_WAY: &str = "under_way";

impl<R: Rows> Device<R> {
    /// Makes a group, with devices in it besides this one. It is this device's when the daemon has taken the bundle.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn begin(
        &self,
        name: GroupName,
        remover: VerifyingKey,
        add: Vec<CheckedPackage>,
    ) -> Result<Bundle, DeviceError> {
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(SUITE)
            .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
            .padding_size(PADDING_BYTES)
            .max_past_epochs(PAST_EPOCHS_MAX)
            .sender_ratchet_configuration(ratchets())
            .use_ratchet_tree_extension(false)
            .with_group_context_extensions(removal::extension(remover))
            .build();
        self.forget(name)?;
        let (signer, credential) = (&self.own.signing, self.credential.with_key());
        let group = MlsGroup::new_with_group_id(&self.provider, signer, &config, name.to_id(), credential);
        let group = group.map_err(invalid)?;
        let info = group.export_group_info(self.provider.crypto(), signer, false).map_err(invalid)?;
        let tree = group.export_ratchet_tree().tls_serialize_detached().map_err(invalid)?;
        let begins = (info.to_bytes().map_err(invalid)?, tree);
        self.loaded.borrow_mut().insert(name, group);
        if add.is_empty() {
            self.note_under_way(name, &begins.0)?;
            return Ok(Bundle {
                group: name,
                epoch: 0,
                begins: Some(begins),
                commit: None,
                welcome: None,
                added: Vec::new(),
            });
        }
        let bundle = self.commit(name, Change { add, remove: Vec::new() })?;
        Ok(Bundle { begins: Some(begins), ..bundle })
    }

    /// Makes a commit: it adds and removes devices, carries out removals that wait, and gives this device new keys. It replaces
    /// one that is on its way, and holds when [`Self::take`] has seen it come back.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn commit(&self, name: GroupName, change: Change) -> Result<Bundle, DeviceError> {
        self.with_group(name, |group| {
            group.clear_pending_commit(self.provider.storage()).map_err(invalid)?;
            let remove = leaves_of(group, &change.remove)?;
            let added = change.add.iter().map(|package| package.credential.clone()).collect();
            let epoch = group.epoch().as_u64();
            let (provider, signer) = (&self.provider, &self.own.signing);
            let builder = group.commit_builder().force_self_update(true);
            let builder = builder.propose_adds(change.add.into_iter().map(|package| package.package));
            let builder = builder.propose_removals(remove).load_psks(provider.storage()).map_err(invalid)?;
            let built = builder.build(provider.rand(), provider.crypto(), signer, |_| true).map_err(invalid)?;
            let (commit, welcome, _) = built.stage_commit(provider).map_err(invalid)?.into_messages();
            let commit = commit.to_bytes().map_err(invalid)?;
            let welcome = welcome.map(|welcome| welcome.to_bytes()).transpose().map_err(invalid)?;
            self.note_under_way(name, &commit)?;
            Ok(Bundle { group: name, epoch, begins: None, commit: Some(commit), welcome, added })
        })
    }

    /// Tells whether a commit of this device is on its way.
    ///
    /// # Errors
    /// [`RowsError`]
    pub fn is_under_way(&self, name: GroupName) -> Result<bool, RowsError> {
        Ok(self.provider.rows().get(UNDER_WAY, name.to_string().as_bytes())?.is_some())
    }

    /// The daemon has not taken the commit that was on its way, and will not.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn commit_refused(&self, name: GroupName) -> Result<(), DeviceError> {
        self.with_group(name, |group| group.clear_pending_commit(self.provider.storage()).map_err(invalid))?;
        self.forget_under_way(name)
    }

    /// A group that this device has begun is taken, and no commit came with it.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn begun(&self, name: GroupName) -> Result<(), DeviceError> {
        self.forget_under_way(name)
    }

    fn note_under_way(&self, name: GroupName, bytes: &[u8]) -> Result<(), DeviceError> {
        Ok(self.provider.rows().put(UNDER_WAY, name.to_string().as_bytes(), bytes)?)
    }

    pub(super) fn forget_under_way(&self, name: GroupName) -> Result<(), DeviceError> {
        Ok(self.provider.rows().delete(UNDER_WAY, name.to_string().as_bytes())?)
    }
}

/// Finds the places of devices in a group.
fn leaves_of(group: &MlsGroup, devices: &[DeviceId]) -> Result<Vec<LeafNodeIndex>, DeviceError> {
    let mut leaves = Vec::new();
    for member in group.members() {
        let credential =
            DeviceCredential::of_leaf(&member.credential, &member.signature_key).map_err(RuleError::from)?;
        if devices.contains(&credential.device) {
            leaves.push(member.index);
        }
    }
    Ok(leaves)
}
