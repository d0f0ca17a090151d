//! Text frames as they go over the wire, written once and shared by all who receive them.

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};

/// Whole text messages, each in one unmasked WebSocket frame (RFC 6455 section 5.2).
#[derive(Debug, Clone)]
pub struct Frames(Bytes);

/// FIN, and the opcode of text.
const FINAL_TEXT: u8 = 0x81;
/// The longest head: two bytes and a length of 64 bits.
const HEAD_BYTES_MAX: usize = 10;

impl Frames {
    /// Writes a text as a frame.
    pub fn text(text: &str) -> Self {
        let mut frames = FramesWriter::default();
        frames.text(text);
        frames.finish()
    }

    /// Gives the frames in a range of bytes, which begins and ends between frames.
    pub fn part(&self, bytes: Range<usize>) -> Self {
        Self(self.0.slice(bytes))
    }

    /// Gives their bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<String> for Frames {
    fn from(text: String) -> Self {
        Self::text(&text)
    }
}

/// Gives the bytes that a text takes in JSON, without its quotation marks.
pub fn json_bytes(text: &str) -> usize {
    let written = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..0x20 => 6,
        _ => 1,
    });
    written.sum()
}

/// Writes frames one behind the other.
#[derive(Debug, Default)]
pub struct FramesWriter(BytesMut);

impl FramesWriter {
    /// Adds a text as a frame and gives where it ends.
    pub fn text(&mut self, text: &str) -> usize {
        let Self(bytes) = self;
        bytes.reserve(HEAD_BYTES_MAX + text.len());
        bytes.put_u8(FINAL_TEXT);
        match text.len() {
            short @ 0..=125 => bytes.put_u8(short as u8),
            middle @ 126..=65_535 => {
                bytes.put_u8(126);
                bytes.put_u16(middle as u16);
            }
            long => {
                bytes.put_u8(127);
                bytes.put_u64(long as u64);
            }
        }
        bytes.put_slice(text.as_bytes());
        bytes.len()
    }

    /// Gives what was written.
    pub fn finish(self) -> Frames {
        Frames(self.0.freeze())
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
            let frame = Frames::text(&"x".repeat(length));
            assert_eq!(&frame.bytes()[..head.len()], head);
            assert_eq!(frame.bytes().len(), head.len() + length);
        }
    }

    #[test]
    fn texts_are_measured_as_they_are_written() {
        let every = (0..=0x2ff).filter_map(char::from_u32).collect::<String>();
        for text in ["", "plain", "\"quoted\"\\", "\u{1}\u{1f}\n\t", "日本 👍\u{7f}", &every] {
            assert_eq!(json_bytes(text), serde_json::to_string(text).unwrap().len() - 2, "{text:?}");
        }
    }

    #[test]
    fn frames_stand_one_behind_the_other() {
        let mut writer = FramesWriter::default();
        let first = writer.text("one");
        let second = writer.text("three");
        let frames = writer.finish();
        assert_eq!(frames.bytes(), [Frames::text("one").bytes(), Frames::text("three").bytes()].concat());
        assert_eq!(frames.part(first..second).bytes(), Frames::text("three").bytes());
    }
}
