//! Hashes in PHC form, computed in memory that the caller keeps for the next one.

use argon2::password_hash::phc::{self, Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Block, Error, Params, Version};

use crate::password_hash::PasswordHash;

/// Memory of a stored hash that is still verified, in KiB: a larger one is no hash of ours.
const STORED_MEMORY_KIB_MAX: u32 = 131_072;

/// The memory that a hash is computed in. Fresh pages cost as much as the hash itself.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    fn blocks(&mut self, params: &Params) -> &mut [Block] {
        let count = params.block_count();
        if self.0.len() < count {
            // Not grown in place, which would copy what nobody needs.
            self.0 = Vec::new();
            self.0.resize(count, Block::default());
        }
        &mut self.0[..count]
    }
}

/// Hashes a password with a fresh salt.
///
/// # Errors
/// Only for costs that the configuration does not allow.
pub(super) fn hash(params: &Params, memory: &mut Memory, password: &str) -> Result<PasswordHash, Error> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).expect("the system gives random bytes");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let hash = compute(&argon2, memory, password, &salt, Params::DEFAULT_OUTPUT_LEN)?;
    let written = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).expect("numbers can be written"),
        salt: Some(Salt::new(&salt).expect("16 bytes are a salt")),
        hash: Some(hash),
    };
    Ok(PasswordHash::new(written.to_string()))
}

/// Compares a password with a stored hash; gives the costs of the hash when it is the password.
pub(super) fn verify_password(memory: &mut Memory, password: &str, stored: &PasswordHash) -> Option<Params> {
    let stored = phc::PasswordHash::new(stored.expose()).ok()?;
    let params = Params::try_from(&stored).ok().filter(|params| params.m_cost() <= STORED_MEMORY_KIB_MAX)?;
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
    let version = stored.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
    let (salt, expected) = (stored.salt?, stored.hash?);
    let argon2 = Argon2::new(algorithm, version, params.clone());
    let computed = compute(&argon2, memory, password, &salt, expected.len()).ok()?;
    // The library compares in constant time.
    (computed == expected).then_some(params)
}

fn compute(
    argon2: &Argon2<'_>,
    memory: &mut Memory,
    password: &str,
    salt: &[u8],
    length: usize,
) -> Result<Output, Error> {
    let mut bytes = [0; Output::MAX_LENGTH];
    let out = bytes.get_mut(..length).ok_or(Error::OutputTooLong)?;
    let blocks = memory.blocks(argon2.params());
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, blocks)?;
    Output::new(out).map_err(|_| Error::OutputTooShort)
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::{PasswordHasher, PasswordVerifier};

    use super::*;

    fn cost(memory_kib: u32) -> Params {
        Params::new(memory_kib, 1, 1, None).unwrap()
    }

    /// Memory that held another hash, of other costs, changes nothing; the library's own way agrees.
    #[test]
    fn used_memory_gives_the_same_hashes() {
        let mut memory = Memory::default();
        for kib in [64, 256, 32, 256] {
            let written = hash(&cost(kib), &mut memory, "correct horse").unwrap();
            let library = Argon2::from(cost(kib));
            library.verify_password(b"correct horse", &phc::PasswordHash::new(written.expose()).unwrap()).unwrap();
            assert!(verify_password(&mut memory, "correct horse", &written).is_some());
            assert!(verify_password(&mut memory, "battery staple", &written).is_none());
            let theirs = library.hash_password_with_salt(b"correct horse", b"sixteen bytes ok").unwrap();
            let theirs = PasswordHash::new(theirs.to_string());
            assert!(verify_password(&mut memory, "correct horse", &theirs).is_some());
        }
    }

    #[test]
    fn what_is_no_hash_of_ours_opens_nothing() {
        let mut memory = Memory::default();
        let written = hash(&cost(64), &mut memory, "correct horse").unwrap();
        let written = written.expose();
        for broken in
            ["", "x", &written[..20], &written.replace("m=64", "m=999999"), &written.replace("argon2id", "md5")]
        {
            assert!(verify_password(&mut memory, "correct horse", &PasswordHash::new(broken)).is_none(), "{broken}");
        }
        assert!(memory.0.len() < 1_000, "nothing was allocated for a cost that is not ours");
    }
}
