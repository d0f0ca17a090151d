//! What OpenMLS wants kept, as rows. Values are JSON, as are the keys that they lie under.
//!
//! Which row holds what is OpenMLS's business (`openmls_traits::storage`): for each thing there is a way to write, read and
//! delete it. Pre-shared keys are not used here; their rows stay empty.

use openmls_traits::storage::{CURRENT_VERSION, Entity, Key, StorageProvider, traits};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::rows::{Rows, RowsError};

const V: u16 = CURRENT_VERSION;

const PROPOSALS: &str = "proposal";
const PROPOSAL_REFS: &str = "proposal_refs";
const LEAF_NODES: &str = "own_leaf_nodes";
const EPOCH_KEYS: &str = "epoch_keys";

/// Rows, as OpenMLS sees them.
#[derive(Debug, Default)]
pub(crate) struct Storage<R> {
    pub(crate) rows: R,
}

impl<R: Rows> Storage<R> {
    fn write(
        &self,
        table: &'static str,
        key: &impl Serialize,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), RowsError> {
        self.rows.put(table, &serde_json::to_vec(key)?, &serde_json::to_vec(value)?)
    }

    fn read<T: DeserializeOwned>(&self, table: &'static str, key: &impl Serialize) -> Result<Option<T>, RowsError> {
        let value = self.rows.get(table, &serde_json::to_vec(key)?)?;
        Ok(value.map(|value| serde_json::from_slice(&value)).transpose()?)
    }

    fn read_list<T: DeserializeOwned>(&self, table: &'static str, key: &impl Serialize) -> Result<Vec<T>, RowsError> {
        Ok(self.read(table, key)?.unwrap_or_default())
    }

    fn erase(&self, table: &'static str, key: &impl Serialize) -> Result<(), RowsError> {
        self.rows.delete(table, &serde_json::to_vec(key)?)
    }

    fn queue<P: Key<V> + Entity<V>>(
        &self,
        group: &impl Serialize,
        reference: &P,
        proposal: &impl Serialize,
    ) -> Result<(), RowsError> {
        self.write(PROPOSALS, &(group, reference), proposal)?;
        let mut references = self.read_list::<serde_json::Value>(PROPOSAL_REFS, group)?;
        references.push(serde_json::to_value(reference)?);
        self.write(PROPOSAL_REFS, group, &references)
    }

    fn unqueue<P: Key<V> + Entity<V>>(&self, group: &impl Serialize, reference: &P) -> Result<(), RowsError> {
        let mut references = self.read_list::<serde_json::Value>(PROPOSAL_REFS, group)?;
        let gone = serde_json::to_value(reference)?;
        references.retain(|reference| *reference != gone);
        self.write(PROPOSAL_REFS, group, &references)?;
        self.erase(PROPOSALS, &(group, reference))
    }

    fn queued<P: Key<V> + Entity<V>, Q: Entity<V>>(&self, group: &impl Serialize) -> Result<Vec<(P, Q)>, RowsError> {
        let references = self.read_list::<P>(PROPOSAL_REFS, group)?;
        let proposals = references.into_iter().map(|reference| {
            let proposal = self.read(PROPOSALS, &(group, &reference))?;
            Ok(proposal.map(|proposal| (reference, proposal)))
        });
        proposals.filter_map(Result::transpose).collect()
    }

    fn unqueue_all<P: Key<V> + Entity<V>>(&self, group: &impl Serialize) -> Result<(), RowsError> {
        for reference in self.read_list::<P>(PROPOSAL_REFS, group)? {
            self.erase(PROPOSALS, &(group, &reference))?;
        }
        self.erase(PROPOSAL_REFS, group)
    }
}

/// One row for each group: how it is written, read and deleted.
macro_rules! of_group {
    ($($write:ident $read:ident $delete:ident $kind:ident $table:literal;)+) => {$(
        fn $write<G: traits::GroupId<V>, T: traits::$kind<V>>(&self, group: &G, value: &T) -> Result<(), RowsError> {
            self.write($table, group, value)
        }

        fn $read<G: traits::GroupId<V>, T: traits::$kind<V>>(&self, group: &G) -> Result<Option<T>, RowsError> {
            self.read($table, group)
        }

        fn $delete<G: traits::GroupId<V>>(&self, group: &G) -> Result<(), RowsError> {
            self.erase($table, group)
        }
    )+};
}

/// One row for each thing of another kind.
macro_rules! of_key {
    ($($write:ident $read:ident $delete:ident $key:ident $kind:ident $table:literal;)+) => {$(
        fn $write<K: traits::$key<V>, T: traits::$kind<V>>(&self, key: &K, value: &T) -> Result<(), RowsError> {
            self.write($table, key, value)
        }

        fn $delete<K: traits::$key<V>>(&self, key: &K) -> Result<(), RowsError> {
            self.erase($table, key)
        }
    )+};
}

impl<R: Rows> StorageProvider<V> for Storage<R> {
    type Error = RowsError;

    of_group! {
        write_mls_join_config mls_group_join_config delete_group_config MlsGroupJoinConfig "join_config";
        write_tree tree delete_tree TreeSync "tree";
        write_interim_transcript_hash interim_transcript_hash delete_interim_transcript_hash
            InterimTranscriptHash "transcript";
        write_context group_context delete_context GroupContext "context";
        write_confirmation_tag confirmation_tag delete_confirmation_tag ConfirmationTag "confirmation";
        write_message_secrets message_secrets delete_message_secrets MessageSecrets "message_secrets";
        write_resumption_psk_store resumption_psk_store delete_all_resumption_psk_secrets
            ResumptionPskStore "resumption";
        write_own_leaf_index own_leaf_index delete_own_leaf_index LeafNodeIndex "own_leaf";
        write_group_epoch_secrets group_epoch_secrets delete_group_epoch_secrets GroupEpochSecrets "epoch_secrets";
    }

