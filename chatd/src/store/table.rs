//! What several families read and write in one table: small steps, below all rules. Nothing here uses a family.

pub(super) mod access;
pub(super) mod channel;
pub(super) mod file;
pub(super) mod message;
pub(super) mod notice;
pub(super) mod page;
pub(super) mod relation;
pub(super) mod session;
pub(super) mod user;
