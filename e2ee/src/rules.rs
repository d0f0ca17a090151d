//! What a commit may do. Daemon and devices go by the same rules, so that none takes what another one refuses.
//!
//! Devices come and go: nothing else of a group changes after it was made. Members propose in their commits alone; the daemon,
//! which is the one external sender, proposes removals alone (RFC 9750, section 6.5).

use openmls::group::{PublicGroup, QueuedProposal, StagedCommit};
use openmls::prelude::{LeafNodeIndex, Proposal, Sender};

use crate::credential::{CredentialError, DeviceCredential};

/// Why a commit or proposal is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Something else than adding and removing devices was proposed.
    #[error("a group changes by adding and removing devices alone")]
    OtherProposal,
    /// It came from somebody who may not say that.
    #[error("only members change a group, and only the server proposes removals from outside")]
    OtherSender,
    /// A credential is not believed.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// A device stands under another name than before.
    #[error("a device cannot become another one")]
    OtherDevice,
    /// A device would be in the group twice.
    #[error("device `{0}` of `{1}` is in the group already")]
    Twice(proto::DeviceId, proto::Handle),
}

/// What a commit does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Who has made it.
    pub by: DeviceCredential,
    /// The devices that come.
    pub added: Vec<DeviceCredential>,
    /// The devices that go, and whether the server has proposed that.
    pub removed: Vec<(DeviceCredential, bool)>,
    /// The group's epoch after it.
    pub epoch: u64,
}

/// Reads who is at a place of a group.
pub(crate) fn member_at(group: &PublicGroup, leaf: LeafNodeIndex) -> Result<DeviceCredential, RuleError> {
    let leaf = group.leaf(leaf).ok_or(RuleError::OtherSender)?;
    Ok(DeviceCredential::of_leaf(leaf.credential(), leaf.signature_key().as_slice())?)
}

/// Reads who is in a group.
pub(crate) fn roster(group: &PublicGroup) -> Result<Vec<DeviceCredential>, RuleError> {
    let read = |member: openmls::prelude::Member| DeviceCredential::of_leaf(&member.credential, &member.signature_key);
    Ok(group.members().map(read).collect::<Result<_, _>>()?)
}

/// Checks a proposal that stands alone: the server's, to remove somebody. Gives whom.
pub(crate) fn removal(group: &PublicGroup, proposal: &QueuedProposal) -> Result<DeviceCredential, RuleError> {
    match (proposal.sender(), proposal.proposal()) {
        (Sender::External(_), Proposal::Remove(remove)) => member_at(group, remove.removed()),
        (Sender::External(_), _) => Err(RuleError::OtherProposal),
        _ => Err(RuleError::OtherSender),
    }
}

/// Checks a commit before it is merged, and says what it does.
pub(crate) fn committed(group: &PublicGroup, sender: &Sender, commit: &StagedCommit) -> Result<Committed, RuleError> {
    let Sender::Member(leaf) = sender else { return Err(RuleError::OtherSender) };
    let by = member_at(group, *leaf)?;
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    for proposal in commit.queued_proposals() {
        let from_server = match proposal.sender() {
            Sender::Member(proposer) if proposer == leaf => false,
            Sender::External(_) => true,
            _ => return Err(RuleError::OtherSender),
        };
        match proposal.proposal() {
            Proposal::Add(add) if !from_server => {
                let leaf = add.key_package().leaf_node();
                added.push(DeviceCredential::of_leaf(leaf.credential(), leaf.signature_key().as_slice())?);
            }
            Proposal::Remove(remove) => removed.push((member_at(group, remove.removed())?, from_server)),
            _ => return Err(RuleError::OtherProposal),
        }
    }
    if let Some(leaf) = commit.update_path_leaf_node() {
        let after = DeviceCredential::of_leaf(leaf.credential(), leaf.signature_key().as_slice())?;
        if after != by {
            return Err(RuleError::OtherDevice);
        }
    }
    let committed = Committed { by, added, removed, epoch: commit.group_context().epoch().as_u64() };
    once_each(&committed, roster(group)?)?;
    Ok(committed)
}

/// Checks that each device is in a group once.
fn once_each(committed: &Committed, before: Vec<DeviceCredential>) -> Result<(), RuleError> {
    let mut there = before;
    there.retain(|device| !committed.removed.iter().any(|(removed, _)| removed.is_same_device(device)));
    for device in &committed.added {
        if there.iter().any(|other| other.is_same_device(device)) {
            return Err(RuleError::Twice(device.device, device.handle.clone()));
        }
        there.push(device.clone());
    }
    Ok(())
}
