//! Heads of requests that say twice how long the body is. The library takes two lengths that agree for one and forgets the
//! second, so it is looked for in the bytes as they come (RFC 9112, section 6.3: who relays may see it otherwise).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

const NAME: &[u8] = b"content-length:";

/// Looks for such heads.
#[derive(Debug, Default)]
pub(crate) struct OneLength {
    /// Bytes of the line so far, and whether they are the beginning of the name.
    length: usize,
    is_name: bool,
    /// Lengths in this head.
    found: u32,
    twice: Arc<AtomicBool>,
}

impl OneLength {
    /// Gives what turns true when there is one.
    pub(crate) fn twice(&self) -> Arc<AtomicBool> {
        self.twice.clone()
    }

    /// Looks at some more bytes.
    pub(crate) fn look(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                // An empty line ends a head. Bodies have no lines of this form.
                b'\n' if self.length == 0 => self.found = 0,
                b'\n' => {}
                b'\r' => continue,
                byte => {
                    self.is_name = (self.length == 0 || self.is_name)
                        && NAME.get(self.length).is_none_or(|expected| byte.eq_ignore_ascii_case(expected));
                    self.length += 1;
                    if self.is_name && self.length == NAME.len() {
                        self.found += 1;
                        if self.found > 1 {
                            self.twice.store(true, Relaxed);
                        }
                    }
                    continue;
                }
            }
            (self.length, self.is_name) = (0, false);
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