    of_key! {
        write_signature_key_pair signature_key_pair delete_signature_key_pair
            SignaturePublicKey SignatureKeyPair "signature_key";
        write_encryption_key_pair encryption_key_pair delete_encryption_key_pair
            EncryptionKey HpkeKeyPair "encryption_key";
        write_key_package key_package delete_key_package HashReference KeyPackage "key_package";
        write_psk psk delete_psk PskId PskBundle "psk";
    }

    fn signature_key_pair<K: traits::SignaturePublicKey<V>, T: traits::SignatureKeyPair<V>>(
        &self,
        key: &K,
    ) -> Result<Option<T>, RowsError> {
        self.read("signature_key", key)
    }

    fn encryption_key_pair<T: traits::HpkeKeyPair<V>, K: traits::EncryptionKey<V>>(
        &self,
        key: &K,
    ) -> Result<Option<T>, RowsError> {
        self.read("encryption_key", key)
    }

    fn key_package<K: traits::HashReference<V>, T: traits::KeyPackage<V>>(
        &self,
        key: &K,
    ) -> Result<Option<T>, RowsError> {
        self.read("key_package", key)
    }

    fn psk<T: traits::PskBundle<V>, K: traits::PskId<V>>(&self, key: &K) -> Result<Option<T>, RowsError> {
        self.read("psk", key)
    }

    fn write_group_state<T: traits::GroupState<V>, G: traits::GroupId<V>>(
        &self,
        group: &G,
        state: &T,
    ) -> Result<(), RowsError> {
        self.write("state", group, state)
    }

    fn group_state<T: traits::GroupState<V>, G: traits::GroupId<V>>(&self, group: &G) -> Result<Option<T>, RowsError> {
        self.read("state", group)
    }

    fn delete_group_state<G: traits::GroupId<V>>(&self, group: &G) -> Result<(), RowsError> {
        self.erase("state", group)
    }

    fn append_own_leaf_node<G: traits::GroupId<V>, L: traits::LeafNode<V>>(
        &self,
        group: &G,
        leaf: &L,
    ) -> Result<(), RowsError> {
        let mut leaves = self.read_list::<serde_json::Value>(LEAF_NODES, group)?;
        leaves.push(serde_json::to_value(leaf)?);
        self.write(LEAF_NODES, group, &leaves)
    }

    fn own_leaf_nodes<G: traits::GroupId<V>, L: traits::LeafNode<V>>(&self, group: &G) -> Result<Vec<L>, RowsError> {
        self.read_list(LEAF_NODES, group)
    }

    fn delete_own_leaf_nodes<G: traits::GroupId<V>>(&self, group: &G) -> Result<(), RowsError> {
        self.erase(LEAF_NODES, group)
    }

    fn write_encryption_epoch_key_pairs<G: traits::GroupId<V>, E: traits::EpochKey<V>, T: traits::HpkeKeyPair<V>>(
        &self,
        group: &G,
        epoch: &E,
        leaf: u32,
        pairs: &[T],
    ) -> Result<(), RowsError> {
        self.write(EPOCH_KEYS, &(group, epoch, leaf), pairs)
    }

    fn encryption_epoch_key_pairs<G: traits::GroupId<V>, E: traits::EpochKey<V>, T: traits::HpkeKeyPair<V>>(
        &self,
        group: &G,
        epoch: &E,
        leaf: u32,
    ) -> Result<Vec<T>, RowsError> {
        self.read_list(EPOCH_KEYS, &(group, epoch, leaf))
    }

    fn delete_encryption_epoch_key_pairs<G: traits::GroupId<V>, E: traits::EpochKey<V>>(
        &self,
        group: &G,
        epoch: &E,
        leaf: u32,
    ) -> Result<(), RowsError> {
        self.erase(EPOCH_KEYS, &(group, epoch, leaf))
    }

    fn queue_proposal<G: traits::GroupId<V>, P: traits::ProposalRef<V>, Q: traits::QueuedProposal<V>>(
        &self,
        group: &G,
        reference: &P,
        proposal: &Q,
    ) -> Result<(), RowsError> {
        self.queue(group, reference, proposal)
    }

    fn queued_proposal_refs<G: traits::GroupId<V>, P: traits::ProposalRef<V>>(
        &self,
        group: &G,
    ) -> Result<Vec<P>, RowsError> {
        self.read_list(PROPOSAL_REFS, group)
    }

    fn queued_proposals<G: traits::GroupId<V>, P: traits::ProposalRef<V>, Q: traits::QueuedProposal<V>>(
        &self,
        group: &G,
    ) -> Result<Vec<(P, Q)>, RowsError> {
        self.queued(group)
    }

    fn remove_proposal<G: traits::GroupId<V>, P: traits::ProposalRef<V>>(
        &self,
        group: &G,
        reference: &P,
    ) -> Result<(), RowsError> {
        self.unqueue(group, reference)
    }

    fn clear_proposal_queue<G: traits::GroupId<V>, P: traits::ProposalRef<V>>(
        &self,
        group: &G,
    ) -> Result<(), RowsError> {
        self.unqueue_all::<P>(group)
    }
}
