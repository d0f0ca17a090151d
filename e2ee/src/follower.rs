//! The daemon's side: it follows each group by its commits, as public messages, and holds the tree of who is in it. It has none
//! of the group's secrets.

use openmls::group::{ProposalStore, PublicGroup};
use openmls::prelude::{
    ExternalProposal, LeafNodeIndex, MlsMessageBodyIn, MlsMessageIn, ProcessedMessageContent, ProtocolMessage,
    RatchetTreeIn, SenderExtensionIndex,
};
use openmls_traits::OpenMlsProvider as _;
use tls_codec::{DeserializeBytes as _, Serialize as _};

use crate::credential::DeviceCredential;
use crate::group_name::GroupName;
use crate::provider::Provider;
use crate::removal::{self, Remover};
use crate::rows::MemoryRows;
use crate::rules::{self, Committed, RuleError};
use crate::signing::VerifyingKey;
use crate::suite::SUITE;

/// Why the daemon does not take something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FollowerError {
    /// It is not what it should be, or its signatures are wrong.
    #[error("the commit does not apply to this group: {0}")]
    Invalid(String),
    /// It is for another epoch than the group is in.
    #[error("the commit is for epoch {of}, the group is in epoch {is}")]
    OtherEpoch {
        /// The epoch of the message.
        of: u64,
        /// The epoch of the group.
        is: u64,
    },
    /// It breaks a rule.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// What was stored of the group cannot be read.
    #[error("the group's state cannot be read")]
    Damaged,
}

/// A group as the daemon knows it.
pub struct Follower {
    provider: Provider<MemoryRows>,
    group: PublicGroup,
    name: GroupName,
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").field("name", &self.name).field("epoch", &self.epoch()).finish_non_exhaustive()
    }
}

impl Follower {
    /// Begins to follow a new group: its first epoch, with whoever makes it alone in it.
    ///
    /// # Errors
    /// [`FollowerError`]
    pub fn begin(group_info: &[u8], tree: &[u8], remover: VerifyingKey) -> Result<Self, FollowerError> {
        let invalid = |what: &str| FollowerError::Invalid(what.to_owned());
        let message = MlsMessageIn::tls_deserialize_exact_bytes(group_info).map_err(|_| invalid("no group info"))?;
        let MlsMessageBodyIn::GroupInfo(info) = message.extract() else { return Err(invalid("no group info")) };
        let tree = RatchetTreeIn::tls_deserialize_exact_bytes(tree).map_err(|_| invalid("no ratchet tree"))?;
        let provider = Provider::new(MemoryRows::default());
        let (group, _) =
            PublicGroup::from_external(provider.crypto(), provider.storage(), tree, info, ProposalStore::new())
                .map_err(|error| FollowerError::Invalid(error.to_string()))?;
        let name = GroupName::of_id(group.group_id()).ok_or_else(|| invalid("another group's name"))?;
        let it = Self { provider, group, name };
        match () {
            () if it.group.ciphersuite() != SUITE => Err(invalid("another ciphersuite")),
            () if it.epoch() != 0 => Err(invalid("not its first epoch")),
            () if it.roster()?.len() != 1 => Err(invalid("more than one device")),
            () if !removal::allows_only(it.group.group_context(), remover) => Err(invalid("other rules of the group")),
            () => Ok(it),
        }
    }

    /// Goes on with what [`Self::state`] has given.
    ///
    /// # Errors
    /// [`FollowerError::Damaged`]
    pub fn load(name: GroupName, state: &[u8]) -> Result<Self, FollowerError> {
        let provider = Provider::new(MemoryRows::of_bytes(state).ok_or(FollowerError::Damaged)?);
        let group =
            PublicGroup::load(provider.storage(), &name.to_id()).ok().flatten().ok_or(FollowerError::Damaged)?;
        Ok(Self { provider, group, name })
    }

    /// Gives all that is to be stored.
    pub fn state(&self) -> Vec<u8> {
        self.provider.rows().to_bytes()
    }

