//! The daemon's one right in a group: to propose that a device is removed, as who leaves cannot do it alone (RFC 9420, section
//! 12.1.8). Members carry it out.

use openmls::prelude::{
    BasicCredential, Credential, Extension, Extensions, ExternalSender, ExternalSendersExtension, GroupContext,
};

use crate::signing::{SigningKey, VerifyingKey};

/// What the daemon's key is called in groups.
const NAME: &[u8] = b"chatd";

/// The key by which a daemon proposes removals.
#[derive(Debug, Clone)]
pub struct Remover(pub SigningKey);

/// Gives the extension of a group that lets a daemon propose.
pub(crate) fn extension(remover: VerifyingKey) -> Extensions<GroupContext> {
    let credential = Credential::from(BasicCredential::new(NAME.to_vec()));
    let senders: ExternalSendersExtension = vec![ExternalSender::new(remover.as_bytes().into(), credential)];
    Extensions::single(Extension::ExternalSenders(senders)).expect("external senders belong into a group's context")
}

/// Tells whether a group lets one daemon propose and changes in no other way.
pub(crate) fn allows_only(context: &GroupContext, remover: VerifyingKey) -> bool {
    *context.extensions() == extension(remover)
}
