//! SHA-256 of bytes on their way.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

/// Passes bytes on and hashes them.
pub(crate) struct Hashing<W> {
    hash: Sha256,
    out: W,
}

impl<W: Write> Hashing<W> {
    /// Passes them on to `out`.
    pub(crate) fn over(out: W) -> Self {
        Self { hash: Sha256::new(), out }
    }

    /// Gives what they are passed on to.
    pub(crate) fn out(&self) -> &W {
        &self.out
    }

    /// Gives the hash of what was passed on.
    pub(crate) fn sum(self) -> [u8; 32] {
        self.hash.finalize().into()
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes a hash in hexadecimal digits.
pub(crate) fn hex(sum: &[u8; 32]) -> String {
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}
