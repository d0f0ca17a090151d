//! Heads of requests that say twice how long the body is. The library takes two lengths that agree for one and forgets the
//! second, so it is looked for in the bytes as they come
//! (RFC 9112, section 6.3: who relays may see it
//! otherwise).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

const LENGTH: &[u8] = b"content-length:";
const CHUNKS: &[u8] = b"transfer-encoding:";

/// Looks for such heads; bodies are passed over.
#[derive(Debug, Default)]
pub(crate) struct OneLength {
    /// The beginning of the line, as far as it can be of interest, in lower case.
    line: Vec<u8>,
    /// Lengths in this head, and the last one.
    found: u32,
    length: u64,
    /// Bytes of the body that are still to come.
    body: u64,
    /// Whether a body is in chunks: where it ends is no longer known here.
    is_over: bool,
    twice: Arc<AtomicBool>,
}

/// Bytes of a line that are looked at: a name, and the digits of a length.
const LINE_BYTES: usize = 64;

impl OneLength {
    /// Gives what turns true when there is one.
    pub(crate) fn twice(&self) -> Arc<AtomicBool> {
        self.twice.clone()
    }

    /// Looks at some more bytes.
    pub(crate) fn look(&mut self, mut bytes: &[u8]) {
        while !self.is_over && !bytes.is_empty() {
            if self.body > 0 {
                let passed = bytes.len().min(usize::try_from(self.body).unwrap_or(usize::MAX));
                self.body -= passed as u64;
                bytes = &bytes[passed..];
                continue;
            }
            match bytes[0] {
                b'\n' => self.line_ends(),
                b'\r' => {}
                byte if self.line.len() < LINE_BYTES => self.line.push(byte.to_ascii_lowercase()),
                _ => {}
            }
            bytes = &bytes[1..];
        }
    }

    fn line_ends(&mut self) {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            // The head ends.
            self.body = self.length;
            (self.found, self.length) = (0, 0);
        } else if line.starts_with(CHUNKS) {
            self.is_over = true;
        } else if let Some(value) = line.strip_prefix(LENGTH) {
            self.found += 1;
            self.length = std::str::from_utf8(value).ok().and_then(|value| value.trim().parse().ok()).unwrap_or(0);
            if self.found > 1 {
                self.twice.store(true, Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_lengths_in_one_head_are_found() {
        for (requests, twice) in [
            ("POST / HTTP/1.1\r\nContent-Length: 2\r\nHost: x\r\n\r\n{}", false),
            ("POST / HTTP/1.1\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\n{}", true),
            ("POST / HTTP/1.1\nContent-Length: 2\nCONTENT-LENGTH:2\n\n{}", true),
            ("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", false),
            (
                "POST / HTTP/1.1\r\nContent-Length: 36\r\n\r\n{\ncontent-length:1\ncontent-length:1\nPOST / HTTP/1.1\r\n\r\n",
                false,
            ),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\ncontent-length: 1\r\ncontent-length: 1\r\n", false),
            ("POST / HTTP/1.1\r\nX: Content-Length: 2\r\nContent-Length: 2\r\nContent-Lengths: 2\r\n\r\n{}", false),
        ] {
            for part in [1, 7, 1_000] {
                let mut head = OneLength::default();
                requests.as_bytes().chunks(part).for_each(|part| head.look(part));
                assert_eq!(head.twice().load(Relaxed), twice, "{requests}");
            }
        }
    }
}
