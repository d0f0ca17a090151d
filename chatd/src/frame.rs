//! Text frames as they go over the wire, written once and shared by all who receive them.

use bytes::{BufMut, Bytes, BytesMut};

/// A whole text message in one unmasked WebSocket frame (RFC 6455 section 5.2).
#[derive(Debug, Clone)]
pub struct TextFrame(Bytes);

/// FIN, and the opcode of text.
const FINAL_TEXT: u8 = 0x81;
/// The longest head: two bytes and a length of 64 bits.
const HEAD_BYTES_MAX: usize = 10;

impl TextFrame {
    /// Writes a text as a frame.
    pub fn new(text: &str) -> Self {
        let mut frame = BytesMut::with_capacity(HEAD_BYTES_MAX + text.len());
        frame.put_u8(FINAL_TEXT);
        match text.len() {
            short @ 0..=125 => frame.put_u8(short as u8),
            middle @ 126..=65_535 => {
                frame.put_u8(126);
                frame.put_u16(middle as u16);
            }
            long => {
                frame.put_u8(127);
                frame.put_u64(long as u64);
            }
        }
        frame.put_slice(text.as_bytes());
        Self(frame.freeze())
    }

    /// Gives its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<String> for TextFrame {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_says_how_long_the_text_is() {
        for (length, head) in [
            (0, &[0x81, 0][..]),
            (125, &[0x81, 125]),
            (126, &[0x81, 126, 0, 126]),
            (65_535, &[0x81, 126, 0xff, 0xff]),
            (65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = TextFrame::new(&"x".repeat(length));
            assert_eq!(&frame.bytes()[..head.len()], head);
            assert_eq!(frame.bytes().len(), head.len() + length);
        }
    }
}