    /// Which group it is.
    pub fn name(&self) -> GroupName {
        self.name
    }

    /// The epoch that the group is in.
    pub fn epoch(&self) -> u64 {
        self.group.group_context().epoch().as_u64()
    }

    /// The devices in the group.
    ///
    /// # Errors
    /// [`RuleError::Credential`]: never, as each was checked when it came.
    pub fn roster(&self) -> Result<Vec<DeviceCredential>, RuleError> {
        rules::roster(&self.group)
    }

    /// The tree, for devices that join in this epoch.
    ///
    /// # Panics
    /// Never: a tree can be written.
    pub fn tree(&self) -> Vec<u8> {
        self.group.export_ratchet_tree().tls_serialize_detached().expect("a tree can be written")
    }

    /// Takes a commit in. The group is in the next epoch then.
    ///
    /// # Errors
    /// [`FollowerError`]: the group is as it was.
    pub fn take(&mut self, commit: &[u8]) -> Result<Committed, FollowerError> {
        let message = protocol_message(commit)?;
        let (of, is) = (message.epoch().as_u64(), self.epoch());
        if of != is && message.group_id() == self.group.group_id() {
            return Err(FollowerError::OtherEpoch { of, is });
        }
        let processed = self.group.process_message(self.provider.crypto(), message);
        let processed = processed.map_err(|error| FollowerError::Invalid(error.to_string()))?;
        let sender = processed.sender().clone();
        let ProcessedMessageContent::StagedCommitMessage(commit) = processed.into_content() else {
            return Err(FollowerError::Invalid("no commit".to_owned()));
        };
        let committed = rules::committed(&self.group, &sender, &commit)?;
        self.group
            .merge_commit(self.provider.storage(), *commit)
            .map_err(|error| FollowerError::Invalid(error.to_string()))?;
        Ok(committed)
    }

    /// Proposes that a device is removed, and gives the proposal, which the members carry out. `None` if it is not in the group.
    ///
    /// # Errors
    /// [`FollowerError`]
    pub fn propose_removal(
        &mut self,
        remover: &Remover,
        device: &DeviceCredential,
    ) -> Result<Option<Vec<u8>>, FollowerError> {
        let Some(leaf) = self.leaf_of(device) else { return Ok(None) };
        let message = ExternalProposal::new_remove::<Provider<MemoryRows>>(
            leaf,
            self.group.group_id().clone(),
            self.group.group_context().epoch(),
            &remover.0,
            SenderExtensionIndex::new(0),
        );
        let invalid = |error: &dyn std::error::Error| FollowerError::Invalid(error.to_string());
        let bytes = message.map_err(|error| invalid(&error))?.to_bytes().map_err(|error| invalid(&error))?;
        let processed = self.group.process_message(self.provider.crypto(), protocol_message(&bytes)?);
        let processed = processed.map_err(|error| invalid(&error))?;
        let ProcessedMessageContent::ProposalMessage(proposal) = processed.into_content() else {
            return Err(FollowerError::Invalid("no proposal".to_owned()));
        };
        rules::removal(&self.group, &proposal)?;
        self.group.add_proposal(self.provider.storage(), *proposal).map_err(|error| invalid(&error))?;
        Ok(Some(bytes))
    }

    fn leaf_of(&self, device: &DeviceCredential) -> Option<LeafNodeIndex> {
        let key = device.signature_key.as_bytes();
        self.group.members().find(|member| member.signature_key == key).map(|member| member.index)
    }
}

/// Reads a commit or proposal.
fn protocol_message(bytes: &[u8]) -> Result<ProtocolMessage, FollowerError> {
    let message = MlsMessageIn::tls_deserialize_exact_bytes(bytes).ok();
    match message.map(MlsMessageIn::extract) {
        Some(MlsMessageBodyIn::PublicMessage(message)) => Ok(message.into()),
        _ => Err(FollowerError::Invalid("no public message".to_owned())),
    }
}
