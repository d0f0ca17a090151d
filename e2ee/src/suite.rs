//! The one ciphersuite, and the numbers that all devices of a group share.

use openmls::prelude::{Ciphersuite, SenderRatchetConfiguration, SignatureScheme};

/// Curve25519, ChaCha20-Poly1305, SHA-256 and Ed25519 (RFC 9420, section 17.1).
pub(crate) const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;
/// How devices and accounts sign.
pub(crate) const SIGNATURES: SignatureScheme = SignatureScheme::ED25519;
/// Bytes to whose multiples messages are padded, so that their length tells little.
pub const PADDING_BYTES: usize = 256;
/// Epochs before the newest whose messages can still be opened.
pub const PAST_EPOCHS_MAX: usize = 3;
/// Messages of a sender that may come after later ones, and those that may be missing before one.
const LATE_MAX: u32 = 100;
const MISSING_MAX: u32 = 1_000;
/// Seconds that a key package is valid: 12 weeks, which OpenMLS takes at most; the daemon allows 90 days.
pub const KEY_PACKAGE_SECONDS: u64 = 12 * 7 * 24 * 60 * 60;

pub(crate) fn ratchets() -> SenderRatchetConfiguration {
    SenderRatchetConfiguration::new(LATE_MAX, MISSING_MAX)
}
