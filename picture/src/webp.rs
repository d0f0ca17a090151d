//! What the frames of a WebP say of themselves (RFC 9649).

use bytes::Bytes;
use img_parts::riff::{RiffChunk, RiffContent};
use img_parts::webp::{CHUNK_ANMF, CHUNK_VP8, CHUNK_VP8L, WebP};

/// Bytes of a frame of an animation before its own parts.
const ANMF_HEAD: usize = 16;

/// Tells whether no frame is larger than the whole.
pub(crate) fn frames_fit(bytes: &Bytes) -> bool {
    let Ok(webp) = WebP::from_bytes(bytes.clone()) else { return false };
    let Some((width, height)) = webp.dimensions() else { return false };
    let fits = |(across, down): (u32, u32)| across <= width && down <= height;
    webp.chunks().iter().filter_map(frame_size).all(fits)
}

fn frame_size(chunk: &RiffChunk) -> Option<(u32, u32)> {
    let RiffContent::Data(data) = chunk.content() else { return None };
    match chunk.id() {
        CHUNK_ANMF => parts(data.get(ANMF_HEAD..)?).find_map(|(id, data)| size(id, data)),
        id => size(id, data),
    }
}

/// Walks through parts that stand one behind the other.
fn parts(mut bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (id, rest) = bytes.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let data = rest.get(..length.min(rest.len()))?;
        bytes = rest.get(length.saturating_add(length % 2)..).unwrap_or_default();
        Some((*id, data))
    })
}

fn size(id: [u8; 4], data: &[u8]) -> Option<(u32, u32)> {
    match (id, data) {
        // A key frame: three bytes of a tag, a mark, and 14 bits of each side (RFC 6386, 9.1).
        (CHUNK_VP8, [_, _, _, 0x9d, 0x01, 0x2a, a, b, c, d, ..]) => {
            let side = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
            Some((side(*a, *b), side(*c, *d)))
        }
        // A mark, and 14 bits of each side less one.
        (CHUNK_VP8L, [0x2f, a, b, c, d, ..]) => {
            let bits = u32::from_le_bytes([*a, *b, *c, *d]);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        _ => None,
    }
}
