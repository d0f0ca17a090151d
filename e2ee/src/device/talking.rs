//! Saying and hearing, joining, and following the changes of others.

use openmls::group::{
    MlsGroupJoinConfig, PURE_PLAINTEXT_WIRE_FORMAT_POLICY, ProcessMessageError, StagedWelcome, ValidationError,
};
use openmls::prelude::{
    MlsMessageBodyIn, MlsMessageIn, ProcessedMessageContent, ProtocolMessage, RatchetTreeIn, Sender,
};
use openmls_traits::OpenMlsProvider as _;
use tls_codec::DeserializeBytes as _;

use super::Device;
use super::changing::UNDER_WAY;
use super::terms::{DeviceError, Joined, Sealed, Taken, invalid};
use crate::credential::DeviceCredential;
use crate::group_name::GroupName;
use crate::removal;
use crate::rows::{Rows, RowsError};
use crate::rules::{self, RuleError};
use crate::signing::VerifyingKey;
use crate::suite::{PADDING_BYTES, PAST_EPOCHS_MAX, ratchets};

impl<R: Rows> Device<R> {
    /// Seals a text for a group. The keys that were used are gone then: it cannot be sealed again in the same way.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn seal(&self, name: GroupName, text: &[u8]) -> Result<Sealed, DeviceError> {
        self.with_group(name, |group| {
            if !group.is_active() {
                return Err(DeviceError::NotIn);
            }
            if group.has_pending_proposals() {
                return Err(DeviceError::RemovalWaits);
            }
            let epoch = group.epoch().as_u64();
            let message = group.create_message(&self.provider, &self.own.signing, text).map_err(invalid)?;
            Ok(Sealed { epoch, bytes: message.to_bytes().map_err(invalid)? })
        })
    }

    /// Takes in a message of a group: something that was said, a commit or a proposal, in the order of the channel.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn take(&self, name: GroupName, bytes: &[u8]) -> Result<Taken, DeviceError> {
        if let Some(own) = self.take_own_commit(name, bytes)? {
            return Ok(own);
        }
        self.with_group(name, |group| {
            let message = protocol_message(bytes)?;
            let (of, is) = (message.epoch().as_u64(), group.epoch().as_u64());
            if of > is {
                return Err(DeviceError::Early { of, is });
            }
            if of < is && message.is_handshake_message() {
                return Err(DeviceError::Late);
            }
            let processed = group.process_message(&self.provider, message).map_err(unopened)?;
            let sender = processed.sender().clone();
            let credential = processed.credential().clone();
            match processed.into_content() {
                ProcessedMessageContent::ApplicationMessage(text) => Ok(Taken::Said {
                    by: DeviceCredential::read(&credential).map_err(RuleError::from)?,
                    text: text.into_bytes(),
                }),
                ProcessedMessageContent::OwnPrivateMessage => Ok(Taken::Own),
                ProcessedMessageContent::ProposalMessage(proposal) => {
                    let removed = rules::removal(group.public_group(), &proposal)?;
                    group.store_pending_proposal(self.provider.storage(), *proposal).map_err(invalid)?;
                    Ok(Taken::RemovalWaits(removed))
                }
                ProcessedMessageContent::StagedCommitMessage(commit) => {
                    let committed = rules::committed(group.public_group(), &sender, &commit)?;
                    group.merge_staged_commit(&self.provider, *commit).map_err(invalid)?;
                    self.forget_under_way(name)?;
                    Ok(match group.is_active() {
                        true => Taken::Committed { committed, own: false },
                        false => Taken::Removed(committed),
                    })
                }
                _ => Err(RuleError::OtherProposal.into()),
            }
        })
    }

    /// Merges the commit of this device when it comes back.
    fn take_own_commit(&self, name: GroupName, bytes: &[u8]) -> Result<Option<Taken>, DeviceError> {
        let key = name.to_string();
        if self.provider.rows().get(UNDER_WAY, key.as_bytes())?.as_deref() != Some(bytes) {
            return Ok(None);
        }
        self.with_group(name, |group| {
            let Some(commit) = group.pending_commit() else { return Ok(None) };
            let sender = Sender::Member(group.own_leaf_index());
            let committed = rules::committed(group.public_group(), &sender, commit)?;
            group.merge_pending_commit(&self.provider).map_err(invalid)?;
            self.forget_under_way(name)?;
            Ok(Some(Taken::Committed { committed, own: true }))
        })
    }

    /// Joins a group that somebody has added this device to.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn join(&self, welcome: &[u8], tree: &[u8], remover: VerifyingKey) -> Result<Joined, DeviceError> {
        let message = MlsMessageIn::tls_deserialize_exact_bytes(welcome).map_err(invalid)?;
        let MlsMessageBodyIn::Welcome(welcome) = message.extract() else { return Err(invalid("no welcome")) };
        let tree = RatchetTreeIn::tls_deserialize_exact_bytes(tree).map_err(invalid)?;
        let config = MlsGroupJoinConfig::builder()
            .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
            .padding_size(PADDING_BYTES)
            .max_past_epochs(PAST_EPOCHS_MAX)
            .sender_ratchet_configuration(ratchets())
            .use_ratchet_tree_extension(false)
            .build();
        // Leaves of devices that were added long ago and have said nothing since are in the group all the same.
        let staged = StagedWelcome::build_from_welcome(&self.provider, &config, welcome)
            .map_err(invalid)?
            .with_ratchet_tree(tree)
            .skip_lifetime_validation()
            .replace_old_group()
            .build()
            .map_err(invalid)?;
        let name = GroupName::of_id(staged.group_context().group_id()).ok_or_else(|| invalid("another name"))?;
        if !removal::allows_only(staged.group_context(), remover) {
            return Err(RuleError::OtherSender.into());
        }
        let sender = staged.welcome_sender().map_err(invalid)?;
        let by = DeviceCredential::of_leaf(sender.credential(), sender.signature_key().as_slice())
            .map_err(RuleError::from)?;
        let group = staged.into_group(&self.provider).map_err(invalid)?;
        rules::roster(group.public_group())?;
        let epoch = group.epoch().as_u64();
        self.forget_under_way(name)?;
        self.loaded.borrow_mut().insert(name, group);
        Ok(Joined { group: name, epoch, by })
    }
}

fn unopened(error: ProcessMessageError<RowsError>) -> DeviceError {
    match error {
        ProcessMessageError::ValidationError(ValidationError::UnableToDecrypt(_)) => DeviceError::Late,
        error => invalid(error),
    }
}

fn protocol_message(bytes: &[u8]) -> Result<ProtocolMessage, DeviceError> {
    let message = MlsMessageIn::tls_deserialize_exact_bytes(bytes).map_err(invalid)?;
    message.try_into_protocol_message().map_err(invalid)
}
